package phases

import (
	"fmt"
	"slices"
	"strings"

	"compose/config"
	"compose/gather"
)

// uses are entries of the configuration with the trees in which they matched
// nothing.
type uses struct {
	order []gather.Unmatched
	trees map[gather.Unmatched][]Tree
}

// add notes that an entry matched nothing in a tree. The architecture that a
// comps entry has in a nodeps tree does not make it another entry.
func (u *uses) add(e gather.Unmatched, t Tree) {
	if isComps(e) {
		e.Pattern.Arch = ""
	}
	if u.trees == nil {
		u.trees = map[gather.Unmatched][]Tree{}
	}
	if u.trees[e] == nil {
		u.order = append(u.order, e)
	}
	if !slices.Contains(u.trees[e], t) {
		u.trees[e] = append(u.trees[e], t)
	}
}

// where names the trees of an entry.
func (u *uses) where(e gather.Unmatched) string {
	names := make([]string, len(u.trees[e]))
	for i, t := range u.trees[e] {
		names[i] = t.String()
	}
	return strings.Join(names, " ")
}

// useless names the entries of the configuration that did nothing, once each
// with their place: packages that a tree should have in each such tree, and
// what keeps packages out or chooses among them when it did nothing anywhere.
func useless(cfg *config.Config, trees []checkedTree) []string {
	var u uses
	for _, t := range trees {
		for _, e := range t.picks().Unmatched {
			if !isComps(e) && !isGroupUse(e.Use) {
				u.add(e, t.tree)
			}
		}
	}
	applies := map[gather.Pattern]int{}
	for _, t := range trees {
		r := cfg.GatherFor(t.tree.Variant, t.tree.Arch)
		for _, p := range slices.Concat(patterns(r.Filter, "filter"), patterns(r.MultilibWhitelist, "multilib_whitelist"), patterns(r.MultilibBlacklist, "multilib_blacklist")) {
			applies[p]++
		}
	}
	var out []string
	for _, e := range u.order {
		switch n := applies[e.Pattern]; {
		case (e.Use == "package" || e.Use == "prepopulate") && e.Hidden:
			out = append(out, fmt.Sprintf("%s: %q matches only packages that filters or module streams keep out (%s)", e.Pattern.Origin, e.Pattern.Text, u.where(e)))
		case e.Use == "package" || e.Use == "prepopulate":
			out = append(out, fmt.Sprintf("%s: %q matches no package (%s)", e.Pattern.Origin, e.Pattern.Text, u.where(e)))
		case n > 0 && n <= len(u.trees[e]):
			out = append(out, fmt.Sprintf("%s: %q matches no package in any tree", e.Pattern.Origin, e.Pattern.Text))
		}
	}
	return append(out, uselessLookasides(cfg, trees)...)
}

// uselessLookasides names lookaside repositories that have nothing for their
// trees.
func uselessLookasides(cfg *config.Config, trees []checkedTree) []string {
	used := map[config.Pattern]bool{}
	var order []config.Pattern
	for _, t := range trees {
		for i, a := range t.aside.urls {
			if _, seen := used[a]; !seen {
				order = append(order, a)
			}
			used[a] = used[a] || len(t.aside.repos[i]().For(t.tree.Arch)) > 0
		}
	}
	var out []string
	for _, a := range order {
		if !used[a] {
			out = append(out, fmt.Sprintf("%s gather.tree.lookaside: %s has no packages for any tree", a.Place, a.Text))
		}
	}
	return out
}
