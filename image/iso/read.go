package iso

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Bounds of what is read of a foreign image.
const (
	maxDescriptors = 64
	maxFolderSize  = 128 << 20
	maxRecords     = 4 << 20 // in all folders together
)

// Reader reads an image. It may be used by several goroutines at once.
type Reader struct {
	r        io.ReaderAt
	size     int64
	VolumeID string
	System   string
	// Sectors is the size of the volume in sectors of 2048 bytes; the file may
	// be larger, never smaller.
	Sectors   uint32
	RockRidge bool
	Joliet    bool
	// Catalog is the sector of the boot catalog, 0 without El Torito.
	Catalog uint32
	roots   [2]span // of the primary and the Joliet tree
	tables  [2]pathTable
	skip    int // bytes before each system use area
}

// span is a run of bytes on an image.
type span struct{ at, size int64 }

// Open reads the volume descriptors of an image of the given size.
func Open(r io.ReaderAt, size int64) (*Reader, error) {
	x := &Reader{r: r, size: size}
	if err := x.descriptors(); err != nil {
		return nil, fmt.Errorf("reading an ISO image: %w", err)
	}
	return x, nil
}

// read gives bytes of the image.
func (x *Reader) read(s span) ([]byte, error) {
	if s.at < 0 || s.size < 0 || s.at > x.size-s.size {
		return nil, fmt.Errorf("%d bytes at %d lie outside of the image of %d", s.size, s.at, x.size)
	}
	b := make([]byte, s.size)
	n, err := x.r.ReadAt(b, s.at)
	if n == len(b) {
		return b, nil
	}
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return nil, err
}

func (x *Reader) descriptors() error {
	for i := range int64(maxDescriptors) {
		b, err := x.read(span{(systemSectors + i) * sectorSize, sectorSize})
		if err != nil {
			return err
		}
		if string(b[1:6]) != standardID {
			return fmt.Errorf("no %s in sector %d", standardID, systemSectors+i)
		}
		switch b[0] {
		case typeEnd:
			if x.Sectors == 0 {
				return errors.New("no primary volume descriptor")
			}
			return nil
		case typePrimary:
			err = x.primary(b)
		case typeSupplementary:
			err = x.supplementary(b)
		case typeBoot:
			if strings.HasPrefix(string(b[7:]), torito) {
				x.Catalog = binary.LittleEndian.Uint32(b[71:])
			}
		}
		if err != nil {
			return fmt.Errorf("volume descriptor in sector %d: %w", systemSectors+i, err)
		}
	}
	return errors.New("the volume descriptors do not end")
}

func (x *Reader) primary(b []byte) error {
	if x.Sectors > 0 {
		return errors.New("a second primary one")
	}
	sectors, err := bothUint32(b[atSpaceSize:])
	if err != nil {
		return fmt.Errorf("volume size: %w", err)
	}
	if block := binary.LittleEndian.Uint16(b[128:]); block != sectorSize {
		return fmt.Errorf("blocks of %d bytes, not %d", block, sectorSize)
	}
	if sectors <= systemSectors || int64(sectors)*sectorSize > x.size {
		return fmt.Errorf("the volume has %d sectors, the image has %d bytes", sectors, x.size)
	}
	x.Sectors = sectors
	x.VolumeID = strings.TrimRight(string(b[atVolumeID:72]), " \x00")
	x.System = strings.TrimRight(string(b[8:40]), " \x00")
	if x.roots[primary], x.tables[primary], err = x.root(b); err != nil {
		return err
	}
	return x.findRockRidge()
}

func (x *Reader) supplementary(b []byte) error {
	if b[6] != 1 || !strings.Contains("%/@ %/C %/E", strings.TrimRight(string(b[88:91]), "\x00")) || b[88] == 0 {
		return nil // an enhanced descriptor, or another character set
	}
	root, table, err := x.root(b)
	x.roots[joliet], x.tables[joliet], x.Joliet = root, table, err == nil
	return err
}

// root gives where the root folder and the path tables are.
func (x *Reader) root(b []byte) (span, pathTable, error) {
	rec, err := parseRecord(b[156:190])
	if err != nil {
		return span{}, pathTable{}, fmt.Errorf("root folder: %w", err)
	}
	size, err := bothUint32(b[132:])
	if err != nil {
		return span{}, pathTable{}, fmt.Errorf("path table: %w", err)
	}
	table := pathTable{little: binary.LittleEndian.Uint32(b[140:]), big: binary.BigEndian.Uint32(b[148:]), size: size}
	return rec.span(), table, nil
}

// findRockRidge looks for the field in the root folder that says that there
// are others.
func (x *Reader) findRockRidge() error {
	b, err := x.read(span{x.roots[primary].at, min(x.roots[primary].size, sectorSize)})
	if err != nil {
		return fmt.Errorf("root folder: %w", err)
	}
	rec, err := parseRecord(b)
	if err != nil {
		return fmt.Errorf("root folder: %w", err)
	}
	if u := rec.use; len(u) >= 7 && string(u[:2]) == "SP" && u[4] == 0xbe && u[5] == 0xef {
		x.RockRidge, x.skip = true, int(u[6])
	}
	return nil
}

// rawRecord is a record of a folder as it is read.
type rawRecord struct {
	record
	use []byte // system use area
}

func (r *record) span() span { return span{int64(r.sector) * sectorSize, int64(r.size)} }

// parseRecord reads one record; its length is the first byte.
func parseRecord(b []byte) (rawRecord, error) {
	var r rawRecord
	if len(b) < recordHead+1 || int(b[0]) < recordHead+1 || int(b[0]) > len(b) {
		return r, errors.New("a broken record")
	}
	b = b[:b[0]]
	id := int(b[32])
	end := recordHead + id
	if id == 0 || end > len(b) {
		return r, errors.New("a record with a broken name")
	}
	var err1, err2 error
	r.sector, err1 = bothUint32(b[2:])
	r.size, err2 = bothUint32(b[10:])
	if err := errors.Join(err1, err2); err != nil {
		return r, err
	}
	r.flags, r.id, r.time = b[25], string(b[recordHead:end]), parseTime(b[18:25])
	if id%2 == 0 {
		end++
	}
	if end < len(b) {
		r.use = b[end:]
	}
	return r, nil
}

// bothUint32 reads a number that is there in both byte orders.
func bothUint32(b []byte) (uint32, error) {
	little, big := binary.LittleEndian.Uint32(b), binary.BigEndian.Uint32(b[4:])
	if little != big {
		return 0, fmt.Errorf("a number is %d in one byte order and %d in the other", little, big)
	}
	return little, nil
}
