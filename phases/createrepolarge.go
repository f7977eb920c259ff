package phases

import (
	"cmp"
	"context"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"compose/internal/rpm/store"
	"compose/pkgset"
)

// largeFile is the size from which a package is read before the others.
const largeFile = 4 << 20

// readLarge reads the large packages that are not known, the largest first:
// the writer takes packages in the order of their paths, and one core would
// have to wait for the other that came to a large one late. A package that
// cannot be read is left to the writer, which reports it.
func (r *dirRepo) readLarge(ctx context.Context, files []pkgset.File) error {
	if r.reader.Filler == nil {
		return nil
	}
	var large []*pkgset.File
	for i := range files {
		if f := &files[i]; f.Size() >= largeFile && r.reader.Known(f) == nil {
			large = append(large, f)
		}
	}
	slices.SortFunc(large, func(a, b *pkgset.File) int {
		return cmp.Or(cmp.Compare(b.Size(), a.Size()), cmp.Compare(a.Rel(), b.Rel()))
	})
	var next, done atomic.Int64
	g, ctx := errgroup.WithContext(ctx)
	for range min(cmp.Or(r.Workers, runtime.GOMAXPROCS(0)), len(large)) {
		g.Go(func() error {
			var buf store.Buffer
			for i := next.Add(1) - 1; i < int64(len(large)); i = next.Add(1) - 1 {
				if ctx.Err() != nil {
					return context.Cause(ctx)
				}
				_, _, _ = r.reader.Load(ctx, large[i], &buf)
				r.progress(int(done.Add(1)), len(files))
			}
			return nil
		})
	}
	return g.Wait()
}

// steady passes on progress that goes forward.
type steady struct {
	mu   sync.Mutex
	most int
}

// progress tells how many packages are done, unless more were before.
func (r *dirRepo) progress(done, total int) {
	if r.Progress == nil {
		return
	}
	r.steady.mu.Lock()
	defer r.steady.mu.Unlock()
	if done >= r.steady.most {
		r.steady.most = done
		r.Progress(done, total)
	}
}
