package dag

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"compose/phases/event"
)

func TestPanic(t *testing.T) {
	p := newToy()
	var log []string
	p.events.Subscribe(event.HandlerFunc(func(e event.Event) {
		if e.Kind == event.Log {
			log = append(log, e.Step, e.Text)
		}
	}))
	Do(p.Add("a", "cpu"), func(context.Context, *event.Scope) (int, error) { panic("oh") })
	o := p.run(t.Context(), 1, "")
	wantStates(t, o, "a:failed")
	if o.Err() == nil || o.Err().Error() != "a: panic: oh" {
		t.Errorf("error %v", o.Err())
	}
	if len(log) != 2 || log[0] != "a" || !strings.Contains(log[1], "stop_test.go") {
		t.Errorf("no stack in the log: %q", log)
	}
}

func TestCancel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newToy()
		p.step("a", time.Second, nil)
		_, b := p.step("b", time.Hour, nil)
		p.step("c", time.Second, nil, b)
		ctx, cancel := context.WithCancelCause(t.Context())
		interrupted := errors.New("interrupted")
		time.AfterFunc(time.Minute, func() { cancel(interrupted) })
		o := p.run(ctx, 2, "")
		wantStates(t, o, "a:ok b:canceled c:not-run")
		if o.Status != Canceled || !errors.Is(o.Err(), interrupted) || o.Steps[2].Reason != "interrupted" {
			t.Errorf("%s: %v, %q", o.Status, o.Err(), o.Steps[2].Reason)
		}
		if o.Took != time.Minute {
			t.Errorf("took %v", o.Took)
		}
	})
}

func TestCanceledBefore(t *testing.T) {
	p := newToy()
	p.step("a", time.Hour, nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	o := p.run(ctx, 2, "")
	wantStates(t, o, "a:not-run")
	if o.Status != Canceled {
		t.Error(o.Status)
	}
}

// A step that ignores its context does not hold the run for ever.
func TestAbandon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newToy()
		Do(p.Add("deaf", "cpu"), func(_ context.Context, ev *event.Scope) (int, error) {
			time.Sleep(time.Hour)
			ev.Note("too late to be heard")
			return 0, nil
		})
		p.step("a", time.Second, errToy)
		o := p.Run(t.Context(), Options{Pools: map[string]int{"cpu": 2}, Events: p.events, Grace: time.Minute})
		wantStates(t, o, "deaf:failed a:failed")
		if o.Took != time.Minute+time.Second {
			t.Errorf("took %v", o.Took)
		}
		want := "a: it broke\ndeaf: did not stop within 1m0s of being told to, and was abandoned"
		if o.Err().Error() != want {
			t.Errorf("error %v", o.Err())
		}
		time.Sleep(2 * time.Hour)
		if n := slices.IndexFunc(p.events.Facts(), func(e event.Event) bool { return e.Kind == event.Note }); n >= 0 {
			t.Error("an abandoned step was heard after its end")
		}
	})
}

func TestGoexit(t *testing.T) {
	p := newToy()
	Do(p.Add("a", "cpu"), func(context.Context, *event.Scope) (int, error) {
		// what t.FailNow does
		runtime.Goexit()
		return 0, nil
	})
	wantStates(t, p.run(t.Context(), 1, ""), "a:failed")
}
