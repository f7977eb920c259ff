// Package ranges finds, among very many capabilities of one name, those whose
// version range meets that of a requirement, without looking at each: a
// repository with 100,000 versions of one name and as many requirements on it
// takes no quadratic time. It compares versions and knows nothing of packages.
package ranges

import (
	"iter"
	"slices"
	"sort"

	"compose/internal/rpm"
)

// Index holds the capabilities of one name, by class. It never changes after
// New.
type Index []*class

// class holds capabilities that differ only in their version: with the same
// comparison, and all with a release or all without. Within a class the
// versions have an order, and a requirement is answered by all or none of
// those below, at, and above the version it names.
type class struct {
	sense   rpm.Sense
	release bool
	evrs    []string
	entries []int32 // in the order of evrs
}

// New makes an index of the capabilities 0 to n-1, which at gives. Their
// names are not looked at.
func New(n int, at func(i int32) rpm.Dep) Index {
	var x Index
	for i := range int32(n) {
		d := at(i)
		c := x.class(d)
		if c == nil {
			c = &class{sense: compare(d), release: hasRelease(d)}
			x = append(x, c)
		}
		c.entries = append(c.entries, i)
	}
	for _, c := range x {
		slices.SortStableFunc(c.entries, func(a, b int32) int { return rpm.CompareEVR(at(a).EVR, at(b).EVR) })
		c.evrs = make([]string, len(c.entries))
		for k, i := range c.entries {
			c.evrs[k] = at(i).EVR
		}
	}
	return x
}

func (x Index) class(d rpm.Dep) *class {
	for _, c := range x {
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

// Narrows says whether the requirement names a version at all; one that does
// not is answered by every capability of its name.
func Narrows(d rpm.Dep) bool { return compare(d) != 0 }

// Match gives the capabilities that answer a requirement (rpm.Satisfies), as
// runs of their numbers in no particular order.
func (x Index) Match(d rpm.Dep) iter.Seq[[]int32] {
	return func(yield func([]int32) bool) {
		for _, c := range x {
			n := len(c.evrs)
			at := sort.Search(n, func(i int) bool { return rpm.CompareEVR(c.evrs[i], d.EVR) >= 0 })
			above := sort.Search(n, func(i int) bool { return rpm.CompareEVR(c.evrs[i], d.EVR) > 0 })
			for _, run := range [...][2]int{{0, at}, {at, above}, {above, n}} {
				if run[0] == run[1] || !rpm.Satisfies(rpm.Dep{Name: d.Name, Sense: c.sense, EVR: c.evrs[run[0]]}, d) {
					continue
				}
				if !yield(c.entries[run[0]:run[1]]) {
					return
				}
			}
		}
	}
}

// Any says whether anything answers the requirement.
func (x Index) Any(d rpm.Dep) bool {
	for range x.Match(d) {
		return true
	}
	return false
}
