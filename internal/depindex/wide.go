package depindex

import (
	"slices"
	"sort"

	"compose/internal/rpm"
)

// wideFrom is the number of provides of one name from which on they are kept
// sorted by version, so that a repository with 100,000 versions of one name
// and as many requirements on it takes no quadratic time.
const wideFrom = 128

// wide holds the provides of one name that has very many of them.
type wide struct {
	exact []exactProvide // "= epoch:version-release", ascending
	rest  []provide      // everything else, in package order
}

type exactProvide struct {
	evr string
	pkg int32
}

func (x *Index) widen() map[int32]*wide {
	var all map[int32]*wide
	for name := range int32(len(x.names)) {
		row := x.prov.row(name)
		if len(row) < wideFrom {
			continue
		}
		if all == nil {
			all = map[int32]*wide{}
		}
		all[name] = x.newWide(row)
	}
	return all
}

func (x *Index) newWide(row []provide) *wide {
	w := &wide{}
	for _, p := range row {
		d := x.provided(p)
		if d.Sense.Compare() == rpm.Equal && rpm.ParseEVR(d.EVR).Release != "" {
			w.exact = append(w.exact, exactProvide{d.EVR, p.pkg})
		} else {
			w.rest = append(w.rest, p)
		}
	}
	slices.SortStableFunc(w.exact, func(a, b exactProvide) int { return rpm.CompareEVR(a.evr, b.evr) })
	return w
}

// appendMatches appends the providers of a dependency with a version. The
// exact provides below, at and above the version that d names are three runs
// of the sorted list.
func (w *wide) appendMatches(dst []int32, x *Index, d rpm.Dep) []int32 {
	n := len(w.exact)
	atLeast := sort.Search(n, func(i int) bool { return rpm.CompareEVR(w.exact[i].evr, d.EVR) >= 0 })
	above := sort.Search(n, func(i int) bool { return rpm.CompareEVR(w.exact[i].evr, d.EVR) > 0 })
	from, to := atLeast, above
	if d.Sense&rpm.Equal == 0 {
		from, to = 0, 0
	}
	if d.Sense&rpm.Less != 0 {
		from, to = 0, max(to, atLeast)
	}
	for _, p := range w.exact[from:to] {
		dst = append(dst, p.pkg)
	}
	if d.Sense&rpm.Greater != 0 {
		for _, p := range w.exact[max(above, to):] {
			dst = append(dst, p.pkg)
		}
	}
	for _, p := range w.rest {
		if rpm.Satisfies(x.provided(p), d) {
			dst = append(dst, p.pkg)
		}
	}
	return dst
}
