package phases

import (
	"fmt"
	"maps"
	"slices"
	"strings"

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
	// apartAside says of lookaside packages why users of the tree do not see
	// them.
	apartAside map[*rpm.Package]string
}

// modulesOf needs the streams of a tree, and of the variants whose wishes it
// has. What it gives divides the packages of the architecture.
func (g *gatherer) modulesOf(s *dag.Step, t Tree, relatives []Tree) func(pkgs []*rpm.Package, aside asideOf) treeModules {
	if g.in.modules.all.Step() == nil {
		return func(_ []*rpm.Package, aside asideOf) treeModules {
			x := aside.modules()
			return treeModules{apartAside: apartFrom(x, aside.packages(t.Arch), modulemd.Selection{}, t.Arch)}
		}
	}
	library := dag.Need(s, g.in.modules.all)
	var chosen []func() modulemd.Selection
	for _, other := range relatives {
		if sel, ok := g.in.modules.trees[other]; ok {
			chosen = append(chosen, dag.Need(s, sel))
		}
	}
	return func(pkgs []*rpm.Package, aside asideOf) treeModules {
		var sel modulemd.Selection
		for _, read := range chosen {
			sel = sel.With(read())
		}
		lib := library()
		out := treeModules{apartAside: apartFrom(aside.modules(lib.index), aside.packages(t.Arch), sel, t.Arch)}
		if len(lib.index.Streams) == 0 {
			return out
		}
		out.divide(lib.owners.Divide(pkgs, sel, t.Arch), sel)
		return out
	}
}

// divide notes what belongs to the tree's streams and what to others.
func (m *treeModules) divide(tree modulemd.Tree, sel modulemd.Selection) {
	m.apart, m.missing = tree.Hidden, tree.Missing
	for _, x := range tree.Modular {
		origin := fmt.Sprintf("module %s, %s", x.Stream.ID, sel.By[x.Stream].Origin)
		m.modular = append(m.modular, gather.Modular{Pkg: x.Pkg, Origin: origin, OnRequest: !x.Active})
	}
}

// addTo puts the packages of the tree's streams into the input, and keeps
// those of other streams out of it.
func (m treeModules) addTo(in *gather.Input) {
	in.Modular = slices.Concat(in.Modular, m.modular)
	in.Apart, in.ApartAside = m.apart, m.apartAside
}

// modules gives the module metadata of all that a tree looks aside to, with
// what more there is.
func (a asideOf) modules(more ...*modulemd.Index) *modulemd.Index {
	for _, read := range a.repos {
		if set := read(); set.Modules != nil {
			more = append(more, set.Modules)
		}
	}
	x, _ := modulemd.Merge(more...)
	return x
}

// apartFrom says which packages a user does not see who has the streams of a
// tree and has not asked for others: of modules that the tree has streams of
// they see those streams, of all others the default one. That is dnf's rule.
func apartFrom(x *modulemd.Index, pkgs []*rpm.Package, has modulemd.Selection, arch string) map[*rpm.Package]string {
	if len(x.Streams) == 0 || len(pkgs) == 0 {
		return nil
	}
	streams := map[string][]string{} // of a module, "" for the default one
	for _, s := range x.Streams {
		streams[s.Name] = []string{""}
	}
	for _, s := range has.Streams {
		streams[s.Name] = nil
	}
	for _, s := range has.Streams {
		streams[s.Name] = append(streams[s.Name], s.Stream)
	}
	var want []modulemd.Pattern
	for _, name := range slices.Sorted(maps.Keys(streams)) {
		for _, stream := range streams[name] {
			want = append(want, modulemd.Pattern{Text: strings.TrimSuffix(name+":"+stream, ":")})
		}
	}
	seen := x.Select(modulemd.Request{Arch: arch, Want: want})
	return modulemd.NewOwners(x.Streams).Divide(pkgs, seen, arch).Hidden
}

// modulesIn gives the module metadata of package sets.
func modulesIn(sets []*pkgset.Set) *modulemd.Index {
	var all []*modulemd.Index
	for _, set := range sets {
		if set.Modules != nil {
			all = append(all, set.Modules)
		}
	}
	x, _ := modulemd.Merge(all...)
	return x
}
