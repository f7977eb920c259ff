package store

import (
	"encoding/binary"
	"hash/maphash"
	"io"
	"strings"
)

// tableChunk is how much text is allocated at once.
const tableChunk = 256 << 10

// table numbers the distinct strings of one pack in the order in which they
// are first seen; number 0 is the empty string. Equal strings come back as
// the same memory.
//
// slots is an open hash table with linear probing, of numbers plus one: a
// quarter of the memory that a map would take.
type table struct {
	seed   maphash.Seed
	slots  []uint32
	texts  []string // by number
	chunks []*strings.Builder
	size   int // bytes of all texts
}

func newTable() *table {
	t := &table{seed: maphash.MakeSeed(), slots: make([]uint32, 256), texts: []string{""}}
	*t.slot("") = 1
	return t
}

// slot gives the place of s in slots, which holds 0 when s is not there.
func (t *table) slot(s string) *uint32 {
	mask := uint64(len(t.slots) - 1)
	for h := maphash.String(t.seed, s) & mask; ; h = (h + 1) & mask {
		if n := t.slots[h]; n == 0 || t.texts[n-1] == s {
			return &t.slots[h]
		}
	}
}

// intern gives the number of s and the table's own copy of it.
func (t *table) intern(s string) (uint32, string) {
	at := t.slot(s)
	if n := *at; n != 0 {
		return n - 1, t.texts[n-1]
	}
	own := t.keep(s)
	t.texts = append(t.texts, own)
	*at = uint32(len(t.texts))
	if len(t.texts)*3 > len(t.slots)*2 {
		t.grow()
	}
	return uint32(len(t.texts) - 1), own
}

func (t *table) grow() {
	t.slots = make([]uint32, 2*len(t.slots))
	for i, s := range t.texts {
		*t.slot(s) = uint32(i + 1)
	}
}

// keep copies s to the end of the text.
func (t *table) keep(s string) string {
	n := len(t.chunks)
	if n == 0 || t.chunks[n-1].Cap()-t.chunks[n-1].Len() < len(s) {
		b := &strings.Builder{}
		b.Grow(max(tableChunk, len(s)))
		t.chunks, n = append(t.chunks, b), n+1
	}
	b := t.chunks[n-1]
	at := b.Len()
	b.WriteString(s)
	t.size += len(s)
	return b.String()[at:]
}

// appendOffsets appends where each string starts in the text, and its end.
func (t *table) appendOffsets(b []byte) []byte {
	end := uint32(0)
	b = binary.LittleEndian.AppendUint32(b, end)
	for _, s := range t.texts {
		end += uint32(len(s))
		b = binary.LittleEndian.AppendUint32(b, end)
	}
	return b
}

// writeTo writes the text.
func (t *table) writeTo(w io.Writer) error {
	for _, b := range t.chunks {
		if _, err := io.WriteString(w, b.String()); err != nil {
			return err
		}
	}
	return nil
}
