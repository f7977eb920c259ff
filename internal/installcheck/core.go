package installcheck

import (
	"cmp"
	"math"
	"slices"
)

// fact is a part of a core: literals of which one must hold, and why.
type fact struct {
	kind       factKind
	pkg, other int32
	id         int32 // need, or clause of the rules
	lits       []literal
}

type factKind int8

const (
	needFact   factKind = iota // pkg has the need
	clauseFact                 // pkg owns the clause
	pairFact                   // pkg and other do not go together
	deadFact                   // pkg cannot be installed, as explained elsewhere
)

// core gives facts that together do not let a package be installed, none of
// which can be left out. It looks for the nearest ones: dist says how far
// packages are from it. It gives nothing when the search was given up.
func (e *explainer) core(p int32, dist map[int32]int32) []fact {
	farthest := int32(0)
	for _, d := range dist {
		farthest = max(farthest, d)
	}
	view := *e.rules
	view.dead = e.known // what is not explained yet must not explain
	for within := int32(1); ; within++ {
		s := newSearch(&view)
		s.log = true
		s.near = func(q int32) bool { d, ok := dist[q]; return ok && d < within }
		switch s.ask(p, maxSteps/50) {
		case impossible:
			return e.minimal(p, e.facts(s, p), dist)
		case undecided:
			return nil
		}
		if within > farthest {
			return nil
		}
	}
}

// facts gives the facts from which a search concluded that a package cannot
// be installed.
func (e *explainer) facts(s *search, p int32) []fact {
	t := tracer{search: s, clauseSeen: make([]bool, len(s.clauses)), varSeen: map[int32]bool{}, pairSeen: map[[2]lit]bool{}}
	t.variable(p)
	for len(t.work) > 0 {
		c := t.work[len(t.work)-1]
		t.work = t.work[:len(t.work)-1]
		t.clause(c)
	}
	return t.facts
}

// tracer follows a proof back to the rules.
type tracer struct {
	*search
	clauseSeen []bool
	varSeen    map[int32]bool
	pairSeen   map[[2]lit]bool
	work       []int32
	facts      []fact
}

// variable follows the value that a variable has in any case.
func (t *tracer) variable(v int32) {
	if t.varSeen[v] {
		return
	}
	t.varSeen[v] = true
	switch why := t.why[v]; {
	case why == none:
		t.facts = append(t.facts, fact{kind: deadFact, pkg: v, lits: []literal{-installed(v)}})
	case why.isVariable():
		t.source(t.reasonOf(v))
		t.variable(why.variable())
	default:
		t.push(int32(why))
		for _, l := range t.clauses[why].lits {
			if l.v() != v {
				t.variable(l.v())
			}
		}
	}
}

func (t *tracer) push(c int32) {
	if !t.clauseSeen[c] {
		t.clauseSeen[c] = true
		t.work = append(t.work, c)
	}
}

func (t *tracer) clause(id int32) {
	c := &t.clauses[id]
	if c.origin >= int32(len(t.needDeps)) {
		i := c.origin - int32(len(t.needDeps))
		f := fact{kind: clauseFact, pkg: t.rules.clauses[i].owner, id: i}
		f.lits = literals(f.pkg, t.neg.row(i), t.pos.row(i))
		t.facts = append(t.facts, f)
	}
	for _, from := range c.from {
		t.source(from)
	}
}

func literals(owner int32, neg, pos []int32) []literal {
	lits := []literal{-installed(owner)}
	for _, q := range neg {
		lits = append(lits, -installed(q))
	}
	for _, q := range pos {
		lits = append(lits, installed(q))
	}
	return lits
}

func (t *tracer) source(s source) {
	switch {
	case s.clause >= 0:
		t.push(s.clause)
		return
	case s.a == s.b:
		t.variable(s.a.v())
		return
	}
	a, b := min(s.a, s.b), max(s.a, s.b)
	if t.pairSeen[[2]lit{a, b}] {
		return
	}
	t.pairSeen[[2]lit{a, b}] = true
	if b.v() < t.n {
		t.facts = append(t.facts, fact{kind: pairFact, pkg: a.v(), other: b.v(), lits: []literal{-installed(a.v()), -installed(b.v())}})
		return
	}
	need := b.v() - t.n
	f := fact{kind: needFact, pkg: a.v(), id: need}
	f.lits = literals(f.pkg, nil, t.providers.row(need))
	t.facts = append(t.facts, f)
}

// minimal leaves out, the farthest first, what is not needed for p to be
// impossible.
func (e *explainer) minimal(p int32, facts []fact, dist map[int32]int32) []fact {
	far := func(f fact) int32 {
		if f.kind == deadFact {
			return math.MaxInt32 // it takes further reasons
		}
		return max(dist[f.pkg], dist[f.other])
	}
	slices.SortFunc(facts, func(a, b fact) int {
		return cmp.Or(cmp.Compare(far(a), far(b)), cmp.Compare(a.kind, b.kind), cmp.Compare(a.pkg, b.pkg), cmp.Compare(a.other, b.other), cmp.Compare(a.id, b.id))
	})
	return needed(facts, coreSteps, p, func(f fact) [][]literal { return [][]literal{f.lits} })
}

// needed leaves out, from the end on, what is not needed for p to be
// impossible, as far as so much work goes.
func needed[T any](list []T, steps int, p int32, clauses func(T) [][]literal) []T {
	all := func(list []T) [][]literal {
		var out [][]literal
		for _, x := range list {
			out = append(out, clauses(x)...)
		}
		return out
	}
	for i := len(list) - 1; i >= 0 && steps > 0; i-- {
		if fewer := slices.Delete(slices.Clone(list), i, i+1); refutes(all(fewer), p, &steps) {
			list = fewer
		}
	}
	return list
}
