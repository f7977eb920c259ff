package installcheck

import "compose/internal/universe"

// good is a set of packages that can be there together: all they require is
// among them, and nothing stands against it. It grows package by package;
// whatever is in it is proven to be installable.
type good struct {
	*rules
	in    []bool
	met   []int32 // need → providers in the set
	bar   []int32 // bar → owners in the set
	hit   []int32 // bar → members in the set
	names []bool  // name, as its first package → taken

	trail []int32 // the packages in the set
	one   []task  // to do with one way to do it, or not looked at
	many  []task  // to do with several ways
}

// task is a need, or a clause as -1-c.
type task int32

func newGood(r *rules) *good {
	return &good{
		rules: r, in: make([]bool, r.n), names: make([]bool, r.n),
		met: make([]int32, len(r.needDeps)), bar: make([]int32, len(r.barDeps)), hit: make([]int32, len(r.barDeps)),
	}
}

// tryAdd brings a package into the set with what it needs, taking for each
// requirement the first provider that fits. It does not try others when that
// leads nowhere; then the set stays as it was.
func (g *good) tryAdd(p int32) bool {
	if g.in[p] {
		return true
	}
	if !g.fits(p) {
		return false
	}
	before := len(g.trail)
	g.one, g.many = g.one[:0], g.many[:0]
	g.put(p)
	for len(g.one) > 0 || len(g.many) > 0 {
		if !g.step() {
			g.shrink(before)
			return false
		}
	}
	return true
}

// step does one task: first those with one way to do them.
func (g *good) step() bool {
	var t task
	enough := 2
	if n := len(g.one); n > 0 {
		t, g.one = g.one[n-1], g.one[:n-1]
	} else {
		t, g.many = g.many[0], g.many[1:]
		enough = 1
	}
	list, open := g.open(t)
	if !open {
		return true
	}
	first, ways := g.choose(list, enough)
	switch {
	case ways == 0:
		return false
	case ways == 2:
		g.many = append(g.many, t)
	default:
		g.put(first)
	}
	return true
}

// choose gives the first package that fits, and how many do, counted up to
// enough.
func (g *good) choose(list []int32, enough int) (first int32, ways int) {
	for _, p := range list {
		if g.fits(p) {
			if ways++; ways == 1 {
				first = p
			}
			if ways == enough {
				break
			}
		}
	}
	return first, ways
}

// open gives the ways to do a task, and whether it is still to do.
func (g *good) open(t task) ([]int32, bool) {
	if t >= 0 {
		return g.providers.row(int32(t)), g.met[t] == 0
	}
	c := int32(-1 - t)
	if !g.in[g.clauses[c].owner] {
		return nil, false
	}
	for _, q := range g.neg.row(c) {
		if !g.in[q] {
			return nil, false
		}
	}
	pos := g.pos.row(c)
	for _, q := range pos {
		if g.in[q] {
			return nil, false
		}
	}
	return pos, true
}

// fits says whether nothing in the set stands against a package.
func (g *good) fits(p int32) bool {
	if g.dead[p] || g.in[p] {
		return false
	}
	if name := g.name(p); name >= 0 && g.names[name] {
		return false
	}
	for _, b := range g.bars.row(p) {
		if g.hit[b] > 0 {
			return false
		}
	}
	for _, b := range g.barred.row(p) {
		if g.bar[b] > 0 {
			return false
		}
	}
	return true
}

// name gives a number for the name of a package, -1 for source packages,
// which do not stand in each other's way.
func (g *good) name(p int32) int32 {
	if g.u.Class(p) == universe.Foreign {
		return -1
	}
	return int32(g.u.Namesakes(p)[0])
}

func (g *good) put(p int32) {
	g.trail = append(g.trail, p)
	g.change(p, 1)
	for _, n := range g.needs.row(p) {
		if g.met[n] == 0 {
			g.one = append(g.one, task(n))
		}
	}
	for _, c := range g.watched.row(p) {
		g.one = append(g.one, task(-1-c))
	}
}

// change counts a package in or out.
func (g *good) change(p int32, by int32) {
	g.in[p] = by > 0
	if name := g.name(p); name >= 0 {
		g.names[name] = by > 0
	}
	for _, n := range g.answers.row(p) {
		g.met[n] += by
	}
	for _, b := range g.bars.row(p) {
		g.bar[b] += by
	}
	for _, b := range g.barred.row(p) {
		g.hit[b] += by
	}
}

// shrink takes out all but the first n packages.
func (g *good) shrink(n int) {
	for _, p := range g.trail[n:] {
		g.change(p, -1)
	}
	g.trail = g.trail[:n]
}
