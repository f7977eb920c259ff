package dag

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"compose/phases/event"
	"pgregory.net/rapid"
)

// heavy adds a step that takes units of memory.
func (p *toy) heavy(name string, memory int, d time.Duration) *Step {
	s := p.Add(name, "cpu").Takes("memory", memory)
	Do(s, sleep(name, d, nil))
	return s
}

// most gives how many units of each pool were taken at once.
func (p *toy) most(takes func(step string) map[string]int) map[string]int {
	now, most := map[string]int{}, map[string]int{}
	for _, e := range p.events.Facts() {
		for pool, n := range takes(e.Step) {
			switch {
			case e.Kind == event.Started:
				now[pool] += n
			case e.Kind == event.Ended && e.State == event.OK:
				now[pool] -= n
			}
			most[pool] = max(most[pool], now[pool])
		}
	}
	return most
}

// TestTakes runs steps that together take more memory than there is.
func TestTakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newToy()
		for i, memory := range []int{6, 6, 3, 1} {
			p.heavy(fmt.Sprint("s", i), memory, time.Minute)
		}
		o := p.Run(t.Context(), Options{Pools: map[string]int{"cpu": 8, "memory": 10}, Events: p.events})
		// s0 leaves 4, which s1 waits for: s2 and s3 must not take them away.
		if got := p.order(); got != "s0 s1 s2 s3" || o.Took != 2*time.Minute {
			t.Errorf("order %s in %v", got, o.Took)
		}
	})
}

// TestTakesMoreThanThereIs runs a step alone that takes more than the pool has.
func TestTakesMoreThanThereIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newToy()
		p.heavy("light", 1, time.Minute)
		p.heavy("giant", 1000, time.Minute)
		p.heavy("later", 1, time.Minute)
		o := p.Run(t.Context(), Options{Pools: map[string]int{"cpu": 8, "memory": 10}, Events: p.events})
		wantStates(t, o, "light:ok giant:ok later:ok")
		if o.Took != 3*time.Minute {
			t.Errorf("took %v", o.Took)
		}
	})
}

// TestTakesOthersGoOn wants a step that waits for memory not to hold up those
// that take none of it.
func TestTakesOthersGoOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newToy()
		p.heavy("a", 10, time.Hour)
		p.heavy("b", 10, time.Hour)
		for i := range 20 {
			p.step(fmt.Sprint("c", i), time.Minute, nil)
		}
		o := p.Run(t.Context(), Options{Pools: map[string]int{"cpu": 2, "memory": 10}, Events: p.events})
		if o.Took != 2*time.Hour {
			t.Errorf("took %v", o.Took)
		}
	})
}

// TestTakesNoStarving wants a step that takes both of two contended pools to
// get its turn although there is always somebody who takes one.
func TestTakesNoStarving(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newToy()
		for i := range 1000 {
			s := p.Add(fmt.Sprint("a", i), "cpu")
			Do(s, sleep("", time.Duration(60+i%7)*time.Second, nil))
			s = p.Add(fmt.Sprint("b", i), "disk")
			Do(s, sleep("", time.Duration(60+i%11)*time.Second, nil))
		}
		both := p.Add("both", "cpu").Takes("cpu", 4).Takes("disk", 4).Priority(1)
		Do(both, sleep("", time.Second, nil))
		p.Run(t.Context(), Options{Pools: map[string]int{"cpu": 4, "disk": 4}, Events: p.events})
		at := slices.Index(strings.Fields(p.order()), "both")
		if at < 0 || at > 2*patience {
			t.Errorf("it started as number %d", at)
		}
	})
}

