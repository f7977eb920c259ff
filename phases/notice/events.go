package notice

import (
	"strings"
	"sync"

	"compose/phases/event"
)

// Events makes messages from the events of a run. Phases are Pungi's: what
// this program does in several, or in the course of another, goes under the
// name that consumers know; what Pungi has no phase for goes under its own.
type Events struct {
	to *Notifier

	mu      sync.Mutex
	phases  map[string]*phase
	files   map[string][]string // by step: the images that it makes
	targets []string            // of createiso
	told    bool                // the targets were
}

// phase counts the steps of a phase.
type phase struct {
	left    int // not ended
	started bool
	failed  bool
}

// FromEvents gives a handler for the stream of a run.
func FromEvents(n *Notifier) *Events {
	return &Events{to: n, phases: map[string]*phase{}, files: map[string][]string{}}
}

// pungiPhases are the phases that have another name in Pungi, or are part of
// another one there. The map is never written to.
var pungiPhases = map[string]string{
	"cache": "init", "comps": "init", "link": "gather", "productid": "createrepo",
	"extrafiles": "extra_files", "extraiso": "extra_isos", "checksum": "image_checksum",
}

func phaseOf(step string) string {
	name := event.Phase(step)
	if p := pungiPhases[name]; p != "" {
		return p
	}
	return name
}

// Handle takes an event.
func (h *Events) Handle(e event.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch e.Kind {
	case event.Planned:
		h.planned(e)
	case event.Started:
		h.started(e)
	case event.Ended:
		h.ended(e)
	}
}

func (h *Events) planned(e event.Event) {
	name := phaseOf(e.Step)
	if h.phases[name] == nil {
		h.phases[name] = &phase{}
	}
	h.phases[name].left++
	if name == "createiso" && len(e.Files) > 0 {
		h.files[e.Step] = e.Files
		h.targets = append(h.targets, e.Files...)
	}
}

func (h *Events) started(e event.Event) {
	name := phaseOf(e.Step)
	if p := h.phases[name]; p != nil && !p.started {
		p.started = true
		h.to.Say(PhaseStart, map[string]any{"phase_name": name})
	}
	if h.files[e.Step] != nil && !h.told {
		h.told = true
		h.to.Say(ISOTargets, map[string]any{"deliverables": h.targets})
	}
}

func (h *Events) ended(e event.Event) {
	h.images(e)
	name := phaseOf(e.Step)
	p := h.phases[name]
	if p == nil {
		return
	}
	p.left--
	switch e.State {
	case event.Failed, event.Canceled, event.NotRun:
		p.failed = true
	}
	if p.left == 0 && p.started && !p.failed {
		h.to.Say(PhaseStop, map[string]any{"phase_name": name})
	}
}

// images tells what became of the images of a createiso step. Pungi says
// nothing of an image that was taken over from an earlier compose.
func (h *Events) images(e event.Event) {
	if event.Phase(e.Step) != "createiso" {
		return
	}
	message, files := "", []string(nil)
	switch e.State {
	case event.OK:
		message, files = ISODone, e.Files
	case event.Failed, event.OptionalFailed:
		message, files = ISOFail, h.files[e.Step]
	}
	_, tree, _ := strings.Cut(e.Step, "/")
	parts := strings.Split(tree, ".")
	for _, file := range files {
		h.to.Say(message, map[string]any{"file": file, "variant": parts[0], "arch": parts[min(1, len(parts)-1)]})
	}
}
