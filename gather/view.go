package gather

import (
	"slices"
)

// view is what one tree sees of the universe: without the packages that
// filters exclude, and of what is left only the newest version per name and
// architecture. An excluded or outdated package is as good as not there.
type view struct {
	u       *Universe
	filters []filter
	// hidden tells why a package is not seen: 0 seen, n > 0 excluded by
	// filters[n-1], outdated, aside, or apart.
	hidden []int32

	trace     *tracer
	in        *Input
	modular   map[int32]bool // they are never outdated
	onRequest map[int32]bool // of these, those that users see only when they ask
}

const (
	outdated = -1 // there is a newer version
	aside    = -2 // a lookaside has the same package
	apart    = -3 // it belongs to what the tree does not have
)

// The fields of the input whose patterns hide packages, as Unmatched names them.
const (
	useFilter    = "filter"
	useBlacklist = "multilib blacklist"
)

// filter is a selector of what is hidden; use names the field of the input.
type filter struct {
	selector
	use     string
	matched bool
}

// newView applies the filters of a tree.
func newView(in *Input) *view {
	u := in.Universe
	v := &view{u: u, hidden: make([]int32, len(u.pkgs)), trace: in.trace, in: in}
	for _, p := range in.filters() {
		v.hide(filterSelector(p, in.Compat), useFilter)
	}
	for _, p := range in.Multilib.Blacklist {
		v.hide(selector{pattern: p, names: p.Text, need: isBinary | isMultilib, without: isNoarch}, useBlacklist)
	}
	v.setModules(in)
	for _, same := range u.versions {
		v.hideOutdated(same)
		v.hideAside(same)
	}
	return v
}

func (v *view) hide(sel selector, use string) {
	n := int32(len(v.filters)) + 1
	f := filter{selector: sel, use: use}
	sel.each(v.u, func(ids []int32) {
		f.matched = true
		for _, id := range ids {
			if v.hidden[id] == 0 {
				v.hidden[id] = n
			}
		}
	})
	v.filters = append(v.filters, f)
}

// hideOutdated leaves the newest of packages that differ in version alone;
// several of the same version stay.
func (v *view) hideOutdated(same []int32) {
	newest := v.newest(same)
	if newest < 0 {
		return
	}
	evr := v.u.pkgs[newest].EVR()
	for _, id := range same {
		if v.hidden[id] == 0 && !v.modular[id] && v.u.pkgs[id].EVR().Compare(evr) < 0 {
			v.hidden[id] = outdated
		}
	}
}

// hideAside hides the own copies of packages that a lookaside has as well.
func (v *view) hideAside(same []int32) {
	if !slices.ContainsFunc(same, func(id int32) bool { return v.hidden[id] == 0 && v.u.is(id, isLookaside) }) {
		return
	}
	for _, id := range same {
		if v.hidden[id] == 0 && !v.u.is(id, isLookaside) {
			v.hidden[id] = aside
		}
	}
}

// newest gives the last visible package of a list that is in order, or -1.
// Packages of modules do not count: each of them stands for itself.
func (v *view) newest(same []int32) int32 {
	for _, id := range slices.Backward(same) {
		if v.hidden[id] == 0 && !v.modular[id] {
			return id
		}
	}
	return -1
}

// unmatchedFilters gives the filters that match no package.
func (v *view) unmatchedFilters() (list []Unmatched) {
	for _, f := range v.filters {
		if !f.matched {
			list = append(list, Unmatched{Pattern: f.pattern, Use: f.use})
		}
	}
	return list
}

// allHidden gives what the tree does not see, in the order of a result.
func (v *view) allHidden() (list []Rejected) {
	for _, id := range v.u.sorted {
		if v.hidden[id] != 0 && v.hidden[id] != aside {
			list = append(list, v.rejected(id))
		}
	}
	return list
}

func (v *view) sees(id int32) bool { return v.hidden[id] == 0 }
