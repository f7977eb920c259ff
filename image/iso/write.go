package iso

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"os"
	"slices"

	"compose/internal/digest"
)

// Output says what is wanted of an image that is written.
type Output struct {
	// Sums are the algorithms of the checksums: md5, sha1, sha224, sha256,
	// sha384, sha512.
	Sums []string
	// Progress is told now and then how many of the bytes to process were;
	// nil is not. One call at a time, from another goroutine.
	Progress func(done, total int64)
}

// Result is what is known of an image once it is written.
type Result struct {
	Size       int64
	Sums       map[string]string // by algorithm, in hex
	ImplantMD5 string            // empty where none is implanted
}

// Write gives the image to w, from the first byte to the last.
//
// With an implanted checksum the source files are read twice, first for that
// checksum; a file that is not the same the second time is an error.
func (m *Image) Write(ctx context.Context, w io.Writer, out Output) (Result, error) {
	res := Result{Size: m.Size(), Sums: map[string]string{}}
	hashes := map[string]hash.Hash{}
	for _, name := range out.Sums {
		if hashes[name] = digest.New(name); hashes[name] == nil {
			return Result{}, fmt.Errorf("checksum %q: not one of md5, sha1, sha224, sha256, sha384, sha512", name)
		}
	}
	p := &progress{tell: out.Progress, total: m.Size()}
	var text string
	var before *content
	if m.opt.Implant != ImplantNone {
		p.total *= 2
		imp := newImplanter(m.Size())
		before = &content{}
		if err := m.pass(ctx, []io.Writer{imp, before, p}, ""); err != nil {
			return Result{}, err
		}
		whole, parts := imp.sums()
		res.ImplantMD5, text = whole, implantText(whole, parts, m.opt.Implant)
	}
	after := &content{}
	writers := []io.Writer{w, after, p}
	for _, name := range slices.Sorted(keys(hashes)) {
		writers = append(writers, hashes[name])
	}
	if err := m.pass(ctx, writers, text); err != nil {
		return Result{}, err
	}
	if before != nil && *before != *after {
		return Result{}, errors.New("a source file was changed while the image was written")
	}
	for name, h := range hashes {
		res.Sums[name] = hex.EncodeToString(h.Sum(nil))
	}
	return res, nil
}

func keys(m map[string]hash.Hash) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// pass gives the whole image to all writers, with text implanted.
func (m *Image) pass(ctx context.Context, writers []io.Writer, text string) error {
	return fanOut(ctx, writers, func(f *fan) error {
		if err := m.head(f, text); err != nil {
			return err
		}
		end := int64(0)
		for _, e := range m.tree.extents {
			if err := e.write(f); err != nil {
				return err
			}
			if e.size > 0 {
				end = int64(e.sector) + int64(sectorsOf(e.size))
			}
		}
		backup := m.backup()
		if end == 0 {
			end = m.endOfHead()
		}
		if err := f.zeros(m.Size() - end*sectorSize - int64(len(backup))); err != nil {
			return err
		}
		_, err := f.Write(backup)
		return err
	})
}

// endOfHead gives the first sector behind the folders.
func (m *Image) endOfHead() int64 {
	folders := m.tree.numbered(joliet)
	v := &folders[len(folders)-1].views[joliet]
	return int64(v.sector + v.records + v.more)
}

// head writes what comes before the content of the files.
func (m *Image) head(f *fan, text string) error {
	d := m.descriptors()
	copy(d[atApplication:], text)
	parts := [][]byte{m.systemArea(), d}
	for which := range m.tables {
		folders := m.tree.numbered(which)
		parts = append(parts, padded(tableOf(folders, which, binary.LittleEndian)), padded(tableOf(folders, which, binary.BigEndian)))
	}
	for _, p := range parts {
		if _, err := f.Write(p); err != nil {
			return err
		}
	}
	for which := range m.tables {
		for _, n := range m.tree.placed(which) {
			e := m.tree.encode(n, which)
			if _, err := f.Write(e.records); err != nil {
				return err
			}
			if _, err := f.Write(e.more); err != nil {
				return err
			}
		}
	}
	return nil
}

// stamp tells whether a file is the one that was read before.
type stamp struct {
	size, mtime int64
	known       bool
}

// write gives the content, filled up to a sector.
func (e *extent) write(f *fan) error {
	if e.size == 0 {
		return nil
	}
	if e.data != nil {
		if _, err := f.Write(e.data); err != nil {
			return err
		}
	} else if err := e.copy(f); err != nil {
		return fmt.Errorf("%s: %w", e.from, err)
	}
	return f.zeros(int64(sectorsOf(e.size))*sectorSize - e.size)
}

// copy reads the file, which must have the size that it is to have, and be
// the one that was read before.
func (e *extent) copy(f *fan) error {
	file, err := os.Open(e.from)
	if err != nil {
		return errors.Unwrap(err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	now := stamp{size: info.Size(), mtime: info.ModTime().UnixNano(), known: true}
	if now.size != e.size || e.seen.known && now != e.seen {
		return fmt.Errorf("the file was changed: %d bytes instead of %d", now.size, e.size)
	}
	e.seen = now
	return f.readFrom(file, e.size)
}

// content is a quick checksum of what follows the primary volume descriptor.
type content struct {
	sum    uint32
	offset int64
}

// Write takes the next bytes of an image.
func (c *content) Write(p []byte) (int, error) {
	skip := min(max((systemSectors+1)*sectorSize-c.offset, 0), int64(len(p)))
	c.sum = crc32.Update(c.sum, crc32.MakeTable(crc32.Castagnoli), p[skip:])
	c.offset += int64(len(p))
	return len(p), nil
}

// progress counts bytes.
type progress struct {
	tell        func(done, total int64)
	done, total int64
}

// Write takes the next bytes.
func (p *progress) Write(b []byte) (int, error) {
	p.done += int64(len(b))
	if p.tell != nil {
		p.tell(p.done, p.total)
	}
	return len(b), nil
}
