package gather

import (
	"slices"
	"strings"
	"sync"
)

// Pungi walks its results as Python sets, and where a requirement has several
// providers the walk can decide between them. The order is not random: a
// package hashes to its number in libsolv's pool, which counts the packages
// of the lookaside repositories first, then the others, each as createrepo_c
// sorts them: by file name. With these numbers and CPython's set, the walk is
// the same as Pungi's. This file is used with CompatPungi43 only; otherwise
// packages are walked by name, so that a choice does not depend on unrelated
// packages.

// numbering gives the packages their numbers in libsolv's pool.
type numbering struct {
	number []int64 // of a package
	pkg    []int32 // with a number
}

// firstNumber is the number of the first package; the ones below are
// libsolv's own.
const firstNumber = 2

// numberOnce gives a function that makes the numbering at its first call.
func (u *Universe) numberOnce() func() *numbering {
	return sync.OnceValue(func() *numbering {
		files := make([]string, len(u.pkgs))
		n := &numbering{number: make([]int64, len(u.pkgs)), pkg: make([]int32, firstNumber+len(u.pkgs))}
		ids := n.pkg[firstNumber:]
		for i, p := range u.pkgs {
			files[i], ids[i] = p.FileName(), int32(i)
		}
		slices.SortStableFunc(ids, func(a, b int32) int {
			if u.is(a, isLookaside) != u.is(b, isLookaside) {
				return int(u.class[b]&isLookaside) - int(u.class[a]&isLookaside)
			}
			return strings.Compare(files[a], files[b])
		})
		for i, id := range ids {
			n.number[id] = int64(i) + firstNumber
		}
		return n
	})
}

// walker puts packages into the order in which Pungi meets them.
type walker struct {
	*numbering
	sets [sets]*hashSet
}

func newWalker(u *Universe) *walker {
	w := &walker{numbering: u.numbered()}
	for i := range w.sets {
		w.sets[i] = newHashSet()
	}
	return w
}

func (w *walker) add(id int32, set Kind) { w.sets[set].add(w.number[id]) }

// order sorts some of the packages of a set as the pass walks them; some
// passes walk a copy of the set, which is not in the same order.
func (w *walker) order(list []int32, p pass, set Kind) {
	s := w.sets[set]
	if p == passConditionals || p == passDeps || p == passDebugDeps {
		s = s.copy()
	}
	wanted := make(map[int32]bool, len(list))
	for _, id := range list {
		wanted[id] = true
	}
	list = list[:0]
	for _, slot := range s.table {
		if slot != 0 && wanted[w.pkg[slot]] {
			list = append(list, w.pkg[slot])
		}
	}
}

// hashSet is a set of numbers above 0 as CPython 3.7 and later have it, as
// far as its order goes: open addressing, linear probes, then perturbation.
type hashSet struct {
	table []int64 // 0 is a free slot
	fill  int
}

const (
	minHashSet   = 8
	linearProbes = 9
	perturbShift = 5
)

func newHashSet() *hashSet { return &hashSet{table: make([]int64, minHashSet)} }

func (s *hashSet) add(key int64) {
	if !s.put(key) {
		return
	}
	s.fill++
	if !s.crowded(s.fill) {
		return
	}
	grow := 4
	if s.fill > 50000 {
		grow = 2
	}
	s.resize(grow * s.fill)
}

// crowded says whether a table of this size is too small for that many keys.
func (s *hashSet) crowded(keys int) bool { return keys*5 >= (len(s.table)-1)*3 }

// put finds the slot for a key; it gives false when the key is there already.
func (s *hashSet) put(key int64) bool {
	mask := uint64(len(s.table) - 1)
	perturb := uint64(key)
	for i := perturb & mask; ; i = (i*5 + 1 + perturb) & mask {
		last := i
		if i+linearProbes <= mask {
			last += linearProbes
		}
		for j := i; j <= last; j++ {
			switch s.table[j] {
			case key:
				return false
			case 0:
				s.table[j] = key
				return true
			}
		}
		perturb >>= perturbShift
	}
}

// resize makes the table larger than least and puts all keys in again.
func (s *hashSet) resize(least int) {
	size := minHashSet
	for size <= least {
		size *= 2
	}
	old := s.table
	s.table = make([]int64, size)
	for _, key := range old {
		if key != 0 {
			s.put(key)
		}
	}
}

// copy gives what set.copy() gives: a table twice as large as needed at
// least, filled in the order of this one.
func (s *hashSet) copy() *hashSet {
	c := newHashSet()
	if c.crowded(s.fill) {
		c.resize(2 * s.fill)
	}
	c.fill = s.fill
	if len(c.table) == len(s.table) {
		copy(c.table, s.table)
		return c
	}
	for _, key := range s.table {
		if key != 0 {
			c.put(key)
		}
	}
	return c
}
