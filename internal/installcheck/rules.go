package installcheck

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"compose/internal/universe"
)

// rules are what a system of packages must obey, all of it shared and
// unchanged once made. Packages, needs, bars and clauses are numbered.
//
//   - A need is a plain requirement: one of its providers must be there. What
//     a package provides itself is no need of it.
//   - A bar is a conflict or an obsoletes: none of its members may be there,
//     but for the package itself.
//   - A clause comes from a rich dependency of its owner: with the owner and
//     all of neg there, one of pos must be.
//   - Of the packages with one name only one may be there.
type rules struct {
	u *universe.Universe
	n int32 // packages

	needs     table    // package → needs
	needDeps  []uint32 // need → dependency
	providers table    // need → packages
	answers   table    // package → needs that it provides

	bars    table // package → bars
	barDeps []uint32
	kinds   []Kind // of bars
	members table  // bar → packages
	barred  table  // package → bars that it is a member of
	owners  table  // bar → packages

	clauses  []clause
	pos, neg table // clause → packages
	watched  table // package → clauses that it is the owner of or in neg of
	posOf    table // package → clauses that it is in pos of

	dead []bool // packages that cannot be there whatever else is
}

// clause is where a clause comes from.
type clause struct {
	owner int32
	dep   uint32
	kind  Kind
}

// maxEntries bounds the size of each table.
const maxEntries = 1 << 27

var errEntries = errors.New("more than 134 million pairs of dependencies and packages")

// newRules makes the rules of the packages that involved names.
func newRules(ctx context.Context, u *universe.Universe, involved func(pkg int32) bool) (*rules, error) {
	r := &rules{u: u, n: int32(u.Len()), dead: make([]bool, u.Len())}
	rich := richRules{rules: r, forms: map[formKey]form{}}
	if err := r.makeNeeds(ctx, involved); err != nil {
		return nil, err
	}
	if err := r.makeBars(ctx, involved); err != nil {
		return nil, err
	}
	if err := rich.make(ctx, involved); err != nil {
		return nil, err
	}
	return r, nil
}

// makeNeeds collects the plain requirements.
func (r *rules) makeNeeds(ctx context.Context, involved func(int32) bool) error {
	plain := newNumbers(r.u.Deps())
	for p := range r.n {
		if involved(p) {
			for _, d := range r.u.List(p, universe.Requires) {
				if !r.u.IsRpmlib(d) && r.isPlain(d) {
					plain.add(d)
				}
			}
		}
	}
	r.needDeps = plain.list
	lists, err := r.lookUp(ctx, r.needDeps, r.u.Providers)
	if err != nil {
		return err
	}
	r.providers = lists
	for p := range r.n {
		if involved(p) {
			for _, d := range r.u.List(p, universe.Requires) {
				if n := plain.of[d] - 1; n >= 0 && !r.provides(p, n) {
					r.needs.items = append(r.needs.items, n)
				}
			}
		}
		r.needs.close()
	}
	r.answers = r.providers.inverse(int(r.n))
	return ctx.Err()
}

// isPlain says whether a dependency is a list of packages, any of which does.
func (r *rules) isPlain(dep uint32) bool {
	rich := r.u.Rich(dep)
	return rich == nil || !isComplex(rich)
}

func (r *rules) provides(pkg, need int32) bool {
	_, found := slices.BinarySearch(r.providers.row(need), pkg)
	return found
}

// lookUp finds the packages of each dependency.
func (r *rules) lookUp(ctx context.Context, deps []uint32, find func([]int32, uint32) []int32) (table, error) {
	const step = 512
	parts := make([]table, (len(deps)+step-1)/step)
	var total atomic.Int64
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i := range parts {
		g.Go(func() error {
			t := &parts[i]
			for _, d := range deps[i*step : min(len(deps), (i+1)*step)] {
				before := len(t.items)
				t.items = find(t.items, d)
				t.close()
				if total.Add(int64(len(t.items)-before)) > maxEntries {
					return errEntries
				}
			}
			return ctx.Err()
		})
	}
	if err := g.Wait(); err != nil {
		return table{}, err
	}
	all := table{ends: make([]uint32, 0, len(deps)), items: make([]int32, 0, total.Load())}
	for _, t := range parts {
		from := uint32(len(all.items))
		all.items = append(all.items, t.items...)
		for _, end := range t.ends {
			all.ends = append(all.ends, from+end)
		}
	}
	return all, nil
}

