package dag

import (
	"cmp"
	"container/heap"
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"

	"compose/phases/event"
)

// task is a step while it runs.
type task struct {
	step    *Step
	pool    *pool
	order   int     // place among ready steps, lowest first
	chain   int     // number of steps in the longest chain behind this one
	waits   int     // needs that have not ended
	waiting []*task // who waits for this one
	needs   []*task // in the order of step.needs
	scope   *event.Scope
	ended   bool
	res     Result
}

func newExecutor(ctx context.Context, p *Plan, o Options) *executor {
	e := &executor{opt: o, left: len(p.steps), ends: make(chan ended, len(p.steps))}
	e.ctx, e.cancel = context.WithCancelCause(ctx)
	e.began = e.now()
	pools := map[string]*pool{}
	for _, name := range slices.Sorted(maps.Keys(o.Pools)) {
		pools[name] = &pool{free: o.Pools[name]}
		e.pools = append(e.pools, pools[name])
	}
	byStep := map[*Step]*task{}
	for i, s := range p.Steps() {
		t := &task{step: s, pool: pools[s.pool], waits: len(s.needs)}
		t.res = Result{Name: s.name, Pool: s.pool, Optional: s.optional, State: event.NotRun}
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
	ctx, cancel := context.WithCancel(ctx)
	// This error remains when the step ends its goroutine (runtime.Goexit).
	err := errors.New("the step ended its goroutine")
	defer func() {
		cancel()
		if v := recover(); v != nil {
			t.scope.Logf("panic: %v\n\n%s", v, debug.Stack())
			err = fmt.Errorf("panic: %v", v)
		}
		ends <- ended{t, err}
	}()
	err = t.step.run(ctx, t.scope)
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

// pool bounds how many steps run at once.
type pool struct {
	free  int
	ready queue
}

func (p *pool) add(t *task) { heap.Push(&p.ready, t) }

func (p *pool) next() *task { return heap.Pop(&p.ready).(*task) }

// queue is a heap of ready tasks by order.
type queue []*task

func (q queue) Len() int           { return len(q) }
func (q queue) Less(i, j int) bool { return q[i].order < q[j].order }
func (q queue) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }

// Push is for container/heap.
func (q *queue) Push(x any) { *q = append(*q, x.(*task)) }

// Pop is for container/heap.
func (q *queue) Pop() any {
	old := *q
	t := old[len(old)-1]
	*q = old[:len(old)-1]
	return t
}
