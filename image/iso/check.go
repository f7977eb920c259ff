package iso

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
)

// BootEntry is an entry of a boot catalog.
type BootEntry struct {
	Platform Platform
	Sector   uint32
	Load     uint16 // sectors of 512 bytes
	Path     string // the file that it starts; empty for a partition behind the files
}

// Report is what Check found out about an image.
type Report struct {
	VolumeID string
	Files    int
	Boot     []BootEntry
	// Partitions are those of the GPT, or else of the MBR.
	Partitions []Partition
	MBR        bool // the first sector has the mark of one
	GPT        bool
}

// Bootable says whether firmware of a PC would try to start the image: what
// Pungi's test phase asks for on x86.
func (r *Report) Bootable() bool { return r.MBR || r.GPT || len(r.Boot) > 0 }

// Check reads the structure of an image: volume descriptors, both trees of
// names, path tables, boot catalog and partition tables. Everything must lie
// inside of the image, and each boot image must be a file of it or a
// partition. The content of files is not read.
func Check(r io.ReaderAt, size int64) (*Report, error) {
	x, err := Open(r, size)
	if err != nil {
		return nil, err
	}
	rep := &Report{VolumeID: x.VolumeID}
	files := map[uint32]string{}
	err = x.Walk(TreeRockRidge, func(e *Entry) error {
		rep.Files++
		if at := e.Sector(); at > 0 && e.Mode.IsRegular() {
			files[at] = e.Path
		}
		return nil
	})
	if err == nil && x.Joliet {
		err = x.Walk(TreeJoliet, func(*Entry) error { return nil })
	}
	if err != nil {
		return nil, err
	}
	err = errors.Join(x.checkTables(), x.partitions(rep))
	if err == nil && x.Catalog > 0 {
		err = x.checkBoot(rep, files)
	}
	if err != nil {
		return nil, fmt.Errorf("checking an ISO image: %w", err)
	}
	return rep, nil
}

// checkTables compares the two forms of each path table.
func (x *Reader) checkTables() error {
	for which, t := range x.tables {
		if which == joliet && !x.Joliet {
			continue
		}
		if t.size > maxFolderSize {
			return fmt.Errorf("a path table of %d bytes", t.size)
		}
		little, err := x.read(span{int64(t.little) * sectorSize, int64(t.size)})
		if err != nil {
			return fmt.Errorf("path table: %w", err)
		}
		big, err := x.read(span{int64(t.big) * sectorSize, int64(t.size)})
		if err != nil {
			return fmt.Errorf("path table: %w", err)
		}
		if err := compareTables(little, big, uint32(x.roots[which].at/sectorSize)); err != nil {
			return fmt.Errorf("path table: %w", err)
		}
	}
	return nil
}

// compareTables walks along both forms of a path table, whose first folder
// is the root.
func compareTables(little, big []byte, root uint32) error {
	for n := 1; len(little) > 0; n++ {
		if len(little) < 8 || len(big) < 8 || little[0] == 0 {
			return errors.New("a broken entry")
		}
		size := 8 + int(little[0]) + int(little[0])%2
		if size > len(little) || size > len(big) {
			return errors.New("a broken entry")
		}
		at := binary.LittleEndian.Uint32(little[2:])
		up := binary.LittleEndian.Uint16(little[6:])
		if at != binary.BigEndian.Uint32(big[2:]) || up != binary.BigEndian.Uint16(big[6:]) || !bytes.Equal(little[8:size], big[8:size]) {
			return fmt.Errorf("entry %d differs in the two byte orders", n)
		}
		if int(up) > n || up == 0 || n == 1 && at != root {
			return fmt.Errorf("entry %d does not lead to the root folder", n)
		}
		little, big = little[size:], big[size:]
	}
	return nil
}

// checkBoot reads the boot catalog, and finds the file of each boot image.
func (x *Reader) checkBoot(rep *Report, files map[uint32]string) error {
	all, err := x.bootEntries()
	if err != nil {
		return fmt.Errorf("boot catalog: %w", err)
	}
	for i := range all {
		e := &all[i]
		e.Path = files[e.Sector]
		inPartition := slices.ContainsFunc(rep.Partitions, func(p Partition) bool { return p.Start == int64(e.Sector)*perSector })
		if e.Path == "" && !inPartition {
			return fmt.Errorf("boot catalog: no file of the image starts in sector %d", e.Sector)
		}
		if end := int64(e.Sector)*sectorSize + int64(e.Load)*diskSector; e.Sector == 0 || end > x.size {
			return fmt.Errorf("boot catalog: %d sectors at %d lie outside of the image", e.Load, e.Sector)
		}
	}
	rep.Boot = all
	return nil
}

// bootEntries reads the catalog: one sector.
func (x *Reader) bootEntries() ([]BootEntry, error) {
	b, err := x.read(span{int64(x.Catalog) * sectorSize, sectorSize})
	if err != nil {
		return nil, err
	}
	var sum uint16
	for i := 0; i < 32; i += 2 {
		sum += binary.LittleEndian.Uint16(b[i:])
	}
	if b[0] != 1 || b[30] != 0x55 || b[31] != 0xaa || sum != 0 {
		return nil, errors.New("the validation entry is broken")
	}
	all := []BootEntry{bootEntry(b[32:], Platform(b[1]))}
	for at := 64; at+64 <= len(b) && (b[at] == 0x90 || b[at] == 0x91); {
		last, platform, count := b[at] == 0x91, Platform(b[at+1]), int(binary.LittleEndian.Uint16(b[at+2:]))
		at += 32
		for range count {
			if at+32 > len(b) {
				return nil, errors.New("it is longer than a sector")
			}
			if b[at] == 0x88 {
				all = append(all, bootEntry(b[at:], platform))
			}
			at += 32
		}
		if last {
			break
		}
	}
	return all, nil
}

func bootEntry(b []byte, p Platform) BootEntry {
	return BootEntry{Platform: p, Load: binary.LittleEndian.Uint16(b[6:]), Sector: binary.LittleEndian.Uint32(b[8:])}
}
