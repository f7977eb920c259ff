package phases

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"compose/config"
	"compose/gather"
	"compose/internal/fetch"
	"compose/internal/modulemd"
	"compose/internal/rpm"
	"compose/internal/rpm/store"
	"compose/pkgset"
	"compose/repo"
)

// SolveOptions describe one tree outside of any compose.
type SolveOptions struct {
	CacheDir, Version string // as of Options
	Jobs              int
	// Arch is the architecture of the tree; ReleaseVer is what $releasever
	// stands for in addresses.
	Arch, ReleaseVer string
	// Repos are addresses of repositories, folders of repositories, or
	// folders of packages; Lookaside the same for what is used but not taken.
	Repos, Lookaside []string
	// Comps is a comps file, and Groups are ids or globs of groups in it.
	Comps  string
	Groups []string
	// Tree has the patterns and multilib methods, as gather.tree has them.
	Tree config.GatherTree
	// Gather has the options of the solver.
	Gather config.Gather
	// Prepopulate are packages as name.arch.
	Prepopulate []string
	// Modules name the module streams that the tree has. Without any it is
	// solved with what a user sees of the repositories: default streams.
	Modules []string
	// Variant is the uid of the tree's variant: entries of comps for others do
	// not count, and of packages that provide system-release its own is taken.
	Variant string
	// FullTreeExcludes names source packages whose other packages do not come
	// along with Gather.FullTree.
	FullTreeExcludes []string
	// Note is told what the user should know.
	Note func(string)
}

// Solve finds the packages of one tree in any repositories: compose gather.
func Solve(ctx context.Context, o SolveOptions) (solved *Solved, err error) {
	if !rpm.KnownArch(o.Arch) {
		return nil, fmt.Errorf("%q is not a known architecture", o.Arch)
	}
	st, err := store.Open(storeDir(o.CacheDir))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	s := &soloist{SolveOptions: o, env: pkgset.Env{
		Store: st, Fetch: fetch.New(fetch.Options{UserAgent: "compose/" + o.Version}), CacheDir: o.CacheDir,
		Workers: jobs(o.Jobs), Note: o.Note,
	}}
	return s.solve(ctx)
}

// soloist solves a tree without a plan.
type soloist struct {
	SolveOptions
	env pkgset.Env
}

func (s *soloist) solve(ctx context.Context) (*Solved, error) {
	start := time.Now()
	sets, err := s.load(ctx, "repo", s.Repos)
	if err != nil {
		return nil, err
	}
	asides, err := s.load(ctx, "lookaside", s.Lookaside)
	if err != nil {
		return nil, err
	}
	paths, err := pkgset.RequiredPaths(ctx, slices.Concat(sets, asides), s.env)
	if err != nil {
		return nil, err
	}
	cfg := &config.Config{Gather: s.Gather}
	cfg.Gather.FilterSystemReleasePackages = s.Variant != ""
	s.Tree.Selector = config.Selector{Variant: "*", Arch: "*"}
	cfg.Gather.Trees = []config.GatherTree{s.Tree}
	loaded := time.Now()
	sub := pkgset.NewSubset(sets, s.Arch, pkgset.SubsetOptions{
		Multilib: cfg.UsesMultilib(s.Arch), ExclusiveArchConsidersNoarch: true, InheritExclusiveArch: true,
	})
	from := choice{packages: sub.Packages}
	if from.modules, err = s.modules(sets, asides, sub.Packages); err != nil {
		return nil, err
	}
	in, err := s.input(ctx, cfg, sub, from)
	if err != nil {
		return nil, err
	}
	in.Universe = s.universe(sub, asides, paths)
	indexed := time.Now()
	res, err := gather.Gather(ctx, in)
	if err != nil {
		return nil, err
	}
	out := &Solved{res: res, own: func(p *rpm.Package) bool { return sub.Entry(p) != nil }}
	out.Took = SolveTimes{Load: loaded.Sub(start), Index: indexed.Sub(loaded), Solve: time.Since(indexed)}
	return out, nil
}

// universe indexes what there is to choose from.
func (s *soloist) universe(sub *pkgset.Subset, asides []*pkgset.Set, paths rpm.PathIndex) *gather.Universe {
	u := gather.NewUniverse(s.Arch, sub.Packages, paths)
	beside := packagesOf(asides, s.Arch)
	if len(beside) == 0 {
		return u
	}
	return u.WithLookaside(beside, paths)
}

func packagesOf(sets []*pkgset.Set, arch string) (list []*rpm.Package) {
	for _, set := range sets {
		list = append(list, set.For(arch)...)
	}
	return list
}

