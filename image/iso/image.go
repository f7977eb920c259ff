package iso

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Image is an image whose layout is computed. It can be written several
// times, one after the other, and gives the same bytes each time.
type Image struct {
	opt     Options
	tree    *tree
	catalog *extent // the boot catalog; nil without boot images
	tables  [2]pathTable
	sectors uint32
}

// Limits of the implanted MD5.
const (
	// leastImplanted is the least size of an image with an implanted MD5 in
	// sectors: in a smaller one there are not enough blocks for all fragments,
	// and checkisomd5 refuses what implantisomd5 wrote.
	leastImplanted = (fragments+1)*blockSize/sectorSize + skipSectors
)

// New computes the layout of an image: files lie in the given order. What
// cannot be done is refused here, all of it at once, before anything is read
// but boot images.
func New(files []File, opt Options) (*Image, error) {
	if err := opt.check(); err != nil {
		return nil, err
	}
	m := &Image{opt: opt, tree: newTree(opt.unix())}
	var errs []error
	for i := range files {
		errs = append(errs, m.tree.add(&files[i]), opt.checkSize(&files[i]))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	if err := errors.Join(m.addBoot(), m.tree.sort(), m.checkHybrid()); err != nil {
		return nil, err
	}
	m.tree.arrange(opt.Level)
	if err := m.layout(); err != nil {
		return nil, err
	}
	return m, nil
}

// layout gives everything its place, and fills in what depends on it.
func (m *Image) layout() error {
	if err := m.place(); err != nil {
		return err
	}
	m.patchBoot()
	if m.catalog != nil {
		m.catalog.data = m.bootCatalog()
	}
	return nil
}

// checkSize refuses large files at levels that do not have them.
func (o *Options) checkSize(f *File) error {
	if f.length() > maxSection && (o.Level == Level1 || o.Level == Level2) {
		return fmt.Errorf("%s: %d bytes, at most %d at level %d", f.Path, f.length(), int64(maxSection), o.Level)
	}
	return nil
}

// Size gives the size of the image in bytes.
func (m *Image) Size() int64 { return int64(m.sectors) * sectorSize }

// place gives everything its place.
func (m *Image) place() error {
	at := uint64(systemSectors + m.countDescriptors())
	take := func(sectors uint64) uint32 {
		first := at
		at += sectors
		return uint32(first)
	}
	for which := range m.tables {
		n := len(tableOf(m.tree.numbered(which), which, binary.LittleEndian))
		s := sectorsOf(int64(n))
		m.tables[which] = pathTable{little: take(s), big: take(s), size: uint32(n)}
	}
	for which := range m.tables {
		for _, d := range m.tree.placed(which) {
			f := m.tree.encode(d, which)
			v := &d.views[which]
			v.records, v.more = uint32(sectorsOf(int64(len(f.records)))), uint32(sectorsOf(int64(len(f.more))))
			v.sector = take(uint64(v.records) + uint64(v.more))
		}
	}
	for _, e := range m.tree.extents {
		if e.size > 0 {
			e.sector = take(sectorsOf(e.size))
		}
	}
	return m.end(at + padSectors)
}

// end sets the size of the image, with what has to be added to it.
func (m *Image) end(at uint64) error {
	if m.opt.Implant != ImplantNone {
		at = max(at, leastImplanted)
	}
	limit := uint64(1<<32 - 1)
	if m.opt.Hybrid != nil {
		at = (at + hybridAlign - 1) / hybridAlign * hybridAlign
		limit /= perSector
	}
	if at > limit {
		return fmt.Errorf("%d sectors, at most %d", at, limit)
	}
	m.sectors = uint32(at)
	return nil
}

// sectorsOf gives how many sectors n bytes take.
func sectorsOf(n int64) uint64 { return uint64(n+sectorSize-1) / sectorSize }
