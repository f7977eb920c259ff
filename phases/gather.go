package phases

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"compose/config"
	"compose/gather"
	"compose/internal/rpm"
	"compose/internal/rpm/store"
	"compose/phases/dag"
	"compose/phases/event"
	"compose/phases/record"
	"compose/pkgset"
)

// gatherInput is what the trees are chosen from and by.
type gatherInput struct {
	cached   dag.Promise[cache]
	packages map[string]dag.Promise[archPackages]
	groups   groups
	aside    lookasides
	lists    dag.Promise[lists]
	modules  modules
}

// gatherer adds the steps that solve trees.
type gatherer struct {
	*plan
	cfg    *config.Config
	in     gatherInput
	files  map[string]dag.Promise[*pkgset.FileLists]
	aside  map[string]dag.Promise[*gather.Universe] // by architecture and addresses
	solved perTree[*gather.Result]
}

// addGather chooses the packages of each tree, as if every tree stood for
// itself: what a nested variant shares with its parent is settled afterwards.
func (p *plan) addGather(cfg *config.Config, in gatherInput) perTree[*gather.Result] {
	g := &gatherer{
		plan: p, cfg: cfg, in: in,
		files:  map[string]dag.Promise[*pkgset.FileLists]{},
		aside:  map[string]dag.Promise[*gather.Universe]{},
		solved: perTree[*gather.Result]{},
	}
	for _, arch := range p.arches {
		g.addFileLists(arch)
	}
	for _, v := range gatherOrder(cfg, p.variants) {
		for _, arch := range v.Arches {
			g.solved[treeOf(v, arch)] = g.addTree(v, arch)
		}
	}
	return g.solved
}

// gatherOrder orders variants so that each comes behind those that it needs:
// its parent, and the variants that it looks aside to.
func gatherOrder(cfg *config.Config, variants []config.Variant) []config.Variant {
	byUID := map[string]config.Variant{}
	for _, v := range variants {
		byUID[v.UID()] = v
	}
	var out []config.Variant
	done := map[string]bool{}
	var visit func(uid string)
	visit = func(uid string) {
		v, ok := byUID[uid]
		if done[uid] || !ok {
			return
		}
		done[uid] = true // circles were refused with the configuration
		if v.Parent != "" {
			visit(v.Parent)
		}
		for _, arch := range v.Arches {
			for _, other := range cfg.GatherFor(uid, arch).LookasideVariants {
				visit(other)
			}
		}
		out = append(out, v)
	}
	for _, v := range variants {
		visit(v.UID())
	}
	return out
}

// addTree adds the step that solves one tree.
func (g *gatherer) addTree(v config.Variant, arch string) dag.Promise[*gather.Result] {
	t := treeOf(v, arch)
	shared := g.sharedUniverse(t)
	s := g.Add("gather/"+t.String(), "cpu")
	b := g.inputOf(s, v, t)
	pkgs, aside := dag.Need(s, g.in.packages[arch]), g.needAside(s, g.cfg, g.in.aside, t, g.solved)
	universe := func() *gather.Universe {
		u := pkgs().universe
		if list := aside.packages(arch); len(list) > 0 {
			u = u.WithLookaside(list, pkgs().paths)
		}
		return u
	}
	if shared.Step() != nil {
		universe = dag.Need(s, shared)
	}
	return dag.Do(s, func(ctx context.Context, ev *event.Scope) (*gather.Result, error) {
		parts := b.modules(pkgs().subset.Packages, aside)
		if v.Parent == "" { // what belongs to it would say the same
			warnAll(ev, "packages that module streams list and no package set has", parts.missing)
		}
		res, err := treeSolve{b, g.plan, universe(), choice{pkgs().subset.Packages, parts}}.run(ctx, ev)
		if err != nil {
			return nil, err
		}
		ev.Note("%s", countPicks(res.Packages))
		return res, writeFile(g.dirs.GatherResult(t), record.Gathered(res, func(pkg *rpm.Package) bool { return pkgs().subset.Entry(pkg) != nil }))
	})
}

