package dag

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"compose/phases/event"
)

// toy is a plan of steps that only sleep, and what was said about it.
type toy struct {
	*Plan
	events *event.Stream
}

func newToy() *toy { return &toy{New(), event.New(nil)} }

// step adds a step that sleeps for d, ends with err and has its name as
// result. It ends early when it is canceled.
func (p *toy) step(name string, d time.Duration, err error, needs ...Promise[string]) (*Step, Promise[string]) {
	s := p.Add(name, "cpu")
	for _, n := range needs {
		Need(s, n)
	}
	return s, Do(s, sleep(name, d, err))
}

func sleep(name string, d time.Duration, err error) func(context.Context, *event.Scope) (string, error) {
	return func(ctx context.Context, ev *event.Scope) (string, error) {
		select {
		case <-time.After(d):
			return name, err
		case <-ctx.Done():
			return "", fmt.Errorf("sleeping: %w", ctx.Err())
		}
	}
}

// run runs the plan with n places.
func (p *toy) run(ctx context.Context, n int, keepGoing string) *Outcome {
	return p.Run(ctx, Options{Pools: map[string]int{"cpu": n}, KeepGoing: keepGoing != "", Events: p.events})
}

// states renders the outcome as "a:ok b:failed", in the order of the plan.
func states(o *Outcome) string {
	var out []string
	for _, r := range o.Steps {
		out = append(out, r.Name+":"+string(r.State))
	}
	return strings.Join(out, " ")
}

func wantStates(t *testing.T, o *Outcome, want string) {
	t.Helper()
	if got := states(o); got != want {
		t.Errorf("states:\n got %s\nwant %s", got, want)
	}
}

// order lists the steps in the order in which they started.
func (p *toy) order() string {
	var out []string
	for _, e := range p.events.Facts() {
		if e.Kind == event.Started {
			out = append(out, e.Step)
		}
	}
	return strings.Join(out, " ")
}

var errToy = errors.New("it broke")

func TestResultsFlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newToy()
		_, a := p.step("a", time.Second, nil)
		_, b := p.step("b", 3*time.Second, nil)
		s := p.Add("c", "cpu")
		x, y := Need(s, a), Want(s, b)
		var got string
		Do(s, func(context.Context, *event.Scope) (int, error) {
			v, ok := y()
			got = fmt.Sprintf("%s %s %v", x(), v, ok)
			return 0, nil
		})
		o := p.run(t.Context(), 2, "")
		if got != "a b true" {
			t.Errorf("got %q", got)
		}
		if o.Status != Finished || o.Err() != nil || o.Took != 3*time.Second {
			t.Errorf("outcome %+v", o)
		}
	})
}

func TestFailFast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newToy()
		_, a := p.step("a", time.Second, errToy)
		p.step("long", time.Hour, nil)
		p.step("queued", time.Hour, nil)
		_, b := p.step("b", time.Second, nil, a)
		p.step("c", time.Second, nil, b)
		o := p.run(t.Context(), 2, "")
		wantStates(t, o, "a:failed long:canceled queued:not-run b:not-run c:not-run")
		if o.Took != time.Second {
			t.Errorf("took %v", o.Took)
		}
		var s *StepError
		if err := o.Err(); !errors.Is(err, errToy) || !errors.As(err, &s) || s.Step != "a" || err.Error() != "a: it broke" {
			t.Errorf("error %v", err)
		}
		if o.Status != Doomed || o.Steps[4].Reason != "a failed" {
			t.Errorf("status %s, reason %q", o.Status, o.Steps[4].Reason)
		}
	})
}

// The context of a step says why the run was stopped.
func TestCause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newToy()
		p.step("a", time.Second, errToy)
		s := p.Add("b", "cpu")
		Do(s, func(ctx context.Context, _ *event.Scope) (int, error) {
			<-ctx.Done()
			return 0, context.Cause(ctx)
		})
		o := p.run(t.Context(), 2, "")
		wantStates(t, o, "a:failed b:canceled")
		if !errors.Is(o.Steps[1].Err, errToy) {
			t.Errorf("cause %v", o.Steps[1].Err)
		}
	})
}

