// Package disk writes disk images: a GPT with partitions, whose content others
// make, sparse raw images, and the format qcow2. What starts such a disk is
// GRUB, of whose parts Boot makes what firmware loads. The same input gives the
// same bytes.
package disk

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"strings"
	"unicode/utf16"
)

// SectorSize is that of all disks here.
const SectorSize = 512

// Align is where partitions begin and end: multiples of it, in bytes.
const Align = 1 << 20

// Kind is what a partition is for.
type Kind string

// Kinds, as the GUIDs that stand for them.
const (
	BIOSBoot Kind = "21686148-6449-6E6F-744E-656564454649" // where GRUB's core lies
	EFI      Kind = "C12A7328-F81F-11D2-BA4B-00A0C93EC93B"
	Linux    Kind = "0FC63DAF-8483-4772-8E79-3D69D8477DE4"
)

// RootKind gives the kind of the partition with the root file system of an
// architecture, by which systemd finds it.
func RootKind(arch string) Kind {
	switch arch {
	case "x86_64":
		return "4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709"
	case "aarch64":
		return "B921B045-1DF0-41C3-AF44-4C6F280D3FAE"
	case "ppc64le":
		return "C31C45E6-3F39-412E-80FB-4809C4980599"
	case "s390x":
		return "5EEAD9A9-FE09-4A1E-A1D7-520D00531306"
	case "riscv64":
		return "72EC70A6-CF74-40E6-BD49-4BDA08E8F224"
	}
	return Linux
}

// Partition is a part of a disk.
type Partition struct {
	Kind
	Name string // at most 36 letters
	Size int64  // bytes, a multiple of Align
	UUID string
}

const (
	tableEntries = 128
	tableSectors = tableEntries * 128 / SectorSize
)

// Table is a partition table.
type Table struct {
	UUID       string // of the disk
	Partitions []Partition
}

// Start gives where a partition begins, in bytes.
func (t Table) Start(i int) int64 {
	at := int64(Align)
	for _, p := range t.Partitions[:i] {
		at += p.Size
	}
	return at
}

// Size gives the size of the disk in bytes.
func (t Table) Size() int64 { return t.Start(len(t.Partitions)) + Align }

// Encode gives the first sectors of the disk, up to the first partition, with
// code for BIOS in the first one, and the last sectors.
func (t Table) Encode(code []byte) (head, tail []byte, err error) {
	entries, err := t.entries()
	if err != nil {
		return nil, nil, fmt.Errorf("partition table: %w", err)
	}
	id, err := guid(t.UUID)
	if err != nil {
		return nil, nil, fmt.Errorf("partition table: %w", err)
	}
	if len(code) > 440 {
		return nil, nil, fmt.Errorf("partition table: boot code of %d bytes, at most 440", len(code))
	}
	last := t.Size()/SectorSize - 1
	head = make([]byte, (2+tableSectors)*SectorSize)
	copy(head, code)
	protect(head, last)
	copy(head[SectorSize:], header(entries, id, [3]int64{1, last, 2}, last))
	copy(head[2*SectorSize:], entries)
	tail = append(entries, header(entries, id, [3]int64{last, 1, last - tableSectors}, last)...)
	return head, tail, nil
}

// protect writes an MBR that shows the whole disk as taken.
func protect(b []byte, last int64) {
	e := b[446:]
	copy(e, []byte{0, 0, 2, 0, 0xee, 0xff, 0xff, 0xff})
	binary.LittleEndian.PutUint32(e[8:], 1)
	binary.LittleEndian.PutUint32(e[12:], uint32(min(last, 1<<32-1)))
	b[510], b[511] = 0x55, 0xaa
}

// header gives a header; at are its own sector, that of the other one, and
// that of its table.
func header(entries, id []byte, at [3]int64, last int64) []byte {
	b := make([]byte, SectorSize)
	le := binary.LittleEndian
	copy(b, "EFI PART")
	le.PutUint32(b[8:], 0x10000)
	le.PutUint32(b[12:], 92)
	le.PutUint64(b[24:], uint64(at[0]))
	le.PutUint64(b[32:], uint64(at[1]))
	le.PutUint64(b[40:], 2+tableSectors)
	le.PutUint64(b[48:], uint64(last-tableSectors-1))
	copy(b[56:], id)
	le.PutUint64(b[72:], uint64(at[2]))
	le.PutUint32(b[80:], tableEntries)
	le.PutUint32(b[84:], 128)
	le.PutUint32(b[88:], crc32.ChecksumIEEE(entries))
	le.PutUint32(b[16:], crc32.ChecksumIEEE(b[:92]))
	return b
}

func (t Table) entries() ([]byte, error) {
	if len(t.Partitions) == 0 || len(t.Partitions) > tableEntries {
		return nil, fmt.Errorf("%d partitions", len(t.Partitions))
	}
	b := make([]byte, tableSectors*SectorSize)
	for i, p := range t.Partitions {
		kind, err := guid(string(p.Kind))
		id, err2 := guid(p.UUID)
		name := utf16.Encode([]rune(p.Name))
		if err := errors.Join(err, err2); err != nil {
			return nil, fmt.Errorf("partition %q: %w", p.Name, err)
		}
		if len(name) > 36 || p.Size <= 0 || p.Size%Align != 0 {
			return nil, fmt.Errorf("partition %q: a name of %d letters, at most 36, or %d bytes, not a multiple of %d", p.Name, len(name), p.Size, Align)
		}
		e := b[128*i:]
		copy(e, kind)
		copy(e[16:], id)
		binary.LittleEndian.PutUint64(e[32:], uint64(t.Start(i)/SectorSize))
		binary.LittleEndian.PutUint64(e[40:], uint64((t.Start(i)+p.Size)/SectorSize-1))
		for k, u := range name {
			binary.LittleEndian.PutUint16(e[56+2*k:], u)
		}
	}
	return b, nil
}

// guid gives the 16 bytes of a GUID, the first three groups little endian.
func guid(s string) ([]byte, error) {
	var a uint32
	var b, c uint16
	var d, e []byte
	if len(s) != 36 {
		return nil, fmt.Errorf("%q is not a GUID", s)
	}
	if _, err := fmt.Sscanf(strings.ToLower(s), "%08x-%04x-%04x-%4x-%12x", &a, &b, &c, &d, &e); err != nil || len(d) != 2 || len(e) != 6 {
		return nil, fmt.Errorf("%q is not a GUID", s)
	}
	out := binary.LittleEndian.AppendUint32(nil, a)
	out = binary.LittleEndian.AppendUint16(out, b)
	out = binary.LittleEndian.AppendUint16(out, c)
	return append(append(out, d...), e...), nil
}

// UUID gives an identifier that depends on the texts alone.
func UUID(parts ...string) string {
	h := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	h[6], h[8] = h[6]&0x0f|0x40, h[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", h[:4], h[4:6], h[6:8], h[8:10], h[10:16])
}
