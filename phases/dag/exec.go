package dag

import (
	"context"
	"errors"
	"fmt"
	"time"

	"compose/phases/event"
)

// Options say how to run a plan.
type Options struct {
	// Pools has the number of units of each pool: a step takes one of its own
	// pool, or what Step.Takes says, while it runs.
	Pools map[string]int
	// KeepGoing finishes, after a failure, what does not need the failed
	// step. The default is to stop everything at once.
	KeepGoing bool
	// Events is told what happens; nil means nobody is.
	Events *event.Stream
	// Grace is how long a step may go on after the run was stopped, or after
	// its timeout, before it is abandoned and named in an error; 0 means 3.5 seconds.
	Grace time.Duration
}

const defaultGrace = 3500 * time.Millisecond

// Run checks the plan and runs it. It returns when every step has ended, or
// when steps ignore for longer than Options.Grace that the run was stopped.
// The context of the steps ends with a cause: the *StepError of the failure,
// or the cause of ctx. A plan runs once.
func (p *Plan) Run(ctx context.Context, o Options) *Outcome {
	err := p.Check(o.Pools)
	if p.ran {
		err = errors.New("plan: it has run already")
	}
	if err != nil {
		return &Outcome{Status: Doomed, Cause: err}
	}
	p.ran = true
	if o.Events == nil {
		o.Events = event.New(nil)
	}
	if o.Grace <= 0 {
		o.Grace = defaultGrace
	}
	e := newExecutor(ctx, p, o)
	defer e.cancel(nil)
	e.announce()
	e.loop()
	return e.outcome()
}

// executor runs one plan. One goroutine owns everything in it; the steps'
// goroutines only send to ends.
type executor struct {
	opt    Options
	ctx    context.Context // of all steps
	cancel context.CancelCauseFunc
	began  time.Time

	tasks   []*task // in the order of Plan.Steps
	gov     *governor
	running int
	started int // so far
	left    int
	// ends has room for two ends of each step, so that a step that was
	// abandoned can end all the same.
	ends chan ended

	stopped  bool
	canceled bool // stopped by the caller, not by a failure
	failures []error
	grace    <-chan time.Time
}

type ended struct {
	task *task
	keep func() // leaves the result for those who read it
	err  error
}

func (e *executor) now() time.Time { return e.opt.Events.Now() }

// announce says the plan, settles what is skipped, and finds what is ready.
func (e *executor) announce() {
	for _, t := range e.tasks {
		ev := event.Event{Kind: event.Planned, Step: t.step.name, Pool: t.step.pool, Optional: t.step.optional, Files: t.step.files}
		if len(t.step.takes) > 1 || t.step.takes[t.step.pool] != 1 {
			ev.Takes = t.step.takes
		}
		for _, n := range t.step.needs {
			ev.Needs = append(ev.Needs, n.to.name)
		}
		e.opt.Events.Emit(ev)
	}
	for _, t := range e.tasks {
		if t.waits == 0 {
			e.ready(t)
		}
	}
	for _, t := range e.tasks {
		if t.step.skipped {
			e.settle(t, event.Event{State: event.Skipped, Text: t.step.reason}, nil)
		}
	}
}

// loop runs until every step has ended or was abandoned.
func (e *executor) loop() {
	for e.left > 0 {
		if !e.stopped && e.ctx.Err() != nil {
			e.canceled = true
			e.stop(context.Cause(e.ctx).Error())
			continue
		}
		e.startReady()
		if e.running == 0 && e.left > 0 {
			panic(fmt.Sprintf("dag: %d steps are left and none can run", e.left))
		}
		var done <-chan struct{}
		if !e.stopped {
			done = e.ctx.Done()
		}
		select {
		case m := <-e.ends:
			e.finish(m)
		case <-done:
		case <-e.grace:
			e.abandon()
		}
	}
}

// startReady starts what fits into the pools.
func (e *executor) startReady() {
	for t := e.gov.next(); t != nil; t = e.gov.next() {
		e.start(t)
	}
}

