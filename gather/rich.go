package gather

import (
	"slices"

	"compose/internal/rpm"
)

// plan chooses the packages that answer a rich dependency whoever installs
// from the tree: "and" needs all of its sides, "if" and "unless" need both of
// their branches, as the condition may hold or not. ok is false when that is
// not to be had; the picks are then what there is.
//
// Pungi asks one question for the whole dependency and takes one winner, so
// that "(a and b)" brings a alone.
func (s *solver) plan(r *rpm.Rich, kind class) (picks []int32, ok bool) {
	switch r.Op {
	case rpm.RichAnd:
		return s.planAll(r.Args, kind)
	case rpm.RichOr:
		return s.planAny(r, kind)
	case rpm.RichIf, rpm.RichUnless:
		return s.planBranches(r, kind)
	}
	return s.choose(asDep(r), kind)
}

func (s *solver) planAll(args []*rpm.Rich, kind class) (picks []int32, ok bool) {
	ok = true
	for _, a := range args {
		p, good := s.plan(a, kind)
		picks, ok = append(picks, p...), ok && good
	}
	return picks, ok
}

// planAny takes the best package of all sides where each side is one package;
// else the first side that is in already, else the first that can be had.
func (s *solver) planAny(r *rpm.Rich, kind class) (picks []int32, ok bool) {
	if !slices.ContainsFunc(r.Args, needsSeveral) {
		return s.choose(asDep(r), kind)
	}
	for _, a := range r.Args {
		p, good := s.plan(a, kind)
		if !good {
			continue
		}
		if !s.isNews(p) {
			return p, true
		}
		if !ok {
			picks, ok = p, true
		}
	}
	return picks, ok
}

// planBranches takes both branches of a conditional. A main branch that is
// not to be had does no harm when the condition can be kept from holding
// ("if": nothing provides it) or made to hold ("unless").
func (s *solver) planBranches(r *rpm.Rich, kind class) (picks []int32, ok bool) {
	picks, ok = s.plan(r.Args[0], kind)
	if !ok {
		cond, can := s.plan(r.Args[1], kind)
		if ok = can == (r.Op == rpm.RichUnless); ok && can {
			picks = append(picks, cond...)
		}
	}
	if len(r.Args) == 3 {
		p, good := s.plan(r.Args[2], kind)
		picks, ok = append(picks, p...), ok && good
	}
	return picks, ok
}

// needsSeveral says whether one package may not be enough for the dependency.
func needsSeveral(r *rpm.Rich) bool {
	switch r.Op {
	case rpm.RichLeaf, rpm.RichWith, rpm.RichWithout:
		return false
	case rpm.RichOr:
		return slices.ContainsFunc(r.Args, needsSeveral)
	}
	return true
}

// asDep gives a dependency that one package can answer. A side of a rich one
// may have a version, which must not become a part of the name.
func asDep(r *rpm.Rich) rpm.Dep {
	if r.Op == rpm.RichLeaf {
		return r.Dep
	}
	return rpm.Dep{Name: r.String()}
}
