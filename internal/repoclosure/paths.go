package repoclosure

import (
	"bytes"
	"context"
	"io"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"

	"compose/internal/results"
	"compose/internal/rpm"
	"compose/internal/rpmmd"
	"compose/internal/universe"
)

// wantedPaths lists the paths that dependencies name and primary.xml does not
// list, sorted.
func wantedPaths(s *selection, o *Options) []string {
	kinds := []universe.Kind{universe.Requires}
	if o.Installable {
		kinds = append(kinds, universe.Conflicts, universe.Recommends, universe.Suggests, universe.Supplements, universe.Enhances)
	}
	asked := make([]bool, s.Deps())
	for p := range int32(s.Len()) {
		if !s.wanted[p] && !o.Installable {
			continue
		}
		for _, k := range kinds {
			for _, d := range s.List(p, k) {
				asked[d] = true
			}
		}
	}
	var paths []string
	add := func(d rpm.Dep) {
		if isPath(d.Name) && !rpmmd.IsPrimary(d.Name) {
			paths = append(paths, d.Name)
		}
	}
	for d := range int32(s.Deps()) {
		if !asked[d] {
			continue
		}
		dep := s.Dep(d)
		add(dep)
		if s.IsRich(uint32(d)) {
			if r, err := rpm.ParseRich(dep.Name); err == nil {
				for leaf := range r.Leaves() {
					add(leaf)
				}
			}
		}
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}

// hit says that a package, by its checksum, carries a path.
type hit struct {
	Pkg  string
	Path string
}

// carriers finds the packages that carry paths. The file lists of the
// repositories are read only when there is a path to look for.
func (l *loader) carriers(ctx context.Context, p *packages, paths []string) ([]universe.Carrier, error) {
	if len(paths) == 0 {
		return nil, nil
	}
	found := make([][]hit, len(l.repos))
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(atOnce)
	for i, s := range l.repos {
		g.Go(func() (err error) {
			found[i], err = l.lookFor(gctx, s, paths)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, cause(ctx, err)
	}
	var list []universe.Carrier
	for i := range l.repos {
		byID := map[string]int32{}
		for _, h := range found[i] {
			byID[h.Pkg] = -1
		}
		for q := p.starts[i]; q < p.end(i); q++ {
			if _, ok := byID[p.Sum(q)]; ok {
				byID[p.Sum(q)] = q
			}
		}
		for _, h := range found[i] {
			if q := byID[h.Pkg]; q >= 0 {
				list = append(list, universe.Carrier{Path: h.Path, Pkg: q})
			}
		}
	}
	return list, nil
}

// lookFor finds paths in the file lists of a repository. One without file
// lists carries none.
func (l *loader) lookFor(ctx context.Context, s *source, paths []string) ([]hit, error) {
	if !s.md.Has("filelists") {
		return nil, nil
	}
	d, err := s.md.Find("filelists")
	if err != nil {
		return nil, err
	}
	key := results.Key(append([]string{"carriers", d.Sum.Type, d.Sum.Hex}, paths...)...)
	var found []hit
	if l.keep.Get(key, &found) {
		return found, nil
	}
	file, err := s.md.File(ctx, d)
	if err != nil {
		return nil, err
	}
	want := map[string]bool{}
	for _, p := range paths {
		want[p] = true
	}
	found, err = read(file, d, func(r io.Reader) ([]hit, error) { return findInPieces(ctx, r, want) })
	if err != nil && ctx.Err() == nil { // the pieces may be at fault
		found, err = read(file, d, func(r io.Reader) ([]hit, error) { return find(ctx, r, want) })
	}
	if err == nil {
		l.keep.Put(key, found)
	}
	return found, err
}

func findInPieces(ctx context.Context, r io.Reader, want map[string]bool) (all []hit, err error) {
	err = inPieces(ctx, r, func(ctx context.Context, text []byte) ([]hit, error) {
		return find(ctx, bytes.NewReader(text), want)
	}, func(part []hit) error {
		all = append(all, part...)
		return nil
	})
	return all, err
}

func find(ctx context.Context, r io.Reader, want map[string]bool) ([]hit, error) {
	var found []hit
	err := rpmmd.ReadFilelists(ctx, r, func(pkgid string, path []byte, _ rpmmd.FileKind) error {
		if want[string(path)] {
			found = append(found, hit{pkgid, string(path)})
		}
		return nil
	})
	return found, err
}

// unresolved gives the requirements of packages that nothing provides.
func unresolved(ctx context.Context, u *universe.Universe, pkgs []int32) (map[int32][]uint32, error) {
	asked := make([]bool, u.Deps())
	var deps []uint32
	for _, p := range pkgs {
		for _, d := range u.List(p, universe.Requires) {
			if !asked[d] {
				asked[d] = true
				deps = append(deps, d)
			}
		}
	}
	missing := make([]bool, u.Deps())
	const step = 1024
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for part := range slices.Chunk(deps, step) {
		g.Go(func() error {
			for _, d := range part {
				missing[d] = !u.Satisfied(d)
			}
			return ctx.Err()
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	out := map[int32][]uint32{}
	for _, p := range pkgs {
		for _, d := range u.List(p, universe.Requires) {
			if missing[d] {
				out[p] = append(out[p], d)
			}
		}
	}
	return out, nil
}
