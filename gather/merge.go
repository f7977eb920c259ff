package gather

import (
	"cmp"
	"slices"
	"strings"
)

// Merge joins the results of one tree that was solved once per source of its
// input, as Pungi does for comps, modules and gather_source_mapping. A package
// in several results counts once, with the flags of all and the first reason.
func Merge(results ...*Result) *Result {
	all := &Result{}
	for _, r := range results {
		all.Packages = append(all.Packages, r.Packages...)
		all.Missing = append(all.Missing, r.Missing...)
		all.Unmatched = append(all.Unmatched, r.Unmatched...)
		all.Hidden = append(all.Hidden, r.Hidden...)
	}
	slices.SortStableFunc(all.Packages, comparePicked)
	merged := &Result{Unmatched: once(all.Unmatched)}
	for _, p := range all.Packages {
		p.Flags = slices.Clone(p.Flags)
		merged.add(p)
	}
	slices.SortStableFunc(all.Missing, compareMissing)
	merged.Missing = slices.CompactFunc(all.Missing, func(a, b Missing) bool { return a.Pkg == b.Pkg && a.Requires == b.Requires })
	slices.SortStableFunc(all.Hidden, func(a, b Rejected) int { return comparePicked(Picked{Pkg: a.Pkg}, Picked{Pkg: b.Pkg}) })
	merged.Hidden = slices.CompactFunc(all.Hidden, func(a, b Rejected) bool { return a == b })
	return merged
}

func compareMissing(a, b Missing) int {
	return cmp.Or(
		comparePicked(Picked{Pkg: a.Pkg}, Picked{Pkg: b.Pkg}),
		strings.Compare(a.Requires.String(), b.Requires.String()),
	)
}
