package repo

import (
	"context"
	"errors"
	"sync"

	"compose/internal/rpm"
	"compose/internal/rpm/store"
	"compose/internal/rpmmd"
)

// pieceSize is about how many bytes of one file are compressed at once. A
// chunk's part of a file is one piece unless it is larger.
const pieceSize = 512 << 10

// piece is some packages' part of each file, plain and compressed. Of a file
// whose sum is known the plain part is missing.
type piece struct {
	packages         int
	data, compressed [kindCount][]byte
}

// piecePool keeps the memory of pieces. The collector does not empty it.
type piecePool struct {
	mu   sync.Mutex
	free []*piece
}

func (pp *piecePool) get() *piece {
	pp.mu.Lock()
	defer pp.mu.Unlock()
	n := len(pp.free)
	if n == 0 {
		return &piece{}
	}
	p := pp.free[n-1]
	pp.free = pp.free[:n-1]
	p.packages = 0
	for k := range p.data {
		p.data[k], p.compressed[k] = p.data[k][:0], p.compressed[k][:0]
	}
	return p
}

// put takes a piece back, unless a package of unusual size made it large.
func (pp *piecePool) put(p *piece) {
	for k := range p.data {
		if cap(p.data[k]) > 2*pieceSize || cap(p.compressed[k]) > 2*pieceSize {
			return
		}
	}
	pp.mu.Lock()
	defer pp.mu.Unlock()
	pp.free = append(pp.free, p)
}

// pieceMaker is what one worker has.
type pieceMaker struct {
	w    *packageWriter
	c    compressor // nil where pieces are not compressed one by one
	buf  store.Buffer
	key  *keyMaker
	blob [kindCount][]byte // what of the chunk was compressed

	// Of the chunk at hand: which files are rendered, and which of these
	// are compressed.
	render, compress [kindCount]bool
}

func newPieceMaker(w *packageWriter) (*pieceMaker, error) {
	c, err := newCompressor(w.opt.Compress)
	return &pieceMaker{w: w, c: c, key: newKeyMaker()}, err
}

// chunk makes the pieces of chunk number i.
func (m *pieceMaker) chunk(ctx context.Context, i int) error {
	c, out := &m.w.chunks[i], m.w.out[i]
	p := m.w.pool.get()
	if m.begin(c, p) {
		if err := m.load(ctx, c, &p, out); err != nil {
			return err
		}
		for _, k := range m.w.kinds {
			m.squeeze(p, k)
		}
		m.keep(c)
	}
	p.packages = c.to - c.from
	return send(ctx, out, p)
}

// begin decides what is to be made of a chunk, takes what is kept of it, and
// says whether anything is left to do.
func (m *pieceMaker) begin(c *chunk, p *piece) (work bool) {
	m.render, m.compress = [kindCount]bool{}, [kindCount]bool{}
	m.key.reset()
	for _, k := range m.w.kinds {
		kept := false
		if c.keys != nil && m.caches() {
			var b []byte
			if b, kept = m.w.opt.Cache.Blob(frameKey(c.keys[k], m.w.opt.Compress), &m.buf); kept {
				p.compressed[k] = append(p.compressed[k], b...)
			}
		}
		m.compress[k] = !kept
		m.render[k] = !kept || m.w.opened[k] == nil
		work = work || m.render[k]
		m.blob[k] = m.blob[k][:0]
	}
	return work
}

// caches says whether compressed parts are kept: not where nothing is
// compressed, or where a file is compressed as a whole.
func (m *pieceMaker) caches() bool { return m.w.opt.Cache != nil && m.c != nil }

// load renders the packages of a chunk into *p. What has become large enough
// to be a piece is sent on.
func (m *pieceMaker) load(ctx context.Context, c *chunk, p **piece, out chan<- *piece) error {
	for i := c.from; i < c.to; i++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		it := &m.w.items[i]
		pkg, f, err := it.load(ctx, &m.buf)
		if err == nil && pkg.Sum.Hex == "" {
			err = errors.New("no checksum")
		}
		if err != nil {
			if err = m.w.fail(i, err); err != nil {
				return err
			}
			continue
		}
		if m.w.spoilt.Load() {
			continue // it will all be done again, without the packages at fault
		}
		m.w.name(i, pkg)
		m.key.add(it, pkg.Sum)
		m.add(*p, it, pkg, f)
		for _, k := range m.w.kinds {
			if len((*p).data[k]) >= pieceSize && i+1 < c.to {
				if err := send(ctx, out, m.cut(*p, k)); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// add renders a package.
func (m *pieceMaker) add(p *piece, it *Item, pkg *rpm.Package, f rpm.Fragments) {
	at := rpmmd.Place{Href: it.Href, Base: it.Base, FileTime: it.FileTime}
	for _, k := range m.w.kinds {
		if m.render[k] {
			p.data[k] = k.AppendPackage(grow(p.data[k], room(k, f)), pkg, f, at)
		}
	}
}

// room is how long a package's entry is, about.
func room(k rpmmd.Kind, f rpm.Fragments) int {
	const more = 512 // what is filled in
	return more + len([...][]byte{f.Primary, f.Filelists, f.Other, f.FilelistsExt}[k])
}

// grow makes room for n more bytes. Small pieces become twice as large at
// once, where append would go in many steps.
func grow(b []byte, n int) []byte {
	if need := len(b) + n; need > cap(b) {
		return append(make([]byte, 0, max(need, min(2*cap(b), pieceSize), 32<<10)), b...)
	}
	return b
}

// cut takes p's part of one file out of it, as a piece of its own.
func (m *pieceMaker) cut(p *piece, k rpmmd.Kind) *piece {
	q := m.w.pool.get()
	p.data[k], q.data[k] = q.data[k], p.data[k]
	p.compressed[k], q.compressed[k] = q.compressed[k], p.compressed[k]
	m.squeeze(q, k)
	return q
}

// squeeze compresses p's part of a file, and drops the plain part where
// nobody wants it.
func (m *pieceMaker) squeeze(p *piece, k rpmmd.Kind) {
	if m.c != nil && m.compress[k] && len(p.data[k]) > 0 && !m.w.spoilt.Load() {
		p.compressed[k] = m.c.frame(p.compressed[k], p.data[k])
		if m.caches() {
			m.blob[k] = append(m.blob[k], p.compressed[k]...)
		}
	}
	if m.w.opened[k] != nil {
		p.data[k] = p.data[k][:0]
	}
}

// keep puts what was compressed into the cache.
func (m *pieceMaker) keep(c *chunk) {
	if m.w.spoilt.Load() || m.w.opt.Cache == nil {
		return
	}
	if c.keys == nil {
		c.keys = m.key.keys(m.w.opt.Variant)
	}
	if m.c == nil {
		return
	}
	for _, k := range m.w.kinds {
		if m.compress[k] {
			m.w.keep(frameKey(c.keys[k], m.w.opt.Compress), m.blob[k])
		}
	}
}

func send(ctx context.Context, out chan<- *piece, p *piece) error {
	select {
	case out <- p:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
