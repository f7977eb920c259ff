package depindex

import (
	"iter"
	"slices"
	"sort"

	"compose/internal/rpm"
)

// wideFrom is the number of provides of one name from which on they are kept
// sorted by version, so that a repository with 100,000 versions of one name
// and as many requirements on it takes no quadratic time.
const wideFrom = 128

// wide holds the provides of one name that has very many of them, by class.
type wide []*class

// class holds provides that differ only in their version: with the same
// comparison, and all with a release or all without. Within a class the
// versions have an order, and a requirement is answered by all or none of
// those below, at, and above the version it names.
type class struct {
	sense    rpm.Sense
	release  bool
	versions []version
}

type version struct {
	evr string
	pkg int32
}

func (x *Index) widen() map[int32]wide {
	var all map[int32]wide
	for name := range int32(len(x.names)) {
		row := x.prov.row(name)
		if len(row) < wideFrom {
			continue
		}
		if all == nil {
			all = map[int32]wide{}
		}
		all[name] = x.newWide(row)
	}
	return all
}

func (x *Index) newWide(row []provide) wide {
	var w wide
	for _, p := range row {
		d := x.provided(p)
		c := w.class(d)
		if c == nil {
			c = &class{sense: compare(d), release: hasRelease(d)}
			w = append(w, c)
		}
		c.versions = append(c.versions, version{d.EVR, p.pkg})
	}
	for _, c := range w {
		slices.SortStableFunc(c.versions, func(a, b version) int { return rpm.CompareEVR(a.evr, b.evr) })
	}
	return w
}

func (w wide) class(d rpm.Dep) *class {
	for _, c := range w {
		if c.sense == compare(d) && c.release == hasRelease(d) {
			return c
		}
	}
	return nil
}

// compare gives the comparison that counts: none where no version is named.
func compare(d rpm.Dep) rpm.Sense {
	if d.EVR == "" {
		return 0
	}
	return d.Sense.Compare()
}

func hasRelease(d rpm.Dep) bool { return rpm.ParseEVR(d.EVR).Release != "" }

func versioned(d rpm.Dep) bool { return compare(d) != 0 }

// runs gives the runs of versions that answer the dependency.
func (w wide) runs(d rpm.Dep) iter.Seq[[]version] {
	return func(yield func([]version) bool) {
		for _, c := range w {
			n := len(c.versions)
			at := sort.Search(n, func(i int) bool { return rpm.CompareEVR(c.versions[i].evr, d.EVR) >= 0 })
			above := sort.Search(n, func(i int) bool { return rpm.CompareEVR(c.versions[i].evr, d.EVR) > 0 })
			for _, run := range [...][]version{c.versions[:at], c.versions[at:above], c.versions[above:]} {
				if len(run) == 0 || !rpm.Satisfies(rpm.Dep{Name: d.Name, Sense: c.sense, EVR: run[0].evr}, d) {
					continue
				}
				if !yield(run) {
					return
				}
			}
		}
	}
}

func (w wide) appendMatches(dst []int32, d rpm.Dep) []int32 {
	for run := range w.runs(d) {
		for _, v := range run {
			dst = append(dst, v.pkg)
		}
	}
	return dst
}

func (w wide) matches(d rpm.Dep) bool {
	for range w.runs(d) {
		return true
	}
	return false
}
