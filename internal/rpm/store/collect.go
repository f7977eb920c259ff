package store

import (
	"cmp"
	"slices"
)

// collector decides which records and keys of the packs of s stay, and
// rewrites packs.
type collector struct {
	s       *Store
	sources []*source // one per pack, the newest first
	tight   bool      // the store is too large: rewrite whatever has something to drop
}

// source is a pack with what is known of the use of its keys and records.
type source struct {
	p       *pack
	days    []uint16 // of the last use, by key
	keep    []bool   // by key; the key of a record that goes may be set
	records []kept   // by number
	listed  bool     // to be rewritten
}

// kept is what the collector knows of a record.
type kept struct {
	keep bool
	blob bool
	day  uint16 // of its last use under any key
	size int64  // its data, and its share of the tail
}

// newCollector keeps all but what a newer pack has as well.
func newCollector(s *Store) *collector {
	c := &collector{s: s}
	for slot, p := range s.packs {
		src := &source{p: p, days: readUsed(s.dir, p.name, p.keyCount())}
		src.keep = make([]bool, p.keyCount())
		src.records = make([]kept, p.recordCount())
		for i := range src.keep {
			at, entry, _ := s.index.find(p.key(i), s.packs)
			src.keep[i] = at == slot && entry == i
		}
		c.sources = append(c.sources, src)
	}
	for _, src := range c.sources {
		c.learn(src)
	}
	return c
}

// learn fills in the records of src, and the use of those that its aliases
// stand for.
func (c *collector) learn(src *source) {
	for i, keep := range src.keep {
		_, r := c.stands(src, i)
		if r == nil || !keep {
			continue
		}
		r.day = max(r.day, src.days[i])
		if _, _, alias := src.p.ref(i); !alias {
			r.keep = true
		}
	}
	share := (src.p.size - src.p.dataEnd) / int64(max(len(src.records), 1))
	for n := range src.records {
		if r, err := src.p.decode(uint32(n)); err == nil {
			src.records[n].size, src.records[n].blob = r.at.stored()+share, r.isBlob()
		} else {
			src.records[n].keep = false
		}
	}
}

// stands gives the record that key i of src stands for, nil when there is
// none, and its pack.
func (c *collector) stands(src *source, i int) (*source, *kept) {
	n, target, _ := src.p.ref(i)
	if target != nil {
		slot, entry, ok := c.s.index.find(target, c.s.packs)
		if !ok {
			return nil, nil
		}
		src = c.sources[slot]
		if n, target, _ = src.p.ref(entry); target != nil {
			return nil, nil
		}
	}
	if int(n) >= len(src.records) {
		return nil, nil
	}
	return src, &src.records[n]
}

// dropOld drops the records, and the aliases, that were last used before day.
func (c *collector) dropOld(day uint16) {
	for _, src := range c.sources {
		for n := range src.records {
			if src.records[n].day < day {
				src.records[n].keep = false
			}
		}
		for i := range src.keep {
			if _, _, alias := src.p.ref(i); alias && src.days[i] < day {
				src.keep[i] = false
			}
		}
	}
}

// dropLeastUsed drops the least recently used records, of equally old ones
// those of the oldest pack first, until the rest takes at most limit bytes.
// A part of the limit is left for strings that can be shared less than before.
func (c *collector) dropLeastUsed(limit int64) {
	var all []*kept
	var total int64
	for _, src := range slices.Backward(c.sources) {
		total += src.aliveBytes()
		for n := range src.records {
			if src.records[n].keep {
				all = append(all, &src.records[n])
			}
		}
	}
	if total <= limit {
		return
	}
	c.tight = true
	slices.SortStableFunc(all, func(a, b *kept) int { return cmp.Compare(a.day, b.day) })
	for _, r := range all {
		if total <= limit-limit/8 {
			return
		}
		r.keep = false
		total -= r.size
	}
}

// dropDangling drops the keys of records that go.
func (c *collector) dropDangling() {
	for _, src := range c.sources {
		for i := range src.keep {
			if _, r := c.stands(src, i); r == nil || !r.keep {
				src.keep[i] = false
			}
		}
	}
}

// outsideSize is what a key for a record of another pack takes.
const outsideSize = 2*int64(keySize) + 4

// aliveBytes is about what a pack would be if it held only what is kept.
func (src *source) aliveBytes() int64 {
	alive := int64(headerSize + footerSize)
	for _, r := range src.records {
		if r.keep {
			alive += r.size
		}
	}
	for i, keep := range src.keep {
		if _, target, _ := src.p.ref(i); keep && target != nil {
			alive += outsideSize
		}
	}
	return alive
}

// worthRewriting gives the packs of which at least a quarter goes, and all
// small ones when there are several.
func (c *collector) worthRewriting() []*source {
	var out, small []*source
	for _, src := range c.sources {
		dead := src.p.size - src.aliveBytes()
		switch {
		case dead*4 >= src.p.size || c.tight && src.drops():
			out = append(out, src)
		case src.p.size < c.s.lim.small:
			small = append(small, src)
		}
	}
	if len(out)+len(small) > 1 {
		out = append(out, small...)
	}
	return out
}

// drops says whether any record of the pack goes.
func (src *source) drops() bool {
	return slices.ContainsFunc(src.records, func(r kept) bool { return !r.keep })
}
