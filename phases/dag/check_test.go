package dag

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"compose/phases/event"
)

func nothing(context.Context, *event.Scope) (int, error) { return 0, nil }

func TestCheck(t *testing.T) {
	p := New()
	may := Do(p.Add("may", "cpu").Optional(), nothing)
	off := Do(p.Add("off", "cpu").Skip("not wanted"), nothing)
	s := p.Add("a", "tape")
	Need(s, may)
	Need(s, off)
	Need(s, Promise[int]{})
	Want(s, may)
	Want(s, Promise[int]{})
	Do(s, nothing)
	Do(p.Add("a", "none"), nothing)
	p.Add("idle", "cpu")
	err := p.Check(map[string]int{"cpu": 1, "none": 0})
	var check *CheckError
	if !errors.As(err, &check) {
		t.Fatalf("got %v", err)
	}
	want := []string{
		"a: needs a result that no step makes",
		"a: two steps have this name",
		`a: unknown pool "tape"`,
		"a: is required but needs may, which may fail",
		"a: needs off, which is skipped: not wanted",
		`a: pool "none" has no place`,
		"idle: has no work",
	}
	if !slices.Equal(check.Faults, want) {
		t.Errorf("got %q", check.Faults)
	}
	o := p.Run(t.Context(), Options{})
	if o.Status != Doomed || o.Err() == nil {
		t.Errorf("a plan with faults ran: %+v", o)
	}
}

func TestMisuse(t *testing.T) {
	p := New()
	a := Do(p.Add("a", "cpu"), nothing)
	other := Do(New().Add("x", "cpu"), nothing)
	s := p.Add("b", "cpu")
	read := Need(s, a)
	missing := Need(s, Promise[int]{})
	Do(s, nothing)
	for name, misuse := range map[string]func(){
		"second Do":            func() { Do(s, nothing) },
		"edge after Do":        func() { Want(s, a) },
		"foreign plan":         func() { Need(p.Add("c", "cpu"), other) },
		"read before it ran":   func() { read() },
		"read of no such step": func() { missing() },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			misuse()
		})
	}
}

func TestRunTwice(t *testing.T) {
	p := New()
	Do(p.Add("a", "cpu"), nothing)
	o := Options{Pools: map[string]int{"cpu": 1}}
	if err := p.Run(t.Context(), o).Err(); err != nil {
		t.Fatal(err)
	}
	if p.Run(t.Context(), o).Err() == nil {
		t.Error("a plan ran twice")
	}
}

// Steps lists in the order of Do, which is topological even when the order of
// Add is not; an edge is listed once and a Need wins over a Want.
func TestSteps(t *testing.T) {
	p := New()
	late := p.Add("late", "cpu")
	early := p.Add("early", "net").Optional()
	r := Do(early, nothing)
	Want(late, r)
	Need(late, r)
	Want(late, r)
	Do(late, nothing)
	steps := p.Steps()
	if steps[0] != early || steps[1] != late || p.Len() != 2 || p.Step("late") != late {
		t.Errorf("wrong order %v", steps)
	}
	if needs := late.Needs(); len(needs) != 1 || needs[0] != early || !late.Must(early) || early.Must(late) {
		t.Errorf("wrong edges %v", needs)
	}
	if early.Pool() != "net" || !early.IsOptional() || late.IsOptional() {
		t.Error("wrong attributes")
	}
}

// bigPlan is like a large compose: 3,000 steps in 30 layers, each step with
// three needs.
func bigPlan() *Plan {
	p := New()
	var last []Promise[int]
	for layer := range 30 {
		var now []Promise[int]
		for i := range 100 {
			s := p.Add(fmt.Sprintf("layer%d/%d", layer, i), []string{"cpu", "disk", "net"}[i%3])
			for k := range min(3, len(last)) {
				Need(s, last[(i+k*7)%len(last)])
			}
			now = append(now, Do(s, nothing))
		}
		last = now
	}
	return p
}

func TestBigPlan(t *testing.T) {
	o := bigPlan().Run(t.Context(), Options{Pools: map[string]int{"cpu": 4, "disk": 2, "net": 8}})
	if o.Err() != nil || o.Count(event.OK) != 3000 {
		t.Fatal(o.Err(), o.Count(event.OK))
	}
}

func Benchmark3000Steps(b *testing.B) {
	for b.Loop() {
		o := bigPlan().Run(b.Context(), Options{Pools: map[string]int{"cpu": 4, "disk": 2, "net": 8}})
		if o.Err() != nil {
			b.Fatal(o.Err())
		}
	}
}