// TestTakesRandom runs random plans: they end, and nobody takes more than
// there is.
func TestTakesRandom(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		pools := map[string]int{}
		for _, name := range []string{"cpu", "disk", "memory", "net"} {
			pools[name] = rapid.IntRange(1, 8).Draw(r, name)
		}
		p := newToy()
		takes := map[string]map[string]int{}
		var made []Promise[string]
		for i := range rapid.IntRange(1, 40).Draw(r, "steps") {
			name := fmt.Sprint("s", i)
			s := p.Add(name, rapid.SampledFrom([]string{"cpu", "disk"}).Draw(r, "pool"))
			for range rapid.IntRange(0, 3).Draw(r, "kinds") {
				s.Takes(rapid.SampledFrom([]string{"cpu", "disk", "memory", "net"}).Draw(r, "pool"), rapid.IntRange(0, 12).Draw(r, "units"))
			}
			if len(made) > 0 && rapid.Bool().Draw(r, "waits") {
				Need(s, rapid.SampledFrom(made).Draw(r, "for"))
			}
			takes[name] = map[string]int{}
			for pool, n := range s.takes {
				takes[name][pool] = min(n, pools[pool])
			}
			made = append(made, Do(s, sleep(name, 0, nil)))
		}
		o := p.Run(context.Background(), Options{Pools: pools, Events: p.events})
		if o.Count(event.OK) != p.Len() {
			r.Fatalf("%s: %v", states(o), o.Err())
		}
		for pool, n := range p.most(func(step string) map[string]int { return takes[step] }) {
			if n > pools[pool] {
				r.Fatalf("%d units of %s were taken, of %d", n, pool, pools[pool])
			}
		}
	})
}

// TestTimeout lets a step run for too long.
func TestTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newToy()
		s, slow := p.step("slow", 3*time.Hour, nil)
		s.Timeout(2 * time.Hour)
		quick, _ := p.step("quick", time.Hour, nil)
		quick.Timeout(time.Hour + time.Second)
		p.step("behind", time.Second, nil, slow)
		o := p.run(t.Context(), 4, "")
		wantStates(t, o, "slow:failed quick:ok behind:not-run")
		var timeout *TimeoutError
		if err := o.Err(); err == nil || err.Error() != "slow: timeout of 2h" || !errors.As(err, &timeout) {
			t.Errorf("error %v", err)
		}
		if o.Took != 2*time.Hour {
			t.Errorf("took %v", o.Took)
		}
	})
}

// TestTimeoutOptional lets a step that may fail run for too long.
func TestTimeoutOptional(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newToy()
		s := p.Add("image", "cpu").Optional().IfFailed("[FAIL] Image").Timeout(90 * time.Minute)
		image := Do(s, func(ctx context.Context, _ *event.Scope) (string, error) {
			<-ctx.Done()
			return "", errors.New("running lorax: signal: killed")
		})
		after := p.Add("list", "cpu")
		Want(after, image)
		Do(after, sleep("list", time.Second, nil))
		o := p.run(t.Context(), 1, "")
		wantStates(t, o, "image:optional-failed list:ok")
		notes := ""
		for _, e := range p.events.Facts() {
			if e.Kind == event.Note {
				notes += e.Text
			}
		}
		if want := "[FAIL] Image\ntimeout of 1h30m: running lorax: signal: killed"; notes != want || o.Status != Incomplete {
			t.Errorf("notes %q, status %s", notes, o.Status)
		}
	})
}

// TestTimeoutIgnored gives up on a step that goes on after its timeout, and
// takes no result from it.
func TestTimeoutIgnored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newToy()
		s := p.Add("deaf", "cpu").Optional().Timeout(time.Minute)
		deaf := Do(s, func(context.Context, *event.Scope) (int, error) {
			time.Sleep(time.Hour)
			return 1, nil
		})
		after := p.Add("after", "cpu")
		got := Want(after, deaf)
		Do(after, func(context.Context, *event.Scope) (int, error) {
			time.Sleep(2 * time.Hour) // the other one ends meanwhile
			if _, ok := got(); ok {
				t.Error("there is a result")
			}
			return 0, nil
		})
		o := p.run(t.Context(), 1, "")
		wantStates(t, o, "deaf:optional-failed after:ok")
		if want := "timeout of 1m; it did not stop within 3.5s of that, and was abandoned"; o.Steps[0].Err == nil || o.Steps[0].Err.Error() != want {
			t.Errorf("error %v", o.Steps[0].Err)
		}
	})
}
