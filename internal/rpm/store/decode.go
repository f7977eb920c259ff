package store

import (
	"encoding/binary"
	"fmt"

	"compose/internal/rpm"
)

// decoder reads one solver record; after a fault it yields zeros and bad is
// set. What it allocates is bounded by the length of b.
type decoder struct {
	b   []byte
	p   *pack // for the strings
	bad bool
}

// decode reads record n.
func (p *pack) decode(n uint32) (*Record, error) {
	d, c := p.decodeHead(n)
	d.numbers(&c.pkg)
	d.depLists(&c.pkg)
	d.textLists(&c.pkg)
	if len(d.b) > 0 {
		d.bad = true
	}
	return d.finish(c, n)
}

// decodeBrief reads what GetBrief promises of record n.
func (p *pack) decodeBrief(n uint32) (*Record, error) {
	d, c := p.decodeHead(n)
	return d.finish(c, n)
}

// decodeHead reads the first part of record n.
func (p *pack) decodeHead(n uint32) (*decoder, *cell) {
	b, ok := p.solverRecord(n)
	d := &decoder{b: b, p: p, bad: !ok}
	c := &cell{}
	c.rec = Record{Pkg: &c.pkg, pack: p}
	c.rec.at = d.place()
	c.rec.key = d.uint32()
	for _, s := range texts(&c.pkg) {
		*s = d.text()
	}
	c.pkg.Epoch = d.uint32()
	return d, c
}

// finish gives the record when all of it was sound.
func (d *decoder) finish(c *cell, n uint32) (*Record, error) {
	if d.bad || int(c.rec.key) >= d.p.keyCount() || !c.rec.at.within(d.p.dataEnd) {
		return nil, fmt.Errorf("record %d: %w", n, ErrDamaged)
	}
	return &c.rec, nil
}

// within checks a place against the end of the data.
func (l *place) within(end int64) bool {
	return l.off >= headerSize && l.off <= end && l.stored() <= end-l.off && l.fragRaw() <= maxRaw && l.pathsRaw <= maxRaw
}

func (d *decoder) fail() uint64 {
	d.bad, d.b = true, nil
	return 0
}

func (d *decoder) number() uint64 {
	if len(d.b) > 0 && d.b[0] < 0x80 {
		n := d.b[0]
		d.b = d.b[1:]
		return uint64(n)
	}
	n, size := binary.Uvarint(d.b)
	if size <= 0 {
		return d.fail()
	}
	d.b = d.b[size:]
	return n
}

func (d *decoder) uint32() uint32 {
	n := d.number()
	if n > 1<<32-1 {
		n = d.fail()
	}
	return uint32(n)
}

func (d *decoder) signed() int64 {
	u := d.number()
	return int64(u>>1) ^ -int64(u&1)
}

func (d *decoder) fixed32() uint32 {
	if len(d.b) < 4 {
		return uint32(d.fail())
	}
	n := binary.LittleEndian.Uint32(d.b)
	d.b = d.b[4:]
	return n
}

// count reads the length of a list whose entries take at least size bytes.
func (d *decoder) count(size int) int {
	n := d.number()
	if n > uint64(len(d.b)/size) {
		n = d.fail()
	}
	return int(n)
}

func (d *decoder) text() string {
	s, ok := d.p.text(d.number())
	if !ok {
		d.fail()
	}
	return s
}

func (d *decoder) place() place {
	var l place
	off := d.number()
	if off > 1<<62 {
		off = d.fail()
	}
	l.off = int64(off)
	for _, n := range [...]*uint32{&l.frag, &l.primary, &l.filelists, &l.other, &l.paths, &l.pathsRaw} {
		*n = d.uint32()
	}
	l.fragSum, l.pathsSum = d.fixed32(), d.fixed32()
	return l
}

func (d *decoder) numbers(p *rpm.Package) {
	for _, n := range numbers(p) {
		*n = d.signed()
	}
}

func (d *decoder) depLists(p *rpm.Package) {
	all := make([]rpm.Dep, 0, d.count(2))
	for _, l := range depLists(p) {
		start := len(all)
		for range d.part(cap(all) - len(all)) {
			all = append(all, d.dep())
		}
		*l = cut(all, start)
	}
}

// part reads the length of a list of which at most n entries are left.
func (d *decoder) part(left int) int {
	n := d.number()
	if n > uint64(left) {
		n = d.fail()
	}
	return int(n)
}

func (d *decoder) dep() rpm.Dep {
	x := rpm.Dep{Name: d.text()}
	sense := d.number()
	if sense>>1 > 1<<32-1 {
		sense = d.fail()
	}
	x.Sense = rpm.Sense(sense >> 1)
	if sense&1 != 0 {
		x.EVR = d.text()
	}
	return x
}

func (d *decoder) textLists(p *rpm.Package) {
	all := make([]string, 0, d.count(1))
	for _, l := range textLists(p) {
		start := len(all)
		for range d.part(cap(all) - len(all)) {
			all = append(all, d.text())
		}
		*l = cut(all, start)
	}
}