// What fails in its own way while the run stops is reported too.
func TestAllErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newToy()
		p.step("a", time.Second, errToy)
		s := p.Add("b", "cpu")
		Do(s, func(ctx context.Context, _ *event.Scope) (int, error) {
			<-ctx.Done()
			return 0, errors.New("disk full")
		})
		o := p.run(t.Context(), 2, "")
		wantStates(t, o, "a:failed b:failed")
		if got := o.Err().Error(); got != "a: it broke\nb: disk full" {
			t.Errorf("got %q", got)
		}
	})
}

func TestKeepGoing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newToy()
		_, a := p.step("a", time.Second, errToy)
		_, b := p.step("b", time.Minute, nil)
		p.step("c", time.Second, nil, a)
		p.step("d", time.Second, nil, b)
		s := p.Add("e", "cpu")
		y := Want(s, a)
		Do(s, func(context.Context, *event.Scope) (bool, error) {
			if _, ok := y(); ok {
				t.Error("a result of a failed step")
			}
			return true, nil
		})
		p.step("f", 2*time.Second, errToy)
		o := p.run(t.Context(), 1, "keep going")
		wantStates(t, o, "a:failed b:ok c:not-run d:ok e:ok f:failed")
		if o.Status != Doomed || o.Err().Error() != "a: it broke\nf: it broke" {
			t.Errorf("%s: %v", o.Status, o.Err())
		}
	})
}

func TestOptional(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newToy()
		s, a := p.step("a", time.Second, errToy)
		s.Optional()
		s, _ = p.step("b", time.Second, nil, a)
		s.Optional()
		s = p.Add("c", "cpu")
		y := Want(s, a)
		Do(s, func(context.Context, *event.Scope) (int, error) {
			if _, ok := y(); ok {
				t.Error("a result of a failed step")
			}
			return 0, nil
		})
		o := p.run(t.Context(), 1, "")
		wantStates(t, o, "a:optional-failed b:not-run c:ok")
		if o.Status != Incomplete || o.Err() != nil {
			t.Errorf("%s: %v", o.Status, o.Err())
		}
	})
}

func TestSkip(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newToy()
		s, a := p.step("a", time.Second, nil)
		s.Skip("--skip-phase")
		s, _ = p.step("b", time.Second, nil, a)
		s.Skip("--skip-phase")
		p.Add("c", "cpu").Skip("no work, no matter")
		s = p.Add("d", "cpu")
		y := Want(s, a)
		Do(s, func(context.Context, *event.Scope) (int, error) {
			if _, ok := y(); ok {
				t.Error("a result of a skipped step")
			}
			return 0, nil
		})
		o := p.run(t.Context(), 1, "")
		wantStates(t, o, "a:skipped b:skipped d:ok c:skipped")
		if o.Status != Finished || o.Steps[0].Reason != "--skip-phase" {
			t.Errorf("%s: %q", o.Status, o.Steps[0].Reason)
		}
	})
}

func TestReused(t *testing.T) {
	p := newToy()
	s := p.Add("a", "cpu")
	a := Do(s, func(_ context.Context, ev *event.Scope) (string, error) {
		ev.Reused("DP-1.0-20250101.n.0")
		return "", nil
	})
	p.step("b", 0, nil, a)
	o := p.run(t.Context(), 1, "")
	wantStates(t, o, "a:reused b:ok")
	if o.Steps[0].Reason != "DP-1.0-20250101.n.0" || o.Status != Finished {
		t.Errorf("%+v", o)
	}
}

