package iso

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"unicode/utf16"
)

// Loader is whose boot code starts an image from a disk.
type Loader int

// Loaders.
const (
	LoaderNone     Loader = iota
	LoaderIsolinux        // isohdpfx.bin of syslinux
	LoaderGRUB2           // boot_hybrid.img of GRUB
)

// PartitionTable is how a disk with the image is divided.
type PartitionTable int

// Partition tables.
const (
	// TableGPT is a GPT with the EFI image as EFI system partition and the
	// rest as partitions around it, so that none overlap, with a protective MBR.
	TableGPT PartitionTable = iota
	// TableMBR is an MBR whose first partition is the whole image and whose
	// second one, inside of it, the EFI image: what isohybrid makes.
	TableMBR
	// TableCHRP is an MBR with one partition of type 0x96, for Open Firmware
	// on PowerPC.
	TableCHRP
)

// Hybrid says how an image is to boot from a disk.
type Hybrid struct {
	Table PartitionTable
	// Code is the boot code for BIOS: the content of the loader's file.
	Code   []byte
	Loader Loader
	Boot   string // path on the image of the boot image that Code starts
	EFI    string // path on the image of the EFI system partition's; empty: none
}

const (
	diskSector = 512
	perSector  = sectorSize / diskSector
	// hybridAlign is the size of a cylinder of 64 heads and 32 sectors, that
	// some firmware wants disks to be a multiple of.
	hybridAlign = 1 << 20 / sectorSize
	gptEntries  = 128
	gptTable    = gptEntries * 128 / diskSector // in disk sectors
	gptFirst    = systemSectors * perSector     // nothing before is in a partition
)

func (m *Image) checkHybrid() error {
	h := m.opt.Hybrid
	if h == nil {
		return nil
	}
	var errs []error
	if h.Loader == LoaderNone && len(h.Code) > 0 || h.Loader != LoaderNone && len(h.Code) == 0 {
		errs = append(errs, errors.New("hybrid: boot code and loader go together"))
	}
	if len(h.Code) > diskSector {
		errs = append(errs, fmt.Errorf("hybrid: boot code of %d bytes, at most %d", len(h.Code), diskSector))
	}
	if h.Table < TableGPT || h.Table > TableCHRP {
		errs = append(errs, fmt.Errorf("hybrid: partition table %d is unknown", h.Table))
	}
	for _, p := range []struct {
		name string
		need bool
	}{{h.Boot, h.Loader != LoaderNone}, {h.EFI, h.EFI != ""}} {
		if n := m.tree.find(p.name); p.need && (n == nil || n.data == nil || n.data.size == 0) {
			errs = append(errs, fmt.Errorf("hybrid: boot image %q is not among the files", p.name))
		}
	}
	return errors.Join(errs...)
}

// systemArea gives the 16 sectors before the volume descriptors.
func (m *Image) systemArea() []byte {
	b := make([]byte, systemSectors*sectorSize)
	h := m.opt.Hybrid
	if h == nil {
		return b
	}
	m.bootCode(b)
	all := m.sectors * perSector
	b[510], b[511] = 0x55, 0xaa
	switch h.Table {
	case TableCHRP:
		putPartition(b[446:], 0x80, 0x96, 0, all)
	case TableMBR:
		putPartition(b[446:], 0x80, 0x17, 0, all)
		if h.EFI != "" {
			start, count := m.where(h.EFI)
			putPartition(b[462:], 0, 0xef, start, count)
		}
	case TableGPT:
		if h.Loader != LoaderNone {
			putPartition(b[462:], 0x80, 0, 0, 1) // for firmware that wants something to be active
		}
		putPartition(b[446:], 0, 0xee, 1, all-1)
		head, entries := m.gpt()
		copy(b[diskSector:], gptHeader(head, 1))
		copy(b[2*diskSector:], entries)
	}
	return b
}

// bootCode writes the code, and where it finds its boot image.
func (m *Image) bootCode(b []byte) {
	h := m.opt.Hybrid
	switch h.Loader {
	case LoaderIsolinux:
		start, _ := m.where(h.Boot)
		copy(b, h.Code[:min(len(h.Code), 432)])
		binary.LittleEndian.PutUint64(b[432:], uint64(start))
	case LoaderGRUB2:
		start, _ := m.where(h.Boot)
		copy(b, h.Code[:min(len(h.Code), 440)])
		binary.LittleEndian.PutUint64(b[432:], uint64(start)+4)
	}
	id := m.identity()
	copy(b[440:444], id[16:])
}

// where gives where a file is, and its length, in disk sectors.
func (m *Image) where(name string) (start, count uint32) {
	e := m.tree.find(name).data
	return e.sector * perSector, uint32((e.size + sectorSize - 1) / sectorSize * perSector)
}

