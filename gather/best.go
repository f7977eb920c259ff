package gather

import (
	"cmp"
	"strings"
)

// purpose is what a package is chosen for.
type purpose int

const (
	forInput purpose = iota
	forDependency
)

// best appends the package to take of several that would do: what is in
// already before what is not, native before multilib, then the better
// architecture, the shorter name, and the name. Versions do not matter, as
// only the newest are seen. (Pungi: _get_best_package.)
func (s *solver) best(dst, candidates []int32, _ purpose) []int32 {
	top := [4]int32{-1, -1, -1, -1}
	for _, id := range candidates {
		for i, fits := range s.preference(id) {
			if fits && (top[i] < 0 || s.better(id, top[i])) {
				top[i] = id
			}
		}
	}
	for _, id := range top {
		if id >= 0 {
			return append(dst, id)
		}
	}
	return dst
}

// preference tells in which of the four classes of candidates a package is.
func (s *solver) preference(id int32) [4]bool {
	in, native, multilib := s.state[id]&inBinary != 0, s.u.is(id, isNative), s.u.is(id, isMultilib)
	return [4]bool{in && native, in && multilib, native, multilib}
}

func (s *solver) better(a, b int32) bool {
	p, q := s.u.pkgs[a], s.u.pkgs[b]
	return cmp.Or(
		cmp.Compare(s.u.rank[a], s.u.rank[b]),
		cmp.Compare(len(p.Name), len(q.Name)),
		strings.Compare(p.Name, q.Name),
		cmp.Compare(s.u.place[a], s.u.place[b]),
	) < 0
}
