package pkgset

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"compose/internal/fetch"
	"compose/internal/modulemd"
	"compose/internal/repository"
	"compose/internal/rpm"
	"compose/internal/rpm/store"
	"compose/internal/rpmmd"
)

// loadRepos lists the packages of repositories: of each the primary.xml, and
// headers only where they decide something; and the module metadata of those
// that have some.
func loadRepos(ctx context.Context, src *Source, env Env) (entries []*Entry, modules []*modulemd.Index, err error) {
	if env.Fetch == nil || env.CacheDir == "" {
		return nil, nil, errors.New("repositories need a fetch client and a cache folder")
	}
	keys, err := normalKeys(src.SigKeys)
	if err != nil {
		return nil, nil, err
	}
	addresses, err := src.addresses()
	if err != nil {
		return nil, nil, err
	}
	lists := make([]listing, len(addresses))
	count := env.progress(len(addresses))
	err = each(ctx, env.workers(), len(addresses), func(_, i int) error {
		defer count.add()
		var err error
		lists[i], err = list(ctx, src, env, addresses[i], i)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	h := headers{src: src, env: env, keys: keys, reader: newReader(env)}
	bad, err := h.complete(ctx, lists)
	if err := h.reader.end(err); err != nil {
		return nil, nil, err
	}
	for _, l := range lists {
		bad = append(bad, l.bad...)
	}
	if err := settle(bad, src, env); err != nil {
		return nil, nil, err
	}
	for _, l := range lists {
		entries = append(entries, l.entries...)
		if l.modules != nil {
			modules = append(modules, l.modules)
		}
	}
	return slices.DeleteFunc(entries, func(e *Entry) bool { return e.Pkg == nil }), modules, nil
}

// listing is what a repository has.
type listing struct {
	repo    *sourceRepo
	entries []*Entry
	bad     []BrokenFile
	modules *modulemd.Index // nil without
	foreign bool            // packages of architectures that the compose has no use for were left out
}

func list(ctx context.Context, src *Source, env Env, a *address, index int) (listing, error) {
	repo, err := openRepository(ctx, env, a, index)
	if err != nil {
		return listing{}, err
	}
	r, err := repo.open(ctx, "primary")
	if err != nil {
		return listing{}, err
	}
	defer r.Close()
	l := listing{repo: repo}
	if l.modules, err = repo.readModules(ctx); err != nil {
		return listing{}, err
	}
	fits := src.arches()
	err = rpmmd.ReadPrimary(ctx, r, func(x rpmmd.Entry) error { return l.add(x, fits, env.Store) })
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return l, repo.Reading("primary", err)
}

// add makes an entry of what primary.xml says of a package.
func (l *listing) add(x rpmmd.Entry, fits map[string]bool, s *store.Store) error {
	p := x.Pkg
	if p.Arch == "src" && strings.HasSuffix(x.Href, ".nosrc.rpm") {
		p.Arch = "nosrc" // primary.xml does not tell
	}
	if fits != nil && !fits[p.Arch] {
		l.foreign = true
		return nil
	}
	at, err := l.repo.locate(&x)
	if err == nil {
		err = fetch.Digest(p.Sum).Check()
	}
	if err != nil {
		l.bad = append(l.bad, BrokenFile{l.repo.Name + ": " + p.String(), err})
		return nil
	}
	rec, _, err := s.Get(store.SumKey(p.Sum))
	if err != nil {
		return err
	}
	l.entries = append(l.entries, &Entry{Pkg: p, File: repository.FileName(at.Href), Rec: rec, arches: l.repo.arches, remote: at})
	return nil
}

// mixed says whether the repository serves several architectures, so that
// its being listed there does not say where a noarch package belongs.
func (l *listing) mixed(src *Source) bool {
	return l.repo.arches == nil && (len(src.Arches) != 1 || l.foreign)
}

// headers reads what primary.xml does not tell: the signature keys when they
// matter, and the ExcludeArch and ExclusiveArch of the source packages of
// noarch packages in repositories of several architectures.
type headers struct {
	src    *Source
	env    Env
	keys   []string
	reader *reader
}

// atOnce is how many headers are asked for at once at least: most of the
// time goes into waiting.
const atOnce = 16

func (h *headers) complete(ctx context.Context, lists []listing) ([]BrokenFile, error) {
	sources := h.sources(lists)
	need := h.needed(lists, sources)
	count := h.env.progress(len(need))
	errs := make([]error, len(need))
	err := each(ctx, max(atOnce, h.env.workers()), len(need), func(_, i int) error {
		defer count.add()
		to := need[i].Pkg
		p, bad, err := h.header(ctx, need[i])
		if err != nil || bad != nil {
			errs[i] = bad
			return err
		}
		to.SigKeys = p.SigKeys
		if to.IsSource() && sources[to.FileName()] {
			to.ExcludeArch, to.ExclusiveArch = p.ExcludeArch, p.ExclusiveArch
		}
		return nil
	})
	var bad []BrokenFile
	for i, e := range need {
		if errs[i] != nil {
			bad = append(bad, BrokenFile{e.remote.String(), errs[i]})
			e.Pkg = nil
		}
	}
	return bad, err
}

// sources names the source packages of the noarch packages that may belong
// to any architecture.
func (h *headers) sources(lists []listing) map[string]bool {
	m := map[string]bool{}
	for i := range lists {
		if !lists[i].mixed(h.src) {
			continue
		}
		for _, e := range lists[i].entries {
			if e.Pkg.Arch == "noarch" {
				m[e.Pkg.SourceRPM] = true
			}
		}
	}
	return m
}

// needed lists the entries whose header must be known before anything is
// chosen.
func (h *headers) needed(lists []listing, sources map[string]bool) []*Entry {
	all := !onlyUnsigned(h.keys)
	var need []*Entry
	for i := range lists {
		for _, e := range lists[i].entries {
			if all || len(sources) > 0 && e.Pkg.IsSource() && sources[e.Pkg.FileName()] {
				need = append(need, e)
			}
		}
	}
	return need
}

// header gives the header of a package from the store, or from the part of
// the file that holds it. That part proves nothing, so what is kept of it is
// never taken for the package itself. bad says what is wrong with the
// package, err why it could not be read.
func (h *headers) header(ctx context.Context, e *Entry) (p *rpm.Package, bad, err error) {
	if e.Rec != nil {
		return e.Rec.Pkg, nil, nil
	}
	key := store.SumKey(rpm.Checksum{Type: "header of " + e.Pkg.Sum.Type, Hex: e.Pkg.Sum.Hex})
	rec, ok, err := h.env.Store.Get(key)
	if err != nil {
		return nil, nil, err
	}
	if !ok {
		p, bad, err := readHeader(ctx, h.env.Fetch, e)
		if bad != nil || err != nil {
			return nil, bad, err
		}
		w, err := h.reader.write()
		if err != nil {
			return nil, nil, err
		}
		if rec, err = w.Add([]store.Key{key}, p, nil, rpm.Fragments{}); err != nil {
			return nil, nil, err
		}
	}
	return rec.Pkg, checkSame(rec.Pkg, e.Pkg), nil
}

// checkSame refuses a package that is not the one that metadata speaks of.
func checkSame(got, want *rpm.Package) error {
	g, w := nevraOf(got), nevraOf(want)
	if got.IsSource() && want.IsSource() {
		g.arch = w.arch // primary.xml has src for nosrc
	}
	if g != w {
		return fmt.Errorf("is %s, but the metadata says %s", got, want)
	}
	return nil
}
