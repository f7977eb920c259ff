package gather

import (
	"slices"

	"compose/internal/rpm"
)

// purpose is what a package is chosen for.
type purpose int

const (
	forInput purpose = iota
	forDependency
)

// The classes of candidates, best first.
const (
	nativeIn = iota
	multilibIn
	native
	multilib
	classes
)

// best appends what to take of several packages that would do: what is in
// already before what is not, native before multilib, then the better
// architecture, the shorter name, and the name. Versions do not matter, as
// only the newest are seen. A package that a lookaside has in the same version
// is not considered. (Pungi: _get_best_package.)
func (s *solver) best(dst, candidates []int32, why purpose) []int32 {
	if s.in.Greedy == GreedyAll {
		return append(dst, candidates...)
	}
	if s.u.hasLookaside() {
		candidates = s.preferLookaside(candidates)
	}
	top := [classes]int32{-1, -1, -1, -1}
	for _, id := range candidates {
		for i, fits := range s.fits(id) {
			if fits && (top[i] < 0 || s.better(id, top[i])) {
				top[i] = id
			}
		}
	}
	for _, winner := range top {
		if winner < 0 {
			continue
		}
		if s.in.Greedy == GreedyBuild && why == forDependency {
			return s.sameBuild(dst, candidates, winner)
		}
		return append(dst, winner)
	}
	return dst
}

// fits tells in which classes of candidates a package is.
func (s *solver) fits(id int32) [classes]bool {
	in, isNat, isMulti := s.state[id]&inBinary != 0, s.u.is(id, isNative) && s.sees(id), s.u.is(id, isMultilib) && s.sees(id)
	return [classes]bool{nativeIn: in && isNat, multilibIn: in && isMulti, native: isNat, multilib: isMulti}
}

func (s *solver) better(a, b int32) bool {
	if r := int(s.u.rank[a]) - int(s.u.rank[b]); r != 0 {
		return r < 0
	}
	p, q := s.u.pkgs[a].Name, s.u.pkgs[b].Name
	if len(p) != len(q) {
		return len(p) < len(q)
	}
	if p != q {
		return p < q
	}
	return s.u.place[a] < s.u.place[b]
}

// sameBuild appends the candidates that are native like the winner, or not
// like it, and come from the same source.
func (s *solver) sameBuild(dst, candidates []int32, winner int32) []int32 {
	class := isMultilib
	if s.u.is(winner, isNative) {
		class = isNative
	}
	for _, id := range candidates {
		if s.u.is(id, class) && s.sees(id) && s.u.pkgs[id].SourceRPM == s.u.pkgs[winner].SourceRPM {
			dst = append(dst, id)
		}
	}
	return dst
}

// preferLookaside drops the tree's own candidates that are in a lookaside as
// well, with the same name and version.
func (s *solver) preferLookaside(candidates []int32) []int32 {
	type nameEVR struct {
		name string
		evr  rpm.EVR
	}
	aside := map[nameEVR]bool{}
	for _, id := range candidates {
		if s.u.is(id, isLookaside) {
			aside[nameEVR{s.u.pkgs[id].Name, s.u.pkgs[id].EVR()}] = true
		}
	}
	if len(aside) == 0 {
		return candidates
	}
	return slices.DeleteFunc(slices.Clone(candidates), func(id int32) bool {
		return !s.u.is(id, isLookaside) && aside[nameEVR{s.u.pkgs[id].Name, s.u.pkgs[id].EVR()}]
	})
}
