package fat

import (
	"encoding/binary"
	"errors"
	"fmt"
	"path"
	"strings"
	"unicode/utf16"
)

// Bounds of what is read of a foreign image.
const (
	maxDepth   = 64
	maxEntries = 1 << 20
)

// Attributes of an entry.
const (
	attrVolume  = 0x08
	attrDir     = 0x10
	attrArchive = 0x20
	attrLong    = 0x0f // a piece of a long name
)

type walk struct {
	m       *Image
	fn      func(Entry) error
	seen    map[uint32]bool // first clusters of folders
	entries int
}

// folder reads a folder; the root has first cluster 0.
func (w *walk) folder(name string, first uint32, depth int) error {
	if depth > maxDepth || w.seen[first] {
		return fmt.Errorf("folder %q lies in itself", name)
	}
	w.seen[first] = true
	all, err := w.list(name, first)
	if err != nil {
		return fmt.Errorf("folder %q: %w", name, err)
	}
	for _, e := range all {
		if err := w.fn(e); err != nil {
			return err
		}
		if e.Dir {
			if err := w.folder(e.Path, e.first, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

// part is a run of entries of a folder in the image.
type part struct{ at, size int64 }

// parts gives where a folder lies.
func (m *Image) parts(first uint32) ([]part, error) {
	if first == 0 {
		if m.g.kind != FAT32 {
			return []part{{m.g.root, m.g.rootEntries * entrySize}}, nil
		}
		first = uint32(m.g.root)
	}
	chain, err := m.table.chain(first)
	if err != nil {
		return nil, err
	}
	if len(chain)*int(m.g.cluster) > maxEntries*entrySize {
		return nil, errors.New("too many entries")
	}
	var out []part
	for _, c := range chain {
		out = append(out, part{m.g.clusterAt(c), m.g.cluster})
	}
	return out, nil
}

// list reads the entries of a folder.
func (w *walk) list(folder string, first uint32) ([]Entry, error) {
	parts, err := w.m.parts(first)
	if err != nil {
		return nil, err
	}
	var out []Entry
	var long longName
	for _, p := range parts {
		b, err := w.m.read(p.at, p.size)
		if err != nil {
			return nil, err
		}
		for i := int64(0); i < p.size; i += entrySize {
			e := b[i : i+entrySize]
			if w.entries++; w.entries > maxEntries {
				return nil, errors.New("too many entries")
			}
			if e[0] == 0 {
				return out, nil
			}
			if e[11]&0x3f == attrLong {
				long.add(e)
				continue
			}
			name := long.take(e)
			if e[0] == 0xe5 || e[11]&attrVolume != 0 || name == "." || name == ".." {
				continue
			}
			if name == "" || strings.ContainsAny(name, "/\x00") {
				return nil, fmt.Errorf("%q is not a name", name)
			}
			out = append(out, w.m.entry(e, path.Join(folder, name), p.at+i))
		}
	}
	return out, nil
}

func (m *Image) entry(b []byte, name string, at int64) Entry {
	le := binary.LittleEndian
	e := Entry{Path: name, Dir: b[11]&attrDir != 0, Size: int64(le.Uint32(b[28:])), first: uint32(le.Uint16(b[26:])), at: at}
	if m.g.kind == FAT32 {
		e.first |= uint32(le.Uint16(b[20:])) << 16
	}
	if e.Dir {
		e.Size = 0
	}
	return e
}

// longName puts together the pieces of a long name, which come from the last
// to the first before the entry that they name.
type longName struct {
	units []uint16
	next  int // number of the piece that must come; 0: none is open
	sum   byte
}

// longUnits is how many UTF-16 units a piece has, and where they are.
const longUnits = 13

func longPlaces() [longUnits]int {
	return [longUnits]int{1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30}
}

func (l *longName) add(b []byte) {
	n := int(b[0] & 0x1f)
	if b[0]&0x40 != 0 {
		*l = longName{next: n, sum: b[13]}
	}
	if n == 0 || n != l.next || b[13] != l.sum || n > 20 {
		*l = longName{}
		return
	}
	var units []uint16
	for _, at := range longPlaces() {
		u := binary.LittleEndian.Uint16(b[at:])
		if u == 0 {
			break
		}
		units = append(units, u)
	}
	l.units = append(units, l.units...)
	l.next--
	if l.next == 0 {
		l.next = -1 // complete
	}
}

// take gives the name of an entry: the long one where it belongs to it.
func (l *longName) take(b []byte) string {
	defer func() { *l = longName{} }()
	if l.next == -1 && l.sum == shortSum(b[:11]) {
		return string(utf16.Decode(l.units))
	}
	short := make([]byte, 11)
	copy(short, b)
	if short[0] == 0x05 {
		short[0] = 0xe5
	}
	stem, ext := strings.TrimRight(string(short[:8]), " "), strings.TrimRight(string(short[8:]), " ")
	if b[12]&0x08 != 0 {
		stem = strings.ToLower(stem)
	}
	if b[12]&0x10 != 0 {
		ext = strings.ToLower(ext)
	}
	if ext != "" {
		stem += "." + ext
	}
	return strings.ToValidUTF8(stem, "_") // it is in some code page
}

// shortSum ties the pieces of a long name to the short one.
func shortSum(short []byte) byte {
	var sum byte
	for _, c := range short {
		sum = sum>>1 | sum<<7
		sum += c
	}
	return sum
}
