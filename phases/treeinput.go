package phases

import (
	"context"
	"fmt"
	"slices"

	"compose/config"
	"compose/gather"
	"compose/internal/rpm"
	"compose/phases/dag"
	"compose/pkgset"
	"compose/repo"
)

// treeInput is what a tree is solved by.
type treeInput struct {
	variant   config.Variant
	tree      Tree
	rules     config.GatherRules
	gather    config.Gather
	compat    gather.Compat
	relatives []relative // whose wishes the tree has: its own variant first
	parent    func() *gather.Result
	lists     func() (lists, bool)
	modules   func(pkgs []*rpm.Package, aside asideOf) treeModules
	files     func() (*pkgset.FileLists, bool)
}

// relative is a variant whose packages a tree is for.
type relative struct {
	add     []config.Pattern
	comps   func() treeComps
	release string // uid of the variant whose system-release it has
}

// inputOf needs what a tree is solved by. A nested variant is for all that
// its parent is for as well, and optional for what its siblings are for too
// (pungi A.3.1); filters are never inherited.
func (g *gatherer) inputOf(s *dag.Step, v config.Variant, t Tree) *treeInput {
	b := &treeInput{
		variant: v, tree: t, rules: g.cfg.GatherFor(t.Variant, t.Arch),
		gather: g.cfg.Gather, compat: compatOf(g.cfg),
		lists: dag.Want(s, g.in.lists), files: dag.Want(s, g.files[t.Arch]),
	}
	var trees []Tree
	for _, other := range g.relatives(v, t.Arch) {
		ot := treeOf(other, t.Arch)
		trees = append(trees, ot)
		release := other.UID()
		if other.Parent != "" {
			release = other.Parent
		}
		b.relatives = append(b.relatives, relative{
			add: g.cfg.GatherFor(ot.Variant, ot.Arch).Add, comps: dag.Need(s, g.in.groups.trees[ot]), release: release,
		})
	}
	b.modules = g.modulesOf(s, t, trees)
	if v.Type == "addon" || v.Type == "layered-product" {
		if parent, ok := g.solved[Tree{Variant: v.Parent, Arch: t.Arch}]; ok {
			b.parent = dag.Need(s, parent)
		}
	}
	return b
}

// relatives are the variants whose wishes one has on an architecture: itself,
// its parent, and for optional the others that belong to the parent.
func (g *gatherer) relatives(v config.Variant, arch string) []config.Variant {
	list := []config.Variant{v}
	if v.Parent == "" { // it has none, and there may be thousands of variants
		return list
	}
	for _, other := range g.cfg.ActiveVariants() {
		switch {
		case !slices.Contains(other.Arches, arch):
		case other.UID() == v.Parent,
			v.Type == "optional" && other.Parent == v.Parent && other.Type != "optional":
			list = append(list, other)
		}
	}
	return list
}

// choice is the packages that a tree is chosen from, and the module streams
// that some of them belong to.
type choice struct {
	packages []*rpm.Package
	modules  treeModules
}

// solve finds the packages of the tree.
func (b *treeInput) solve(ctx context.Context, u *gather.Universe, from choice) (*gather.Result, error) {
	return b.solveAll(b.inputs(u, from), func(_ int, in gather.Input) (*gather.Result, error) { return gather.Gather(ctx, in) })
}

// inputs are what is solved for the tree, each by itself: what comps groups
// and the configuration ask for, and what the source mapping names, as in
// Pungi. A tree that asks for nothing has none.
func (b *treeInput) inputs(u *gather.Universe, from choice) (list []gather.Input) {
	if in, ok := b.input(from); ok {
		in.Universe = u
		list = append(list, in)
	}
	l, _ := b.lists()
	mapped := l.mapped(b.tree.Variant, b.tree.Arch)
	if len(mapped) == 0 {
		return list
	}
	in := b.common(b.rules.MappingMethod)
	in.Universe, in.Packages, in.Apart, in.ApartAside = u, mapped, from.modules.apart, from.modules.apartAside
	if b.compat == gather.CompatNone { // Pungi filters what comps groups bring, and nothing else
		in.Filters = b.filters(from)
	}
	return append(list, in)
}

// solveAll solves the inputs of a tree and puts the results together, with
// what the variant names of comps in vain.
func (b *treeInput) solveAll(inputs []gather.Input, solve func(i int, in gather.Input) (*gather.Result, error)) (*gather.Result, error) {
	results := make([]*gather.Result, len(inputs))
	for i, in := range inputs {
		var err error
		if results[i], err = solve(i, in); err != nil {
			return nil, err
		}
	}
	if unmatched := b.relatives[0].comps().unmatched; len(unmatched) > 0 {
		results = append(results, &gather.Result{Unmatched: unmatched})
	}
	if len(results) == 1 {
		return results[0], nil
	}
	return gather.Merge(results...), nil
}

// solveNoting is solve that gives a footprint of each input too, with which
// solvedBefore tells whether another compose has the same result.
func (b *treeInput) solveNoting(ctx context.Context, u *gather.Universe, from choice) (*gather.Result, [][]byte, error) {
	inputs := b.inputs(u, from)
	footprints := make([][]byte, len(inputs))
	res, err := b.solveAll(inputs, func(i int, in gather.Input) (res *gather.Result, err error) {
		res, footprints[i], err = gather.Kept(ctx, in)
		return res, err
	})
	return res, footprints, err
}

