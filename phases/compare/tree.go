package compare

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// change is what became of a package, while it is found out.
type change struct {
	slot
	what     What
	old, now *pkg // either may be nil
	oldArch  string
	from, to string
}

func (c change) finish() Change {
	out := Change{What: c.what, Name: c.name, Arch: c.arch, Category: c.category, OldArch: c.oldArch, From: c.from, To: c.to}
	if c.old != nil {
		out.Old, out.OldSize = c.old.evr.String(), c.old.file.size
	}
	if c.now != nil {
		out.New, out.NewSize = c.now.evr.String(), c.now.file.size
	}
	if c.what == Resigned {
		out.OldKey, out.NewKey = c.old.sigkey, c.now.sigkey
	}
	return out
}

// pair is a package that is in a tree before and after.
type pair struct {
	tree string
	slot
	old, now *pkg
}

// compareTree compares what one tree has. Of a package in several versions
// those that both have do not count, and the others are compared from the
// newest down.
func compareTree(before, after content) (changes []change, same []pair) {
	slots := map[slot]bool{}
	for _, m := range []content{before, after} {
		for s := range m {
			slots[s] = true
		}
	}
	for _, s := range slices.SortedFunc(maps.Keys(slots), compareSlots) {
		old, now, both := split(before[s], after[s])
		for _, p := range both {
			p.slot = s
			same = append(same, p)
		}
		for i := range max(len(old), len(now)) {
			c := change{slot: s, what: Added}
			if i < len(old) {
				c.old, c.what = old[i], Removed
			}
			if i < len(now) {
				c.now = now[i]
			}
			if c.old != nil && c.now != nil {
				c.what = direction(c.old, c.now)
			}
			changes = append(changes, c)
		}
	}
	return newArches(changes), same
}

func direction(old, now *pkg) What {
	if now.evr.Compare(old.evr) < 0 {
		return Downgraded
	}
	return Upgraded
}

func compareSlots(a, b slot) int {
	return cmp.Or(cmp.Compare(a.category, b.category), cmp.Compare(a.name, b.name), cmp.Compare(a.arch, b.arch))
}

// split takes the versions that both lists have away, and gives the others
// newest first.
func split(before, after []*pkg) (old, now []*pkg, both []pair) {
	old, now = slices.Clone(before), slices.Clone(after)
	old = slices.DeleteFunc(old, func(p *pkg) bool {
		i := slices.IndexFunc(now, func(q *pkg) bool { return p.evr == q.evr })
		if i >= 0 {
			both = append(both, pair{old: p, now: now[i]})
			now = slices.Delete(now, i, i+1)
		}
		return i >= 0
	})
	newest := func(a, b *pkg) int { return b.evr.Compare(a.evr) }
	slices.SortStableFunc(old, newest)
	slices.SortStableFunc(now, newest)
	return old, now, both
}

// newArches makes one change of a package that became noarch, or the other
// way round.
func newArches(changes []change) []change {
	type key struct{ category, name string }
	gone := map[key][]int{}
	for i, c := range changes {
		if c.what == Removed && c.category != "source" {
			gone[key{c.category, c.name}] = append(gone[key{c.category, c.name}], i)
		}
	}
	drop := map[int]bool{}
	for i := range changes {
		c := &changes[i]
		was := gone[key{c.category, c.name}]
		if c.what != Added || len(was) == 0 {
			continue
		}
		gone[key{c.category, c.name}] = was[1:]
		drop[was[0]] = true
		c.old, c.oldArch = changes[was[0]].old, changes[was[0]].arch
		c.what = direction(c.old, c.now)
		if c.old.evr == c.now.evr {
			c.what = Changed
		}
	}
	out := changes[:0:0]
	for i, c := range changes {
		if !drop[i] {
			out = append(out, c)
		}
	}
	return out
}

// findMoves finds what left one tree and came into another one of the same
// architecture, and makes a move of it in both. found is by tree.
func findMoves(found map[string][]change) {
	type key struct {
		slot
		arch string // of the tree
	}
	type place struct {
		tree string
		at   int
	}
	left := map[key][]place{}
	names := slices.Sorted(maps.Keys(found))
	each := func(what What, fn func(key, place)) {
		for _, tree := range names {
			for i, c := range found[tree] {
				if c.what == what {
					fn(key{c.slot, tree[strings.LastIndexByte(tree, '.')+1:]}, place{tree, i})
				}
			}
		}
	}
	each(Removed, func(k key, at place) { left[k] = append(left[k], at) })
	each(Added, func(k key, to place) {
		if len(left[k]) == 0 {
			return
		}
		from := left[k][0]
		left[k] = left[k][1:]
		out, in := &found[from.tree][from.at], &found[to.tree][to.at]
		out.what, out.to = Moved, to.tree
		in.what, in.from, in.old = Moved, from.tree, out.old
	})
}
