package store

import (
	"cmp"
	"slices"
)

// rewriter copies what is kept of some packs into new ones.
type rewriter struct {
	c       *collector
	outside map[*kept][]keyUse // keys in other rewritten packs, by record
	t       *part
	days    []uint16  // of the keys in t
	done    []*source // copied, but not all of it published
	dropped int
}

// keyUse is a key, what it stands for, and the day of its last use.
type keyUse struct {
	key Key
	ref uint32
	day uint16
}

// rewrite replaces packs by new ones that hold what is kept of them, and
// gives the number of records that went. A pack is removed only when its
// records are in published packs.
func (c *collector) rewrite(list []*source) (int, error) {
	w := &rewriter{c: c, outside: map[*kept][]keyUse{}}
	list = slices.Clone(list)
	slices.SortFunc(list, func(a, b *source) int { return cmp.Compare(a.p.name, b.p.name) })
	for _, src := range list {
		src.listed = true
	}
	for _, src := range list {
		w.gather(src)
	}
	err := w.copyAll(list)
	if err != nil && w.t != nil {
		w.t.discard()
		w.t.pack.close()
	}
	return w.dropped, err
}

func (w *rewriter) copyAll(list []*source) error {
	for _, src := range list {
		if err := w.copy(src); err != nil {
			return err
		}
		w.done = append(w.done, src)
		if w.t != nil && w.t.full(w.c.s.lim) {
			if err := w.flush(); err != nil {
				return err
			}
		}
	}
	return w.flush()
}

// gather takes the keys of src that stand for records of other packs that
// are rewritten as well; they come to lie beside their record.
func (w *rewriter) gather(src *source) {
	for i, keep := range src.keep {
		if _, target, _ := src.p.ref(i); !keep || target == nil {
			continue
		}
		if home, r := w.c.stands(src, i); r != nil && r.keep && home.listed {
			w.outside[r] = append(w.outside[r], keyUse{*src.p.key(i), refAlias, src.days[i]})
			src.keep[i] = false
		}
	}
}

// copy copies what is kept of a pack.
func (w *rewriter) copy(src *source) error {
	keys := src.keysByRecord()
	var buf []byte
	for n := range src.records {
		if !src.records[n].keep {
			w.drop(&src.records[n])
			continue
		}
		all := append(keys[n], w.outside[&src.records[n]]...)
		if err := w.copyRecord(src.p, uint32(n), all, &buf); err != nil {
			return err
		}
	}
	return w.copyOutside(src)
}

// keysByRecord gives the keys of each record, those that Add gave it first.
func (src *source) keysByRecord() [][]keyUse {
	keys := make([][]keyUse, len(src.records))
	for i, keep := range src.keep {
		n, target, alias := src.p.ref(i)
		if !keep || target != nil || int(n) >= len(keys) {
			continue
		}
		k := keyUse{*src.p.key(i), 0, src.days[i]}
		if alias {
			k.ref = refAlias
		}
		keys[n] = append(keys[n], k)
	}
	return keys
}

// drop counts a record that goes.
func (w *rewriter) drop(r *kept) {
	if !r.blob {
		w.dropped++
	}
}

// copyRecord copies record n; a damaged one is dropped.
func (w *rewriter) copyRecord(p *pack, n uint32, keys []keyUse, buf *[]byte) error {
	r, err := p.decode(n)
	if err != nil {
		w.dropped++
		return nil
	}
	*buf = sized(*buf, int(r.at.stored()))
	if readAt(p.file, *buf, r.at.off) != nil ||
		addSum(0, (*buf)[:r.at.frag]) != r.at.fragSum || addSum(0, (*buf)[r.at.frag:]) != r.at.pathsSum {
		w.dropped++
		return nil
	}
	if err := w.begin(); err != nil {
		return err
	}
	number := uint32(w.t.records())
	if _, err := w.t.store(&addition{pkg: r.Pkg, forget: true}, *buf, r.at); err != nil {
		return err
	}
	for _, k := range keys {
		w.t.pack.enter(k.key, k.ref|number)
		w.days = append(w.days, k.day)
	}
	return nil
}

// copyOutside copies the keys of src that stand for records of packs that
// stay as they are.
func (w *rewriter) copyOutside(src *source) error {
	for i, keep := range src.keep {
		_, target, _ := src.p.ref(i)
		if !keep || target == nil {
			continue
		}
		if err := w.begin(); err != nil {
			return err
		}
		w.t.pack.enterOutside(*src.p.key(i), *target)
		w.days = append(w.days, src.days[i])
	}
	return nil
}

// begin makes sure that there is a pack to write to.
func (w *rewriter) begin() (err error) {
	if w.t == nil {
		w.t, err = newPart(w.c.s.dir)
	}
	return err
}

// flush publishes the pack being written, with the use of its keys, and
// removes those that were copied.
func (w *rewriter) flush() error {
	dir := w.c.s.dir
	if w.t != nil {
		name, err := w.t.publish(dir)
		if err != nil {
			return err
		}
		writeUsed(dir, name, w.days) // without it the keys count as used today
		w.t.pack.close()
		w.t, w.days = nil, nil
	}
	for _, src := range w.done {
		if err := removePack(dir, src.p.name); err != nil {
			return err
		}
	}
	w.done = nil
	return nil
}
