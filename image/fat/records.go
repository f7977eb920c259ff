package fat

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"
)

// forbidden are the characters that no name has.
const forbidden = `"*/:<>?\|`

func checkName(name string) error {
	switch {
	case !utf8.ValidString(name) || strings.ContainsAny(name, forbidden) || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return fmt.Errorf("%q has characters that FAT does not", name)
	case strings.HasSuffix(name, ".") || strings.HasSuffix(name, " "):
		return fmt.Errorf("%q ends in a dot or a blank", name)
	case len(utf16.Encode([]rune(name))) > 255:
		return fmt.Errorf("a name of %d bytes", len(name))
	}
	return nil
}

// shorten gives every name below a folder its short form.
func (n *node) shorten() error {
	taken := map[[11]byte]bool{}
	for _, k := range n.kids { // those that are short already are served first
		if s, exact := shortName(k.name, ""); exact {
			k.short, taken[s] = s, true
		}
	}
	for _, k := range n.kids {
		if k.short[0] == 0 {
			first, _ := shortName(k.name, "")
			tail := 0
			for s := first; ; s, _ = shortName(k.name, "~"+strconv.Itoa(tail)) {
				if !taken[s] && (tail > 0 || isOnlyCase(k.name)) {
					k.short, taken[s] = s, true
					break
				}
				if tail++; tail > 999_999 {
					return fmt.Errorf("%s: no short name is left", k.name)
				}
			}
		}
		if err := k.shorten(); err != nil {
			return err
		}
	}
	return nil
}

// isOnlyCase says whether a name is a short one but for the case.
func isOnlyCase(name string) bool {
	_, exact := shortName(strings.ToUpper(name), "")
	return exact
}

// shortName gives a name in 8.3, filled up with blanks, with a tail at the end
// of the stem, and whether that is the name itself.
func shortName(name, tail string) (s [11]byte, exact bool) {
	copy(s[:], "           ")
	trimmed := strings.TrimLeft(name, ".")
	stem, ext := trimmed, ""
	if i := strings.LastIndexByte(trimmed, '.'); i > 0 {
		stem, ext = trimmed[:i], trimmed[i+1:]
	}
	a, b := shortPart(stem), shortPart(ext)
	if a == "" {
		a = "_"
	}
	exact = tail == "" && (a+"."+b == name || b == "" && a == name) && len(a) <= 8 && len(b) <= 3
	copy(s[8:], b[:min(len(b), 3)])
	a = a[:min(len(a), 8-len(tail))]
	copy(s[:8], a+tail)
	return s, exact
}

// shortPart keeps what may be in a short name.
func shortPart(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ' || r == '.':
			return -1
		case r > '~' || strings.ContainsRune("+,;=[]", r):
			return '_'
		}
		return r
	}, strings.ToUpper(s))
}

// isShort says whether a name needs no long form.
func (n *node) isShort() bool {
	s, exact := shortName(n.name, "")
	return exact && s == n.short
}

// records counts the entries of a folder, without a label.
func (n *node) records() int64 {
	count := int64(0)
	if n.parent != nil {
		count = 2 // . and ..
	}
	for _, k := range n.kids {
		count++
		if !k.isShort() {
			count += int64(len(utf16.Encode([]rune(k.name)))+longUnits-1) / longUnits
		}
	}
	return count
}

// records gives the entries of a folder.
func (b *builder) records(d *node) []byte {
	var out []byte
	if d.parent == nil && b.opt.Label != "" {
		var label [11]byte
		copy(label[:], b.opt.Label+strings.Repeat(" ", 11))
		out = append(out, b.record(label, attrVolume, 0, 0)...)
	}
	if d.parent != nil {
		up := d.parent.first
		if d.parent == b.root {
			up = 0
		}
		out = append(out, b.record([11]byte([]byte(".          ")), attrDir, d.first, 0)...)
		out = append(out, b.record([11]byte([]byte("..         ")), attrDir, up, 0)...)
	}
	for _, k := range d.kids {
		if !k.isShort() {
			out = append(out, longRecords(k.name, k.short)...)
		}
		attr, size := byte(attrArchive), int64(0)
		if k.dir {
			attr = attrDir
		} else {
			size = k.file.length()
		}
		out = append(out, b.record(k.short, attr, k.first, size)...)
	}
	return out
}

