// Package installcheck decides which packages of a universe can be installed
// at all: together with what they require, against conflicts, obsoletes,
// other versions of the same packages and the rules of architectures. Its
// answers are those of libsolv's installcheck; why a package cannot be
// installed it says in few words. It does not know where packages come from,
// and weak dependencies do not matter to it.
//
// Where one set of packages that fit together has a package in it, that
// package is proven; such sets are found without search for nearly all.
// What is left is decided by an exact search. No answer depends on the number
// of goroutines or on time.
//
// It differs from libsolv in that a rich requirement that cannot be parsed is
// one that nothing provides (libsolv ignores it), and an rpmlib() requirement
// is always met. Where a name has packages of two foreign architectures and
// none of the machine's own, libsolv's answer depends on the order of the
// packages; here neither is inferior.
package installcheck

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"compose/internal/universe"
)

// Options say what is checked.
type Options struct {
	// Lookaside says of each package whether it only helps others; nil: none.
	Lookaside []bool
	// Sources says whether source packages are checked too: whether what
	// they need to be built can be installed together.
	Sources Sources
	// Skip says of each package whether no answer is wanted for it although
	// it is not a lookaside; nil: none.
	Skip []bool
}

// Sources is what is done with source packages.
type Sources int

// Source packages are left alone or checked.
const (
	WithoutSources Sources = iota
	WithSources
)

// Result is the answer for all packages that were asked for.
type Result struct {
	// Checked is how many packages there is an answer for.
	Checked int
	// Problems are the packages that cannot be installed, ascending.
	Problems []Problem
}

// Check decides which packages can be installed on a machine that accepts
// the architectures of the universe, the best one of which is its own.
// A package of an inferior architecture is not asked for when there is one of
// the same name for the machine's own. Errors are the end of ctx and inputs
// beyond all bounds.
func Check(ctx context.Context, u *universe.Universe, o Options) (*Result, error) {
	c := checker{u: u, o: o}
	all := c.candidates()
	r, err := newRules(ctx, u, c.involved)
	if err != nil {
		return nil, fmt.Errorf("checking what can be installed: %w", err)
	}
	c.rules = r
	if err := c.inferior(ctx, all); err != nil {
		return nil, err
	}
	r.spreadDeath()
	asked := slices.DeleteFunc(slices.Clone(all), func(p int32) bool { return o.Skip != nil && o.Skip[p] })
	left, err := c.prove(ctx, asked)
	if err != nil {
		return nil, err
	}
	for _, p := range left {
		r.selfDefeating(p, func(int32) { r.dead[p] = true })
	}
	r.spreadDeath()
	left = slices.DeleteFunc(left, func(p int32) bool { return r.dead[p] })
	unknown, err := c.searchAll(ctx, left)
	if err != nil {
		return nil, err
	}
	e := newExplainer(r, c.low)
	if slices.ContainsFunc(asked, func(p int32) bool { return r.dead[p] }) {
		e.run()
	}
	return c.result(ctx, e, asked, unknown)
}

// result lists the problems, with the reasons that e found.
func (c *checker) result(ctx context.Context, e *explainer, asked []int32, unknown map[int32]bool) (*Result, error) {
	bad := slices.DeleteFunc(slices.Clone(asked), func(p int32) bool { return !c.rules.dead[p] && !unknown[p] })
	res := &Result{Checked: len(asked), Problems: make([]Problem, len(bad))}
	err := groups(ctx, bad, func(first int, part []int32) {
		for i, p := range part {
			to := &res.Problems[first+i]
			to.Pkg, to.Undecided = p, !c.rules.dead[p]
			if !to.Undecided {
				to.Why, to.More = e.explain(p)
			}
		}
	})
	return res, err
}

// checker is the state of Check.
type checker struct {
	u     *universe.Universe
	o     Options
	rules *rules
	low   []bool // of inferior architecture
}

// candidates lists the packages that installcheck asks for.
func (c *checker) candidates() []int32 {
	var list []int32
	best := bestClasses(c.u, func(int32) bool { return true })
	for p := range int32(c.u.Len()) {
		if c.o.Lookaside != nil && c.o.Lookaside[p] {
			continue
		}
		if c.u.IsSource(p) {
			if c.o.Sources == WithSources {
				list = append(list, p)
			}
			continue
		}
		if k := c.u.Class(p); k == universe.NoArch || k == universe.Best || k > universe.Best && best[c.u.NameID(p)] != universe.Best {
			list = append(list, p)
		}
	}
	return list
}

func (c *checker) involved(p int32) bool {
	return c.u.Class(p) != universe.Foreign || c.u.IsSource(p) && c.o.Sources == WithSources
}

// inferior takes out the packages of inferior architecture.
func (c *checker) inferior(ctx context.Context, all []int32) error {
	reach, err := c.rules.reachFrom(ctx, all)
	if err != nil {
		return err
	}
	c.rules.killInferior(reach, all)
	c.low = slices.Clone(c.rules.dead)
	return nil
}

// rounds is how many sets of packages that fit together are grown over all
// candidates before each is looked at alone.
const rounds = 3

// prove finds packages that can be installed, and gives those that are left.
func (c *checker) prove(ctx context.Context, all []int32) ([]int32, error) {
	proven := make([]bool, c.rules.n)
	left := slices.Clone(all)
	open := func(p int32) bool { return proven[p] || c.rules.dead[p] }
	for range rounds {
		if left = slices.DeleteFunc(left, open); len(left) == 0 {
			return nil, nil
		}
		g := newGood(c.rules)
		for i, p := range left {
			if i%1024 == 0 && ctx.Err() != nil {
				return nil, ctx.Err()
			}
			g.tryAdd(p)
		}
		for _, p := range g.trail {
			proven[p] = true
		}
	}
	left = slices.DeleteFunc(left, open)
	err := c.proveAlone(ctx, left, proven)
	return slices.DeleteFunc(left, open), err
}

// group is how many packages a goroutine takes at a time. What a search
// learns it uses within a group, so that groups do not depend on who is first.
const group = 64

// proveAlone grows a set for each package on its own.
func (c *checker) proveAlone(ctx context.Context, left []int32, proven []bool) error {
	var free sync.Pool
	return groups(ctx, left, func(_ int, part []int32) {
		g, _ := free.Get().(*good)
		if g == nil {
			g = newGood(c.rules)
		}
		for _, p := range part {
			proven[p] = g.tryAdd(p) // nobody else writes there
			g.shrink(0)
		}
		free.Put(g)
	})
}

// searchAll decides the packages that are left: it takes out those that
// cannot be installed, and gives those that it could not decide on.
func (c *checker) searchAll(ctx context.Context, left []int32) (map[int32]bool, error) {
	found := make([]verdict, c.rules.n)
	steps := min(maxSteps, allSteps/max(1, len(left)))
	err := groups(ctx, left, func(_ int, part []int32) {
		s := newSearch(c.rules)
		for _, p := range part {
			if ctx.Err() == nil {
				found[p] = s.ask(p, steps)
			}
		}
	})
	unknown := map[int32]bool{}
	for _, p := range left {
		switch found[p] {
		case impossible:
			c.rules.dead[p] = true
		case undecided:
			unknown[p] = true
		}
	}
	return unknown, err
}

// groups calls do for parts of a list from several goroutines, with the place
// of the first of the part.
func groups(ctx context.Context, list []int32, do func(first int, part []int32)) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for first := 0; first < len(list); first += group {
		g.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			do(first, list[first:min(len(list), first+group)])
			return nil
		})
	}
	return g.Wait()
}
