package phases

import (
	"context"
	"errors"
	"path/filepath"
	"slices"

	"compose/config"
	"compose/gather"
	"compose/internal/fetch"
	"compose/internal/inputs"
	"compose/internal/rpm"
	"compose/internal/rpm/store"
	"compose/phases/dag"
	"compose/phases/event"
	"compose/phases/record"
	"compose/pkgset"
)

// cache is what outlives a compose: the package store and downloads.
type cache struct {
	store *store.Store
	parts *store.Filler // takes compressed parts of repositories; nil where nothing is kept
	fetch *fetch.Client
	dir   string
	lock  *inputs.Lock // nil: inputs are neither noted nor compared
}

// env is the surroundings of a step that loads or places packages.
func (c cache) env(jobs int, ev *event.Scope) pkgset.Env {
	return pkgset.Env{
		Store: c.store, Fetch: c.fetch, CacheDir: c.dir, Workers: jobs,
		Progress: ev.Counter("packages"),
		Note:     func(text string) { ev.Note("%s", text) },
		Inputs:   c.lock,
	}
}

// addCache opens the package store.
func (p *plan) addCache(o Options) dag.Promise[cache] {
	o.Fetch = patience(p.cfg.Network, o.Fetch)
	o.Fetch.UserAgent = "compose/" + o.Version
	s := p.Add("cache", "disk")
	return dag.Do(s, func(ctx context.Context, ev *event.Scope) (cache, error) {
		c := cache{dir: o.CacheDir, fetch: fetch.New(o.Fetch), lock: o.Lock}
		p.built.fetch = c.fetch
		st, err := store.Open(storeDir(o.CacheDir))
		if err != nil {
			return cache{}, err
		}
		c.store, p.built.store = st, st
		if o.CacheDir != "" {
			c.parts = store.NewFiller(st)
			p.built.parts = c.parts
		}
		for _, note := range st.Notes() {
			ev.Warn("%s", note)
		}
		return c, nil
	})
}

// storeDir is where the package store lies in the cache folder.
func storeDir(cacheDir string) string {
	if cacheDir == "" {
		return ""
	}
	return filepath.Join(cacheDir, "store")
}

// addPkgsets loads each tag's packages.
func (p *plan) addPkgsets(cfg *config.Config, cached dag.Promise[cache]) []dag.Promise[*pkgset.Set] {
	var out []dag.Promise[*pkgset.Set]
	for _, set := range cfg.Pkgsets {
		src := source(set, p.arches, cfg.Release.Version)
		pool := "cpu"
		if src.Kind == pkgset.KindRepo {
			pool = "net"
		}
		s := p.Add("pkgset/"+set.Tag, pool)
		p.built.sources = append(p.built.sources, src)
		c := dag.Need(s, cached)
		out = append(out, dag.Do(s, func(ctx context.Context, ev *event.Scope) (*pkgset.Set, error) {
			loaded, err := pkgset.Load(ctx, src, c().env(p.jobs, ev))
			if err != nil {
				logEach(ev, err)
				return nil, err
			}
			ev.Note("%d packages", len(loaded.Entries))
			return loaded, nil
		}))
	}
	return out
}

// logEach writes everything that an error speaks of into the log of the step;
// the error itself names the first few.
func logEach(ev *event.Scope, err error) {
	var all interface{ Each() []string }
	if errors.As(err, &all) {
		for _, line := range all.Each() {
			ev.Logf("%s", line)
		}
	}
}

func source(set config.Pkgset, arches []string, version string) pkgset.Source {
	if len(set.Arches) > 0 {
		arches = set.Arches
	}
	src := pkgset.Source{
		Tag: set.Tag, Kind: set.Source, Path: set.Path.Abs,
		Mirrorlist: set.Mirrorlist, Metalink: set.Metalink,
		SigKeys: set.SigKeys, Modules: set.Modules.Abs, Arches: arches, ReleaseVer: set.Releasever, Broken: set.Broken,
	}
	if len(set.URL) > 0 {
		src.URL, src.Mirrors = set.URL[0], set.URL[1:]
	}
	if src.ReleaseVer == "" {
		src.ReleaseVer = version
	}
	return src
}

// archPackages is what the trees of one architecture choose from.
type archPackages struct {
	subset   *pkgset.Subset
	universe *gather.Universe
	paths    rpm.PathIndex
}

// subsetInput is what the packages of each architecture are made of.
type subsetInput struct {
	cached dag.Promise[cache]
	sets   []dag.Promise[*pkgset.Set]
	aside  lookasides
	groups groups
	lists  dag.Promise[lists]
}

// addSubsets gives each architecture its packages, indexed.
func (p *plan) addSubsets(cfg *config.Config, in subsetInput) map[string]dag.Promise[archPackages] {
	s := p.Add("pkgset/paths", "cpu")
	c, all, aside := dag.Need(s, in.cached), needAll(s, in.sets), needAll(s, in.aside.sets)
	paths := dag.Do(s, func(ctx context.Context, ev *event.Scope) (rpm.PathIndex, error) {
		return pkgset.RequiredPaths(ctx, slices.Concat(all(), aside()), c().env(p.jobs, ev))
	})
	limited, has := p.addLimit(cfg, in, paths)
	out := map[string]dag.Promise[archPackages]{}
	for _, arch := range p.arches {
		opt := pkgset.SubsetOptions{
			Multilib:                     cfg.UsesMultilib(arch),
			ExclusiveArchConsidersNoarch: cfg.Packages.ExclusiveArchConsidersNoarch,
			InheritExclusiveArch:         cfg.Packages.InheritExclusiveArchToNoarch,
		}
		s := p.Add("pkgset/subset."+arch, "cpu")
		sets, paths := needAll(s, in.sets), dag.Need(s, paths)
		if has {
			sets = dag.Need(s, limited)
		}
		out[arch] = dag.Do(s, func(ctx context.Context, ev *event.Scope) (archPackages, error) {
			sub := pkgset.NewSubset(sets(), arch, opt)
			for _, x := range sub.Excluded {
				ev.Logf("%s", x)
			}
			ev.Note("%d packages, %d excluded", len(sub.Packages), len(sub.Excluded))
			u := gather.NewUniverse(arch, sub.Packages, paths())
			return archPackages{sub, u, paths()}, writeFile(p.dirs.PackageList(arch), record.Packages(sub))
		})
	}
	return out
}

// needAll needs a list of results.
func needAll[T any](s *dag.Step, promises []dag.Promise[T]) func() []T {
	readers := make([]func() T, len(promises))
	for i, pr := range promises {
		readers[i] = dag.Need(s, pr)
	}
	return func() []T {
		out := make([]T, len(readers))
		for i, read := range readers {
			out[i] = read()
		}
		return out
	}
}