// makeBars collects the conflicts and obsoletes. Source packages have none,
// as they are not installed.
func (r *rules) makeBars(ctx context.Context, involved func(int32) bool) error {
	conflicts, obsoletes := newNumbers(r.u.Deps()), newNumbers(r.u.Deps())
	for p := range r.n {
		if !involved(p) || r.u.IsSource(p) {
			continue
		}
		for _, d := range r.u.List(p, universe.Conflicts) {
			if r.isPlain(d) {
				conflicts.add(d)
			}
		}
		for _, d := range r.u.List(p, universe.Obsoletes) {
			obsoletes.add(d)
		}
	}
	hit, err := r.lookUp(ctx, conflicts.list, r.u.Providers)
	if err != nil {
		return err
	}
	gone, err := r.lookUp(ctx, obsoletes.list, r.u.Obsoleted)
	if err != nil {
		return err
	}
	r.members = hit
	for k := range gone.keys() {
		r.members.push(gone.row(k)...)
	}
	r.barDeps = slices.Concat(conflicts.list, obsoletes.list)
	for i := range r.barDeps {
		kind := Conflict
		if i >= len(conflicts.list) {
			kind = Obsolete
		}
		r.kinds = append(r.kinds, kind)
	}
	for p := range r.n {
		if involved(p) && !r.u.IsSource(p) {
			for _, d := range r.u.List(p, universe.Conflicts) {
				if b := conflicts.of[d] - 1; b >= 0 {
					r.bars.items = append(r.bars.items, b)
				}
			}
			for _, d := range r.u.List(p, universe.Obsoletes) {
				r.bars.items = append(r.bars.items, int32(len(conflicts.list))+obsoletes.of[d]-1)
			}
		}
		r.bars.close()
	}
	r.barred = r.members.inverse(int(r.n))
	r.owners = r.bars.inverse(len(r.barDeps))
	return ctx.Err()
}

// formKey is a dependency as it stands in a list.
type formKey struct {
	dep  uint32
	kind Kind
}

// richRules makes the clauses.
type richRules struct {
	*rules
	forms map[formKey]form
}

func (r *richRules) make(ctx context.Context, involved func(int32) bool) error {
	for p := range r.n {
		if !involved(p) {
			continue
		}
		for _, d := range r.u.List(p, universe.Requires) {
			if err := r.add(p, formKey{d, Require}); err != nil {
				return err
			}
		}
		if r.u.IsSource(p) {
			continue
		}
		for _, d := range r.u.List(p, universe.Conflicts) {
			if err := r.add(p, formKey{d, Conflict}); err != nil {
				return err
			}
		}
	}
	r.posOf = r.pos.inverse(int(r.n))
	with := table{}
	for c := range r.pos.keys() {
		with.items = append(append(with.items, r.neg.row(c)...), r.clauses[c].owner)
		with.close()
	}
	r.watched = with.inverse(int(r.n))
	return ctx.Err()
}

// add makes the clauses of a rich dependency of a package.
func (r *richRules) add(owner int32, key formKey) error {
	rich := r.u.Rich(key.dep)
	if rich == nil || !isComplex(rich) {
		return nil
	}
	f, known := r.forms[key]
	if !known {
		n := normalizer{u: r.u}
		if key.kind == Conflict {
			f = n.form(rich, disjunctive).negated()
		} else {
			f = n.form(rich, conjunctive)
		}
		if n.err != nil {
			return fmt.Errorf("%s: %.200q: %w", r.u.NEVRA(owner), r.u.Dep(int32(key.dep)).String(), n.err)
		}
		r.forms[key] = f
	}
	for _, b := range f.blocks {
		r.addClause(owner, key, b)
	}
	if len(r.pos.items)+len(r.neg.items) > maxEntries {
		return errEntries
	}
	return nil
}

// addClause adds "not owner, or block". A package may conflict with itself,
// as in rpm.
func (r *richRules) addClause(owner int32, key formKey, b block) {
	if _, holds := slices.BinarySearch(b, installed(owner)); holds || key.kind == Conflict && len(b) == 1 && b[0] == -installed(owner) {
		return
	}
	for _, l := range b {
		switch {
		case l > 0:
			r.pos.items = append(r.pos.items, l.pkg())
		case l.pkg() != owner:
			r.neg.items = append(r.neg.items, l.pkg())
		}
	}
	r.pos.close()
	r.neg.close()
	r.clauses = append(r.clauses, clause{owner, key.dep, key.kind})
}
