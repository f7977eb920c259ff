// Package report turns the facts of a run into something to look at: Run is
// what they say in one record per step, Write makes logs/report.html of it.
// It reads nothing but what it is given and knows nothing of composes beyond
// the names of things.
package report

import (
	"cmp"
	"slices"
	"time"

	"compose/phases/event"
)

// Run is the state of a run, kept up to date by its events: the zero Run can
// be subscribed to a stream. It is not safe for concurrent use; who reads it
// while events come in locks around both.
type Run struct {
	ID, Dir, Version string
	Status           string // empty until the run has ended
	Pools            map[string]int
	Began, Ended     time.Time
	Steps            []*Step // in the order of the plan
	Critical         []string
	Warnings         []Message
	Notes            []Message // without the warnings

	byName map[string]*Step
	counts map[event.State]int
}

// Step is what is known of one step.
type Step struct {
	Name, Pool string
	Takes      map[string]int // units of pools, where that is more than one of its own
	Needs      []string
	Optional   bool
	// State is empty while the step waits or runs.
	State event.State
	// Text says why the step was skipped or not run, or from where its
	// result was taken; Error what went wrong.
	Text, Error    string
	Waited         time.Duration // for a place
	Started, Ended time.Time     // zero for what did not happen
	Done, Total    int64         // the last word on progress
	Unit           string
	Expected       time.Duration // to run, as an earlier run did; 0 when nobody knows
	Critical       bool          // part of the chain that decided how long the run took
}

// Message is a note of a step, or of the whole run when Step is empty.
type Message struct {
	Time       time.Time
	Step, Text string
}

// Digest returns what a list of facts says.
func Digest(facts []event.Event) *Run {
	r := &Run{}
	for _, e := range facts {
		r.Handle(e)
	}
	return r
}

// Handle takes in one event.
func (r *Run) Handle(e event.Event) {
	switch e.Kind {
	case event.RunStarted:
		r.ID, r.Dir, r.Version, r.Pools = e.Run.ID, e.Run.Dir, e.Run.Version, e.Run.Pools
		r.Began = e.Time
	case event.RunEnded:
		r.end(e)
	case event.Note:
		m := Message{e.Time, e.Step, e.Text}
		if e.Level == event.Warning {
			r.Warnings = append(r.Warnings, m)
		} else {
			r.Notes = append(r.Notes, m)
		}
	case event.Planned, event.Started, event.Progress, event.Ended:
		r.Step(e.Step).take(e)
		if e.Kind == event.Ended {
			r.counts[e.State]++
		}
	}
}

func (r *Run) end(e event.Event) {
	r.Status, r.Ended, r.Critical = e.Run.Status, e.Time, e.Run.Critical
	r.ID, r.Dir = cmp.Or(r.ID, e.Run.ID), cmp.Or(r.Dir, e.Run.Dir)
	for _, name := range r.Critical {
		r.Step(name).Critical = true
	}
}

// Step returns the record of a step, making one for a name not seen before.
func (r *Run) Step(name string) *Step {
	if s := r.byName[name]; s != nil {
		return s
	}
	if r.byName == nil {
		r.byName, r.counts = map[string]*Step{}, map[event.State]int{}
	}
	s := &Step{Name: name}
	r.byName[name] = s
	r.Steps = append(r.Steps, s)
	return s
}

// Find returns the record of a step, nil for a name not seen before.
func (r *Run) Find(name string) *Step { return r.byName[name] }

func (s *Step) take(e event.Event) {
	switch e.Kind {
	case event.Planned:
		s.Pool, s.Takes, s.Needs, s.Optional = e.Pool, e.Takes, e.Needs, e.Optional
	case event.Started:
		s.Started, s.Waited = e.Time, e.Waited
	case event.Progress:
		s.Done, s.Total, s.Unit = e.Done, e.Total, e.Unit
	case event.Ended:
		s.State, s.Text, s.Error, s.Ended = e.State, e.Text, e.Error, e.Time
		s.Done, s.Total, s.Unit = e.Done, e.Total, e.Unit
	}
}

// Running reports whether the step has started and not ended.
func (s *Step) Running() bool { return !s.Started.IsZero() && s.State == "" }

// Ran is how long the step ran; 0 if it did not, or has not ended.
func (s *Step) Ran() time.Duration {
	if s.Started.IsZero() || s.Ended.IsZero() {
		return 0
	}
	return s.Ended.Sub(s.Started)
}

// Count is the number of steps that ended in one of the given states.
func (r *Run) Count(states ...event.State) int {
	n := 0
	for _, s := range states {
		n += r.counts[s]
	}
	return n
}

// Took is how long the run took; 0 if it has not ended.
func (r *Run) Took() time.Duration {
	if r.Began.IsZero() || r.Ended.IsZero() {
		return 0
	}
	return r.Ended.Sub(r.Began)
}

// Slowest returns up to n steps that ran longest, the longest first.
func (r *Run) Slowest(n int) []*Step {
	var out []*Step
	for _, s := range r.Steps {
		if s.Ran() > 0 {
			out = append(out, s)
		}
	}
	slices.SortStableFunc(out, func(a, b *Step) int { return cmp.Compare(b.Ran(), a.Ran()) })
	return out[:min(n, len(out))]
}

// Chain returns the steps of the critical path in order.
func (r *Run) Chain() []*Step {
	var out []*Step
	for _, name := range r.Critical {
		out = append(out, r.Step(name))
	}
	return out
}

// In returns the steps that ended in one of the given states, in the order in
// which they ended.
func (r *Run) In(states ...event.State) []*Step {
	var out []*Step
	for _, s := range r.Steps {
		if slices.Contains(states, s.State) {
			out = append(out, s)
		}
	}
	slices.SortStableFunc(out, func(a, b *Step) int { return a.Ended.Compare(b.Ended) })
	return out
}
