package store

import (
	"encoding/binary"
	"slices"

	"compose/internal/rpm"
)

// encoder appends solver records to b.
type encoder struct {
	tab *table
	b   []byte

	spare *unwanted // nil unless the record being encoded is not wanted
	kept  unwanted
}

// unwanted is the memory of records that nobody wants.
type unwanted struct {
	cell  cell
	deps  []rpm.Dep
	texts []string
}

// unwanted gives the cell to fill for a record that nobody wants.
func (e *encoder) unwanted() *cell {
	e.spare = &e.kept
	return &e.spare.cell
}

// record appends the record and fills c, with a package that equals p and
// whose strings are the table's.
func (e *encoder) record(c *cell, p *rpm.Package, at place, firstKey uint32) {
	c.rec = Record{at: at, key: firstKey, Pkg: &c.pkg}
	e.place(&at)
	e.number(uint64(firstKey))
	e.pkg(&c.pkg, p)
	e.spare = nil
}

func (e *encoder) number(n uint64) { e.b = binary.AppendUvarint(e.b, n) }

func (e *encoder) place(at *place) {
	e.number(uint64(at.off))
	for _, n := range [...]uint32{at.frag, at.primary, at.filelists, at.other, at.paths, at.pathsRaw} {
		e.number(uint64(n))
	}
	e.b = binary.LittleEndian.AppendUint32(e.b, at.fragSum)
	e.b = binary.LittleEndian.AppendUint32(e.b, at.pathsSum)
}

func (e *encoder) text(s string) string {
	id, own := e.tab.intern(s)
	e.number(uint64(id))
	return own
}

// pkg appends p and fills own.
func (e *encoder) pkg(own, p *rpm.Package) {
	from, to := texts(p), texts(own)
	for i := range from {
		*to[i] = e.text(*from[i])
	}
	own.Epoch = p.Epoch
	e.number(uint64(p.Epoch))
	for i, n := range numbers(p) {
		*numbers(own)[i] = *n
		e.b = binary.AppendVarint(e.b, *n)
	}
	e.depLists(own, p)
	e.textLists(own, p)
}

func (e *encoder) depLists(own, p *rpm.Package) {
	from, to := depLists(p), depLists(own)
	total := 0
	for _, l := range from {
		total += len(*l)
	}
	e.number(uint64(total))
	all := e.roomForDeps(total)
	for i, l := range from {
		e.number(uint64(len(*l)))
		start := len(all)
		for _, d := range *l {
			all = append(all, e.dep(d))
		}
		*to[i] = cut(all, start)
	}
}

func (e *encoder) roomForDeps(n int) []rpm.Dep {
	if e.spare == nil {
		return make([]rpm.Dep, 0, n)
	}
	e.spare.deps = slices.Grow(e.spare.deps[:0], n)
	return e.spare.deps
}

func (e *encoder) roomForTexts(n int) []string {
	if e.spare == nil {
		return make([]string, 0, n)
	}
	e.spare.texts = slices.Grow(e.spare.texts[:0], n)
	return e.spare.texts
}

func (e *encoder) dep(d rpm.Dep) rpm.Dep {
	own := rpm.Dep{Name: e.text(d.Name), Sense: d.Sense}
	if d.EVR == "" {
		e.number(uint64(d.Sense) << 1)
		return own
	}
	e.number(uint64(d.Sense)<<1 | 1)
	own.EVR = e.text(d.EVR)
	return own
}

func (e *encoder) textLists(own, p *rpm.Package) {
	from, to := textLists(p), textLists(own)
	total := 0
	for _, l := range from {
		total += len(*l)
	}
	e.number(uint64(total))
	all := e.roomForTexts(total)
	for i, l := range from {
		e.number(uint64(len(*l)))
		start := len(all)
		for _, s := range *l {
			all = append(all, e.text(s))
		}
		*to[i] = cut(all, start)
	}
}

// cut gives what was appended to all since start, nil when nothing was; an
// append to it does not reach its neighbour.
func cut[T any](all []T, start int) []T {
	if start == len(all) {
		return nil
	}
	return all[start:len(all):len(all)]
}