// modules divides the packages by the streams that were asked for, or by those
// that a user sees.
func (s *soloist) modules(sets, asides []*pkgset.Set, pkgs []*rpm.Package) (out treeModules, err error) {
	x, sel := modulesIn(sets), modulemd.Selection{}
	beside := modulesIn(slices.Concat(sets, asides))
	if len(s.Modules) == 0 {
		out.apart = apartFrom(x, pkgs, sel, s.Arch)
	} else {
		var want []modulemd.Pattern
		for _, text := range s.Modules {
			want = append(want, modulemd.Pattern{Text: text, Origin: "command line"})
		}
		sel = x.Select(modulemd.Request{Arch: s.Arch, Want: want})
		for _, u := range sel.Unmatched {
			err = errors.Join(err, errors.New(u.String()))
		}
		out.divide(modulemd.NewOwners(x.Streams).Divide(pkgs, sel, s.Arch), sel)
	}
	out.apartAside = apartFrom(beside, packagesOf(asides, s.Arch), sel, s.Arch)
	for _, text := range out.missing {
		s.Note(text)
	}
	return out, err
}

// load loads all of the places where packages are at once: most of the time
// goes into waiting for servers.
func (s *soloist) load(ctx context.Context, tag string, places []string) ([]*pkgset.Set, error) {
	sets, notes := make([]*pkgset.Set, len(places)), make([][]string, len(places))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(Pools(s.Jobs)["net"])
	for i, place := range places {
		g.Go(func() error {
			env := s.env
			env.Note = func(text string) { notes[i] = append(notes[i], text) }
			set, err := s.loadPlace(ctx, fmt.Sprintf("%s-%d", tag, i+1), place, env)
			if err != nil {
				return fmt.Errorf("%s: %w", fetch.Redact(place), err)
			}
			sets[i] = set
			return nil
		})
	}
	err := g.Wait()
	for _, text := range slices.Concat(notes...) {
		s.Note(text)
	}
	return sets, err
}

// loadPlace loads the packages of an address, of a folder that is a
// repository, or of any other folder.
func (s *soloist) loadPlace(ctx context.Context, tag, place string, env pkgset.Env) (*pkgset.Set, error) {
	src := pkgset.Source{Tag: tag, Kind: pkgset.KindRepo, URL: place, Arches: []string{s.Arch}, ReleaseVer: s.ReleaseVer}
	if !strings.Contains(place, "://") {
		abs, err := filepath.Abs(place)
		if err != nil {
			return nil, err
		}
		src.URL = "file://" + abs
		if _, err := os.Stat(filepath.Join(abs, "repodata", "repomd.xml")); errors.Is(err, os.ErrNotExist) {
			src.Kind, src.Path, src.URL = pkgset.KindDir, abs, ""
		}
	}
	return pkgset.Load(ctx, src, env)
}

// input turns the options into the solver's input.
func (s *soloist) input(ctx context.Context, cfg *config.Config, sub *pkgset.Subset, from choice) (gather.Input, error) {
	b := &treeInput{
		variant: config.Variant{Type: "variant"}, tree: Tree{Arch: s.Arch},
		rules: cfg.GatherFor("", s.Arch), gather: cfg.Gather, compat: compatOf(cfg),
		lists: func() (lists, bool) { return lists{}, false },
	}
	var comps treeComps
	if s.Comps != "" {
		var err error
		if comps, err = s.comps(); err != nil {
			return gather.Input{}, err
		}
	}
	b.relatives = []relative{{add: b.rules.Add, comps: func() treeComps { return comps }, release: s.Variant}}
	var wide []*pkgset.Entry
	if slices.Contains(b.rules.Multilib, "devel") || slices.Contains(b.rules.Multilib, "runtime") {
		wide = multilibEntries(sub, s.Arch)
	}
	files, err := pkgset.ReadFileLists(ctx, wide, s.env)
	b.files = func() (*pkgset.FileLists, bool) { return files, true }
	in, _ := b.input(from)
	in.FullTreeExcludes = append(in.FullTreeExcludes, s.FullTreeExcludes...)
	for _, text := range s.Prepopulate {
		in.Prepopulate = append(in.Prepopulate, gather.Pattern{Text: text})
	}
	for _, list := range [][]gather.Pattern{in.Packages, in.Filters, in.Prepopulate, in.Multilib.Whitelist, in.Multilib.Blacklist, in.Multilib.Names} {
		for i := range list {
			if strings.TrimSpace(list[i].Origin) == "" || strings.Contains(list[i].Origin, " gather.tree.") {
				list[i].Origin = "command line"
			}
		}
	}
	return in, err
}

func (s *soloist) comps() (treeComps, error) {
	f, err := os.Open(s.Comps)
	if err != nil {
		return treeComps{}, err
	}
	defer f.Close()
	comps, err := repo.ReadComps(f, s.Comps)
	if err != nil {
		return treeComps{}, err
	}
	opt := repo.FilterOptions{Arch: s.Arch, Variant: s.Variant}
	for _, g := range s.Groups {
		opt.Groups = append(opt.Groups, repo.GroupChoice{Name: g, Glob: true})
	}
	filtered, unmatched := comps.Filter(opt)
	for _, g := range unmatched {
		s.Note(fmt.Sprintf("group %q matches nothing in %s", g, s.Comps))
	}
	return treeComps{groups: filtered.Groups, langpacks: filtered.Langpacks}, nil
}
