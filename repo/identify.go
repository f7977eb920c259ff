package repo

import (
	"context"
	"encoding/binary"
	"hash/maphash"
	"sync/atomic"

	"compose/internal/rpm"
	"compose/internal/rpm/store"
	"compose/internal/rpmmd"

	"golang.org/x/sync/errgroup"
)

// openSum is what a whole file's uncompressed bytes add up to.
type openSum struct {
	size int64
	sum  rpm.Checksum
}

// identify makes the keys of the chunks whose packages are all known without
// reading files, and finds out whether the uncompressed files have been there
// before: then their checksums need not be made again, nor their bytes.
func (w *packageWriter) identify(ctx context.Context) error {
	if w.opt.Cache == nil {
		return nil
	}
	var next atomic.Int64
	g, ctx := errgroup.WithContext(ctx)
	for range min(w.opt.Workers, len(w.chunks)) {
		g.Go(func() error {
			m := newKeyMaker()
			for i := next.Add(1) - 1; i < int64(len(w.chunks)) && ctx.Err() == nil; i = next.Add(1) - 1 {
				w.identifyChunk(m, &w.chunks[i])
			}
			return ctx.Err()
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	if !framed(w.opt.Compress) || !w.identified() {
		return nil
	}
	var buf store.Buffer
	for _, k := range w.kinds {
		b, ok := w.opt.Cache.Blob(openKey(k, w.chunks, len(w.items), w.opt.Checksum), &buf)
		if ok && len(b) > 8 {
			w.opened[k] = &openSum{
				size: int64(binary.LittleEndian.Uint64(b)),
				sum:  rpm.Checksum{Type: w.opt.Checksum, Hex: string(b[8:])},
			}
		}
	}
	return nil
}

func (w *packageWriter) identifyChunk(m *keyMaker, c *chunk) {
	m.reset()
	for i := c.from; i < c.to; i++ {
		p := w.items[i].known()
		if p == nil {
			return
		}
		w.name(i, p)
		m.add(&w.items[i], p.Sum)
	}
	c.keys = m.keys(w.opt.Variant)
}

// name notes the name and version of an item.
func (w *packageWriter) name(i int, p *rpm.Package) {
	var h maphash.Hash
	h.SetSeed(w.seed)
	for _, s := range [...]string{p.Name, p.Version, p.Release, p.Arch} {
		h.WriteString(s)
		h.WriteByte(0)
	}
	maphash.WriteComparable(&h, p.Epoch)
	w.names[i] = h.Sum64()
}

// identified says whether all chunks have keys.
func (w *packageWriter) identified() bool {
	for i := range w.chunks {
		if w.chunks[i].keys == nil {
			return false
		}
	}
	return true
}

// remember keeps what the uncompressed bytes of a file add up to.
func (w *packageWriter) remember(k rpmmd.Kind, d rpmmd.RepomdData) {
	if w.opt.Cache == nil || w.opened[k] != nil || d.OpenSum.Hex == "" || !w.identified() {
		return
	}
	b := binary.LittleEndian.AppendUint64(nil, uint64(d.OpenSize))
	w.keep(openKey(k, w.chunks, len(w.items), w.opt.Checksum), append(b, d.OpenSum.Hex...))
}

// keep puts a blob into the cache. A cache that cannot be written is no
// reason to fail: the next run takes longer.
func (w *packageWriter) keep(k store.Key, data []byte) {
	if w.deaf.Load() {
		return
	}
	if err := w.opt.Cache.PutBlob(k, data); err != nil && !w.deaf.Swap(true) {
		w.uncached = err
	}
}
