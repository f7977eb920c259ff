package report

import (
	"testing"
	"time"

	"compose/phases/event"
)

func TestPhases(t *testing.T) {
	at := func(s int) time.Time { return time.Unix(int64(s), 0) }
	r := &Run{}
	for _, e := range []event.Event{
		{Kind: event.Planned, Step: "a/x"}, {Kind: event.Planned, Step: "b"}, {Kind: event.Planned, Step: "a/y"}, {Kind: event.Planned, Step: "a/z"},
		{Kind: event.Started, Step: "a/y", Time: at(1), Waited: time.Second},
		{Kind: event.Started, Step: "a/x", Time: at(2)},
		{Kind: event.Ended, Step: "a/y", Time: at(4), State: event.OK},
		{Kind: event.Ended, Step: "a/x", Time: at(3), State: event.OK},
		{Kind: event.Started, Step: "b", Time: at(4)},
		{Kind: event.Ended, Step: "a/z", Time: at(9), State: event.Skipped},
	} {
		r.Handle(e)
	}
	got := r.Phases()
	if want := (PhaseTime{"a", 2, 3 * time.Second, 4 * time.Second, time.Second}); len(got) != 1 || got[0] != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