func (b *builder) record(short [11]byte, attr byte, first uint32, size int64) []byte {
	e := make([]byte, entrySize)
	copy(e, short[:])
	e[11] = attr
	day, clock := dosTime(b.opt.Time)
	le := binary.LittleEndian
	for _, at := range []int{14, 22} { // made, changed
		le.PutUint16(e[at:], clock)
		le.PutUint16(e[at+2:], day)
	}
	le.PutUint16(e[18:], day)
	le.PutUint16(e[20:], uint16(first>>16))
	le.PutUint16(e[26:], uint16(first))
	le.PutUint32(e[28:], uint32(size))
	return e
}

// longRecords gives the pieces of a long name, the last first.
func longRecords(name string, short [11]byte) []byte {
	units := utf16.Encode([]rune(name))
	pieces := (len(units) + longUnits - 1) / longUnits
	var out []byte
	for n := pieces; n > 0; n-- {
		e := make([]byte, entrySize)
		e[0], e[11], e[13] = byte(n), attrLong, shortSum(short[:])
		if n == pieces {
			e[0] |= 0x40
		}
		for i, at := range longPlaces() {
			u := uint16(0xffff)
			if k := (n-1)*longUnits + i; k < len(units) {
				u = units[k]
			} else if k == len(units) {
				u = 0
			}
			binary.LittleEndian.PutUint16(e[at:], u)
		}
		out = append(out, e...)
	}
	return out
}

// dosTime gives a time in UTC in steps of two seconds; the zero time is the
// start of 1980.
func dosTime(t time.Time) (day, clock uint16) {
	if t.IsZero() {
		return 1<<5 | 1, 0
	}
	t = t.UTC()
	day = uint16(t.Year()-1980)<<9 | uint16(t.Month())<<5 | uint16(t.Day())
	return day, uint16(t.Hour())<<11 | uint16(t.Minute())<<5 | uint16(t.Second()/2)
}

// boot gives the sectors before the tables.
func (b *builder) boot() []byte {
	g := &b.g
	s := make([]byte, g.tables)
	le := binary.LittleEndian
	copy(s, "\xeb\x3c\x90MSDOS5.0")
	le.PutUint16(s[11:], sectorSize)
	s[13] = byte(b.per)
	le.PutUint16(s[14:], uint16(g.tables/sectorSize))
	s[16] = byte(g.tableCount)
	le.PutUint16(s[17:], uint16(g.rootEntries))
	s[21] = 0xf8
	le.PutUint16(s[24:], 32) // sectors of a track, heads
	le.PutUint16(s[26:], 64)
	if b.total < 1<<16 && g.kind != FAT32 {
		le.PutUint16(s[19:], uint16(b.total))
	} else {
		le.PutUint32(s[32:], uint32(b.total))
	}
	ext := s[36:]
	if g.kind == FAT32 {
		s[1] = 0x58
		le.PutUint32(s[36:], uint32(g.tableSize/sectorSize))
		le.PutUint32(s[44:], b.root.first)
		le.PutUint16(s[48:], 1) // the sector with the count of free clusters
		le.PutUint16(s[50:], 6) // the copy of this one
		ext = s[64:]
	} else {
		le.PutUint16(s[22:], uint16(g.tableSize/sectorSize))
	}
	ext[0], ext[2] = 0x80, 0x29
	le.PutUint32(ext[3:], b.opt.Serial)
	label := b.opt.Label
	if label == "" {
		label = "NO NAME"
	}
	copy(ext[7:18], label+strings.Repeat(" ", 11))
	copy(ext[18:26], fmt.Sprintf("FAT%d   ", g.kind))
	s[510], s[511] = 0x55, 0xaa
	if g.kind == FAT32 {
		b.info(s[sectorSize:])
		copy(s[6*sectorSize:], s[:2*sectorSize])
	}
	return s
}

// info writes the sector with the count of free clusters.
func (b *builder) info(s []byte) {
	le := binary.LittleEndian
	free := b.table.free()
	copy(s, "RRaA")
	copy(s[484:], "rrAa")
	le.PutUint32(s[488:], free)
	le.PutUint32(s[492:], b.g.clusters-free+2)
	s[510], s[511] = 0x55, 0xaa
}
