package installcheck

import (
	"context"
	"slices"

	"compose/internal/rpm"
	"compose/internal/universe"
)

// killInferior takes out the packages of which a better architecture is
// there: of the packages with one name, among those that an installation
// could come to (reach), all that are not of the best class. So does libsolv
// with its infarch rules. As there, a name is spared when such a package is
// asked for itself, which only happens to those without one for the machine's
// own architecture.
func (r *rules) killInferior(reach []bool, asked []int32) {
	best := bestClasses(r.u, func(p int32) bool { return reach[p] })
	inferior := func(p int32) bool {
		return reach[p] && r.u.Class(p) > universe.NoArch && r.u.Class(p) > best[r.u.NameID(p)]
	}
	spared := map[uint32]bool{}
	for _, p := range asked {
		if inferior(p) {
			spared[r.u.NameID(p)] = true
		}
	}
	for p := range r.n {
		r.dead[p] = inferior(p) && !spared[r.u.NameID(p)]
	}
}

// bestClasses gives the best class of the packages of each name that count,
// of those that are not for every architecture.
func bestClasses(u *universe.Universe, counts func(p int32) bool) map[uint32]universe.Class {
	best := map[uint32]universe.Class{}
	for p := range int32(u.Len()) {
		if c := u.Class(p); c > universe.NoArch && counts(p) {
			if b, ok := best[u.NameID(p)]; !ok || c < b {
				best[u.NameID(p)] = c
			}
		}
	}
	return best
}

// reacher finds what an installation of some packages could come to: what
// they require, recommend or suggest, what supplements or enhances them, and
// so on.
type reacher struct {
	*rules
	reach []bool
	work  []int32
	asked []bool // dependency → its providers were added

	parts   *numbers // the plain parts of supplements and enhances
	given   table    // package → parts that it provides
	waiting table    // part → packages that supplement or enhance by it
	there   []bool   // part → some provider is reached
}

// reachFrom starts at the packages that from lists.
func (r *rules) reachFrom(ctx context.Context, from []int32) ([]bool, error) {
	a := reacher{rules: r, reach: make([]bool, r.n), asked: make([]bool, r.u.Deps())}
	if err := a.indexWeak(ctx); err != nil {
		return nil, err
	}
	a.work = append(a.work, from...)
	for len(a.work) > 0 {
		p := a.work[len(a.work)-1]
		a.work = a.work[:len(a.work)-1]
		if !a.reach[p] {
			a.reach[p] = true
			a.visit(p)
		}
	}
	return a.reach, ctx.Err()
}

func (a *reacher) visit(p int32) {
	for _, n := range a.needs.row(p) {
		if d := a.needDeps[n]; !a.asked[d] {
			a.asked[d] = true
			a.work = append(a.work, a.providers.row(n)...)
		}
	}
	for _, c := range a.watched.row(p) {
		if a.clauses[c].owner == p {
			a.work = append(a.work, a.pos.row(c)...)
		}
	}
	for _, k := range []universe.Kind{universe.Recommends, universe.Suggests} {
		for _, d := range a.u.List(p, k) {
			a.ask(d)
		}
	}
	for _, part := range a.given.row(p) {
		if a.there[part] {
			continue
		}
		a.there[part] = true
		for _, q := range a.waiting.row(part) {
			if !a.reach[q] && a.drawn(q) {
				a.work = append(a.work, q)
			}
		}
	}
}

// ask adds the packages that a weak dependency may bring in.
func (a *reacher) ask(dep uint32) {
	if a.asked[dep] {
		return
	}
	a.asked[dep] = true
	if a.isPlain(dep) {
		a.work = a.u.Providers(a.work, dep)
		return
	}
	a.askPart(a.u.Rich(dep), 1)
}

// askPart adds the providers of the parts that count positively.
func (a *reacher) askPart(r *universe.Rich, sign int) {
	switch r.Op {
	case rpm.RichAnd, rpm.RichOr:
		for _, arg := range r.Args {
			a.askPart(arg, sign)
		}
	case rpm.RichIf, rpm.RichUnless:
		a.askPart(r.Args[0], sign)
		a.askPart(r.Args[1], -sign)
		if len(r.Args) > 2 {
			a.askPart(r.Args[2], sign)
		}
	default:
		if sign > 0 {
			a.work = append(a.work, a.u.ProvidersOf(r)...)
		}
	}
}

// indexWeak prepares for finding what supplements or enhances a package, and
// starts with what does so in any case.
func (a *reacher) indexWeak(ctx context.Context) error {
	a.parts = newNumbers(a.u.Deps())
	var have table // package → parts
	for p := range a.n {
		if a.u.Class(p) != universe.Foreign {
			for _, d := range a.backwards(p) {
				have.items = a.collect(have.items, d)
			}
		}
		have.close()
	}
	a.waiting = have.inverse(len(a.parts.list))
	a.there = make([]bool, len(a.parts.list))
	given, err := a.lookUp(ctx, a.parts.list, a.u.Providers)
	if err != nil {
		return err
	}
	a.given = given.inverse(int(a.n))
	for p := range a.n {
		if a.u.Class(p) != universe.Foreign && a.drawn(p) {
			a.work = append(a.work, p)
		}
	}
	return nil
}

func (a *reacher) backwards(p int32) []uint32 {
	s, e := a.u.List(p, universe.Supplements), a.u.List(p, universe.Enhances)
	if len(e) == 0 {
		return s
	}
	return slices.Concat(s, e)
}

// collect appends the plain parts of a dependency.
func (a *reacher) collect(dst []int32, dep uint32) []int32 {
	r := a.u.Rich(dep)
	if r == nil {
		return append(dst, a.parts.add(dep))
	}
	var each func(r *universe.Rich)
	each = func(r *universe.Rich) {
		if r.Op == rpm.RichLeaf {
			dst = append(dst, a.parts.add(r.Dep))
		}
		for _, arg := range r.Args {
			each(arg)
		}
	}
	each(r)
	return dst
}

// drawn says whether a package supplements or enhances what is reached.
func (a *reacher) drawn(p int32) bool {
	for _, d := range a.backwards(p) {
		if r := a.u.Rich(d); r == nil && a.there[a.parts.of[d]-1] || r != nil && a.possible(r) {
			return true
		}
	}
	return false
}

func (a *reacher) any(pkgs []int32) bool {
	for _, p := range pkgs {
		if a.reach[p] {
			return true
		}
	}
	return false
}

// possible says whether a rich dependency may hold, as libsolv's
// solver_dep_possible sees it.
func (a *reacher) possible(r *universe.Rich) bool {
	switch r.Op {
	case rpm.RichLeaf:
		return a.there[a.parts.of[r.Dep]-1]
	case rpm.RichIf, rpm.RichUnless:
		return true
	case rpm.RichAnd:
		return !slices.ContainsFunc(r.Args, func(arg *universe.Rich) bool { return !a.possible(arg) })
	case rpm.RichOr:
		return slices.ContainsFunc(r.Args, a.possible)
	}
	return a.any(a.u.ProvidersOf(r))
}
