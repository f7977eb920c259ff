package installcheck_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"

	"compose/internal/installcheck"
	"compose/internal/rpm"
	"compose/internal/universe"
)

// world is a universe of a few packages in which every set of packages can be
// looked at. It knows the rules by their definition.
type world struct {
	pkgs []*rpm.Package
	rich map[string]*rpm.Rich
}

func newWorld(t *testing.T, pkgs []*rpm.Package) *world {
	w := &world{pkgs: pkgs, rich: map[string]*rpm.Rich{}}
	for _, p := range pkgs {
		for _, d := range slices.Concat(p.Requires, p.Conflicts) {
			if d.IsRich() {
				r, err := rpm.ParseRich(d.Name)
				if err != nil {
					t.Fatal(err)
				}
				w.rich[d.Name] = r
			}
		}
	}
	return w
}

func provides(p *rpm.Package, d rpm.Dep) bool {
	return slices.ContainsFunc(p.Provides, func(c rpm.Dep) bool { return rpm.Satisfies(c, d) })
}

// one says whether a package is all that a dependency without conditions asks for.
func one(p *rpm.Package, r *rpm.Rich) bool {
	switch r.Op {
	case rpm.RichLeaf:
		return provides(p, r.Dep)
	case rpm.RichWith:
		return !slices.ContainsFunc(r.Args, func(a *rpm.Rich) bool { return !one(p, a) })
	case rpm.RichWithout:
		return one(p, r.Args[0]) && !one(p, r.Args[1])
	}
	panic(r.Op)
}

// holds says whether a dependency holds among packages.
func (w *world) holds(set []*rpm.Package, r *rpm.Rich) bool {
	is := func(i int) bool { return w.holds(set, r.Args[i]) }
	switch r.Op {
	case rpm.RichAnd:
		return !slices.ContainsFunc(r.Args, func(a *rpm.Rich) bool { return !w.holds(set, a) })
	case rpm.RichOr:
		return slices.ContainsFunc(r.Args, func(a *rpm.Rich) bool { return w.holds(set, a) })
	case rpm.RichIf:
		return is(1) && is(0) || !is(1) && (len(r.Args) < 3 || is(2))
	case rpm.RichUnless:
		return !is(1) && is(0) || is(1) && len(r.Args) > 2 && is(2)
	}
	return slices.ContainsFunc(set, func(p *rpm.Package) bool { return one(p, r) })
}

func (w *world) parsed(d rpm.Dep) *rpm.Rich {
	if r := w.rich[d.Name]; r != nil {
		return r
	}
	return &rpm.Rich{Dep: d}
}

// inferior says whether there is the same package for a better architecture.
func (w *world) inferior(p *rpm.Package) bool {
	return p.Arch == "i686" && slices.ContainsFunc(w.pkgs, func(q *rpm.Package) bool { return q.Name == p.Name && q.Arch == "x86_64" })
}

func usable(p *rpm.Package) bool {
	return slices.Contains([]string{"x86_64", "i686", "noarch"}, p.Arch)
}

// possible says whether packages can be there together.
func (w *world) possible(set []*rpm.Package) bool {
	for i, p := range set {
		others := slices.Delete(slices.Clone(set), i, i+1)
		if !usable(p) || w.inferior(p) {
			return false
		}
		for _, d := range p.Requires {
			if !w.holds(set, w.parsed(d)) {
				return false
			}
		}
		for _, d := range p.Conflicts {
			if w.holds(others, w.parsed(d)) {
				return false
			}
		}
		for _, q := range others {
			if q.Name == p.Name || slices.ContainsFunc(p.Obsoletes, func(d rpm.Dep) bool {
				return rpm.Satisfies(rpm.Dep{Name: q.Name, Sense: rpm.Equal, EVR: q.EVR().String()}, d)
			}) {
				return false
			}
		}
	}
	return true
}

// installable gives the packages that are in some possible set.
func (w *world) installable() map[*rpm.Package]bool {
	ok := map[*rpm.Package]bool{}
	for mask := range 1 << len(w.pkgs) {
		var set []*rpm.Package
		for i, p := range w.pkgs {
			if mask&(1<<i) != 0 {
				set = append(set, p)
			}
		}
		if w.possible(set) {
			for _, p := range set {
				ok[p] = true
			}
		}
	}
	return ok
}

