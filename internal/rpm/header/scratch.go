package header

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync"
)

// scratch holds the buffers of one read; they are used again and again.
type scratch struct {
	r    io.ReaderAt
	size int64  // of the whole file
	raw  []byte // what was read of the file, from its beginning

	digests  bool     // of files are wanted
	payloads bool     // are to be compared with their digests
	payload  *payload // nil: this one need not be
}

// keepCap is the largest buffer that is kept for the next read.
const keepCap = 512 << 10

// pool keeps some scratches for the next reads. Unlike a sync.Pool the
// collector does not empty it: a program that keeps little is collected often.
var pool struct {
	mu   sync.Mutex
	free []*scratch
}

func getScratch() *scratch {
	pool.mu.Lock()
	defer pool.mu.Unlock()
	n := len(pool.free)
	if n == 0 {
		return new(scratch)
	}
	s := pool.free[n-1]
	pool.free = pool.free[:n-1]
	return s
}

func (s *scratch) put() {
	s.r, s.payload = nil, nil
	if cap(s.raw) > keepCap {
		return
	}
	pool.mu.Lock()
	defer pool.mu.Unlock()
	if len(pool.free) < runtime.GOMAXPROCS(0) {
		pool.free = append(pool.free, s)
	}
}

func (s *scratch) reset(r io.ReaderAt, size int64) {
	s.r, s.size, s.raw = r, size, s.raw[:0]
	s.digests, s.payloads, s.payload = false, false, nil
}

// fill reads on until raw holds n bytes, which lie within the file.
func (s *scratch) fill(n int64) error {
	have := int64(len(s.raw))
	if n <= have {
		return nil
	}
	if int64(cap(s.raw)) < n {
		const step = 256 << 10
		s.raw = append(make([]byte, 0, (n+step-1)/step*step), s.raw...)
	}
	s.raw = s.raw[:n]
	m, err := s.r.ReadAt(s.raw[have:], have)
	if int64(m) == n-have {
		return nil
	}
	s.raw = s.raw[:have+int64(m)]
	if err == nil || errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("reading bytes %d to %d of %d: %w", have, n, s.size, err)
}

// need makes sure that raw holds n bytes; less than that is a truncated file.
// Where more must be read it reads a little ahead.
func (s *scratch) need(n int64, what string) error {
	if n > s.size {
		return fmt.Errorf("%s ends at byte %d, beyond the file's %d", what, n, s.size)
	}
	if n <= int64(len(s.raw)) {
		return nil
	}
	return s.fill(min(s.size, max(n, int64(len(s.raw))+firstRead)))
}
