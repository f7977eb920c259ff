package compare

import (
	"context"
	"crypto/sha256"
	"io"
	"os"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"

	"compose/internal/rpm/header"
)

// compareContent finds what became of packages whose names and versions are
// the same, by tree. A file that is the same one on disk, or has the same size
// and time, is not opened.
func compareContent(ctx context.Context, list []pair) (map[string][]change, error) {
	type files struct{ old, now *file }
	verdicts := map[files]*verdict{}
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	for _, p := range list {
		f := files{p.old.file, p.now.file}
		if verdicts[f] != nil || surely(f.old, f.now) {
			continue
		}
		v := &verdict{}
		verdicts[f] = v
		g.Go(func() error {
			*v = judge(f.old.path, f.now.path)
			return context.Cause(ctx)
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	out := map[string][]change{}
	for _, p := range list {
		what := Resigned
		switch v := verdicts[files{p.old.file, p.now.file}]; {
		case v != nil && v.content:
			what = Changed
		case p.old.sigkey == p.now.sigkey && (v == nil || !v.signature):
			continue
		}
		out[p.tree] = append(out[p.tree], change{slot: p.slot, what: what, old: p.old, now: p.now})
	}
	return out, nil
}

// surely says whether two files need not be opened: they are the same, or one
// is not there to compare with.
func surely(a, b *file) bool {
	switch {
	case !a.there || !b.there:
		return true
	case a.dev == b.dev && a.inode == b.inode:
		return true
	}
	return a.size == b.size && a.mtime == b.mtime
}

// verdict says what two files differ in.
type verdict struct{ signature, content bool }

// judge compares two packages by their headers: the main header has the
// digest of the payload, and the signatures stand before it. A file that is no
// package differs from one that is.
func judge(a, b string) verdict {
	p, errA := readIdentity(a)
	q, errB := readIdentity(b)
	switch {
	case errA != nil && errB != nil:
		return verdict{}
	case errA != nil || errB != nil || p.main != q.main:
		return verdict{content: true}
	}
	return verdict{signature: !slices.Equal(p.keys, q.keys)}
}

// identity is what tells packages of one name and version apart.
type identity struct {
	main [sha256.Size]byte // of the main header
	keys []string
}

func readIdentity(name string) (identity, error) {
	f, err := os.Open(name)
	if err != nil {
		return identity{}, err
	}
	defer f.Close()
	fi, err := f.Stat()
	if err != nil {
		return identity{}, err
	}
	p, _, err := header.Read(f, fi.Size())
	if err != nil {
		return identity{}, err
	}
	h := sha256.New()
	if _, err := io.Copy(h, io.NewSectionReader(f, p.HeaderStart, p.HeaderEnd-p.HeaderStart)); err != nil {
		return identity{}, err
	}
	id := identity{keys: p.SigKeys}
	h.Sum(id.main[:0])
	return id, nil
}