// sharedUniverse gives the universe of a tree that looks aside to
// repositories only: trees of one architecture with the same ones share it.
func (g *gatherer) sharedUniverse(t Tree) dag.Promise[*gather.Universe] {
	rules := g.cfg.GatherFor(t.Variant, t.Arch)
	if len(rules.Lookaside) == 0 || len(rules.LookasideVariants) > 0 {
		return dag.Promise[*gather.Universe]{}
	}
	key := t.Arch
	for _, a := range rules.Lookaside {
		key += " " + a.Text
	}
	if u, ok := g.aside[key]; ok {
		return u
	}
	s := g.Add(fmt.Sprintf("pkgset/lookaside.%s-%d", t.Arch, len(g.aside)+1), "cpu")
	pkgs := dag.Need(s, g.in.packages[t.Arch])
	aside := g.needAside(s, g.cfg, g.in.aside, t, g.solved)
	g.aside[key] = dag.Do(s, func(ctx context.Context, ev *event.Scope) (*gather.Universe, error) {
		list := aside.packages(t.Arch)
		ev.Note("%d packages", len(list))
		return pkgs().universe.WithLookaside(list, pkgs().paths), nil
	})
	return g.aside[key]
}

// addFileLists gets the files of the packages of the second word size, where
// a multilib method decides by them.
func (g *gatherer) addFileLists(arch string) {
	byFiles := func(t Tree) bool {
		methods := g.cfg.GatherFor(t.Variant, t.Arch).Multilib
		return t.Arch == arch && (slices.Contains(methods, "devel") || slices.Contains(methods, "runtime"))
	}
	if len(rpm.MultilibArches(arch)) == 0 || !slices.ContainsFunc(g.trees, byFiles) {
		return
	}
	s := g.Add("pkgset/files."+arch, "net")
	c, pkgs := dag.Need(s, g.in.cached), dag.Need(s, g.in.packages[arch])
	g.files[arch] = dag.Do(s, func(ctx context.Context, ev *event.Scope) (*pkgset.FileLists, error) {
		return pkgset.ReadFileLists(ctx, multilibEntries(pkgs().subset, arch), c().env(g.jobs, ev))
	})
}

// multilibEntries are the packages of the second word size.
func multilibEntries(sub *pkgset.Subset, arch string) []*pkgset.Entry {
	wide := rpm.MultilibArches(arch)
	var out []*pkgset.Entry
	for _, pkg := range sub.Packages {
		if slices.Contains(wide, pkg.Arch) && !pkg.IsDebug() {
			out = append(out, sub.Entry(pkg))
		}
	}
	return out
}

// eachPath reads paths for the multilib methods of one tree.
func eachPath(files *pkgset.FileLists) func(p *rpm.Package, fn func(path []byte) bool) error {
	var buf store.Buffer
	return func(p *rpm.Package, fn func(path []byte) bool) error { return files.EachPath(&buf, p, fn) }
}

func patterns(list []config.Pattern, key string) []gather.Pattern {
	out := make([]gather.Pattern, len(list))
	for i, e := range list {
		out[i] = gather.Pattern{Text: e.Text, Origin: e.Place + " gather.tree." + key}
	}
	return out
}

func countPicks(list []gather.Picked) string {
	var n [3]int
	aside := 0
	for _, pk := range list {
		if ships(pk) {
			n[pk.Kind]++
		} else {
			aside++
		}
	}
	text := fmt.Sprintf("%d packages, %d debug, %d source", n[gather.Binary], n[gather.Debug], n[gather.Source])
	if aside > 0 {
		text += fmt.Sprintf("; %d more in lookasides", aside)
	}
	return text
}

// compsOrigin begins the origin of every pattern that stands for a comps entry.
const compsOrigin = "comps group "

func isComps(u gather.Unmatched) bool { return strings.HasPrefix(u.Pattern.Origin, compsOrigin) }
