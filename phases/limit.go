package phases

import (
	"context"
	"maps"
	"slices"
	"strings"

	"compose/config"
	"compose/gather"
	"compose/internal/rpm"
	"compose/phases/dag"
	"compose/phases/event"
	"compose/pkgset"
	"compose/repo"
)

// addLimit makes the package sets smaller where Pungi does, for its compat
// only: with a gather_method of nodeps for all, to the packages that are named
// literally; of repositories, to those that a solution of everything takes; but not where
// modules ask for packages too.
// It says whether there is anything to do.
func (p *plan) addLimit(cfg *config.Config, in subsetInput, paths dag.Promise[rpm.PathIndex]) (dag.Promise[[]*pkgset.Set], bool) {
	named := cfg.Gather.Method == "nodeps" && cfg.Buildinstall.Method == "none" // an installer has packages that no tree has
	fromRepos := slices.ContainsFunc(cfg.Pkgsets, func(s config.Pkgset) bool { return s.Source == pkgset.KindRepo })
	if compatOf(cfg) != gather.CompatPungi43 || wantsModules(cfg) || !named && !fromRepos {
		return dag.Promise[[]*pkgset.Set]{}, false
	}
	s := p.Add("pkgset/limit", "cpu")
	sets, comps, paths2, lists := needAll(s, in.sets), dag.Need(s, in.groups.all), dag.Need(s, paths), dag.Want(s, in.lists)
	return dag.Do(s, func(ctx context.Context, ev *event.Scope) ([]*pkgset.Set, error) {
		l := &limiter{cfg: cfg, arches: p.arches, comps: comps(), paths: paths2()}
		l.lists, _ = lists()
		out := slices.Clone(sets())
		for i, set := range cfg.Pkgsets {
			var err error
			if set.Source == pkgset.KindRepo {
				out[i], err = l.solution(ctx, out[i])
			}
			if err != nil {
				return nil, err
			}
			if named {
				out[i] = l.named(out[i])
			}
			if n := len(sets()[i].Entries); len(out[i].Entries) < n {
				ev.Note("%s: %d of %d packages, as Pungi has it", set.Tag, len(out[i].Entries), n)
			}
		}
		return out, nil
	}), true
}

// limiter knows what a compose asks for in all its trees.
type limiter struct {
	cfg    *config.Config
	arches []string
	comps  *repo.Comps // may be nil
	lists  lists
	paths  rpm.PathIndex
}

// asked are the patterns that the trees of an architecture ask for, beside
// comps groups.
func (l *limiter) asked(arch string) (packages, prepopulate []gather.Pattern) {
	for _, b := range l.cfg.Gather.Trees {
		if (config.Selector{Variant: "*", Arch: b.Arch}).Match("", arch) { // Pungi looks at the architecture alone here
			for _, text := range b.Add {
				packages = append(packages, gather.Pattern{Text: text})
			}
		}
	}
	for _, uid := range slices.Sorted(maps.Keys(l.lists.mapping)) {
		packages = append(packages, l.lists.mapped(uid, arch)...)
	}
	for _, uid := range slices.Sorted(maps.Keys(l.lists.prepopulate)) {
		prepopulate = append(prepopulate, l.lists.prepopulated(uid, arch)...)
	}
	return packages, prepopulate
}

// named leaves binary packages of which the name alone is asked for, and
// source packages of the names that these were built from.
func (l *limiter) named(set *pkgset.Set) *pkgset.Set {
	names := map[string]bool{}
	for _, arch := range l.arches {
		packages, prepopulate := l.asked(arch)
		for _, p := range slices.Concat(packages, prepopulate) {
			names[nameOf(p.Text)] = true
		}
		if l.comps == nil {
			continue
		}
		for _, g := range l.comps.FilterArch(arch).Groups {
			if whole, ok := l.comps.Group(g.ID); ok {
				for _, pkg := range whole.Packages {
					names[pkg.Name] = true
				}
			}
		}
	}
	sources := map[string]bool{}
	for _, e := range set.Entries {
		if !e.Pkg.IsSource() && names[e.Pkg.Name] {
			sources[sourceName(e.Pkg.SourceRPM)] = true
		}
	}
	return set.Only(func(e *pkgset.Entry) bool {
		return names[e.Pkg.Name] || e.Pkg.IsSource() && sources[e.Pkg.Name]
	})
}

// nameOf takes the architecture off a pattern.
func nameOf(pattern string) string {
	if i := strings.LastIndexByte(pattern, '.'); i > 0 && rpm.KnownArch(pattern[i+1:]) {
		return pattern[:i]
	}
	return pattern
}

// sourceName cuts name out of name-version-release.src.rpm.
func sourceName(file string) string {
	for range 2 {
		file = file[:max(0, strings.LastIndexByte(file, '-'))]
	}
	return file
}

// solution leaves what any architecture's solution of all groups and lists
// takes, with all that goes along with it.
func (l *limiter) solution(ctx context.Context, set *pkgset.Set) (*pkgset.Set, error) {
	taken := map[*rpm.Package]bool{}
	for _, arch := range l.arches {
		packages, prepopulate := l.asked(arch)
		in := gather.Input{
			Universe: gather.NewUniverse(arch, set.For(arch), l.paths),
			Packages: append(packages, gather.Pattern{Text: "system-release"}), Prepopulate: prepopulate,
			FullTree: true, SelfHosting: true, Compat: gather.CompatPungi43,
			Multilib: gather.Multilib{Methods: []gather.MultilibMethod{gather.MultilibAll}},
		}
		l.addComps(&in, arch)
		res, err := gather.Gather(ctx, in)
		if err != nil {
			return nil, err
		}
		for _, pk := range res.Packages {
			taken[pk.Pkg] = true
		}
	}
	return set.Only(func(e *pkgset.Entry) bool { return taken[e.Pkg] }), nil
}

func (l *limiter) addComps(in *gather.Input, arch string) {
	if l.comps == nil {
		return
	}
	comps := l.comps.FilterArch(arch)
	all := &treeInput{tree: Tree{Arch: arch}, compat: gather.CompatPungi43}
	for _, g := range comps.Groups {
		for _, pkg := range g.Packages {
			all.groupPackage(in, g.ID, pkg)
		}
	}
	for _, lp := range comps.Langpacks {
		in.Langpacks = append(in.Langpacks, gather.Langpack{Name: lp.Name, Install: gather.Pattern{Text: lp.Install}})
	}
}