// solvedBefore gives the result that solve would give, where the footprints of
// an earlier compose show that it cannot be another one.
func (b *treeInput) solvedBefore(u *gather.Universe, from choice, footprints [][]byte) (*gather.Result, error) {
	inputs := b.inputs(u, from)
	if len(inputs) != len(footprints) {
		return nil, fmt.Errorf("the tree asks for packages in %d ways, not in %d", len(inputs), len(footprints))
	}
	return b.solveAll(inputs, func(i int, in gather.Input) (*gather.Result, error) { return gather.Again(footprints[i], in) })
}

// common is what both parts of a tree's input have.
func (b *treeInput) common(method string) gather.Input {
	in := gather.Input{
		Greedy:      map[string]gather.Greedy{"build": gather.GreedyBuild, "all": gather.GreedyAll}[b.gather.Greedy],
		FullTree:    b.gather.FullTree || b.variant.Type != "variant",
		SelfHosting: b.gather.SelfHosting && b.variant.Type == "variant" || b.variant.Type == "optional",
		Recommends:  b.gather.Recommends,
		Multilib: gather.Multilib{
			Names:     patterns(b.rules.MultilibNames, "multilib_names"),
			Whitelist: patterns(b.rules.MultilibWhitelist, "multilib_whitelist"),
			Blacklist: patterns(b.rules.MultilibBlacklist, "multilib_blacklist"),
		},
		Compat: b.compat,
	}
	if method == "nodeps" {
		in.Method = gather.NoDeps
	}
	for _, m := range b.rules.Multilib {
		in.Multilib.Methods = append(in.Multilib.Methods, gather.MultilibMethod(m))
	}
	if files, ok := b.files(); ok {
		in.Multilib.EachPath = eachPath(files)
	} else {
		in.Multilib.EachPath = func(*rpm.Package, func([]byte) bool) error { return nil } // there are none to choose from
	}
	if b.parent != nil {
		for _, pk := range b.parent().Packages {
			if pk.Kind == gather.Source {
				in.FullTreeExcludes = append(in.FullTreeExcludes, pk.Pkg.Name)
			}
		}
	}
	for _, r := range b.relatives {
		for _, l := range r.comps().langpacks {
			in.Langpacks = append(in.Langpacks, gather.Langpack{Name: l.Name, Install: gather.Pattern{Text: l.Install, Origin: "comps langpacks"}})
		}
	}
	return in
}

// input is the input from comps groups and configuration. It says whether the
// tree asks for anything at all; Pungi does not count prepopulate for that.
func (b *treeInput) input(from choice) (gather.Input, bool) {
	in := b.common(b.rules.Method)
	asked := b.groups(&in)
	for _, r := range b.relatives {
		in.Packages = append(in.Packages, patterns(r.add, "add")...)
		if b.gather.FilterSystemReleasePackages {
			add, _ := gather.SystemRelease(from.packages, r.release)
			in.Packages = append(in.Packages, add...)
		}
	}
	in.Filters = b.filters(from)
	l, _ := b.lists()
	in.Prepopulate = l.prepopulated(b.tree.Variant, b.tree.Arch)
	from.modules.addTo(&in)
	asked = asked || len(in.Packages) > 0 || len(in.Modular) > 0 || len(in.Prepopulate) > 0 && b.compat == gather.CompatNone
	return in, asked
}

// filters gives what the tree must not have. They are never inherited.
func (b *treeInput) filters(from choice) []gather.Pattern {
	list := patterns(b.rules.Filter, "filter")
	if b.gather.FilterSystemReleasePackages {
		_, other := gather.SystemRelease(from.packages, b.relatives[0].release)
		list = append(list, other...)
	}
	return list
}

// groups adds the packages of the comps groups, and says whether there are
// groups. Of a group that several relatives have a nodeps tree takes the
// first one's, with packages of the tree's own architecture only.
func (b *treeInput) groups(in *gather.Input) bool {
	seen := map[string]bool{}
	for _, r := range b.relatives {
		for _, g := range r.comps().groups {
			if in.Method == gather.NoDeps && seen[g.ID] {
				continue
			}
			seen[g.ID] = true
			for _, pkg := range g.Packages {
				b.groupPackage(in, g.ID, pkg)
			}
		}
	}
	return len(seen) > 0
}

func (b *treeInput) groupPackage(in *gather.Input, group string, pkg repo.GroupPackage) {
	pattern := gather.Pattern{Text: pkg.Name, Origin: fmt.Sprintf("%s%q", compsOrigin, group)}
	if in.Method == gather.NoDeps || pkg.BasearchOnly && b.compat == gather.CompatNone {
		pattern.Arch = b.tree.Arch
	}
	if pkg.Type == repo.Conditional {
		in.Conditional = append(in.Conditional, gather.Conditional{Package: pattern, Requires: pkg.Requires})
		return
	}
	in.Packages = append(in.Packages, pattern)
}
