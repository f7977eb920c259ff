package installcheck

import "slices"

// maxReasons is how many reasons of one package are listed, maxSeen of how
// many packages they are counted.
const (
	maxReasons = 40
	maxSeen    = 1000
)

// cause is a reason with what it says as clauses.
type cause struct {
	Reason
	clauses [][]literal
}

// explain lists the reasons of a package, of which none can be left out, and
// says how many more there are.
func (e *explainer) explain(p int32) (why []Reason, more int) {
	l := causes{explainer: e, work: []int32{p}, seen: map[int32]bool{p: true}}
	for len(l.work) > 0 && len(l.seen) < maxSeen {
		q := l.work[0]
		l.work = l.work[1:]
		l.add(q)
	}
	if len(l.list) <= maxReasons {
		l.list = needed(l.list, causeSteps, p, func(c cause) [][]literal { return c.clauses })
	}
	for _, c := range l.list {
		why = append(why, c.Reason)
	}
	if len(why) > maxReasons {
		return why[:maxReasons], len(why) - maxReasons
	}
	return why, 0
}

// causes collects the reasons of a package and of those that it needs.
type causes struct {
	*explainer
	list []cause
	work []int32
	seen map[int32]bool
}

// add adds the reason of one package.
func (l *causes) add(p int32) {
	switch h := l.how[p]; h.kind {
	case byArch:
		l.put(Reason{Kind: Inferior, Pkg: p, Other: -1}, []literal{-installed(p)})
	case byNeed:
		l.need(p, h.id)
		l.later(l.providers.row(h.id))
	case byPairs:
		l.need(p, h.id)
		for _, q := range l.providers.row(h.id) {
			l.put(l.pair(p, q), []literal{-installed(p), -installed(q)})
		}
	case byClause:
		l.clause(h.id)
		l.later(l.pos.row(h.id))
	default:
		l.core(p, h)
	}
}

// later adds the reasons of further packages.
func (l *causes) later(pkgs []int32) {
	for _, p := range pkgs {
		if !l.seen[p] {
			l.seen[p] = true
			l.work = append(l.work, p)
		}
	}
}

func (l *causes) put(r Reason, clauses ...[]literal) {
	same := func(c cause) bool {
		return c.Kind == r.Kind && c.Pkg == r.Pkg && c.Other == r.Other && c.Dep == r.Dep
	}
	if !slices.ContainsFunc(l.list[:min(len(l.list), maxReasons)], same) {
		l.list = append(l.list, cause{r, clauses})
	}
}

func (l *causes) need(p, need int32) {
	r := Reason{Kind: Require, Pkg: p, Other: -1, Dep: l.needDeps[need]}
	if len(l.providers.row(need)) == 0 {
		r.Kind, r.Have = Nothing, l.u.OtherVersions(r.Dep)
	}
	l.put(r, literals(p, nil, l.providers.row(need)))
}

// clause adds the rich dependency that a clause of the rules belongs to.
func (l *causes) clause(c int32) {
	from := l.clauses[c]
	r := Reason{Kind: from.kind, Pkg: from.owner, Other: -1, Dep: from.dep}
	if r.Kind == Require && len(l.pos.row(c)) == 0 && len(l.neg.row(c)) == 0 {
		r.Kind = Nothing
	}
	var all [][]literal
	for _, i := range l.watched.row(from.owner) {
		if l.clauses[i] == from {
			all = append(all, literals(from.owner, l.neg.row(i), l.pos.row(i)))
		}
	}
	l.put(r, all...)
}

// core adds a core of reasons.
func (l *causes) core(p int32, h how) {
	if h.kind != byCore || len(l.cores[h.id]) == 0 {
		l.put(Reason{Kind: Unknown, Pkg: p, Other: -1}, []literal{-installed(p)})
		return
	}
	for _, f := range l.cores[h.id] {
		switch f.kind {
		case needFact:
			l.need(f.pkg, f.id)
		case clauseFact:
			l.clause(f.id)
		case pairFact:
			l.put(l.pair(f.pkg, f.other), f.lits)
		case deadFact:
			l.later([]int32{f.pkg})
		}
	}
}

// pair says why two packages do not go together.
func (l *causes) pair(a, b int32) Reason {
	if bar, owner, other, ok := l.barOf(a, b); ok {
		return Reason{Kind: l.kinds[bar], Pkg: owner, Other: other, Dep: l.barDeps[bar]}
	}
	return Reason{Kind: SameName, Pkg: a, Other: b}
}
