package gather

import (
	"slices"
	"strings"

	"compose/internal/rpm"
)

// question is a requirement. A package that users see only when they ask for
// its module asks among others than those that they see anyway.
type question struct {
	rpm.Dep
	onRequest bool
}

// answer is what a requirement was resolved to. Each is resolved once and
// then stands, for all packages and for both sets: who asks first decides.
type answer struct {
	picks []int32
	over  []Rejected // what the picks were better than, if they are news
	found bool       // the picks answer it
	tried class      // isBinary, isDebug: where providers were looked for
	fails class      // where there were none
}

func (a *answer) missing(kind class) bool { return !a.found && a.fails&kind != 0 }

// need is a requirement of a package with its answer.
type need struct {
	by  *rpm.Package
	dep rpm.Dep
	*answer
}

// reason tells why a pick is in.
func (n need) reason(kind ReasonKind, pick *rpm.Package) Reason {
	r := Reason{Kind: kind, By: n.by, Dep: n.dep}
	for _, o := range n.over {
		if o.Than == pick {
			r.Over = append(r.Over, o)
		}
	}
	return r
}

// eachDep calls fn with each package that answers a requirement of the given
// one. Providers are chosen before the first call, from what was in by then.
// kind is isBinary or isDebug, the set in which to look. What nothing
// provides is noted as missing. Lookaside packages require nothing.
func (s *solver) eachDep(id int32, kind class, fn func(n need, provider int32)) {
	if s.u.is(id, isLookaside) {
		return
	}
	all := s.needs[:0]
	s.asking = id
	for d := range s.u.requires(id) {
		a := s.resolve(d, kind)
		if a.missing(kind) {
			s.missing = append(s.missing, missing{id, d})
		}
		if len(a.picks) > 0 {
			all = append(all, need{s.u.pkgs[id], d, a})
		}
	}
	s.needs = all
	for _, n := range all {
		for _, p := range n.picks {
			fn(n, p)
		}
	}
}

func (s *solver) resolve(d rpm.Dep, kind class) *answer {
	key := question{rpm.Dep{Name: d.Name, Sense: d.Sense.Compare(), EVR: strings.TrimPrefix(d.EVR, "0:")}, s.onRequest[s.asking]}
	a := s.answers[key]
	if a == nil {
		a = &answer{}
		s.answers[key] = a
	}
	if a.found || a.tried&kind != 0 {
		return a
	}
	a.tried |= kind
	s.over = nil
	picks, ok := s.provide(d, kind)
	a.picks, a.over = append(a.picks, picks...), s.over
	a.found = ok && len(picks) > 0
	if !ok {
		a.fails |= kind
	}
	return a
}

// provide chooses the packages that answer a requirement; ok is false when it
// stays unanswered.
func (s *solver) provide(d rpm.Dep, kind class) (picks []int32, ok bool) {
	if d.IsRich() && s.in.Compat == CompatNone {
		rich, err := rpm.ParseRich(d.Name)
		if err != nil {
			return nil, false
		}
		return s.plan(rich, kind)
	}
	return s.choose(d, kind)
}

// choose takes the best of the packages that provide a dependency.
func (s *solver) choose(d rpm.Dep, kind class) (picks []int32, ok bool) {
	c := s.candidates(d, kind)
	picks = s.best(nil, c, forDependency)
	if len(c) > len(picks) && len(picks) > 0 && s.isNews(picks) {
		s.over = append(s.over, s.rejectedFor(picks, c)...)
	}
	return picks, len(c) > 0
}

// isNews says whether some of the packages are not in yet.
func (s *solver) isNews(picks []int32) bool {
	return slices.ContainsFunc(picks, func(id int32) bool { return s.state[id]&(inBinary|inDebug) == 0 })
}

// candidates gives what provides the dependency in the tree's view. The list
// is good until the next call.
func (s *solver) candidates(d rpm.Dep, kind class) []int32 {
	s.scratch = slices.DeleteFunc(s.providers(s.scratch[:0], d), func(id int32) bool {
		return !s.u.is(id, kind) || !s.considers(id)
	})
	if !s.onRequest[s.asking] {
		s.scratch = s.withoutOnRequest(s.scratch)
	}
	return s.scratch
}

// considers says whether a package counts when something is looked for. That
// is what the tree sees; in Pungi it is also every debug package, which only
// greedy "all" would then take, and, with that, the tree's own copy of a
// lookaside package.
func (s *solver) considers(id int32) bool {
	if s.sees(id) || s.in.Compat != CompatPungi43 {
		return s.sees(id)
	}
	return s.u.is(id, isDebug) || s.hidden[id] == aside && s.in.Greedy == GreedyAll
}

// rejects gives the packages that would provide the dependency if the tree
// saw them, and if they were of the right kind.
func (s *solver) rejects(d rpm.Dep, kind class) []Rejected {
	var list []Rejected
	ids := s.providers(nil, d)
	s.u.inOrder(ids)
	for _, id := range ids {
		if len(list) > 2*maxRejected {
			break
		}
		switch {
		case s.u.class[id] == 0 || s.hidden[id] == aside:
		case !s.sees(id):
			list = append(list, s.rejected(id))
		case !s.u.is(id, kind):
			list = append(list, Rejected{Pkg: s.u.pkgs[id], Cause: OtherKind})
		}
	}
	list = slices.CompactFunc(list, func(a, b Rejected) bool { return a.String() == b.String() })
	return list[:min(len(list), maxRejected)]
}

// lacks gives the parts of a dependency that have no candidate.
func (s *solver) lacks(d rpm.Dep, kind class) []rpm.Dep {
	if !d.IsRich() {
		return []rpm.Dep{d}
	}
	rich, err := rpm.ParseRich(d.Name)
	if err != nil {
		return []rpm.Dep{d}
	}
	var list []rpm.Dep
	for leaf := range rich.Leaves() {
		if len(s.candidates(leaf, kind)) == 0 {
			list = append(list, leaf)
		}
	}
	if list == nil {
		list = append(list, d) // each part has candidates, but no package has all
	}
	return list
}