func (e *executor) start(t *task) {
	e.running++
	e.started++
	t.res.turn = e.started
	t.res.Started = e.now()
	t.scope = e.opt.Events.Scope(t.step.name)
	e.opt.Events.Emit(event.Event{Time: t.res.Started, Kind: event.Started, Step: t.step.name, Waited: t.res.Waited()})
	if d := t.step.timeout; d > 0 {
		t.late = time.AfterFunc(d+e.opt.Grace, func() {
			e.ends <- ended{task: t, err: fmt.Errorf("%w; it did not stop within %v of that, and was abandoned", &TimeoutError{d}, e.opt.Grace)}
		})
	}
	go t.run(e.ctx, e.ends)
}

// finish takes the end of a step that ran.
func (e *executor) finish(m ended) {
	t, err := m.task, m.err
	if t.ended {
		return // it was abandoned before
	}
	if t.late != nil {
		t.late.Stop()
	}
	e.running--
	t.class.giveBack()
	state := e.judge(t, err)
	if state == event.OK {
		m.keep()
	}
	if state == event.Failed {
		err = &StepError{t.step.name, err}
		e.failures = append(e.failures, err)
		if !e.opt.KeepGoing && !e.stopped {
			e.cancel(err) // before anybody is told: telling takes time
		}
	}
	if state == event.OptionalFailed && t.step.ifFailed != "" {
		t.scope.Warn("%s\n%s", t.step.ifFailed, err)
	}
	e.settle(t, event.Event{State: state}, err)
	if state == event.Failed && !e.opt.KeepGoing && !e.stopped {
		e.stop(t.step.name + " failed")
	}
}

// judge turns the error of a step into its state.
func (e *executor) judge(t *task, err error) event.State {
	switch {
	case err == nil:
		return event.OK
	case e.ctx.Err() != nil && isStop(err, e.ctx):
		return event.Canceled
	case t.step.optional:
		return event.OptionalFailed
	}
	return event.Failed
}

// isStop reports whether err only says that ctx has ended.
func isStop(err error, ctx context.Context) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, ctx.Err()) || errors.Is(err, context.Cause(ctx))
}

// settle records the end of a step, says it, and looks after those who wait.
func (e *executor) settle(t *task, ev event.Event, err error) {
	e.left--
	t.ended = true
	t.res.Ended = e.now()
	t.res.Err = err
	if t.scope == nil {
		t.scope = e.opt.Events.Scope(t.step.name)
	}
	ev.Time, ev.Waited, ev.Ran = t.res.Ended, t.res.Waited(), t.res.Ran()
	ev.Error = errorText(err)
	ev = t.scope.End(ev)
	t.res.State, t.res.Reason = ev.State, ev.Text
	for _, w := range t.waiting {
		if w.waits--; w.waits == 0 && !w.ended {
			e.ready(w)
		}
	}
}

// errorText is err without the name of the step, which the event has anyway.
func errorText(err error) string {
	if s, ok := err.(*StepError); ok {
		err = s.Err
	}
	if err == nil {
		return ""
	}
	return err.Error()
}

// ready queues a step all of whose needs have ended, or ends it when one of
// them has no result.
func (e *executor) ready(t *task) {
	if e.stopped || t.step.skipped {
		return // settled elsewhere
	}
	if reason := t.lacks(); reason != "" {
		e.settle(t, event.Event{State: event.NotRun, Text: reason}, nil)
		return
	}
	t.res.Ready = e.now()
	t.class.add(t)
}

// stop ends the run: running steps are canceled, the others will not run.
func (e *executor) stop(reason string) {
	e.stopped = true
	e.cancel(nil) // the cause, if any, was given before
	e.grace = time.After(e.opt.Grace)
	e.gov.clear()
	for _, t := range e.tasks {
		if t.scope == nil && !t.ended {
			e.settle(t, event.Event{State: event.NotRun, Text: reason}, nil)
		}
	}
}

// abandon gives up on the steps that do not end.
func (e *executor) abandon() {
	for _, t := range e.tasks {
		if !t.ended {
			err := &StepError{t.step.name, fmt.Errorf("did not stop within %v of being told to, and was abandoned", e.opt.Grace)}
			e.failures = append(e.failures, err)
			e.settle(t, event.Event{State: event.Failed}, err)
		}
	}
}
