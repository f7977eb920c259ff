package universe

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Decode reads the stored form of a set. What is damaged is an error, never
// a set that is not sound.
func Decode(b []byte) (*Set, error) {
	if _, err := ReadDigest(b); err != nil {
		return nil, err
	}
	if len(b) < HeadSize+4 {
		return nil, errDamaged
	}
	body, sum := b[:len(b)-4], binary.LittleEndian.Uint32(b[len(b)-4:])
	if checksum(body) != sum {
		return nil, errDamaged
	}
	d := decoder{b: body[HeadSize:]}
	s := d.set()
	if d.err == nil && len(d.b) > 0 {
		d.err = errDamaged
	}
	if d.err == nil {
		d.err = s.check()
	}
	if d.err != nil {
		return nil, d.err
	}
	return s, nil
}

var errDamaged = errors.New("damaged list of packages")

type decoder struct {
	b   []byte
	err error
}

func (d *decoder) set() *Set {
	s := &Set{texts: d.texts(), sums: d.texts()}
	list := d.array(3)
	s.deps = make([]depRow, len(list)/3)
	for i := range s.deps {
		s.deps[i] = depRow{list[3*i], list[3*i+1], list[3*i+2]}
	}
	list = d.array(5)
	s.pkgs = make([]pkgRow, len(list)/5)
	for i := range s.pkgs {
		l := list[5*i : 5*i+5]
		s.pkgs[i] = pkgRow{l[0], l[1], l[2], l[3], l[4]}
	}
	for _, r := range s.rows() {
		r.ends, r.items = d.array(1), d.array(1)
	}
	s.rich = d.array(1)
	return s
}

func (d *decoder) texts() texts {
	t := texts{ends: d.array(1)}
	t.all = string(d.bytes(1))
	return t
}

// bytes takes a length and so many units of so many bytes.
func (d *decoder) bytes(unit int) []byte {
	if len(d.b) < 4 {
		d.err = errDamaged
		return nil
	}
	n := int(binary.LittleEndian.Uint32(d.b))
	d.b = d.b[4:]
	if n > len(d.b)/unit {
		d.err = errDamaged
		return nil
	}
	b := d.b[:n*unit]
	d.b = d.b[n*unit:]
	return b
}

// array takes a length and so many entries of so many numbers.
func (d *decoder) array(numbers int) []uint32 {
	b := d.bytes(4 * numbers)
	list := make([]uint32, len(b)/4)
	for i := range list {
		list[i] = binary.LittleEndian.Uint32(b[4*i:])
	}
	return list
}

// check says whether all numbers lead somewhere.
func (s *Set) check() error {
	nt, nd, np := len(s.texts.ends), len(s.deps), len(s.pkgs)
	sound := nt > 0 && ascending(s.texts.ends, len(s.texts.all)) && ascending(s.sums.ends, len(s.sums.all)) &&
		len(s.sums.ends) == np && len(s.files.ends) == np && len(s.leaves.ends) == len(s.rich) &&
		below(s.files.items, nt) && below(s.leaves.items, nd) && below(s.rich, nd)
	for i := 0; i < nd && sound; i++ {
		sound = int(s.deps[i].name) < nt && int(s.deps[i].evr) < nt
	}
	for i := 0; i < np && sound; i++ {
		p := &s.pkgs[i]
		sound = below([]uint32{p.name, p.version, p.release, p.arch}, nt)
	}
	for _, r := range s.rows() {
		sound = sound && ascending(r.ends, len(r.items))
	}
	for k := range s.lists {
		sound = sound && len(s.lists[k].ends) == np && below(s.lists[k].items, nd)
	}
	if !sound {
		return fmt.Errorf("%w: numbers lead nowhere", errDamaged)
	}
	return nil
}

// ascending says whether ends are those of parts of something of that length.
func ascending(ends []uint32, length int) bool {
	last := uint32(0)
	for _, e := range ends {
		if e < last {
			return false
		}
		last = e
	}
	return int(last) == length
}

func below(list []uint32, limit int) bool {
	for _, n := range list {
		if int(n) >= limit {
			return false
		}
	}
	return true
}
