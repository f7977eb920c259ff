package iso

import "encoding/binary"

// Identifiers of the first two records of a folder.
const (
	idSelf   = "\x00"
	idParent = "\x01"
)

// Flags of a record.
const (
	flagDir  = 0x02
	flagMore = 0x80 // more extents of the file follow
)

const (
	recordHead = 33
	maxRecord  = 254 // records have an even length that fits into a byte
	ceSize     = 28  // of the field that says where the fields go on
)

// folder writes the records of a folder.
type folder struct {
	records []byte
	more    []byte // fields that did not fit into their record
	moreAt  uint32 // sector of more
}

// encode gives the records of a folder and what continues them. Their sizes
// do not depend on where anything lies, so it serves to compute the layout
// too.
func (t *tree) encode(d *node, which int) *folder {
	v := &d.views[which]
	up := &v.parent.views[which]
	w := &folder{moreAt: v.sector + v.records, records: make([]byte, 0, (2+len(v.list))*160)}
	w.add(record{id: idSelf, sector: v.sector, size: v.records * sectorSize, flags: flagDir, time: d.modTime}, t.dots(d, which, idSelf))
	w.add(record{id: idParent, sector: up.sector, size: up.records * sectorSize, flags: flagDir, time: v.parent.modTime}, t.dots(d, which, idParent))
	for _, e := range v.list {
		t.entry(w, e, which)
	}
	w.records = padded(w.records)
	w.more = padded(w.more)
	return w
}

func (t *tree) dots(d *node, which int, id string) []field {
	if which == joliet {
		return nil
	}
	return t.rockFields(d, id)
}

// entry writes the records of one name, several where the file has several
// extents.
func (t *tree) entry(w *folder, e entry, which int) {
	var fields []field
	if which == primary {
		fields = t.rock(e)
	}
	n := e.node
	r := record{id: e.id, time: n.modTime}
	if e.isDir() {
		v := &n.views[which]
		r.sector, r.size, r.flags = v.sector, v.records*sectorSize, flagDir
	}
	if n.data == nil {
		w.add(r, fields)
		return
	}
	size := n.data.size
	for r.sector = n.data.sector; size > t.section; r.sector += uint32(t.section / sectorSize) {
		r.size, r.flags = uint32(t.section), flagMore
		w.add(r, fields)
		size -= t.section
	}
	r.size, r.flags = uint32(size), 0
	w.add(r, fields)
}

// record is the head of a folder's record.
type record struct {
	id     string
	sector uint32
	size   uint32
	flags  byte
	time   int64
}

// bytes gives the head, padded to an even length.
func (r record) bytes() []byte {
	b := make([]byte, 0, maxRecord)
	b = append(b, 0, 0)
	b = append(b, both32(r.sector)...)
	b = append(b, both32(r.size)...)
	b = append(b, shortTime(r.time)...)
	b = append(b, r.flags, 0, 0)
	b = append(b, both16(1)...)
	b = append(b, byte(len(r.id)))
	b = append(b, r.id...)
	if len(b)%2 == 1 {
		b = append(b, 0)
	}
	return b
}

// add writes a record; no record crosses the end of a sector.
func (w *folder) add(r record, fields []field) {
	b := r.bytes()
	inside, rest := split(fields, maxRecord-len(b))
	for _, f := range inside {
		b = append(b, f...)
	}
	if len(rest) > 0 {
		b = append(b, w.continued(rest)...)
	}
	if len(b)%2 == 1 {
		b = append(b, 0)
	}
	b[0] = byte(len(b))
	w.records = append(fit(w.records, len(b)), b...)
}

// split gives the fields that fit into room, with space for the one that
// says where the others are.
func split(fields []field, room int) (inside, rest []field) {
	total := 0
	for _, f := range fields {
		total += len(f)
	}
	if total <= room {
		return fields, nil
	}
	used := 0
	for i, f := range fields {
		if used+len(f) > room-ceSize {
			return fields[:i], fields[i:]
		}
		used += len(f)
	}
	return fields, nil
}

// continued puts fields behind the records, and gives the field that says
// where they are. More than a sector of them goes on elsewhere again.
func (w *folder) continued(fields []field) field {
	inside, rest := split(fields, sectorSize)
	var b []byte
	for _, f := range inside {
		b = append(b, f...)
	}
	size := len(b)
	if len(rest) > 0 {
		size += ceSize
	}
	w.more = fit(w.more, size)
	at := len(w.more)
	w.more = append(w.more, make([]byte, size)...)
	if len(rest) > 0 {
		b = append(b, w.continued(rest)...)
	}
	copy(w.more[at:], b)
	where := append(both32(w.moreAt+uint32(at/sectorSize)), both32(uint32(at%sectorSize))...)
	return newField("CE", append(where, both32(uint32(size))...)...)
}

// fit pads b where size more bytes would cross the end of a sector.
func fit(b []byte, size int) []byte {
	if room := sectorSize - len(b)%sectorSize; room < size {
		return append(b, make([]byte, room)...)
	}
	return b
}

// padded fills the last sector with zeros.
func padded(b []byte) []byte {
	if n := len(b) % sectorSize; n > 0 {
		return append(b, make([]byte, sectorSize-n)...)
	}
	return b
}

// both32 is a number in both byte orders.
func both32(v uint32) []byte {
	return binary.BigEndian.AppendUint32(binary.LittleEndian.AppendUint32(nil, v), v)
}

// both16 is a number in both byte orders.
func both16(v uint16) []byte {
	return binary.BigEndian.AppendUint16(binary.LittleEndian.AppendUint16(nil, v), v)
}
