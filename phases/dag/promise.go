package dag

import (
	"context"
	"fmt"

	"compose/phases/event"
)

// Promise stands for the result of a step that has not run yet. The zero
// Promise is of no step: wanting it gives nothing, needing it is an error
// that the plan check reports.
type Promise[T any] struct{ c *cell[T] }

// Step is the step that makes the result, nil for the zero Promise.
func (p Promise[T]) Step() *Step {
	if p.c == nil {
		return nil
	}
	return p.c.step
}

// work is what a step does. The executor calls keep, which leaves the result
// for its readers, when the step has succeeded in time.
type work func(context.Context, *event.Scope) (keep func(), err error)

// cell is where the executor leaves a step's result; readers start after that.
type cell[T any] struct {
	step *Step
	val  T
	ok   bool
}

// Need records that s cannot run without the result p, and returns its
// reader, for use inside the function given to Do.
func Need[T any](s *Step, p Promise[T]) func() T {
	if p.c == nil {
		s.plan.fault("%s: needs a result that no step makes", s.name)
		return func() T { panic(fmt.Sprintf("dag: %s reads a result that no step makes", s.name)) }
	}
	s.connect(edge{p.c.step, true})
	return func() T {
		if !p.c.ok {
			panic(fmt.Sprintf("dag: %s reads the result of %s before there is one", s.name, p.c.step.name))
		}
		return p.c.val
	}
}

// Want records that s waits for p and uses its result if there is one. The
// reader returns false when the step of p failed, did not run, was skipped,
// or does not exist.
func Want[T any](s *Step, p Promise[T]) func() (T, bool) {
	if p.c == nil {
		return func() (zero T, ok bool) { return zero, false }
	}
	s.connect(edge{p.c.step, false})
	return func() (T, bool) { return p.c.val, p.c.ok }
}

// Do gives the step its work and returns the promise of its result. fn runs
// on a goroutine of its own; ctx ends when the run is stopped or fn returns.
// The result must not be changed after fn has returned it.
func Do[T any](s *Step, fn func(ctx context.Context, ev *event.Scope) (T, error)) Promise[T] {
	if s.run != nil {
		panic(fmt.Sprintf("dag: second Do of step %s", s.name))
	}
	c := &cell[T]{step: s}
	s.rank = s.plan.done
	s.plan.done++
	s.run = func(ctx context.Context, ev *event.Scope) (func(), error) {
		v, err := fn(ctx, ev)
		return func() { c.val, c.ok = v, true }, err
	}
	return Promise[T]{c}
}

// connect records an edge once; a Need is stronger than a Want.
func (s *Step) connect(e edge) {
	if s.run != nil {
		panic(fmt.Sprintf("dag: step %s gets an edge to %s after its Do", s.name, e.to.name))
	}
	if s.plan != e.to.plan {
		panic(fmt.Sprintf("dag: step %s and step %s are of different plans", s.name, e.to.name))
	}
	for i := range s.needs {
		if s.needs[i].to == e.to {
			s.needs[i].must = s.needs[i].must || e.must
			return
		}
	}
	s.needs = append(s.needs, e)
}
