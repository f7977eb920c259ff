package phases

import (
	"encoding/json"
	"fmt"
	"strings"

	"compose/config"
	"compose/phases/dag"
	"compose/phases/event"
)

// deliverable is something that a compose delivers beside packages and
// repositories, as deliverables.json names it.
type deliverable struct {
	Tree Tree
	// Kind is Pungi's word: "buildinstall", "iso", "extra_iso", "live", "image"
	// and so on; config.Failable lists them.
	Kind string
	// Subject tells the deliverables of one kind in a tree apart: the name of
	// the image, or Pungi's subvariant. It may be empty.
	Subject string
	// Failable are the architectures on which its own block of the configuration
	// lets it fail; "*" is all of them.
	Failable []string
}

// delivery is a deliverable and the step that makes it.
type delivery struct {
	deliverable
	step *dag.Step
}

// mayFail says that s makes d, and makes s optional where the configuration
// lets d fail. What d fails with is then told as Pungi tells it, and the
// compose ends as FINISHED_INCOMPLETE. Who needs what s makes must only want it.
func (p *plan) mayFail(s *dag.Step, d deliverable) {
	p.built.deliveries = append(p.built.deliveries, delivery{d, s})
	if p.cfg.MayFail(config.Tree{Variant: d.Tree.Variant, Arch: d.Tree.Arch}, d.Kind, d.Subject) || matchesArch(d.Failable, d.Tree.Arch) {
		s.Optional().IfFailed(d.failNote())
	}
}

func matchesArch(list []string, arch string) bool {
	for _, a := range list {
		if a == "*" || a == arch {
			return true
		}
	}
	return false
}

// failNote is what Pungi's log says of a deliverable that failed.
func (d deliverable) failNote() string {
	kind := strings.ToUpper(d.Kind[:1]) + strings.ToLower(d.Kind[1:]) // as Python's capitalize
	ident := fmt.Sprintf("variant %s, arch %s", d.Tree.Variant, d.Tree.Arch)
	if d.hasSubvariant() {
		ident += ", subvariant " + d.Subject
	}
	return fmt.Sprintf("[FAIL] %s (%s) failed, but going on anyway.", kind, ident)
}

// hasSubvariant says whether Pungi names a subvariant for the deliverable: for
// discs of packages and boot trees it never does.
func (d deliverable) hasSubvariant() bool {
	return d.Subject != "" && d.Kind != "iso" && d.Kind != "buildinstall" && d.Kind != "extra_iso"
}

// deliverables are the kinds of a file deliverables.json, each with entries of
// variant, architecture and subvariant.
type deliverables map[string][][3]*string

func (d deliverables) add(x deliverable) {
	entry := [3]*string{&x.Tree.Variant, &x.Tree.Arch, nil}
	if x.hasSubvariant() {
		entry[2] = &x.Subject
	}
	d[x.Kind] = append(d[x.Kind], entry)
}

// deliverablesFile is deliverables.json in Pungi's format: required has what
// had to be made, attempted what was begun although it might fail, failed what
// of that did fail. A deliverable that was not begun is in none of them.
func deliverablesFile(made []delivery, out *dag.Outcome) ([]byte, error) {
	var file struct {
		Required  deliverables `json:"required"`
		Failed    deliverables `json:"failed"`
		Attempted deliverables `json:"attempted"`
	}
	file.Required, file.Failed, file.Attempted = deliverables{}, deliverables{}, deliverables{}
	states := map[string]event.State{}
	for _, r := range out.Steps {
		states[r.Name] = r.State
	}
	for _, d := range made {
		state := states[d.step.Name()]
		switch {
		case state == event.NotRun || state == event.Skipped || state == "":
		case !d.step.IsOptional():
			file.Required.add(d.deliverable)
		default:
			file.Attempted.add(d.deliverable)
			if state == event.OptionalFailed {
				file.Failed.add(d.deliverable)
			}
		}
	}
	b, err := json.MarshalIndent(file, "", "    ")
	if err != nil {
		return nil, fmt.Errorf("making deliverables.json: %w", err)
	}
	return b, nil
}

// writeDeliverables leaves logs/global/deliverables.json where there are
// deliverables; a compose of repositories alone has none.
func writeDeliverables(l Layout, plan *Built, out *dag.Outcome) error {
	if len(plan.deliveries) == 0 {
		return nil
	}
	b, err := deliverablesFile(plan.deliveries, out)
	if err != nil {
		return err
	}
	return writeFile(l.Deliverables(), b)
}
