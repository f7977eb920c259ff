package iso

import (
	"encoding/binary"
	"fmt"
	"strings"
	"time"
	"unicode/utf16"
)

// Types of volume descriptors.
const (
	typeBoot          = 0
	typePrimary       = 1
	typeSupplementary = 2
	typeEnd           = 255
)

// Where fields of the primary volume descriptor are.
const (
	atVolumeID    = 40
	atSpaceSize   = 80
	atApplication = 883 // 512 bytes for applications, where the MD5 is implanted
	applicationSz = 512
)

const (
	systemSectors = 16
	standardID    = "CD001"
	jolietEscape  = "%/E" // UCS-2, level 3
)

// pathTable is where the two forms of a path table are, and its size.
type pathTable struct {
	little, big uint32
	size        uint32
}

// descriptors gives the sectors from the primary volume descriptor to the
// terminator.
func (m *Image) descriptors() []byte {
	out := m.descriptor(typePrimary, 1, primary)
	if len(m.opt.Boot) > 0 {
		out = append(out, m.bootRecord()...)
	}
	out = append(out, m.descriptor(typeSupplementary, 1, joliet)...)
	if m.opt.Level == Level4 {
		out = append(out, m.descriptor(typeSupplementary, 2, primary)...)
	}
	end := make([]byte, sectorSize)
	end[0], end[6] = typeEnd, 1
	copy(end[1:], standardID)
	return append(out, end...)
}

// countDescriptors gives the number of sectors of descriptors.
func (m *Image) countDescriptors() uint32 {
	n := uint32(3)
	if len(m.opt.Boot) > 0 {
		n++
	}
	if m.opt.Level == Level4 {
		n++
	}
	return n
}

// descriptor gives a primary, Joliet or enhanced volume descriptor.
func (m *Image) descriptor(typ, version byte, which int) []byte {
	b := make([]byte, sectorSize)
	text := func(from, to int, s string) { putText(b[from:to], s) }
	if which == joliet {
		text = func(from, to int, s string) { putUTF16(b[from:to], s) }
		copy(b[88:], jolietEscape)
	}
	b[0], b[6] = typ, version
	copy(b[1:], standardID)
	text(8, 40, orLinux(m.opt.System))
	text(atVolumeID, 72, m.opt.VolumeID)
	copy(b[atSpaceSize:], both32(m.sectors))
	copy(b[120:], both16(1))
	copy(b[124:], both16(1))
	copy(b[128:], both16(sectorSize))
	t := m.tables[which]
	copy(b[132:], both32(t.size))
	binary.LittleEndian.PutUint32(b[140:], t.little)
	binary.BigEndian.PutUint32(b[148:], t.big)
	v := &m.tree.root.views[which]
	root := record{id: idSelf, sector: v.sector, size: v.records * sectorSize, flags: flagDir, time: m.tree.root.modTime}.bytes()
	root[0] = byte(len(root))
	copy(b[156:], root)
	text(190, 318, "")
	text(318, 446, m.opt.Publisher)
	text(446, 574, m.opt.Preparer)
	text(574, 702, m.opt.Application)
	text(702, 813, "")
	now := longTime(m.opt.unix())
	for i, s := range []string{now, now, longTime(0), now} { // created, changed, expires never, effective
		copy(b[813+17*i:], s)
	}
	b[881] = version
	if which == primary && version == 1 {
		putText(b[atApplication:atApplication+applicationSz], "")
	}
	return b
}

func orLinux(s string) string {
	if s == "" {
		return "LINUX"
	}
	return s
}

// putText writes a text filled up with blanks.
func putText(b []byte, s string) {
	copy(b, s+strings.Repeat(" ", max(len(b)-len(s), 0)))
}

// putUTF16 writes the start of a text in big-endian UTF-16, filled up with
// blanks.
func putUTF16(b []byte, s string) {
	units := utf16.Encode([]rune(s))
	for i := 0; i+1 < len(b); i += 2 {
		u := uint16(' ')
		if i/2 < len(units) {
			u = units[i/2]
		}
		binary.BigEndian.PutUint16(b[i:], u)
	}
}

// longTime is a time of a volume descriptor, in UTC; zeros for none.
func longTime(unix int64) string {
	if unix == 0 {
		return strings.Repeat("0", 16) + "\x00"
	}
	t := time.Unix(unix, 0).UTC()
	return t.Format("20060102150405") + fmt.Sprintf("%02d", t.Nanosecond()/1e7) + "\x00"
}

// tableOf gives a path table in one byte order.
func tableOf(folders []*node, which int, order binary.AppendByteOrder) []byte {
	ids := map[*node]string{}
	var out []byte
	for _, d := range folders {
		for _, e := range d.views[which].list {
			if e.isDir() {
				ids[e.node] = e.id
			}
		}
		v := &d.views[which]
		id := ids[d]
		if id == "" {
			id = idSelf
		}
		out = append(out, byte(len(id)), 0)
		out = order.AppendUint32(out, v.sector)
		out = order.AppendUint16(out, v.parent.views[which].num)
		out = append(out, id...)
		if len(id)%2 == 1 {
			out = append(out, 0)
		}
	}
	return out
}
