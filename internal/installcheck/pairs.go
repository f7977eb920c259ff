package installcheck

import (
	"slices"

	"compose/internal/universe"
)

// barOf finds a bar of one of two packages that the other is a member of.
func (r *rules) barOf(a, b int32) (bar, owner, member int32, ok bool) {
	for _, x := range [][2]int32{{a, b}, {b, a}} {
		for _, bar := range r.bars.row(x[0]) {
			if _, hit := slices.BinarySearch(r.members.row(bar), x[1]); hit {
				return bar, x[0], x[1], true
			}
		}
	}
	return 0, 0, 0, false
}

// apart says whether two packages do not go together.
func (r *rules) apart(a, b int32) bool {
	if r.u.Class(a) != universe.Foreign && r.u.Class(b) != universe.Foreign && r.u.NameID(a) == r.u.NameID(b) {
		return true
	}
	_, _, _, ok := r.barOf(a, b)
	return ok
}

// maxPairs is how many providers of a need are tried by pairs.
const maxPairs = 8

// selfDefeating calls found for the needs of a package of which no provider
// goes together with it.
func (r *rules) selfDefeating(p int32, found func(need int32)) {
	together := func(q int32) bool { return !r.apart(p, q) }
	for _, n := range r.needs.row(p) {
		if list := r.providers.row(n); len(list) > 0 && len(list) <= maxPairs && !slices.ContainsFunc(list, together) {
			found(n)
		}
	}
}
