package phases

import (
	"cmp"
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"compose/config"
	"compose/gather"
	"compose/internal/rpm/store"
	"compose/phases/dag"
	"compose/phases/event"
	"compose/pkgset"
)

// linked is what lies in a tree after its packages were put in place.
type linked struct {
	os    []pkgset.Placed // binary packages; in a source tree the source packages
	debug []pkgset.Placed // debuginfo; none in a source tree
	parts *store.Filler   // see cache
}

func (l linked) packages() []pkgset.Placed  { return l.os }
func (l linked) debuginfo() []pkgset.Placed { return l.debug }

type linkInput struct {
	packages map[string]dag.Promise[archPackages]
	picks    picks
	checked  dag.Promise[passed]
}

// linker puts packages into trees; all steps of a compose share it.
type linker struct {
	plan   *plan
	opt    pkgset.PlaceOptions
	hashed Hashing
}

// addLink puts the packages of each tree in place, and those of each
// variant's source tree. Packages of remote repositories are fetched here,
// and only those that were picked.
func (p *plan) addLink(cfg config.Link, cached dag.Promise[cache], in linkInput) perTree[linked] {
	l := &linker{plan: p, opt: pkgset.PlaceOptions{LinkType: cfg.Type, Linker: &pkgset.Linker{}}}
	if cfg.HashedDirectories {
		l.hashed = HashFirstLetter
	}
	out := perTree[linked]{}
	for _, t := range p.trees {
		s := p.Add("link/"+t.String(), "disk")
		c, pkgs, picks := dag.Need(s, cached), dag.Need(s, in.packages[t.Arch]), in.picks.need(s, t)
		dag.Need(s, in.checked)
		out[t] = dag.Do(s, func(ctx context.Context, ev *event.Scope) (linked, error) {
			return l.place(ctx, ev, c(), linkJobs{
				os:    l.jobs(p.dirs.Packages(t), ofKind(picks(), pkgs(), gather.Binary)),
				debug: l.jobs(p.dirs.DebugPackages(t), ofKind(picks(), pkgs(), gather.Debug)),
				dirs:  []string{p.dirs.Packages(t), p.dirs.DebugPackages(t)},
			})
		})
	}
	for _, v := range p.variants {
		out[treeOf(v, "src")] = p.addLinkSources(treeOf(v, "src"), l, cached, in)
	}
	return out
}

// addLinkSources fills the source tree that all architectures of a variant share.
func (p *plan) addLinkSources(t Tree, l *linker, cached dag.Promise[cache], in linkInput) dag.Promise[linked] {
	s := p.Add("link/"+t.String(), "disk")
	c := dag.Need(s, cached)
	dag.Need(s, in.checked)
	var entries []func() []*pkgset.Entry
	for _, b := range p.trees {
		if b.Variant == t.Variant {
			pkgs, picks := dag.Need(s, in.packages[b.Arch]), in.picks.need(s, b)
			entries = append(entries, func() []*pkgset.Entry { return ofKind(picks(), pkgs(), gather.Source) })
		}
	}
	return dag.Do(s, func(ctx context.Context, ev *event.Scope) (linked, error) {
		var all []*pkgset.Entry
		for _, list := range entries {
			all = append(all, list()...)
		}
		dir := p.dirs.Packages(t)
		return l.place(ctx, ev, c(), linkJobs{os: l.jobs(dir, unique(all)), dirs: []string{dir}})
	})
}

// ofKind gives the entries of one kind that were picked for a tree and that
// it ships.
func ofKind(res *gather.Result, pkgs archPackages, kind gather.Kind) []*pkgset.Entry {
	var out []*pkgset.Entry
	for _, pk := range res.Packages {
		if pk.Kind == kind && ships(pk) {
			out = append(out, pkgs.subset.Entry(pk.Pkg))
		}
	}
	return out
}

// unique sorts entries by file name and drops repetitions.
func unique(list []*pkgset.Entry) []*pkgset.Entry {
	slices.SortStableFunc(list, func(a, b *pkgset.Entry) int { return cmp.Compare(a.File, b.File) })
	return slices.CompactFunc(list, func(a, b *pkgset.Entry) bool { return a.File == b.File })
}

type linkJobs struct {
	os, debug []pkgset.Job
	dirs      []string // folders of packages, which are made even when they stay empty
}

// jobs puts packages into a folder of packages.
func (l *linker) jobs(dir string, list []*pkgset.Entry) []pkgset.Job {
	out := make([]pkgset.Job, len(list))
	for i, e := range list {
		out[i] = pkgset.Job{Entry: e, Dest: filepath.Join(dir, hashedDir(e.File, l.hashed))}
	}
	return out
}

func (l *linker) place(ctx context.Context, ev *event.Scope, c cache, jobs linkJobs) (linked, error) {
	for _, dir := range jobs.dirs {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return linked{}, err
		}
	}
	placed, err := pkgset.Place(ctx, slices.Concat(jobs.os, jobs.debug), l.opt, c.env(l.plan.jobs, ev))
	if err != nil {
		return linked{}, err
	}
	if l.plan.resumed {
		if err := removeOthers(jobs.dirs, placed); err != nil {
			return linked{}, err
		}
	}
	n := len(jobs.os)
	return linked{os: placed[:n:n], debug: placed[n:], parts: c.parts}, nil
}

// removeOthers removes packages from folders that the tree has no more: those
// that were picked before the compose was interrupted.
func removeOthers(dirs []string, placed []pkgset.Placed) error {
	wanted := map[string]bool{}
	for _, pl := range placed {
		wanted[pl.Path] = true
	}
	for _, dir := range dirs {
		err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || wanted[name] || filepath.Ext(name) != ".rpm" {
				return err
			}
			return os.Remove(name)
		})
		if err != nil {
			return err
		}
	}
	return nil
}
