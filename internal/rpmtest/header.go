package rpmtest

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
)

// The data types of header entries.
const (
	typeInt8    = 2
	typeInt16   = 3
	typeInt32   = 4
	typeInt64   = 5
	typeString  = 6
	typeBin     = 7
	typeStrings = 8
	typeI18N    = 9
)

// The region tags: the first entry of a signature and of a main header.
const (
	regionSignature = 62
	regionImmutable = 63
)

type entry struct {
	tag, typ, count uint32
	data            []byte
}

// header collects entries; marshal gives its bytes.
type header struct{ entries []entry }

func (h *header) add(tag, typ uint32, count int, data []byte) {
	h.entries = append(h.entries, entry{tag, typ, uint32(count), data})
}

func (h *header) str(tag uint32, s string) { h.add(tag, typeString, 1, append([]byte(s), 0)) }

// strNonEmpty leaves the tag out where there is nothing to say.
func (h *header) strNonEmpty(tag uint32, s string) {
	if s != "" {
		h.str(tag, s)
	}
}

func (h *header) i18n(tag uint32, s string) { h.add(tag, typeI18N, 1, append([]byte(s), 0)) }
func (h *header) bin(tag uint32, b []byte)  { h.add(tag, typeBin, len(b), b) }

func (h *header) strs(tag uint32, ss []string) {
	if len(ss) == 0 {
		return
	}
	var b []byte
	for _, s := range ss {
		b = append(append(b, s...), 0)
	}
	h.add(tag, typeStrings, len(ss), b)
}

func (h *header) int16s(tag uint32, vs ...uint16) {
	if len(vs) == 0 {
		return
	}
	var b []byte
	for _, v := range vs {
		b = binary.BigEndian.AppendUint16(b, v)
	}
	h.add(tag, typeInt16, len(vs), b)
}

func (h *header) int32s(tag uint32, vs ...uint32) {
	if len(vs) == 0 {
		return
	}
	var b []byte
	for _, v := range vs {
		b = binary.BigEndian.AppendUint32(b, v)
	}
	h.add(tag, typeInt32, len(vs), b)
}

func (h *header) int64s(tag uint32, vs ...uint64) {
	if len(vs) == 0 {
		return
	}
	var b []byte
	for _, v := range vs {
		b = binary.BigEndian.AppendUint64(b, v)
	}
	h.add(tag, typeInt64, len(vs), b)
}

// apply puts an extra tag in, or takes one out when it has no type.
func (h *header) apply(t Tag) error {
	h.entries = slices.DeleteFunc(h.entries, func(e entry) bool { return e.tag == t.ID })
	switch t.Type {
	case "":
	case "string", "i18n", "strings":
		var b []byte
		for _, s := range t.Values {
			b = append(append(b, s...), 0)
		}
		typ := map[string]uint32{"string": typeString, "i18n": typeI18N, "strings": typeStrings}[t.Type]
		h.add(t.ID, typ, len(t.Values), b)
	case "bin":
		if len(t.Values) != 1 {
			return fmt.Errorf("tag %d: bin takes one value, not %d", t.ID, len(t.Values))
		}
		b, err := hex.DecodeString(t.Values[0])
		if err != nil {
			return fmt.Errorf("tag %d: %w", t.ID, err)
		}
		h.bin(t.ID, b)
	case "int8", "int16", "int32", "int64":
		return h.applyInts(t)
	default:
		return fmt.Errorf("tag %d: unknown type %q", t.ID, t.Type)
	}
	return nil
}

func (h *header) applyInts(t Tag) error {
	bits, _ := strconv.Atoi(t.Type[3:])
	var b []byte
	for _, s := range t.Values {
		v, err := strconv.ParseUint(s, 0, bits)
		if err != nil {
			return fmt.Errorf("tag %d: %w", t.ID, err)
		}
		b = append(b, binary.BigEndian.AppendUint64(nil, v)[8-bits/8:]...)
	}
	typ := map[int]uint32{8: typeInt8, 16: typeInt16, 32: typeInt32, 64: typeInt64}[bits]
	h.add(t.ID, typ, len(t.Values), b)
	return nil
}

// marshal gives the header as it stands in a file, entries sorted by tag. A
// region of 0 leaves out the region entry, as rpm 3 did.
func (h *header) marshal(region uint32) []byte {
	slices.SortStableFunc(h.entries, func(a, b entry) int { return int(a.tag) - int(b.tag) })
	var index, store []byte
	for _, e := range h.entries {
		for align := alignment(e.typ); len(store)%align != 0; {
			store = append(store, 0)
		}
		index = appendQuad(index, e.tag, e.typ, uint32(len(store)), e.count)
		store = append(store, e.data...)
	}
	count := len(h.entries)
	if region != 0 {
		count++
		index = append(appendQuad(nil, region, typeBin, uint32(len(store)), 16), index...)
		store = appendQuad(store, region, typeBin, uint32(-16*int32(count)), 16)
	}
	out := []byte{0x8e, 0xad, 0xe8, 0x01, 0, 0, 0, 0}
	out = binary.BigEndian.AppendUint32(out, uint32(count))
	out = binary.BigEndian.AppendUint32(out, uint32(len(store)))
	return append(append(out, index...), store...)
}

func alignment(typ uint32) int {
	switch typ {
	case typeInt16:
		return 2
	case typeInt32:
		return 4
	case typeInt64:
		return 8
	}
	return 1
}

func appendQuad(b []byte, vs ...uint32) []byte {
	for _, v := range vs {
		b = binary.BigEndian.AppendUint32(b, v)
	}
	return b
}
