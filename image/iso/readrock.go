package iso

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"
)

// rockInfo is what the Rock Ridge fields of a record say.
type rockInfo struct {
	name   string
	mode   uint32
	links  uint32
	mtime  int64
	hasTF  bool
	target string
	child  uint32 // sector of the folder that belongs here
	isLink bool
	moved  bool
}

// maxContinued bounds how often the fields of one record go on elsewhere.
const maxContinued = 32

// rock reads the Rock Ridge fields of a record, and of what continues it no
// more than left.
func (x *Reader) rock(use []byte, left *int64) (rockInfo, error) {
	var info rockInfo
	var link linkReader
	for range maxContinued {
		var next []byte
		for len(use) >= 4 && use[2] >= 4 && int(use[2]) <= len(use) {
			f := use[:use[2]]
			use = use[use[2]:]
			if string(f[:2]) == "CE" {
				b, err := x.continued(f)
				if *left -= int64(len(b)) + 1; err == nil && *left < 0 {
					err = errors.New("more fields than the image has room for")
				}
				if err != nil {
					return info, err
				}
				next = b
				continue
			}
			info.field(f, &link)
		}
		if next == nil {
			info.target = link.text.String()
			return info, nil
		}
		use = next
	}
	return info, errors.New("the Rock Ridge fields of a record do not end")
}

// continued reads fields that go on elsewhere.
func (x *Reader) continued(f []byte) ([]byte, error) {
	if len(f) < ceSize {
		return nil, errors.New("a broken CE field")
	}
	sector, offset, size := binary.LittleEndian.Uint32(f[4:]), binary.LittleEndian.Uint32(f[12:]), binary.LittleEndian.Uint32(f[20:])
	if offset+size > sectorSize || size > sectorSize || offset > sectorSize {
		return nil, fmt.Errorf("%d bytes at %d of a sector continue a record", size, offset)
	}
	b, err := x.read(span{int64(sector)*sectorSize + int64(offset), int64(size)})
	if err != nil {
		return nil, fmt.Errorf("what continues a record: %w", err)
	}
	return b, nil
}

// field takes one field. Those that are too short are left out, as readers
// do.
func (r *rockInfo) field(f []byte, link *linkReader) {
	switch sig := string(f[:2]); {
	case sig == "NM" && len(f) >= 5 && f[4]&^1 == 0:
		if len(r.name) < 4*maxName {
			r.name += string(f[5:])
		}
	case sig == "PX" && len(f) >= 20:
		r.mode, r.links = binary.LittleEndian.Uint32(f[4:]), binary.LittleEndian.Uint32(f[12:])
	case sig == "SL" && len(f) >= 5:
		r.isLink = true
		link.add(f[5:])
	case sig == "CL" && len(f) >= 12:
		r.child = binary.LittleEndian.Uint32(f[4:])
	case sig == "RE":
		r.moved = true
	case sig == "TF" && len(f) >= 12 && f[4]&0x02 != 0:
		at := 5
		if f[4]&0x01 != 0 {
			at += 7
		}
		if f[4]&0x80 == 0 && len(f) >= at+7 {
			r.mtime, r.hasTF = parseTime(f[at:at+7]), true
		}
	}
}

// fileMode gives the mode that a record stands for.
func (r *rockInfo) fileMode(d kind) fs.FileMode {
	perm := fs.FileMode(r.mode & 0o777)
	switch {
	case d == isDir || r.child != 0:
		return perm | fs.ModeDir
	case r.isLink:
		return perm | fs.ModeSymlink
	}
	switch r.mode & 0o170000 {
	case 0, modeFile:
		return perm
	}
	return perm | fs.ModeIrregular
}

// linkReader puts together the target of a symbolic link.
type linkReader struct {
	text strings.Builder
	open bool // the last component goes on
}

func (l *linkReader) add(b []byte) {
	for len(b) >= 2 && int(b[1])+2 <= len(b) && l.text.Len() < 8192 {
		if s := l.text.String(); s != "" && !l.open && !strings.HasSuffix(s, "/") {
			l.text.WriteByte('/')
		}
		switch b[0] &^ 1 {
		case 2:
			l.text.WriteByte('.')
		case 4:
			l.text.WriteString("..")
		case 8:
			l.text.WriteByte('/')
		default:
			l.text.Write(b[2 : 2+b[1]])
		}
		l.open = b[0]&1 != 0
		b = b[2+b[1]:]
	}
}

// parseTime reads the short form of a time.
func parseTime(b []byte) int64 {
	zone := int(int8(b[6])) * 15 * 60
	return time.Date(1900+int(b[0]), time.Month(b[1]), int(b[2]), int(b[3]), int(b[4]), int(b[5])-zone, 0, time.UTC).Unix()
}
