package repo

import (
	"context"
	"fmt"
	"sync"

	"compose/internal/rpm"
	"compose/internal/rpm/store"
	"compose/internal/rpmmd"

	"golang.org/x/sync/errgroup"
)

// pieceSize is about how many bytes of one file are compressed at once. A
// chunk of packages is one piece unless it is larger.
const pieceSize = 4 << 20

// kinds are the files made from packages.
var kinds = [...]rpmmd.Kind{rpmmd.Primary, rpmmd.Filelists, rpmmd.Other}

// piece is some packages' part of each file, plain and compressed.
type piece struct {
	packages         int
	data, compressed [len(kinds)][]byte
}

// packageWriter writes primary, filelists and other.
//
// Workers make the pieces of one chunk each; a chunk's pieces come through
// its own channel, and collect takes the channels in the order of the chunks.
// Chunks are started only as others end, so few pieces are in memory.
type packageWriter struct {
	items  []Item
	chunks []chunkRange
	out    []chan *piece // of each chunk
	next   chan int      // chunks to make
	room   chan struct{} // holds one for each chunk that is begun
	pool   sync.Pool     // of pieces
	opt    Options
}

func writePackages(ctx context.Context, dir string, items []Item, opt Options) ([]rpmmd.RepomdData, error) {
	w := &packageWriter{items: items, chunks: chunkRanges(items), next: make(chan int), opt: opt}
	w.room = make(chan struct{}, opt.Workers+2)
	for range w.chunks {
		w.out = append(w.out, make(chan *piece, 1))
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return w.feed(ctx) })
	for range min(opt.Workers, len(w.chunks)) {
		g.Go(func() error { return w.work(ctx) })
	}
	var data []rpmmd.RepomdData
	g.Go(func() (err error) {
		data, err = w.collect(ctx, dir)
		return err
	})
	return data, g.Wait()
}

func (w *packageWriter) feed(ctx context.Context) error {
	defer close(w.next)
	for i := range w.chunks {
		select {
		case w.room <- struct{}{}:
		case <-ctx.Done():
			return ctx.Err()
		}
		select {
		case w.next <- i:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

func (w *packageWriter) work(ctx context.Context) error {
	c, err := newCompressor(w.opt.Compress)
	if err != nil {
		return err
	}
	m := pieceMaker{compressor: c, pool: &w.pool}
	for i := range w.next {
		if err := m.chunk(ctx, w.items[w.chunks[i].from:w.chunks[i].to], w.out[i]); err != nil {
			return err
		}
		close(w.out[i])
	}
	return nil
}

// pieceMaker is what one worker has.
type pieceMaker struct {
	compressor
	buf  store.Buffer
	pool *sync.Pool
}

// chunk renders and compresses a chunk.
func (m *pieceMaker) chunk(ctx context.Context, items []Item, out chan<- *piece) error {
	p := getPiece(m.pool)
	for i, it := range items {
		f, err := it.Rec.Fragments(&m.buf)
		if err != nil {
			return fmt.Errorf("%s: %w", it.Href, err)
		}
		full := p.add(it, f)
		if !full && i+1 < len(items) {
			continue
		}
		for k := range kinds {
			p.compressed[k] = m.frame(p.compressed[k][:0], p.data[k])
		}
		select {
		case out <- p:
		case <-ctx.Done():
			return ctx.Err()
		}
		p = getPiece(m.pool)
	}
	return nil
}

// add renders a package and says whether the piece is large enough.
func (p *piece) add(it Item, f rpm.Fragments) (full bool) {
	at := rpmmd.Place{Href: it.Href, Base: it.Base, FileTime: it.FileTime}
	for k, kind := range kinds {
		p.data[k] = kind.AppendPackage(p.data[k], it.Rec.Pkg, f, at)
		full = full || len(p.data[k]) >= pieceSize
	}
	p.packages++
	return full
}

func getPiece(pool *sync.Pool) *piece {
	p, ok := pool.Get().(*piece)
	if !ok {
		return &piece{}
	}
	p.packages = 0
	for k := range kinds {
		p.data[k] = p.data[k][:0]
	}
	return p
}

// collect writes the files from the pieces.
func (w *packageWriter) collect(ctx context.Context, dir string) ([]rpmmd.RepomdData, error) {
	c, err := newCompressor(w.opt.Compress)
	if err != nil {
		return nil, err
	}
	var sinks [len(kinds)]*sink
	defer func() {
		for _, s := range sinks {
			s.abandon()
		}
	}()
	for k, kind := range kinds {
		if sinks[k], err = newSink(dir, kind.String()+".xml", w.opt); err != nil {
			return nil, err
		}
		head := kind.AppendHead(nil, len(w.items))
		if err := sinks[k].write(head, c.frame(nil, head)); err != nil {
			return nil, err
		}
	}
	if err := w.eachPiece(ctx, func(k int, p *piece) error { return sinks[k].write(p.data[k], p.compressed[k]) }); err != nil {
		return nil, err
	}
	var out []rpmmd.RepomdData
	for k, kind := range kinds {
		tail := kind.AppendTail(nil)
		if err := sinks[k].write(tail, c.frame(nil, tail)); err != nil {
			return nil, err
		}
		d, err := sinks[k].close(kind.String())
		if err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return out, nil
}

// eachPiece calls write for each file's part of each piece, in order.
func (w *packageWriter) eachPiece(ctx context.Context, write func(k int, p *piece) error) error {
	done := 0
	for _, chunk := range w.out {
		for {
			p, ok, err := receive(ctx, chunk)
			if err != nil {
				return err
			}
			if !ok {
				break
			}
			for k := range kinds {
				if err := write(k, p); err != nil {
					return err
				}
			}
			done += p.packages
			w.pool.Put(p)
			w.opt.Progress(done, len(w.items))
		}
		<-w.room
	}
	return nil
}

func receive(ctx context.Context, chunk <-chan *piece) (*piece, bool, error) {
	select {
	case p, ok := <-chunk:
		return p, ok, nil
	case <-ctx.Done():
		return nil, false, ctx.Err()
	}
}
