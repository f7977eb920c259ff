package header

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

const (
	leadSize  = 96
	introSize = 16
	entrySize = 16

	maxEntries = 0xffff      // librpm's own limits
	maxStore   = 256<<20 - 1 //

	tagImmutable = 63 // the region that every header since rpm 4.0 has
)

// Data types of entries.
const (
	typeChar = iota + 1
	typeInt8
	typeInt16
	typeInt32
	typeInt64
	typeString
	typeBin
	typeStringArray
	typeI18N
)

// section is one header structure within the file: intro, index, store.
type section struct {
	start, end int // byte range, without padding
	index      int // where the index begins
	store      int // where the store begins
}

// layout says where the two headers of a package are.
type layout struct {
	sig, main section
}

// layout finds the headers and reads them whole.
func (s *scratch) layout() (lay layout, err error) {
	if err := s.need(leadSize+introSize, "the signature header's intro"); err != nil {
		return lay, err
	}
	if !bytes.HasPrefix(s.raw, []byte{0xed, 0xab, 0xee, 0xdb}) {
		return lay, errors.New("not an RPM package")
	}
	if v := s.raw[4]; v < 3 || v > 4 {
		return lay, fmt.Errorf("package format %d is not supported", v)
	}
	if lay.sig, err = s.section(leadSize, "signature header"); err != nil {
		return lay, err
	}
	lay.main, err = s.section((lay.sig.end+7)&^7, "header")
	return lay, err
}

// section checks the intro at start and reads the header that it describes.
func (s *scratch) section(start int, what string) (section, error) {
	sec := section{start: start, index: start + introSize}
	if err := s.need(int64(sec.index), what); err != nil {
		return sec, err
	}
	intro := s.raw[start:]
	if !bytes.HasPrefix(intro, []byte{0x8e, 0xad, 0xe8, 0x01}) {
		return sec, fmt.Errorf("%s: bad magic %x", what, intro[:4])
	}
	n, size := binary.BigEndian.Uint32(intro[8:]), binary.BigEndian.Uint32(intro[12:])
	if n > maxEntries {
		return sec, fmt.Errorf("%s: %d tags, %d are possible", what, n, maxEntries)
	}
	if size > maxStore {
		return sec, fmt.Errorf("%s: %d bytes of data, %d are possible", what, size, maxStore)
	}
	sec.store = sec.index + int(n)*entrySize
	sec.end = sec.store + int(size)
	return sec, s.need(int64(sec.end), what)
}

// entry is one line of an index. Offset and count are what the file says
// until value has checked them.
type entry struct{ tag, typ, off, count uint32 }

func entryAt(b []byte) entry {
	be := binary.BigEndian
	return entry{be.Uint32(b), be.Uint32(b[4:]), be.Uint32(b[8:]), be.Uint32(b[12:])}
}

func (e entry) errorf(format string, args ...any) error {
	return fmt.Errorf("tag %d: %s", e.tag, fmt.Sprintf(format, args...))
}

// least checks an entry as far as that is possible without looking at its
// value, and gives the least number of bytes that the value takes.
func (e entry) least(store []byte) (int, error) {
	size := 1
	switch e.typ {
	case typeChar, typeInt8, typeBin, typeStringArray, typeI18N:
	case typeInt16, typeInt32, typeInt64:
		size = 1 << (e.typ - typeInt8)
	case typeString:
		if e.count != 1 {
			return 0, e.errorf("%d values where one is possible", e.count)
		}
	default:
		return 0, e.errorf("unknown data type %d", e.typ)
	}
	switch {
	case e.count == 0:
		return 0, e.errorf("no value")
	case e.off%uint32(size) != 0:
		return 0, e.errorf("offset %d is not aligned", e.off)
	case int64(e.off)+int64(e.count)*int64(size) > int64(len(store)):
		return 0, e.errorf("its value reaches beyond the data")
	}
	return int(e.count) * size, nil
}

// value gives the bytes of an entry that least has passed.
func (e entry) value(store []byte, least int) ([]byte, error) {
	rest := store[e.off:]
	if e.typ < typeString || e.typ == typeBin {
		return rest[:least], nil
	}
	n := 0
	for range e.count {
		i := bytes.IndexByte(rest[n:], 0)
		if i < 0 {
			return nil, e.errorf("a string is not terminated")
		}
		n += i + 1
	}
	return rest[:n], nil
}
