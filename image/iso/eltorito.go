package iso

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
)

const (
	torito = "EL TORITO SPECIFICATION"
	// maxPatched is the largest boot image that gets a table, in bytes.
	maxPatched = 32 << 20
	// maxBoot is how many boot images the catalog has room for.
	maxBoot = 31
)

// bootRecord is the volume descriptor that leads to the catalog.
func (m *Image) bootRecord() []byte {
	b := make([]byte, sectorSize)
	b[0], b[6] = typeBoot, 1
	copy(b[1:], standardID)
	copy(b[7:], torito)
	binary.LittleEndian.PutUint32(b[71:], m.catalog.sector)
	return b
}

// bootCatalog lists the boot images: the default, then a section for each of
// the others.
func (m *Image) bootCatalog() []byte {
	b := make([]byte, 32, sectorSize)
	b[0], b[1], b[30], b[31] = 1, byte(m.opt.Boot[0].Platform), 0x55, 0xaa
	var sum uint16
	for i := 0; i < 32; i += 2 {
		sum += binary.LittleEndian.Uint16(b[i:])
	}
	binary.LittleEndian.PutUint16(b[28:], -sum)
	for i, boot := range m.opt.Boot {
		if i > 0 {
			head := make([]byte, 32)
			head[0], head[1], head[2] = 0x90, byte(boot.Platform), 1
			if i == len(m.opt.Boot)-1 {
				head[0] = 0x91
			}
			b = append(b, head...)
		}
		entry := make([]byte, 32)
		data := m.tree.find(boot.Path).data
		entry[0] = 0x88
		binary.LittleEndian.PutUint16(entry[6:], boot.sectors(data.size))
		binary.LittleEndian.PutUint32(entry[8:], data.sector)
		b = append(b, entry...)
	}
	return padded(b)
}

// sectors gives the load size in sectors of 512 bytes. For EFI, 0 stands for
// all up to the end of the disc: that is for images whose size has no room.
func (b *BootImage) sectors(size int64) uint16 {
	if b.Load > 0 {
		return uint16(b.Load)
	}
	if b.Platform != EFI && b.Load == 0 {
		return 4
	}
	if n := (size + 511) / 512; n <= 0xffff {
		return uint16(n)
	}
	return 0
}

// addBoot checks the boot images, and adds the catalog to the tree.
func (m *Image) addBoot() error {
	if len(m.opt.Boot) == 0 {
		return nil
	}
	if len(m.opt.Boot) > maxBoot {
		return fmt.Errorf("%d boot images, at most %d", len(m.opt.Boot), maxBoot)
	}
	name := m.opt.Catalog
	if name == "" {
		name = "boot.cat"
	}
	if n := m.tree.find(name); n != nil && n.data != nil {
		m.tree.remove(n)
	}
	f := File{Path: name, ModTime: m.opt.unix(), Data: make([]byte, sectorSize)}
	if err := m.tree.add(&f); err != nil {
		return err
	}
	n := len(m.tree.extents)
	m.catalog = m.tree.extents[n-1]
	copy(m.tree.extents[1:], m.tree.extents[:n-1]) // its place is before all else
	m.tree.extents[0] = m.catalog
	var errs []error
	for i := range m.opt.Boot {
		errs = append(errs, m.checkBoot(&m.opt.Boot[i]))
	}
	return errors.Join(errs...)
}

// checkBoot says whether there is such a boot image, and reads it where it
// gets a table.
func (m *Image) checkBoot(b *BootImage) error {
	n := m.tree.find(b.Path)
	if n == nil || n.data == nil {
		return fmt.Errorf("boot image %s is not among the files", b.Path)
	}
	if b.Load < LoadAll || b.Load > 0xffff {
		return fmt.Errorf("boot image %s: load size %d: not 1 to 65535", b.Path, b.Load)
	}
	if n.data.size == 0 {
		return fmt.Errorf("boot image %s is empty", b.Path)
	}
	if b.Table == TableNone {
		return nil
	}
	if least := b.Table.least(); n.data.size < least || n.data.size > maxPatched {
		return fmt.Errorf("boot image %s: %d bytes, a table needs %d to %d", b.Path, n.data.size, least, maxPatched)
	}
	if n.data.from == "" {
		n.data.data = append([]byte(nil), n.data.data...) // it is changed
		return nil
	}
	data, err := os.ReadFile(n.data.from)
	if err != nil {
		return fmt.Errorf("boot image %s: %w", b.Path, err)
	}
	if int64(len(data)) != n.data.size {
		return fmt.Errorf("boot image %s: %d bytes instead of %d", b.Path, len(data), n.data.size)
	}
	n.data.data = data
	return nil
}

// Where the tables are in a boot image.
const (
	atInfo     = 8
	endOfInfo  = 64
	atGRUB2    = 2548
	grub2Skips = 5 // sectors of 512 bytes that GRUB's own start has
)

func (t Table) least() int64 {
	if t == TableGRUB2 {
		return atGRUB2 + 8
	}
	return endOfInfo
}

// patchBoot writes the tables into the boot images, once all places are known.
func (m *Image) patchBoot() {
	for _, b := range m.opt.Boot {
		if b.Table == TableNone {
			continue
		}
		e := m.tree.find(b.Path).data
		if b.Table == TableGRUB2 {
			binary.LittleEndian.PutUint64(e.data[atGRUB2:], uint64(e.sector)*4+grub2Skips)
		}
		clear(e.data[atInfo:endOfInfo])
		var sum uint32
		for rest := e.data[endOfInfo:]; len(rest) > 0; {
			var word [4]byte
			rest = rest[copy(word[:], rest):]
			sum += binary.LittleEndian.Uint32(word[:])
		}
		for i, v := range []uint32{systemSectors, e.sector, uint32(e.size), sum} {
			binary.LittleEndian.PutUint32(e.data[atInfo+4*i:], v)
		}
	}
}
