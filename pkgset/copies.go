package pkgset

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// arrange signs, sorts and thins out the entries of a source.
//
// Where a package (NEVRA) is there several times, the copy with the best
// signature is taken, of these the one built last, of these the first one by
// repository and path. Copies with the same content are one package. Copies
// that only serve different architectures stay apart.
func arrange(src *Source, entries []*Entry, env Env) (*Set, error) {
	keys, err := normalKeys(src.SigKeys)
	if err != nil {
		return nil, err
	}
	fits := src.arches()
	set := &Set{Tag: src.Tag, SigKeys: keys}
	set.Entries = slices.DeleteFunc(entries, func(e *Entry) bool { return fits != nil && !fits[e.Pkg.Arch] })
	for _, e := range set.Entries {
		e.Tag, e.keys = src.Tag, keys
		e.sign(keys)
	}
	slices.SortFunc(set.Entries, (*Entry).compare)
	c := copies{src: src}
	set.Entries = c.thin(set.Entries)
	c.tell(env)
	return set, nil
}

// compare sorts by package; among its copies the best one comes first.
func (e *Entry) compare(o *Entry) int {
	p, q := e.Pkg, o.Pkg
	if c := strings.Compare(p.Name, q.Name); c != 0 {
		return c
	}
	if c := p.EVR().Compare(q.EVR()); c != 0 {
		return c
	}
	return cmp.Or(
		strings.Compare(p.Arch, q.Arch),
		// What rpm holds for equal may differ in spelling (1.0 and 1.00).
		strings.Compare(p.Version, q.Version), strings.Compare(p.Release, q.Release),
		cmp.Compare(e.sigRank, o.sigRank), cmp.Compare(e.strange(), o.strange()), cmp.Compare(q.BuildTime, p.BuildTime),
		cmp.Compare(e.origin(), o.origin()), strings.Compare(e.dir, o.dir), strings.Compare(e.File, o.File))
}

// strange is 1 for a copy that a key signed which is not configured. Where ""
// allows it, a copy that nobody signed comes first, as in a build system.
func (e *Entry) strange() int {
	if e.SigKey == "" && len(e.Pkg.SigKeys) > 0 {
		return 1
	}
	return 0
}

// origin is the place of the entry's repository among those of its source.
func (e *Entry) origin() int {
	if e.remote == nil {
		return 0
	}
	return e.remote.repo.index
}

// copies settles which copies of packages stay.
type copies struct {
	src  *Source
	lost []lostCopy // to others that have no better signature
}

type lostCopy struct{ kept, lost *Entry }

func (c *copies) thin(entries []*Entry) []*Entry {
	out := entries[:0]
	for len(entries) > 0 {
		n := 1
		for n < len(entries) && nevraOf(entries[0].Pkg) == nevraOf(entries[n].Pkg) {
			n++
		}
		if n == 1 {
			out = append(out, entries[0])
		} else {
			out = append(out, c.choose(slices.Clone(entries[:n]))...)
		}
		entries = entries[n:]
	}
	return out
}

// choose gives those of a package's copies that stay.
func (c *copies) choose(group []*Entry) []*Entry {
	group = mergeEqual(group)
	if !slices.ContainsFunc(group, func(e *Entry) bool { return e.arches != nil }) {
		c.lose(group[0], group[1:])
		return group[:1]
	}
	var kept []*Entry
	won := map[*Entry][]string{}
	for _, arch := range c.src.Arches {
		i := slices.IndexFunc(group, func(e *Entry) bool { return e.serves(arch) })
		if i >= 0 {
			won[group[i]] = append(won[group[i]], arch)
		}
	}
	for i, e := range group {
		if len(won[e]) == 0 {
			c.lose(group[0], group[i:i+1])
			continue
		}
		if len(won[e]) < len(c.src.Arches) {
			e.arches = won[e]
		}
		kept = append(kept, e)
	}
	return kept
}

// mergeEqual leaves the first of the copies with the same content, which
// then serves the architectures of all.
func mergeEqual(group []*Entry) []*Entry {
	var out []*Entry
	for _, e := range group {
		i := slices.IndexFunc(out, func(o *Entry) bool { return o.Pkg.Sum == e.Pkg.Sum })
		switch {
		case i < 0:
			out = append(out, e)
		case out[i].arches != nil && e.arches != nil:
			out[i].arches = sortedSet(slices.Concat(out[i].arches, e.arches))
		default:
			out[i].arches = nil
		}
	}
	return out
}

func (c *copies) lose(kept *Entry, lost []*Entry) {
	for _, e := range lost {
		if e.sigRank == kept.sigRank && e.strange() == kept.strange() {
			c.lost = append(c.lost, lostCopy{kept, e})
		}
	}
}

// tell notes the choices that a signature did not decide.
func (c *copies) tell(env Env) {
	if len(c.lost) == 0 {
		return
	}
	env.note(fmt.Sprintf("%d packages are there more than once with different content; the copy built last, else the first one, is taken: ", len(c.lost)) +
		firstFew(len(c.lost), func(i int) string {
			return c.lost[i].kept.Pkg.String() + " from " + c.lost[i].kept.place() + ", not " + c.lost[i].lost.place()
		}))
}

// place says where the entry comes from.
func (e *Entry) place() string {
	if e.remote != nil {
		return e.remote.String()
	}
	return e.dir + "/" + e.File
}
