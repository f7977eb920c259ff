package installcheck_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"compose/internal/installcheck"
	"compose/internal/rpm"
)

// within runs fn and complains when it takes very long.
func within(t *testing.T, most time.Duration, fn func()) {
	t.Helper()
	start := time.Now()
	fn()
	if took := time.Since(start); took > most {
		t.Errorf("took %s", took)
	}
}

// TestPigeons asks to put n pigeons into fewer holes, which search cannot
// decide in reasonable time: the answer is that, always the same.
func TestPigeons(t *testing.T) {
	pigeons := func(n, holes int) string {
		var b strings.Builder
		all := make([]string, n)
		for i := range n {
			all[i] = fmt.Sprint("pigeon", i)
			for j := range holes {
				fmt.Fprintf(&b, "x%d.%d-1-1.noarch provides: pigeon%d;hole%d conflicts: hole%d\n", i, j, i, j, j)
			}
		}
		return b.String() + "flock-1-1.noarch requires: " + strings.Join(all, ";") + "\n"
	}
	u := universeOf(t, list(t, pigeons(4, 3)))
	if got := check(t, u, installcheck.Options{}); len(got) != 1 || len(got["flock-1-1.noarch"]) == 0 {
		t.Errorf("4 pigeons: %v", got)
	}
	u = universeOf(t, list(t, pigeons(5, 5)))
	if got := check(t, u, installcheck.Options{}); len(got) != 0 {
		t.Errorf("5 pigeons: %v", got)
	}
	u = universeOf(t, list(t, pigeons(40, 39)))
	within(t, 5*time.Minute, func() {
		res, err := installcheck.Check(context.Background(), u, installcheck.Options{})
		if err != nil || len(res.Problems) != 1 || !res.Problems[0].Undecided || len(res.Problems[0].Why) > 0 {
			t.Errorf("40 pigeons: %v, error %v", res, err)
		}
	})
}

// TestManyVersions has a name in very many versions that require each other.
func TestManyVersions(t *testing.T) {
	var pkgs []*rpm.Package
	for i := range 20_000 {
		p := &rpm.Package{Name: "x", Version: fmt.Sprint(i), Release: "1", Arch: "noarch"}
		p.Requires = []rpm.Dep{{Name: "x", Sense: rpm.Equal, EVR: fmt.Sprint((i + 1) % 20_000)}}
		p.Conflicts = []rpm.Dep{{Name: "y"}}
		p.Provides = []rpm.Dep{{Name: "z", Sense: rpm.Equal, EVR: fmt.Sprint(i)}}
		p.Obsoletes = []rpm.Dep{{Name: "x"}, {Name: "z"}}
		pkgs = append(pkgs, p)
	}
	u := universeOf(t, finished(pkgs))
	within(t, 5*time.Minute, func() {
		res, err := installcheck.Check(context.Background(), u, installcheck.Options{})
		if err != nil || len(res.Problems) != 20_000 {
			t.Fatalf("error %v", err)
		}
		for _, p := range res.Problems {
			if p.Undecided || len(p.Why) > 2 {
				t.Fatalf("%s: %v", u.NEVRA(p.Pkg), p)
			}
		}
	})
}

// TestTooMuch refuses what would need memory without bounds.
func TestTooMuch(t *testing.T) {
	var parts []string
	text := "bomb-1-1.noarch requires: "
	for i := range 30 {
		parts = append(parts, fmt.Sprintf("(a%d and b%d)", i, i))
	}
	text += "(" + strings.Join(parts, " or ") + ")\n"
	for i := range 30 {
		text += fmt.Sprintf("a%d-1-1.noarch\nb%d-1-1.noarch\n", i, i)
	}
	_, err := installcheck.Check(context.Background(), universeOf(t, list(t, text)), installcheck.Options{})
	if err == nil || !strings.Contains(err.Error(), "bomb-1-1.noarch") || !strings.Contains(err.Error(), "too many combinations") {
		t.Errorf("error %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := installcheck.Check(ctx, universeOf(t, list(t, "a-1-1.noarch\n")), installcheck.Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

// FuzzCheck compares small universes with looking at all sets.
func FuzzCheck(f *testing.F) {
	f.Add(uint64(1), uint8(3), uint8(20))
	f.Fuzz(func(t *testing.T, seed uint64, names, rich uint8) {
		pkgs := small(random{Rand: rand.New(rand.NewPCG(seed, 77)), names: 2 + int(names%6), rich: int(rich % 100)}, 8)
		u := universeOf(t, pkgs)
		w := newWorld(t, pkgs)
		ok := w.installable()
		res, err := installcheck.Check(context.Background(), u, installcheck.Options{})
		if err != nil {
			t.Fatal(err)
		}
		got := map[int32]bool{}
		for _, p := range res.Problems {
			got[p.Pkg] = true
			checkReasons(t, u, p)
		}
		for i, p := range pkgs {
			if !w.inferior(p) && ok[p] == got[int32(i)] {
				t.Errorf("%s: problem is %v", p, got[int32(i)])
			}
		}
	})
}
