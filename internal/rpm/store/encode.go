package store

import (
	"encoding/binary"

	"compose/internal/rpm"
)

// encoder appends solver records to b.
type encoder struct {
	tab *table
	b   []byte
}

// record appends the record and gives it back, with a package that equals p
// and whose strings are the table's.
func (e *encoder) record(p *rpm.Package, at place, firstKey uint32) *cell {
	c := &cell{rec: Record{at: at, key: firstKey}}
	c.rec.Pkg = &c.pkg
	e.place(&at)
	e.number(uint64(firstKey))
	e.pkg(&c.pkg, p)
	return c
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
	all := make([]rpm.Dep, 0, total)
	for i, l := range from {
		e.number(uint64(len(*l)))
		start := len(all)
		for _, d := range *l {
			all = append(all, e.dep(d))
		}
		*to[i] = cut(all, start)
	}
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
	all := make([]string, 0, total)
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
