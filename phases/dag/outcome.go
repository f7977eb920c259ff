package dag

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"compose/phases/event"
)

// StepError is the failure of a step, named.
type StepError struct {
	Step string
	Err  error
}

func (e *StepError) Error() string { return e.Step + ": " + e.Err.Error() }

func (e *StepError) Unwrap() error { return e.Err }

// Status is how a run ended.
type Status string

// The ways in which a run ends.
const (
	Finished   Status = "finished"
	Incomplete Status = "incomplete" // only optional steps failed
	Doomed     Status = "doomed"     // a required step failed, or the plan is wrong
	Canceled   Status = "canceled"   // the caller ended the context before anything failed
)

// Result is what became of one step.
type Result struct {
	Name     string
	Pool     string
	Optional bool
	State    event.State
	Err      error  // Failed, OptionalFailed, Canceled
	Reason   string // NotRun, Skipped: why; Reused: from where
	// Ready is when the last need ended, Started when the step got its
	// place, Ended when it was done. They are zero for what did not happen.
	Ready, Started, Ended time.Time

	takes map[string]int // units of pools
	needs []int          // indexes into Outcome.Steps
	turn  int            // how many steps started before it
}

// Waited is how long the step waited for a place.
func (r Result) Waited() time.Duration {
	if r.Started.IsZero() {
		return 0
	}
	return r.Started.Sub(r.Ready)
}

// Ran is how long the step ran.
func (r Result) Ran() time.Duration {
	if r.Started.IsZero() {
		return 0
	}
	return r.Ended.Sub(r.Started)
}

// Outcome is what became of a run.
type Outcome struct {
	Status Status
	// Steps has one result per step, in the order of Plan.Steps.
	Steps []Result
	// Cause is why a canceled run was stopped, or the fault of the plan.
	Cause error
	// Took is how long the run took.
	Took time.Duration

	failures []error // fatal ones, in the order in which they happened
}

// Err is nil when no required step failed and nobody stopped the run;
// otherwise it joins the Cause, if any, and the *StepError of every required
// step that failed, in the order in which they happened.
func (o *Outcome) Err() error {
	if o.Cause == nil {
		return errors.Join(o.failures...)
	}
	return errors.Join(append([]error{o.Cause}, o.failures...)...)
}

// Count is the number of steps that ended in the given state.
func (o *Outcome) Count(s event.State) int {
	n := 0
	for _, r := range o.Steps {
		if r.State == s {
			n++
		}
	}
	return n
}

// Slowest returns up to n steps that ran longest, the longest first.
func (o *Outcome) Slowest(n int) []Result {
	var out []Result
	for _, r := range o.Steps {
		if !r.Started.IsZero() {
			out = append(out, r)
		}
	}
	slices.SortStableFunc(out, func(a, b Result) int { return cmp.Compare(b.Ran(), a.Ran()) })
	return out[:min(n, len(out))]
}

// CriticalPath is the chain of steps that decided how long the run took, in
// the order in which they ran: the step that ended last, before it what it
// waited for longest, and so on. That is one of its needs or, when the step
// then waited for a place, a step that took units of the same pool. So
// the times of the chain add up to that of the run.
func (o *Outcome) CriticalPath() []Result {
	var path []Result
	ends := o.byEnd()
	for r := o.last(); r != nil; r = o.before(r, ends) {
		path = append(path, *r)
	}
	slices.Reverse(path)
	return path
}

// CriticalNames is CriticalPath by name, as event.Run carries it.
func (o *Outcome) CriticalNames() []string {
	var names []string
	for _, r := range o.CriticalPath() {
		names = append(names, r.Name)
	}
	return names
}

// last is the step that ended last; nil when none ran.
func (o *Outcome) last() *Result {
	var last *Result
	for i := range o.Steps {
		last = later(last, &o.Steps[i])
	}
	return last
}

// byEnd are the steps that ran, the last to end first, else in the order of
// the plan.
func (o *Outcome) byEnd() []*Result {
	var out []*Result
	for i := range o.Steps {
		if !o.Steps[i].Started.IsZero() {
			out = append(out, &o.Steps[i])
		}
	}
	slices.SortStableFunc(out, func(a, b *Result) int { return b.Ended.Compare(a.Ended) })
	return out
}

// before is the step whose end let r start; nil when nothing held it up. ends
// are the steps byEnd.
func (o *Outcome) before(r *Result, ends []*Result) *Result {
	var last *Result
	for _, i := range r.needs {
		last = later(last, &o.Steps[i])
	}
	if r.Waited() == 0 {
		return last
	}
	from, _ := slices.BinarySearchFunc(ends, r.Started, func(p *Result, t time.Time) int { return t.Compare(p.Ended) })
	for _, p := range ends[from:] {
		if !p.Ended.After(r.Ready) {
			break
		}
		// Of what ended at the same moment only what started first counts:
		// steps that take no time must not wait for each other.
		if p.turn < r.turn && sharePool(p, r) {
			return later(last, p)
		}
	}
	return last
}

// sharePool says whether two steps took units of the same pool.
func sharePool(a, b *Result) bool {
	for pool := range a.takes {
		if b.takes[pool] > 0 {
			return true
		}
	}
	return false
}

// later is the one of two steps that ended later, a when it is the same; it
// leaves out what did not run.
func later(a, b *Result) *Result {
	if b.Started.IsZero() || a != nil && !b.Ended.After(a.Ended) {
		return a
	}
	return b
}
