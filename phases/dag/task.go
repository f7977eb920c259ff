package dag

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"compose/phases/event"
)

// task is a step while it runs.
type task struct {
	step    *Step
	class   *class
	order   int     // place among ready steps, lowest first
	chain   int     // number of steps in the longest chain behind this one
	waits   int     // needs that have not ended
	waiting []*task // who waits for this one
	needs   []*task // in the order of step.needs
	scope   *event.Scope
	ended   bool
	late    *time.Timer // abandons the step when it ignores its timeout
	res     Result
}

func newExecutor(ctx context.Context, p *Plan, o Options) *executor {
	e := &executor{opt: o, left: len(p.steps), ends: make(chan ended, 2*len(p.steps))}
	e.ctx, e.cancel = context.WithCancelCause(ctx)
	e.began = e.now()
	e.gov = newGovernor(o.Pools)
	byStep := map[*Step]*task{}
	for i, s := range p.Steps() {
		t := &task{step: s, class: e.gov.classOf(s), waits: len(s.needs)}
		t.res = Result{Name: s.name, Pool: s.pool, takes: s.takes, Optional: s.optional, State: event.NotRun}
		byStep[s] = t
		e.tasks = append(e.tasks, t)
		s.rank = i // skipped steps may have had none
		for _, n := range s.needs {
			need := byStep[n.to]
			need.waiting = append(need.waiting, t)
			t.needs = append(t.needs, need)
			t.res.needs = append(t.res.needs, n.to.rank)
		}
	}
	rank(e.tasks)
	return e
}

// rank decides who goes first among ready steps: the higher priority, then
// the longer chain behind the step, then the order of the plan.
func rank(tasks []*task) {
	for _, t := range slices.Backward(tasks) {
		for _, n := range t.needs {
			n.chain = max(n.chain, t.chain+1)
		}
	}
	sorted := slices.Clone(tasks)
	slices.SortStableFunc(sorted, func(a, b *task) int {
		return cmp.Or(cmp.Compare(b.step.priority, a.step.priority), cmp.Compare(b.chain, a.chain))
	})
	for i, t := range sorted {
		t.order = i
	}
}

// lacks says which need has no result, or "".
func (t *task) lacks() string {
	for i, n := range t.needs {
		if !t.step.needs[i].must || n.res.State.Good() {
			continue
		}
		if n.res.State == event.NotRun {
			return n.res.Reason
		}
		return n.step.name + " failed"
	}
	return ""
}

// run does the work of the step on the calling goroutine and sends its end.
func (t *task) run(ctx context.Context, ends chan<- ended) {
	ctx, cancel := t.bound(ctx)
	// This error remains when the step ends its goroutine (runtime.Goexit).
	end := ended{task: t, err: errors.New("the step ended its goroutine")}
	defer func() {
		if v := recover(); v != nil {
			t.scope.Logf("panic: %v\n\n%s", v, debug.Stack())
			end.err = fmt.Errorf("panic: %v", v)
		}
		end.err = late(ctx, end.err)
		cancel()
		ends <- end
	}()
	end.keep, end.err = t.step.run(ctx, t.scope)
}

// bound gives the context of a step, which ends with its timeout.
func (t *task) bound(ctx context.Context) (context.Context, context.CancelFunc) {
	if t.step.timeout <= 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeoutCause(ctx, t.step.timeout, &TimeoutError{t.step.timeout})
}

// late words the error of a step that was stopped by its timeout.
func late(ctx context.Context, err error) error {
	var timeout *TimeoutError
	if err == nil || !errors.As(context.Cause(ctx), &timeout) || errors.As(err, &timeout) {
		return err
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return timeout // which is all that the error says
	}
	return fmt.Errorf("%w: %w", timeout, err)
}

// outcome sums up after the last step has ended.
func (e *executor) outcome() *Outcome {
	o := &Outcome{Status: Finished, Took: e.now().Sub(e.began), failures: e.failures}
	for _, t := range e.tasks {
		o.Steps = append(o.Steps, t.res)
	}
	switch {
	case e.canceled:
		o.Status, o.Cause = Canceled, context.Cause(e.ctx)
	case len(e.failures) > 0:
		o.Status = Doomed
	case o.Count(event.OptionalFailed) > 0:
		o.Status = Incomplete
	}
	return o
}
