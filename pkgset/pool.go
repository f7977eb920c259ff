package pkgset

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
)

// workers gives how many goroutines work at once.
func (env Env) workers() int {
	if env.Workers > 0 {
		return env.Workers
	}
	return runtime.GOMAXPROCS(0)
}

// each calls fn for 0 to n-1 from several goroutines and waits for them. The
// first errors end it; that of the smallest index is returned. worker is
// below workers and belongs to one goroutine.
func each(ctx context.Context, workers, n int, fn func(worker, i int) error) error {
	var (
		next atomic.Int64
		stop atomic.Bool
		wg   sync.WaitGroup
		mu   sync.Mutex
		at   = n
		bad  error
	)
	for w := range min(workers, n) {
		wg.Go(func() {
			for !stop.Load() && ctx.Err() == nil {
				i := int(next.Add(1) - 1)
				if i >= n {
					return
				}
				if err := fn(w, i); err != nil {
					stop.Store(true)
					mu.Lock()
					if i < at {
						at, bad = i, err
					}
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return bad
}

// progress counts what is done and tells it, now and then.
type progress struct {
	fn    func(done, total int)
	total int
	mu    sync.Mutex
	done  atomic.Int64
}

func (env Env) progress(total int) *progress {
	return &progress{fn: env.Progress, total: total}
}

// tellEvery is how many things are done between two reports.
const tellEvery = 64

// add counts one more. Reports never run at once; one that would have to
// wait is dropped, the last one is not.
func (p *progress) add() {
	n := int(p.done.Add(1))
	if p.fn == nil || n%tellEvery != 0 && n != p.total {
		return
	}
	if n == p.total {
		p.mu.Lock()
	} else if !p.mu.TryLock() {
		return
	}
	defer p.mu.Unlock()
	p.fn(n, p.total)
}

func (env Env) note(text string) {
	if env.Note != nil {
		env.Note(text)
	}
}
