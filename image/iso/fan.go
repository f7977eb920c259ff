package iso

import (
	"context"
	"io"
	"sync/atomic"

	"golang.org/x/sync/errgroup"
)

const (
	chunkSize  = 1 << 20
	chunkCount = 8
)

// chunk is a buffer that several writers read at once.
type chunk struct {
	data  []byte
	users atomic.Int32
}

// fan hands bytes that are read once to several writers, each of which works
// on its own. Its memory is bounded: the slowest writer sets the pace.
type fan struct {
	ctx   context.Context
	free  chan *chunk
	sinks []chan *chunk
	cur   *chunk
}

// fanOut runs produce and the writers until all is written or one of them
// fails.
func fanOut(ctx context.Context, writers []io.Writer, produce func(*fan) error) error {
	g, ctx := errgroup.WithContext(ctx)
	f := &fan{ctx: ctx, free: make(chan *chunk, chunkCount)}
	for range chunkCount {
		f.free <- &chunk{data: make([]byte, 0, chunkSize)}
	}
	for _, w := range writers {
		sink := make(chan *chunk, chunkCount)
		f.sinks = append(f.sinks, sink)
		g.Go(func() error { return f.drain(sink, w) })
	}
	g.Go(func() error {
		defer func() {
			for _, s := range f.sinks {
				close(s)
			}
		}()
		if err := produce(f); err != nil {
			return err
		}
		return f.flush()
	})
	return g.Wait()
}

// drain writes what comes, until there is no more or the work is cancelled.
func (f *fan) drain(sink <-chan *chunk, w io.Writer) error {
	for c := range sink {
		if f.ctx.Err() != nil {
			return context.Cause(f.ctx)
		}
		if _, err := w.Write(c.data); err != nil {
			return err
		}
		if c.users.Add(-1) == 0 {
			c.data = c.data[:0]
			f.free <- c
		}
	}
	return nil
}

// space gives the free end of the current chunk, never empty. Used says how
// much of it was filled.
func (f *fan) space() ([]byte, error) {
	if f.cur != nil && len(f.cur.data) == cap(f.cur.data) {
		if err := f.flush(); err != nil {
			return nil, err
		}
	}
	if f.cur == nil {
		select {
		case f.cur = <-f.free:
		case <-f.ctx.Done():
			return nil, context.Cause(f.ctx)
		}
	}
	return f.cur.data[len(f.cur.data):cap(f.cur.data)], nil
}

func (f *fan) used(n int) { f.cur.data = f.cur.data[:len(f.cur.data)+n] }

// flush hands the current chunk to the writers.
func (f *fan) flush() error {
	c := f.cur
	f.cur = nil
	if c == nil {
		return nil
	}
	c.users.Store(int32(len(f.sinks)))
	for _, s := range f.sinks {
		select {
		case s <- c:
		case <-f.ctx.Done():
			return context.Cause(f.ctx)
		}
	}
	return nil
}

// Write copies p.
func (f *fan) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 {
		b, err := f.space()
		if err != nil {
			return n - len(p), err
		}
		k := copy(b, p)
		f.used(k)
		p = p[k:]
	}
	return n, nil
}

// zeros writes n of them.
func (f *fan) zeros(n int64) error {
	for n > 0 {
		b, err := f.space()
		if err != nil {
			return err
		}
		k := min(int64(len(b)), n)
		clear(b[:k])
		f.used(int(k))
		n -= k
	}
	return nil
}

// readFrom copies n bytes of r; fewer are io.ErrUnexpectedEOF.
func (f *fan) readFrom(r io.Reader, n int64) error {
	for n > 0 {
		b, err := f.space()
		if err != nil {
			return err
		}
		k, err := io.ReadFull(r, b[:min(int64(len(b)), n)])
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return err
		}
		f.used(k)
		n -= int64(k)
	}
	return nil
}
