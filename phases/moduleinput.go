package phases

import (
	"fmt"
	"slices"

	"compose/gather"
	"compose/internal/modulemd"
	"compose/internal/rpm"
	"compose/phases/dag"
	"compose/pkgset"
)

// treeModules is what module streams make of one tree's choice of packages.
type treeModules struct {
	modular []gather.Modular
	apart   map[*rpm.Package]string
	missing []string // artifacts that no package set has
}

// modulesOf needs the streams of a tree, and of the variants whose wishes it
// has. What it gives divides the packages of the architecture.
func (g *gatherer) modulesOf(s *dag.Step, t Tree, relatives []Tree) func(pkgs []*rpm.Package) treeModules {
	if g.in.modules.all.Step() == nil {
		return func([]*rpm.Package) treeModules { return treeModules{} }
	}
	library := dag.Need(s, g.in.modules.all)
	var chosen []func() modulemd.Selection
	for _, other := range relatives {
		if sel, ok := g.in.modules.trees[other]; ok {
			chosen = append(chosen, dag.Need(s, sel))
		}
	}
	return func(pkgs []*rpm.Package) treeModules {
		var sel modulemd.Selection
		for _, read := range chosen {
			sel = sel.With(read())
		}
		lib := library()
		if len(lib.index.Streams) == 0 {
			return treeModules{}
		}
		tree := lib.owners.Divide(pkgs, sel, t.Arch)
		out := treeModules{apart: tree.Hidden, missing: tree.Missing}
		for _, m := range tree.Modular {
			origin := fmt.Sprintf("module %s, %s", m.Stream.ID, sel.By[m.Stream].Origin)
			out.modular = append(out.modular, gather.Modular{Pkg: m.Pkg, Origin: origin, OnRequest: !m.Active})
		}
		return out
	}
}

// addTo puts the packages of the tree's streams into the input, and keeps
// those of other streams out of it.
func (m treeModules) addTo(in *gather.Input) {
	in.Modular = slices.Concat(in.Modular, m.modular)
	in.Apart = m.apart
}

// apartByDefault says which packages of repositories a user does not see who
// has asked for no module stream.
func apartByDefault(sets []*pkgset.Set, pkgs []*rpm.Package, arch string) map[*rpm.Package]string {
	var all []*modulemd.Index
	for _, set := range sets {
		if set.Modules != nil {
			all = append(all, set.Modules)
		}
	}
	x, _ := modulemd.Merge(all...)
	if len(x.Streams) == 0 {
		return nil
	}
	byDefault := x.Select(modulemd.Request{Arch: arch, Want: []modulemd.Pattern{{Text: "*"}}})
	return modulemd.NewOwners(x.Streams).Divide(pkgs, byDefault, arch).Hidden
}
