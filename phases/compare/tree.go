package compare

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// compareTree compares what one tree has. Of a package in several versions
// those that both have do not count, and the others are compared from the
// newest down.
func compareTree(tree string, before, after map[slot][]version) []Change {
	slots := map[slot]bool{}
	for _, m := range []map[slot][]version{before, after} {
		for s := range m {
			slots[s] = true
		}
	}
	var out []Change
	for _, s := range slices.SortedFunc(maps.Keys(slots), compareSlots) {
		old, now := without(before[s], after[s]), without(after[s], before[s])
		for i := range max(len(old), len(now)) {
			c := Change{Tree: tree, Name: s.name, Arch: s.arch, Category: s.category, What: Added}
			if i < len(old) {
				c.Old, c.oldPath, c.source, c.What = old[i].evr.String(), old[i].path, old[i].source, Removed
			}
			if i < len(now) {
				c.New, c.newPath, c.source = now[i].evr.String(), now[i].path, now[i].source
			}
			if i < len(old) && i < len(now) {
				c.What = direction(old[i], now[i])
			}
			out = append(out, c)
		}
	}
	return out
}

func direction(old, now version) What {
	if now.evr.Compare(old.evr) < 0 {
		return Downgraded
	}
	return Upgraded
}

func compareSlots(a, b slot) int {
	return cmp.Or(cmp.Compare(a.category, b.category), cmp.Compare(a.name, b.name), cmp.Compare(a.arch, b.arch))
}

// without gives the versions that the other list has not, newest first.
func without(list, other []version) []version {
	var out []version
	for _, v := range list {
		if !slices.ContainsFunc(other, func(w version) bool { return w.evr == v.evr }) {
			out = append(out, v)
		}
	}
	slices.SortStableFunc(out, func(a, b version) int { return b.evr.Compare(a.evr) })
	return out
}

// findMoves makes one change of a package that left one tree and came into
// another one of the same architecture.
func findMoves(changes []Change) []Change {
	type key struct {
		slot
		arch string
	}
	keyOf := func(c Change) key {
		return key{slot{c.Category, c.Name, c.Arch}, c.Tree[strings.LastIndexByte(c.Tree, '.')+1:]}
	}
	left := map[key][]int{}
	for i, c := range changes {
		if c.What == Removed {
			left[keyOf(c)] = append(left[keyOf(c)], i)
		}
	}
	gone := map[int]bool{}
	for i := range changes {
		c := &changes[i]
		if c.What != Added {
			continue
		}
		if from := left[keyOf(*c)]; len(from) > 0 {
			was := changes[from[0]]
			left[keyOf(*c)] = from[1:]
			gone[from[0]] = true
			c.What, c.From, c.Old, c.oldPath = Moved, was.Tree, was.Old, was.oldPath
		}
	}
	out := changes[:0:0]
	for i, c := range changes {
		if !gone[i] {
			out = append(out, c)
		}
	}
	return out
}