func TestPools(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := New()
		running, most := map[string]int{}, map[string]int{}
		lock := make(chan struct{}, 1)
		add := func(pool string, i int) {
			Do(p.Add(fmt.Sprint(pool, i), pool), func(context.Context, *event.Scope) (int, error) {
				lock <- struct{}{}
				running[pool]++
				most[pool] = max(most[pool], running[pool])
				<-lock
				time.Sleep(time.Second)
				lock <- struct{}{}
				running[pool]--
				<-lock
				return 0, nil
			})
		}
		for i := range 12 {
			add("cpu", i)
			add("net", i)
		}
		o := p.Run(t.Context(), Options{Pools: map[string]int{"cpu": 2, "net": 5, "idle": 1}})
		if want := map[string]int{"cpu": 2, "net": 5}; !reflect.DeepEqual(most, want) {
			t.Errorf("most at once %v, want %v", most, want)
		}
		if o.Took != 6*time.Second {
			t.Errorf("took %v, want 6s", o.Took)
		}
	})
}

func TestPriority(t *testing.T) {
	p := newToy()
	p.step("plain", 0, nil)
	_, a := p.step("chain", 0, nil)
	_, b := p.step("chain2", 0, nil, a)
	p.step("chain3", 0, nil, b)
	s, _ := p.step("urgent", 0, nil)
	s.Priority(1)
	s, _ = p.step("last", 0, nil)
	s.Priority(-1)
	p.run(t.Context(), 1, "")
	if got, want := p.order(), "urgent chain chain2 plain chain3 last"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestCriticalPath(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newToy()
		_, a := p.step("a", time.Second, nil)
		_, b := p.step("b", 5*time.Second, nil)
		_, c := p.step("c", 2*time.Second, nil, a, b)
		p.step("d", time.Second, nil, a)
		p.step("e", time.Second, nil, c)
		o := p.run(t.Context(), 8, "")
		if got := o.CriticalNames(); !slices.Equal(got, []string{"b", "c", "e"}) {
			t.Errorf("critical path %v", got)
		}
		if got := o.Slowest(2); len(got) != 2 || got[0].Name != "b" || got[1].Name != "c" {
			t.Errorf("slowest %v", got)
		}
		var sum time.Duration
		for _, r := range o.CriticalPath() {
			sum += r.Ran() + r.Waited()
		}
		if sum != o.Took {
			t.Errorf("the chain takes %v, the run %v", sum, o.Took)
		}
	})
}

// A step that waited for a place was held up by who had it.
func TestCriticalPathThroughPool(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newToy()
		_, a := p.step("a", time.Second, nil)
		p.step("b", 5*time.Second, nil)
		p.step("c", 2*time.Second, nil, a)
		p.step("d", 6*time.Second, nil, a)
		for i := range 10 {
			p.step(fmt.Sprint("instant", i), 0, nil)
		}
		o := p.run(t.Context(), 2, "")
		var sum time.Duration
		for _, r := range o.CriticalPath() {
			sum += r.Ran()
		}
		if sum != o.Took || o.Took != 9*time.Second {
			t.Errorf("the chain %v takes %v, the run %v", o.CriticalNames(), sum, o.Took)
		}
		if got := o.CriticalNames()[:3]; !slices.Equal(got, []string{"a", "c", "d"}) {
			t.Errorf("critical path %v", o.CriticalNames())
		}
	})
}

// With one place the whole stream is the same in every run.
func TestDeterministic(t *testing.T) {
	run := func() []event.Event {
		var facts []event.Event
		synctest.Test(t, func(t *testing.T) {
			p := newToy()
			var layer []Promise[string]
			for i := range 20 {
				var err error
				if i == 13 {
					err = errToy
				}
				s, r := p.step(fmt.Sprint("step/", i), time.Duration(i)*time.Second, err, layer[len(layer)*2/3:]...)
				s.Priority(i % 3)
				layer = append(layer, r)
			}
			p.run(t.Context(), 1, "keep going")
			facts = p.events.Facts()
		})
		return facts
	}
	first := run()
	for range 20 {
		if !reflect.DeepEqual(run(), first) {
			t.Fatal("the order of events changes from run to run")
		}
	}
	for i, e := range first {
		if e.Seq != int64(i)+1 {
			t.Fatalf("event %d has number %d", i, e.Seq)
		}
	}
}
