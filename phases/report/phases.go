package report

import (
	"time"

	"compose/phases/event"
)

// PhaseTime is what the steps of a phase took.
type PhaseTime struct {
	Name  string
	Steps int // that ran
	// Wall is the time from the start of the first step to the end of the
	// last, Work the sum of what they ran, Waited that of what they waited for
	// places.
	Wall, Work, Waited time.Duration
}

// Phases gives the phases of which steps ran, in the order of the plan.
func (r *Run) Phases() []PhaseTime {
	type span struct {
		at         int
		start, end time.Time
	}
	spans := map[string]*span{}
	var out []PhaseTime
	for _, s := range r.Steps {
		if s.Ran() <= 0 {
			continue
		}
		name := event.Phase(s.Name)
		p := spans[name]
		if p == nil {
			p = &span{len(out), s.Started, s.Ended}
			spans[name] = p
			out = append(out, PhaseTime{Name: name})
		}
		if s.Started.Before(p.start) {
			p.start = s.Started
		}
		if s.Ended.After(p.end) {
			p.end = s.Ended
		}
		t := &out[p.at]
		t.Steps++
		t.Wall, t.Work, t.Waited = p.end.Sub(p.start), t.Work+s.Ran(), t.Waited+s.Waited
	}
	return out
}
