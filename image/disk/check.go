package disk

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
)

// CheckRaw looks at a raw disk as firmware and kernels do: both copies of the
// partition table are sound and the same, the partitions lie on the disk one
// behind the other, and the last one has an ext4 that fits.
func CheckRaw(name string) error {
	f, err := os.Open(name)
	if err == nil {
		defer f.Close()
		err = checkRaw(f)
	}
	if err != nil {
		return fmt.Errorf("checking disk %s: %w", filepath.Base(name), err)
	}
	return nil
}

func checkRaw(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	last := info.Size()/SectorSize - 1
	first, err := readTable(f, 1, last)
	if err != nil {
		return fmt.Errorf("partition table: %w", err)
	}
	backup, err := readTable(f, last, 1)
	if err != nil {
		return fmt.Errorf("backup of the partition table: %w", err)
	}
	if !bytes.Equal(first, backup) {
		return errors.New("the backup has other partitions")
	}
	at, size := int64(0), int64(0)
	for e := first; len(e) >= 128; e = e[128:] {
		if bytes.Equal(e[:16], make([]byte, 16)) {
			continue
		}
		start, end := int64(binary.LittleEndian.Uint64(e[32:])), int64(binary.LittleEndian.Uint64(e[40:]))
		if start < at/SectorSize || end < start || end > last-tableSectors-1 {
			return fmt.Errorf("a partition from %d to %d on a disk of %d sectors", start, end, last+1)
		}
		at, size = (end+1)*SectorSize, (end-start+1)*SectorSize
	}
	return checkExt4(f, at-size, size)
}

// readTable reads the entries of the table whose header is in a sector, and
// which says that the other one is in another.
func readTable(f *os.File, at, other int64) ([]byte, error) {
	h := make([]byte, SectorSize)
	if _, err := f.ReadAt(h, at*SectorSize); err != nil {
		return nil, err
	}
	le := binary.LittleEndian
	sum := le.Uint32(h[16:])
	le.PutUint32(h[16:], 0)
	if string(h[:8]) != "EFI PART" || crc32.ChecksumIEEE(h[:92]) != sum || int64(le.Uint64(h[24:])) != at || int64(le.Uint64(h[32:])) != other {
		return nil, fmt.Errorf("the header in sector %d is damaged", at)
	}
	entries := make([]byte, tableSectors*SectorSize)
	if _, err := f.ReadAt(entries, int64(le.Uint64(h[72:]))*SectorSize); err != nil {
		return nil, err
	}
	if crc32.ChecksumIEEE(entries) != le.Uint32(h[88:]) {
		return nil, errors.New("the entries are damaged")
	}
	return entries, nil
}

// checkExt4 looks at the superblock of a file system.
func checkExt4(f *os.File, at, size int64) error {
	b := make([]byte, 1024)
	if _, err := f.ReadAt(b, at+1024); err != nil {
		return err
	}
	le := binary.LittleEndian
	blocks := int64(le.Uint32(b[4:])) | int64(le.Uint32(b[0x150:]))<<32
	if le.Uint16(b[0x38:]) != 0xef53 || crc32.Checksum(b[:1020], crc32.MakeTable(crc32.Castagnoli))^0xffffffff != le.Uint32(b[1020:]) {
		return errors.New("the root file system is damaged")
	}
	if bytes := blocks << (10 + le.Uint32(b[24:])); bytes > size {
		return fmt.Errorf("the root file system of %d bytes is in a partition of %d", bytes, size)
	}
	return nil
}

// CheckQcow2 looks at a qcow2 image as Qcow2 writes it, for a disk of so many
// bytes: what its tables refer to is in the file.
func CheckQcow2(name string, disk int64) error {
	f, err := os.Open(name)
	if err == nil {
		defer f.Close()
		err = checkQcow2(f, disk)
	}
	if err != nil {
		return fmt.Errorf("checking qcow2 %s: %w", filepath.Base(name), err)
	}
	return nil
}

func checkQcow2(f *os.File, disk int64) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	h := make([]byte, 104)
	if _, err := f.ReadAt(h, 0); err != nil {
		return err
	}
	be := binary.BigEndian
	if string(h[:4]) != "QFI\xfb" || be.Uint32(h[4:]) != 3 || be.Uint32(h[20:]) != clusterBits || int64(be.Uint64(h[24:])) != disk {
		return fmt.Errorf("it is not one of version 3 for a disk of %d bytes", disk)
	}
	const place = 1<<56 - 1<<9
	tables, err := readEntries(f, int64(be.Uint64(h[40:])), int64(be.Uint32(h[36:])))
	if err != nil {
		return fmt.Errorf("table: %w", err)
	}
	for _, t := range tables {
		if t == 0 {
			continue
		}
		entries, err := readEntries(f, int64(t&place), cluster/8)
		if err != nil {
			return fmt.Errorf("table of clusters: %w", err)
		}
		for _, e := range entries {
			end := int64(e&place) + cluster
			if e&flagCompressed != 0 {
				const shift = 62 - (clusterBits - 8)
				at := int64(e & (1<<shift - 1))
				end = (at/SectorSize + int64(e&^flagCompressed>>shift)) * SectorSize // the last sector may be short
			}
			if e != 0 && end > info.Size() {
				return fmt.Errorf("a cluster ends at %d in a file of %d bytes", end, info.Size())
			}
		}
	}
	return nil
}

func readEntries(f *os.File, at, count int64) ([]uint64, error) {
	if at%cluster != 0 || count > 1<<24 {
		return nil, fmt.Errorf("%d entries at %d", count, at)
	}
	b := make([]byte, count*8)
	if _, err := f.ReadAt(b, at); err != nil {
		return nil, err
	}
	out := make([]uint64, count)
	for i := range out {
		out[i] = binary.BigEndian.Uint64(b[8*i:])
	}
	return out, nil
}
