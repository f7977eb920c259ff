package store

import (
	"encoding/binary"
	"io"
	"strings"
)

// tableChunk is how much text is allocated at once.
const tableChunk = 256 << 10

// table numbers the distinct strings of one pack in the order in which they
// are first seen; number 0 is the empty string. Equal strings come back as
// the same memory.
type table struct {
	ids    map[string]uint32
	texts  []string // by number
	chunks []*strings.Builder
	size   int // bytes of all texts
}

func newTable() *table { return &table{ids: map[string]uint32{"": 0}, texts: []string{""}} }

// intern gives the number of s and the table's own copy of it.
func (t *table) intern(s string) (uint32, string) {
	if id, ok := t.ids[s]; ok {
		return id, t.texts[id]
	}
	id, own := uint32(len(t.texts)), t.keep(s)
	t.ids[own] = id
	t.texts = append(t.texts, own)
	return id, own
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
