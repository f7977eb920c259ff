package iso

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
	"unicode/utf16"
)

// Partition is a part of a disk, in sectors of 512 bytes.
type Partition struct {
	Start, Count int64
	Type         string // two hex digits in an MBR, a GUID in a GPT
	Name         string
}

// partitions reads the partition tables in the system area.
func (x *Reader) partitions(rep *Report) error {
	b, err := x.read(span{0, 2 * diskSector})
	if err != nil {
		return err
	}
	rep.GPT = string(b[diskSector:diskSector+8]) == "EFI PART"
	rep.MBR = b[510] == 0x55 && b[511] == 0xaa
	if rep.MBR {
		if rep.Partitions, err = x.mbr(b); err != nil {
			return fmt.Errorf("MBR: %w", err)
		}
	}
	if rep.GPT {
		if rep.Partitions, err = x.gpt(); err != nil {
			return fmt.Errorf("GPT: %w", err)
		}
	}
	return nil
}

// mbr reads the four partitions of an MBR.
func (x *Reader) mbr(b []byte) ([]Partition, error) {
	var out []Partition
	for i := range 4 {
		e := b[446+16*i:]
		p := Partition{
			Start: int64(binary.LittleEndian.Uint32(e[8:])), Count: int64(binary.LittleEndian.Uint32(e[12:])),
			Type: fmt.Sprintf("%02x", e[4]),
		}
		if e[4] == 0 || p.Count == 0 {
			continue
		}
		if err := x.fits(p); err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

// fits says whether a partition lies inside of the image. The last cylinder
// of a disk may be rounded up.
func (x *Reader) fits(p Partition) error {
	if limit := x.size/diskSector + hybridAlign*perSector; p.Start > limit || p.Start+p.Count > limit {
		return fmt.Errorf("a partition from %d with %d sectors in an image of %d", p.Start, p.Count, x.size/diskSector)
	}
	return nil
}

// gpt reads both copies of a GPT, which must say the same.
func (x *Reader) gpt() ([]Partition, error) {
	first, entries, err := x.gptAt(1)
	if err != nil {
		return nil, err
	}
	last := int64(binary.LittleEndian.Uint64(first[32:]))
	_, backup, err := x.gptAt(last)
	if err != nil {
		return nil, fmt.Errorf("backup: %w", err)
	}
	if !bytes.Equal(entries, backup) {
		return nil, errors.New("the backup has other partitions")
	}
	size := binary.LittleEndian.Uint32(first[84:])
	var out []Partition
	for ; len(entries) >= int(size); entries = entries[size:] {
		if p := gptPartition(entries); p.Type != "" {
			if err := x.fits(p); err != nil {
				return nil, err
			}
			out = append(out, p)
		}
	}
	sorted := slices.SortedFunc(slices.Values(out), func(a, b Partition) int { return cmp.Compare(a.Start, b.Start) })
	for i := 1; i < len(sorted); i++ {
		a, b := sorted[i-1], sorted[i] // isohybrid has one inside of the other
		if end := a.Start + a.Count; end > b.Start && end < b.Start+b.Count {
			return nil, fmt.Errorf("partitions %q and %q overlap", a.Name, b.Name)
		}
	}
	return out, nil
}

// gptAt reads the header in a disk sector and its table.
func (x *Reader) gptAt(at int64) (head, entries []byte, err error) {
	if at < 1 || at > x.size/diskSector {
		return nil, nil, fmt.Errorf("a header in sector %d", at)
	}
	head, err = x.read(span{at * diskSector, diskSector})
	if err != nil {
		return nil, nil, err
	}
	le := binary.LittleEndian
	size, count, each := le.Uint32(head[12:]), le.Uint32(head[80:]), le.Uint32(head[84:])
	if string(head[:8]) != "EFI PART" || size < 92 || size > diskSector {
		return nil, nil, fmt.Errorf("no header in sector %d", at)
	}
	sum := le.Uint32(head[16:])
	le.PutUint32(head[16:], 0)
	if crc32.ChecksumIEEE(head[:size]) != sum || int64(le.Uint64(head[24:])) != at {
		return nil, nil, fmt.Errorf("the header in sector %d is damaged", at)
	}
	if each < 128 || each > 4096 || count > 4096 {
		return nil, nil, fmt.Errorf("%d entries of %d bytes", count, each)
	}
	table := int64(le.Uint64(head[72:]))
	if table < 1 || table > x.size/diskSector {
		return nil, nil, fmt.Errorf("a table in sector %d", table)
	}
	entries, err = x.read(span{table * diskSector, int64(count) * int64(each)})
	if err != nil {
		return nil, nil, err
	}
	if crc32.ChecksumIEEE(entries) != le.Uint32(head[88:]) {
		return nil, nil, fmt.Errorf("the table in sector %d is damaged", table)
	}
	return head, entries, nil
}

// gptPartition reads one entry; without a type there is none.
func gptPartition(b []byte) Partition {
	if bytes.Equal(b[:16], make([]byte, 16)) {
		return Partition{}
	}
	le := binary.LittleEndian
	start, end := int64(le.Uint64(b[32:])), int64(le.Uint64(b[40:]))
	var name []uint16
	for i := 56; i < 128; i += 2 {
		if u := le.Uint16(b[i:]); u != 0 {
			name = append(name, u)
		}
	}
	if start < 0 || end < start || end > 1<<40 {
		start, end = 1<<40, 1<<40 // outside of any image
	}
	return Partition{
		Start: start, Count: end - start + 1, Name: string(utf16.Decode(name)),
		Type: fmt.Sprintf("%08x-%04x-%04x-%04x-%012x", le.Uint32(b), le.Uint16(b[4:]), le.Uint16(b[6:]), b[8:10], b[10:16]),
	}
}
