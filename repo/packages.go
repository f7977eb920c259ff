package repo

import (
	"context"
	"fmt"
	"hash/maphash"
	"sync/atomic"

	"compose/internal/rpmmd"

	"golang.org/x/sync/errgroup"
)

// kindCount is the number of files that can be made from packages.
const kindCount = int(rpmmd.FilelistsExt) + 1

// packageWriter writes the files that are made from packages.
//
// Workers make the pieces of one chunk each; a chunk's pieces come through
// its own channel, and collect takes the channels in the order of the chunks.
// Chunks are started only as others end, so few pieces are in memory.
type packageWriter struct {
	opt   Options
	items []Item
	kinds []rpmmd.Kind

	chunks []chunk
	opened [kindCount]*openSum // what is known of whole files, uncompressed
	seed   maphash.Seed
	names  []uint64 // digests of the items' names and versions
	bad    []error  // why an item is left out
	spoilt atomic.Bool

	deaf     atomic.Bool // the cache cannot be written
	uncached error       // why

	out  []chan *piece // of each chunk
	next chan int      // chunks to make
	room chan struct{} // holds one for each chunk that is begun
	pool piecePool
}

func newPackageWriter(items []Item, opt Options) *packageWriter {
	w := &packageWriter{opt: opt, items: items, chunks: chunkRanges(items), kinds: opt.kinds()}
	w.seed = maphash.MakeSeed()
	w.names, w.bad = make([]uint64, len(items)), make([]error, len(items))
	w.next, w.room = make(chan int), make(chan struct{}, 2*opt.Workers+4)
	w.out = make([]chan *piece, len(w.chunks))
	for i := range w.out {
		w.out[i] = make(chan *piece, 1)
	}
	return w
}

// writePackages writes the files of the packages. Packages that Options.Skip
// is told of are left out, and the others are returned.
func writePackages(ctx context.Context, dir string, items []Item, opt Options) ([]rpmmd.RepomdData, []Item, error) {
	for {
		w := newPackageWriter(items, opt)
		data, err := w.write(ctx, dir)
		if err != nil {
			return nil, nil, err
		}
		if !w.spoilt.Load() {
			noteTwice(items, w.names, opt.Note)
			return data, items, nil
		}
		items = w.good() // the count of packages is in the first line of each file
	}
}

// good tells of the items that are left out and gives the others.
func (w *packageWriter) good() (out []Item) {
	for i, it := range w.items {
		if w.bad[i] == nil {
			out = append(out, it)
		} else {
			w.opt.Skip(it, w.bad[i])
		}
	}
	return out
}

func (w *packageWriter) write(ctx context.Context, dir string) ([]rpmmd.RepomdData, error) {
	if err := w.identify(ctx); err != nil {
		return nil, err
	}
	if data, err := w.reuse(ctx, dir); data != nil || err != nil {
		return data, err
	}
	makers, err := w.makers()
	if err != nil {
		return nil, err
	}
	f, err := w.openFiles(ctx, dir, makers[0].c)
	defer f.abandon()
	if err != nil {
		return nil, err
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return w.feed(ctx) })
	for _, m := range makers {
		g.Go(func() error { return w.work(ctx, m) })
	}
	var data []rpmmd.RepomdData
	g.Go(func() (err error) {
		data, err = w.collect(ctx, f)
		return err
	})
	err = g.Wait()
	if w.deaf.Load() {
		w.opt.Note(fmt.Sprintf("compressed parts are not kept for the next time: %v", w.uncached))
	}
	return data, err
}

// makers gives what each worker has; there is one at least.
func (w *packageWriter) makers() (out []*pieceMaker, err error) {
	for range max(1, min(w.opt.Workers, len(w.chunks))) {
		m, err := newPieceMaker(w)
		if err != nil {
			return nil, err
		}
		out = append(out, m)
	}
	return out, nil
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

func (w *packageWriter) work(ctx context.Context, m *pieceMaker) error {
	for i := range w.next {
		if err := m.chunk(ctx, i); err != nil {
			return err
		}
		close(w.out[i])
	}
	return nil
}

// collect writes the files from the pieces.
func (w *packageWriter) collect(ctx context.Context, f *packageFiles) ([]rpmmd.RepomdData, error) {
	if err := w.eachPiece(ctx, f.write); err != nil || w.spoilt.Load() {
		return nil, err
	}
	return f.close(w)
}

// eachPiece calls write for each piece, in order.
func (w *packageWriter) eachPiece(ctx context.Context, write func(p *piece) error) error {
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
			if err := write(p); err != nil {
				return err
			}
			if p.packages > 0 {
				done += p.packages
				w.opt.Progress(done, len(w.items))
			}
			w.pool.put(p)
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

// fail makes an item one that is left out, or the error that ends the work.
func (w *packageWriter) fail(i int, err error) error {
	if u, ok := err.(*Unreadable); ok && w.opt.Skip != nil {
		w.bad[i] = u.Err
		w.spoilt.Store(true)
		return nil
	}
	return fmt.Errorf("%s: %w", w.items[i].Href, err)
}
