package pkgset

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"sync"

	"compose/internal/rpm"
	"compose/internal/rpm/store"
	"compose/internal/rpmmd"
)

// RequiredPaths gives, for every path that a dependency of any package
// names (also within a rich one), the packages that carry it, in the order
// of the sets. A path that no package carries is not in the result.
//
// What a remote package carries is known from the store or from primary.xml;
// filelists.xml is fetched only for paths that primary.xml does not list.
func RequiredPaths(ctx context.Context, sets []*Set, env Env) (rpm.PathIndex, error) {
	f := pathFinder{env: env, buffers: make([]store.Buffer, env.workers()), hits: make([][]hit, env.workers())}
	for _, set := range sets {
		f.entries = append(f.entries, set.Entries...)
	}
	if err := f.collect(ctx); err != nil {
		return nil, err
	}
	if err := f.search(ctx); err != nil {
		return nil, err
	}
	if err := f.filelists(ctx); err != nil {
		return nil, err
	}
	return f.index(), nil
}

// pathFinder looks for the carriers of paths.
type pathFinder struct {
	env     Env
	entries []*Entry
	wanted  []string       // sorted
	paths   map[string]int // their places in wanted
	dirs    map[string]bool

	buffers []store.Buffer // one per goroutine
	mu      sync.Mutex     // for hits that do not belong to one goroutine
	hits    [][]hit
}

// hit says that a package carries a path.
type hit struct{ path, entry int }

// chunk is how many packages a goroutine takes at a time.
const chunk = 256

// chunks calls fn for each entry of the finder.
func (f *pathFinder) chunks(ctx context.Context, fn func(worker, i int) error) error {
	n := len(f.entries)
	return each(ctx, len(f.buffers), (n+chunk-1)/chunk, func(worker, c int) error {
		for i := c * chunk; i < min(n, (c+1)*chunk); i++ {
			if err := fn(worker, i); err != nil {
				return err
			}
		}
		return nil
	})
}

// collect finds out which paths are wanted.
func (f *pathFinder) collect(ctx context.Context) error {
	found := make([]pathCollector, len(f.buffers))
	for i := range found {
		found[i] = pathCollector{map[string]bool{}, map[string]bool{}}
	}
	err := f.chunks(ctx, func(worker, i int) error {
		found[worker].add(f.entries[i].Pkg)
		return nil
	})
	f.paths, f.dirs = map[string]int{}, map[string]bool{}
	for _, c := range found {
		for p := range c.paths {
			f.paths[p] = 0
		}
	}
	f.wanted = slices.Sorted(maps.Keys(f.paths))
	for i, p := range f.wanted {
		f.paths[p] = i
		f.dirs[p[:strings.LastIndexByte(p, '/')+1]] = true
	}
	return err
}

// pathCollector gathers the paths that dependencies name.
type pathCollector struct{ paths, rich map[string]bool }

func (c *pathCollector) add(p *rpm.Package) {
	for _, deps := range [...][]rpm.Dep{p.Requires, p.Recommends, p.Suggests, p.Supplements, p.Enhances, p.Conflicts} {
		for i := range deps {
			switch d := &deps[i]; {
			case d.IsPath():
				c.paths[d.Name] = true
			case d.IsRich() && strings.IndexByte(d.Name, '/') > 0 && !c.rich[d.Name]:
				c.rich[d.Name] = true
				c.leaves(d.Name)
			}
		}
	}
}

// leaves takes a rich dependency apart. One that does not parse names no path.
func (c *pathCollector) leaves(name string) {
	r, err := rpm.ParseRich(name)
	if err != nil {
		return
	}
	for d := range r.Leaves() {
		if d.IsPath() {
			c.paths[d.Name] = true
		}
	}
}

// search looks into the packages whose files are known already.
func (f *pathFinder) search(ctx context.Context) error {
	if len(f.wanted) == 0 {
		return nil
	}
	want := func(dir []byte) bool { return f.dirs[string(dir)] }
	return f.chunks(ctx, func(worker, i int) error {
		e := f.entries[i]
		switch {
		case e.Pkg.IsSource():
		case e.Rec != nil:
			return e.Rec.EachPathIn(&f.buffers[worker], want, func(path []byte) bool {
				if n, ok := f.paths[string(path)]; ok {
					f.hits[worker] = append(f.hits[worker], hit{n, i})
				}
				return true
			})
		case e.remote != nil:
			for _, path := range e.remote.files {
				if n, ok := f.paths[path]; ok {
					f.hits[worker] = append(f.hits[worker], hit{n, i})
				}
			}
		}
		return nil
	})
}

// filelists looks into the file lists of the repositories with packages of
// which only the primary files are known, when other paths are wanted.
func (f *pathFinder) filelists(ctx context.Context) error {
	if !slices.ContainsFunc(f.wanted, func(p string) bool { return !rpmmd.IsPrimary(p) }) {
		return nil
	}
	var repos []*sourceRepo
	byID := map[*sourceRepo]map[string]int{}
	for i, e := range f.entries {
		if e.remote == nil || e.Rec != nil || e.Pkg.IsSource() {
			continue
		}
		ids := byID[e.remote.repo]
		if ids == nil {
			ids = map[string]int{}
			byID[e.remote.repo] = ids
			repos = append(repos, e.remote.repo)
		}
		ids[e.Pkg.Sum.Hex] = i
	}
	return each(ctx, f.env.workers(), len(repos), func(_, i int) error {
		hits, err := f.filelist(ctx, repos[i], byID[repos[i]])
		f.mu.Lock()
		defer f.mu.Unlock()
		f.hits[0] = append(f.hits[0], hits...)
		return err
	})
}

func (f *pathFinder) filelist(ctx context.Context, repo *sourceRepo, ids map[string]int) ([]hit, error) {
	r, err := repo.open(ctx, "filelists")
	if err != nil {
		return nil, err
	}
	defer r.Close()
	var hits []hit
	err = rpmmd.ReadFilelists(ctx, r, func(pkgid string, path []byte, _ rpmmd.FileKind) error {
		n, ok := f.paths[string(path)]
		if !ok || rpmmd.IsPrimary(f.wanted[n]) {
			return nil
		}
		if i, ok := ids[pkgid]; ok {
			hits = append(hits, hit{n, i})
		}
		return nil
	})
	return hits, repo.Reading("filelists", err)
}

// index sorts what was found.
func (f *pathFinder) index() rpm.PathIndex {
	hits := slices.Concat(f.hits...)
	slices.SortFunc(hits, func(a, b hit) int { return cmp.Or(a.path-b.path, a.entry-b.entry) })
	x := rpm.PathIndex{}
	for _, h := range slices.Compact(hits) {
		p := f.wanted[h.path]
		x[p] = append(x[p], f.entries[h.entry].Pkg)
	}
	return x
}
