package header

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	rpmlib "github.com/cavaliergopher/rpm"
)

// want says what of a tag is decoded.
type want uint8

const (
	wantNot want = iota
	wantFirst
	wantAll
)

// maxElements bounds the values of all tags of a header: each takes up to 16
// times the memory that it has in the file. A package of 300,000 files has
// two million.
const maxElements = 16 << 20

// headers checks every entry of both headers and decodes what is wanted. The
// library's own reader is not used: it takes no header above 32 MiB, allocates
// each string, and believes what a header says of itself.
func (s *scratch) headers(lay layout) (t tags, err error) {
	if t.sig, _, err = s.header(lay.sig, wantSig); err != nil {
		return t, fmt.Errorf("signature header: %w", err)
	}
	region := false
	if t.main, region, err = s.header(lay.main, s.wantMain); err != nil {
		return t, fmt.Errorf("header: %w", err)
	}
	t.retrofit = !region
	return t, nil
}

// header decodes one header, and says whether it has the region that rpm 4.0
// and later write. The values of all entries together may take no more than
// the data has, plus 16 bytes: some old packages count the region's trailer
// twice.
func (s *scratch) header(sec section, wants func(tag uint32) want) (h *rpmlib.Header, region bool, err error) {
	index, store := s.raw[sec.index:sec.store], s.raw[sec.store:sec.end]
	d := decoder{store: store, budget: len(store) + introSize, elements: maxElements}
	d.tags = make(map[int]*rpmlib.Tag, min(len(index)/entrySize, 64))
	for ; len(index) > 0; index = index[entrySize:] {
		e := entryAt(index)
		region = region || e.tag == tagImmutable
		if err := d.add(e, wants(e.tag)); err != nil {
			return nil, region, err
		}
	}
	return &rpmlib.Header{Tags: d.tags}, region, nil
}

// decoder decodes one header.
type decoder struct {
	store    []byte
	budget   int // how many bytes the values may still take
	elements int // how many values there may still be
	tags     map[int]*rpmlib.Tag
}

// add checks an entry and decodes what is wanted of it.
func (d *decoder) add(e entry, w want) error {
	n, err := e.least(d.store)
	if err != nil {
		return err
	}
	var v []byte
	if w != wantNot {
		if v, err = e.value(d.store, n); err != nil {
			return err
		}
		n = len(v)
	}
	if d.budget -= n; d.budget < 0 {
		return errors.New("its values overlap")
	}
	if w == wantNot {
		return nil
	}
	if w == wantFirst && e.typ != typeBin {
		e, v = e.first(v)
	}
	if e.typ != typeBin {
		if d.elements -= int(e.count); d.elements < 0 {
			return fmt.Errorf("more than %d values", maxElements)
		}
	}
	d.tags[int(e.tag)] = &rpmlib.Tag{ID: int(e.tag), Type: rpmlib.TagType(e.typ), Value: e.decode(v)}
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

// decode gives the value as the library has it.
func (e entry) decode(v []byte) any {
	switch e.typ {
	case typeInt16, typeInt32, typeInt64:
		return e.numbers(v)
	case typeString, typeStringArray, typeI18N:
		return e.strings(v)
	}
	return bytes.Clone(v)
}

func (e entry) numbers(v []byte) []int64 {
	out := make([]int64, e.count)
	for i := range out {
		switch e.typ {
		case typeInt16:
			out[i] = int64(binary.BigEndian.Uint16(v[2*i:]))
		case typeInt32:
			out[i] = int64(binary.BigEndian.Uint32(v[4*i:]))
		default:
			out[i] = int64(binary.BigEndian.Uint64(v[8*i:]))
		}
	}
	return out
}

// strings cuts all strings from one.
func (e entry) strings(v []byte) []string {
	out, all := make([]string, e.count), string(v)
	for i := range out {
		n := bytes.IndexByte(v, 0)
		out[i], all, v = all[:n], all[n+1:], v[n+1:]
	}
	return out
}