// identity is what tells this disk from others: the same for the same image.
func (m *Image) identity() [32]byte {
	return sha256.Sum256(fmt.Appendf(nil, "%s\n%d\n%d\n", m.opt.VolumeID, m.opt.unix(), m.sectors))
}

// putPartition writes an entry of an MBR.
func putPartition(b []byte, active, typ byte, start, count uint32) {
	b[0], b[4] = active, typ
	putCHS(b[1:4], start)
	putCHS(b[5:8], start+count-1)
	binary.LittleEndian.PutUint32(b[8:], start)
	binary.LittleEndian.PutUint32(b[12:], count)
}

// putCHS writes a place for 64 heads and 32 sectors.
func putCHS(b []byte, at uint32) {
	cylinder, head, sector := at/(64*32), at/32%64, at%32+1
	if cylinder > 1023 {
		cylinder, head, sector = 1023, 254, 63
	}
	b[0], b[1], b[2] = byte(head), byte(sector|cylinder>>2&0xc0), byte(cylinder)
}

// Types of GPT partitions, as they are written, and an attribute.
const (
	guidData    = "\xa2\xa0\xd0\xeb\xe5\xb9\x33\x44\x87\xc0\x68\xb6\xb7\x26\x99\xc7"
	guidEFI     = "\x28\x73\x2a\xc1\x1f\xf8\xd2\x11\xba\x4b\x00\xa0\xc9\x3e\xc9\x3b"
	gptReadOnly = 1 << 60
)

// gptHead is what the two headers of a GPT have in common.
type gptHead struct {
	disk   [16]byte
	last   uint32 // last disk sector
	tables uint32 // checksum of the entries
}

// gpt gives the partitions: the EFI image, and the rest before and behind.
func (m *Image) gpt() (gptHead, []byte) {
	id := m.identity()
	last := m.sectors*perSector - 1
	entries := make([]byte, gptTable*diskSector)
	at, n := uint32(gptFirst), 0
	add := func(typ, name string, start, end uint32) {
		if start > end {
			return
		}
		b := entries[n*128:]
		n++
		copy(b, typ)
		own := sha256.Sum256(append(id[:], byte(n)))
		guid := asGUID(own[:])
		copy(b[16:], guid[:])
		binary.LittleEndian.PutUint64(b[32:], uint64(start))
		binary.LittleEndian.PutUint64(b[40:], uint64(end))
		binary.LittleEndian.PutUint64(b[48:], gptReadOnly)
		for i, u := range utf16.Encode([]rune(name)) {
			binary.LittleEndian.PutUint16(b[56+2*i:], u)
		}
	}
	if m.opt.Hybrid.EFI != "" {
		start, count := m.where(m.opt.Hybrid.EFI)
		add(guidData, "Gap0", at, start-1)
		add(guidEFI, "EFI boot partition", start, start+count-1)
		at = start + count
		add(guidData, "Gap1", at, last-gptTable-1)
	} else {
		add(guidData, "ISO9660", at, last-gptTable-1)
	}
	return gptHead{disk: asGUID(id[:]), last: last, tables: crc32.ChecksumIEEE(entries)}, entries
}

// gptHeader gives the header at the given disk sector: the first, or the last.
func gptHeader(h gptHead, at uint32) []byte {
	b := make([]byte, diskSector)
	other, table := h.last, uint32(2)
	if at != 1 {
		other, table = 1, h.last-gptTable
	}
	copy(b, "EFI PART\x00\x00\x01\x00\x5c\x00\x00\x00")
	le := binary.LittleEndian
	le.PutUint64(b[24:], uint64(at))
	le.PutUint64(b[32:], uint64(other))
	le.PutUint64(b[40:], gptFirst)
	le.PutUint64(b[48:], uint64(h.last-gptTable-1))
	copy(b[56:], h.disk[:])
	le.PutUint64(b[72:], uint64(table))
	le.PutUint32(b[80:], gptEntries)
	le.PutUint32(b[84:], 128)
	le.PutUint32(b[88:], h.tables)
	le.PutUint32(b[16:], crc32.ChecksumIEEE(b[:92]))
	return b
}

// backup gives what ends an image with a GPT: the second copy of it.
func (m *Image) backup() []byte {
	if m.opt.Hybrid == nil || m.opt.Hybrid.Table != TableGPT {
		return nil
	}
	head, entries := m.gpt()
	return append(entries, gptHeader(head, head.last)...)
}

// asGUID makes a GUID, of the random kind, of 16 bytes.
func asGUID(b []byte) [16]byte {
	g := [16]byte(b)
	g[7] = g[7]&0x0f | 0x40
	g[8] = g[8]&0x3f | 0x80
	return g
}
