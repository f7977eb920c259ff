package header

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

// want says what of a tag goes to the library.
type want uint8

const (
	wantNot want = iota
	wantFirst
	wantAll
)

// compact checks every entry of both headers and writes to s.out a package
// of the same form with the wanted values alone: what the library decodes
// then is needed, lies within the data, and does not overlap.
func (s *scratch) compact(lay *layout) error {
	s.out = append(s.out[:0], s.raw[:leadSize]...)
	if _, err := s.compactSection(lay.sig, wantSig); err != nil {
		return fmt.Errorf("signature header: %w", err)
	}
	for len(s.out)%8 != 0 {
		s.out = append(s.out, 0)
	}
	region, err := s.compactSection(lay.main, s.wantMain)
	if err != nil {
		return fmt.Errorf("header: %w", err)
	}
	lay.retrofit = !region
	return nil
}

// compactSection does so for one header, and says whether it has the region
// that rpm 4.0 and later write. The values of all entries together may take
// no more than the data has, plus 16 bytes: some old packages count the
// region's trailer twice.
func (s *scratch) compactSection(sec section, wants func(tag uint32) want) (region bool, err error) {
	index, store := s.raw[sec.index:sec.store], s.raw[sec.store:sec.end]
	n := 0
	for i := 0; i < len(index); i += entrySize {
		tag := binary.BigEndian.Uint32(index[i:])
		region = region || tag == tagImmutable
		if wants(tag) != wantNot {
			n++
		}
	}
	c := compactor{out: append(s.out, s.raw[sec.start:sec.index]...), budget: len(store) + introSize}
	c.at = len(c.out)
	c.out = slices.Grow(c.out, n*entrySize)[:c.at+n*entrySize]
	c.store = len(c.out)
	for ; len(index) > 0; index = index[entrySize:] {
		e := entryAt(index)
		if err := c.add(e, store, wants(e.tag)); err != nil {
			return region, err
		}
	}
	intro := c.out[len(s.out):]
	binary.BigEndian.PutUint32(intro[8:], uint32(n))
	binary.BigEndian.PutUint32(intro[12:], uint32(len(c.out)-c.store))
	s.out = c.out
	return region, nil
}

// compactor writes one header.
type compactor struct {
	out       []byte
	at, store int // where the next index entry goes, where the data begins
	budget    int // how many bytes the values may still take
}

// add checks an entry and copies what is wanted of it.
func (c *compactor) add(e entry, store []byte, w want) error {
	n, err := e.least(store)
	if err != nil {
		return err
	}
	var v []byte
	if w != wantNot {
		if v, err = e.value(store, n); err != nil {
			return err
		}
		n = len(v)
	}
	if c.budget -= n; c.budget < 0 {
		return errors.New("its values overlap")
	}
	if w == wantNot {
		return nil
	}
	if w == wantFirst && e.typ != typeBin {
		e, v = e.first(v)
	}
	be := binary.BigEndian
	be.PutUint32(c.out[c.at:], e.tag)
	be.PutUint32(c.out[c.at+4:], e.typ)
	be.PutUint32(c.out[c.at+8:], uint32(len(c.out)-c.store))
	be.PutUint32(c.out[c.at+12:], e.count)
	c.at += entrySize
	c.out = append(c.out, v...)
	return nil
}

// first cuts a value down to its first element.
func (e entry) first(v []byte) (entry, []byte) {
	n := len(v) / int(e.count)
	if e.typ >= typeString {
		n = bytes.IndexByte(v, 0) + 1
	}
	e.count = 1
	return e, v[:n]
}
