// Package trace sends the steps of a run as OpenTelemetry spans: OTLP over
// HTTP with JSON bodies, set up by the standard environment variables, with
// TRACEPARENT as the parent of the run. It is fed by the stream of events, and
// sends from a goroutine of its own; what goes wrong there is told once and
// harms nothing.
package trace

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"strings"
	"sync"
	"time"

	"compose/phases/event"
)

// Recorder makes spans from the events of a run and sends them.
type Recorder struct {
	settings Settings
	warn     func(string)
	resource []attribute
	traceID  string
	root     string // id of the span of the run

	mu      sync.Mutex
	pending map[string]*span // steps that run
	pools   map[string]string
	ready   []span // to be sent
	run     span
	wake    chan struct{}
	ended   bool
	done    chan struct{}
}

// batch is how many spans are sent at once, every how long at least.
const (
	batch      = 500
	batchEvery = 5 * time.Second
	maxReady   = 50_000 // more are dropped: the collector does not take them
)

// Start records from now on. Attributes, by name, say what is run. Warn is
// told when spans cannot be sent, from any goroutine.
func Start(s Settings, attributes map[string]string, warn func(string)) *Recorder {
	r := &Recorder{
		settings: s, warn: warn, resource: s.resource(), traceID: s.traceID, root: newID(8),
		pending: map[string]*span{}, pools: map[string]string{}, wake: make(chan struct{}, 1), done: make(chan struct{}),
	}
	if r.traceID == "" {
		r.traceID = newID(16)
	}
	r.run = span{TraceID: r.traceID, SpanID: r.root, ParentID: s.parentID, State: s.traceState, Name: "compose", Kind: kindInternal, Start: nanos(time.Now()), Attributes: sorted(attributes)}
	go r.loop()
	return r
}

// newID gives the hexadecimal digits of n random bytes.
func newID(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)
}

// Handle takes an event.
func (r *Recorder) Handle(e event.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch e.Kind {
	case event.RunStarted:
		r.run.Start = nanos(e.Time)
	case event.Planned:
		r.pools[e.Step] = e.Pool
	case event.Started:
		r.pending[e.Step] = &span{
			TraceID: r.traceID, SpanID: newID(8), ParentID: r.root, Name: e.Step, Kind: kindInternal,
			Start: nanos(e.Time), Attributes: r.attributes(e),
		}
	case event.Note:
		r.note(e)
	case event.Ended:
		r.end(e)
	case event.RunEnded:
		r.run.Attributes = append(r.run.Attributes, text("compose.status", e.Run.Status))
		if e.Run.Status == "DOOMED" {
			r.run.Status = &status{Code: statusError, Message: "the compose is doomed"}
		}
		r.run.End = nanos(e.Time)
	}
}

// attributes are what is known of a step when it starts. It needs r.mu.
func (r *Recorder) attributes(e event.Event) []attribute {
	out := []attribute{text("compose.phase", event.Phase(e.Step))}
	if _, tree, ok := strings.Cut(e.Step, "/"); ok {
		out = append(out, text("compose.tree", tree))
	}
	return append(out, text("compose.pool", r.pools[e.Step]), float("compose.waited", e.Waited.Seconds()))
}

// note makes a warning an event of the step, or of the run. It needs r.mu.
func (r *Recorder) note(e event.Event) {
	if e.Level != event.Warning {
		return
	}
	s := &r.run
	if p := r.pending[e.Step]; p != nil {
		s = p
	}
	if len(s.Events) < maxEvents {
		s.Events = append(s.Events, spanEvent{Time: nanos(e.Time), Name: "warning", Attributes: []attribute{text("message", shorten(e.Text))}})
	}
}

// What is kept of one span.
const (
	maxEvents = 50
	maxText   = 4 << 10 // bytes
)

func shorten(s string) string {
	if len(s) > maxText {
		s = strings.ToValidUTF8(s[:maxText], "") + "…"
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}

// end finishes a span. It needs r.mu.
func (r *Recorder) end(e event.Event) {
	s := r.pending[e.Step]
	if s == nil { // never ran
		return
	}
	delete(r.pending, e.Step)
	s.End = nanos(e.Time)
	s.Attributes = append(s.Attributes, text("compose.state", string(e.State)), reused(e.State))
	if e.State == event.Reused {
		s.Attributes = append(s.Attributes, text("compose.reused_from", e.Text))
	}
	if e.Unit != "" {
		s.Attributes = append(s.Attributes, integer("compose.done", e.Done), text("compose.unit", e.Unit))
	}
	if e.Error != "" {
		s.Attributes = append(s.Attributes, text("error.message", shorten(e.Error)))
	}
	if e.State == event.Failed || e.State == event.OptionalFailed {
		s.Status = &status{Code: statusError, Message: shorten(e.Error)}
	}
	r.add(*s)
}

// add queues a span. It needs r.mu.
func (r *Recorder) add(s span) {
	if len(r.ready) >= maxReady {
		return
	}
	r.ready = append(r.ready, s)
	if len(r.ready) >= batch {
		select {
		case r.wake <- struct{}{}:
		default:
		}
	}
}

// Close sends what is left and the span of the run. It takes no longer than
// twice the timeout of the settings.
func (r *Recorder) Close() {
	r.mu.Lock()
	if !r.ended {
		r.ended = true
		if r.run.End == "" {
			r.run.End = nanos(time.Now())
		}
		r.add(r.run)
		close(r.wake)
	}
	r.mu.Unlock()
	<-r.done
}

// loop sends until Close.
func (r *Recorder) loop() {
	defer close(r.done)
	tick := time.NewTicker(batchEvery)
	defer tick.Stop()
	told := false
	var end time.Time
	for open := true; open; {
		select {
		case _, open = <-r.wake:
		case <-tick.C:
		}
		if !open {
			end = time.Now().Add(r.settings.timeout)
		}
		for spans := r.take(); len(spans) > 0; spans = r.take() {
			if !end.IsZero() && time.Now().After(end) {
				return
			}
			if err := r.settings.send(r.resource, spans); err != nil && !told {
				told = true
				r.warn(fmt.Sprintf("traces cannot be sent to %s: %v", r.settings.shown(), err))
			}
		}
	}
}

// take gives the next spans to be sent.
func (r *Recorder) take() []span {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := min(len(r.ready), batch)
	out := r.ready[:n:n]
	r.ready = r.ready[n:]
	return out
}
