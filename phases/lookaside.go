package phases

import (
	"context"
	"fmt"
	"slices"

	"compose/config"
	"compose/gather"
	"compose/internal/fetch"
	"compose/internal/rpm"
	"compose/phases/dag"
	"compose/phases/event"
	"compose/pkgset"
)

// lookasides are the repositories whose packages are used but not shipped.
type lookasides struct {
	sets []dag.Promise[*pkgset.Set]
	at   map[string]int // of an address among the sets
}

// addLookasides loads the lookaside repositories, each once.
func (p *plan) addLookasides(cfg *config.Config, cached dag.Promise[cache]) lookasides {
	out := lookasides{at: map[string]int{}}
	var urls []string
	arches := map[string][]string{}
	for _, t := range p.trees {
		for _, a := range cfg.GatherFor(t.Variant, t.Arch).Lookaside {
			if arches[a.Text] == nil {
				urls = append(urls, a.Text)
			}
			arches[a.Text] = append(arches[a.Text], t.Arch)
		}
	}
	for i, url := range urls {
		list := slices.Sorted(slices.Values(arches[url]))
		src := pkgset.Source{
			Tag: fmt.Sprintf("lookaside-%d", i+1), Kind: pkgset.KindRepo, URL: url,
			Arches: slices.Compact(list), ReleaseVer: cfg.Release.Version,
		}
		s := p.Add("pkgset/"+src.Tag, "net")
		p.built.sources = append(p.built.sources, src)
		c := dag.Need(s, cached)
		out.at[url] = i
		out.sets = append(out.sets, dag.Do(s, func(ctx context.Context, ev *event.Scope) (*pkgset.Set, error) {
			loaded, err := pkgset.Load(ctx, src, c().env(p.jobs, ev))
			if err != nil {
				return nil, err
			}
			ev.Note("%d packages of %s", len(loaded.Entries), fetch.Redact(url))
			return loaded, nil
		}))
	}
	return out
}

// asideOf are the readers of what a tree looks aside to.
type asideOf struct {
	repos    []func() *pkgset.Set
	urls     []config.Pattern
	variants []func() *gather.Result // of the tree's architecture
	sources  []func() *gather.Result // of the same variants on other ones
	passOn   func(gather.Picked) bool
}

// needAside needs what a tree looks aside to.
func (p *plan) needAside(s *dag.Step, cfg *config.Config, aside lookasides, t Tree, solved perTree[*gather.Result]) asideOf {
	rules := cfg.GatherFor(t.Variant, t.Arch)
	out := asideOf{urls: rules.Lookaside, passOn: ships}
	if compatOf(cfg) == gather.CompatPungi43 {
		out.passOn = func(gather.Picked) bool { return true }
	}
	for _, a := range rules.Lookaside {
		out.repos = append(out.repos, dag.Need(s, aside.sets[aside.at[a.Text]]))
	}
	if len(rules.LookasideVariants) == 0 {
		return out
	}
	for _, other := range p.trees {
		switch {
		case !slices.Contains(rules.LookasideVariants, other.Variant):
		case other.Arch == t.Arch:
			out.variants = append(out.variants, dag.Need(s, solved[other]))
		default:
			out.sources = append(out.sources, dag.Need(s, solved[other]))
		}
	}
	return out
}

// packages gives all packages that the tree looks aside to. What a variant
// itself only looks aside to is not among them, but for Pungi, and source
// packages are there whatever architecture they came in for.
func (a asideOf) packages(arch string) []*rpm.Package {
	var list []*rpm.Package
	seen := map[*rpm.Package]bool{}
	add := func(pkg *rpm.Package) {
		if !seen[pkg] {
			seen[pkg] = true
			list = append(list, pkg)
		}
	}
	for _, read := range a.repos {
		for _, pkg := range read().For(arch) {
			add(pkg)
		}
	}
	for i, read := range slices.Concat(a.variants, a.sources) {
		for _, pk := range read().Packages {
			if a.passOn(pk) && (i < len(a.variants) || pk.Kind == gather.Source) {
				add(pk.Pkg)
			}
		}
	}
	return list
}

// empty says whether there is nothing to look aside to.
func (a asideOf) empty() bool { return len(a.repos)+len(a.variants)+len(a.sources) == 0 }

// ships says whether a picked package gets into the tree.
func ships(pk gather.Picked) bool { return !slices.Contains(pk.Flags, "lookaside") }
