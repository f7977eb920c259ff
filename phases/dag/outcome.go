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

	needs []int // indexes into Outcome.Steps
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
// the order in which they ran: the step that ended last, before it the need
// that it waited for longest, and so on. Time that a step of the chain waited
// for a place is its Waited.
func (o *Outcome) CriticalPath() []Result {
	var path []Result
	for i := o.lastEnded(nil); i >= 0; i = o.lastEnded(o.Steps[i].needs) {
		path = append(path, o.Steps[i])
		if len(o.Steps[i].needs) == 0 {
			break
		}
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

// lastEnded is the index of the step, among the given ones or all when among
// is nil, that ran and ended last; -1 when none ran.
func (o *Outcome) lastEnded(among []int) int {
	last := -1
	for i := range o.Steps {
		if among != nil {
			break
		}
		last = o.later(last, i)
	}
	for _, i := range among {
		last = o.later(last, i)
	}
	return last
}

func (o *Outcome) later(a, b int) int {
	if o.Steps[b].Started.IsZero() || a >= 0 && !o.Steps[b].Ended.After(o.Steps[a].Ended) {
		return a
	}
	return b
}