// small makes a universe of which every package is usable. No package
// provides a part of its own rich conflicts: rpm and libsolv take these
// differently.
func small(r random, n int) []*rpm.Package {
	var pkgs []*rpm.Package
	for _, p := range r.packages(3 * n) {
		if usable(p) && len(pkgs) < n {
			p.Conflicts = slices.DeleteFunc(p.Conflicts, func(d rpm.Dep) bool {
				if !d.IsRich() {
					return false
				}
				rich, err := rpm.ParseRich(d.Name)
				if err != nil {
					return true
				}
				for leaf := range rich.Leaves() {
					if provides(p, leaf) {
						return true
					}
				}
				return false
			})
			pkgs = append(pkgs, p)
		}
	}
	return pkgs
}

// TestAgainstAllSets compares with looking at all sets of packages, and looks
// at the reasons in the same way: they suffice, and none can be left out.
func TestAgainstAllSets(t *testing.T) {
	bad := 0
	for seed := range uint64(400) {
		r := random{Rand: rand.New(rand.NewPCG(seed, 9)), names: 3 + int(seed%5), rich: int(seed%5) * 15}
		pkgs := small(r, 4+int(seed%8))
		u := universeOf(t, pkgs)
		ok := newWorld(t, pkgs).installable()
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
			asked := !newWorld(t, pkgs).inferior(p)
			if asked && ok[p] == got[int32(i)] {
				t.Fatalf("seed %d: %s: problem is %v", seed, p, got[int32(i)])
			}
			if asked && !ok[p] {
				bad++
			}
		}
	}
	if bad < 300 {
		t.Errorf("only %d problems", bad)
	}
}

// checkReasons tries all sets of packages against the reasons alone.
func checkReasons(t *testing.T, u *universe.Universe, p installcheck.Problem) {
	t.Helper()
	if refuted(u, p.Pkg, p.Why) {
		for i := range p.Why {
			if refuted(u, p.Pkg, slices.Delete(slices.Clone(p.Why), i, i+1)) {
				t.Errorf("%s: a reason too many: %s", u.NEVRA(p.Pkg), text(u, p.Why[i]))
			}
		}
		return
	}
	t.Errorf("%s: the reasons do not suffice", u.NEVRA(p.Pkg))
	for _, r := range p.Why {
		t.Log(text(u, r))
	}
}

// refuted says whether no set of packages with p obeys the reasons.
func refuted(u *universe.Universe, p int32, why []installcheck.Reason) bool {
	for mask := range 1 << u.Len() {
		if mask&(1<<p) != 0 && !slices.ContainsFunc(why, func(r installcheck.Reason) bool { return violates(u, r, mask) }) {
			return false
		}
	}
	return true
}

func violates(u *universe.Universe, r installcheck.Reason, mask int) bool {
	there := func(p int32) bool { return mask&(1<<p) != 0 }
	if !there(r.Pkg) {
		return false
	}
	switch r.Kind {
	case installcheck.Nothing, installcheck.Inferior:
		return true
	case installcheck.Require:
		return !meets(u, r.Dep, there)
	case installcheck.Conflict, installcheck.Obsolete, installcheck.SameName:
		if r.Other >= 0 {
			return there(r.Other)
		}
		return meets(u, r.Dep, func(p int32) bool { return p != r.Pkg && there(p) })
	}
	return false
}

func meets(u *universe.Universe, dep uint32, there func(int32) bool) bool {
	if rich := u.Rich(dep); rich != nil {
		return meetsRich(u, rich, there)
	}
	return slices.ContainsFunc(u.Providers(nil, dep), there)
}

func meetsRich(u *universe.Universe, r *universe.Rich, there func(int32) bool) bool {
	is := func(i int) bool { return meetsRich(u, r.Args[i], there) }
	switch r.Op {
	case rpm.RichAnd:
		return !slices.ContainsFunc(r.Args, func(a *universe.Rich) bool { return !meetsRich(u, a, there) })
	case rpm.RichOr:
		return slices.ContainsFunc(r.Args, func(a *universe.Rich) bool { return meetsRich(u, a, there) })
	case rpm.RichIf:
		return is(1) && is(0) || !is(1) && (len(r.Args) < 3 || is(2))
	case rpm.RichUnless:
		return !is(1) && is(0) || is(1) && len(r.Args) > 2 && is(2)
	}
	return slices.ContainsFunc(u.ProvidersOf(r), there)
}
