// Package depindex answers which packages provide what: by name, by provided
// capability, by path, and for rich dependencies. It only looks things up; it
// does not know architectures, filters, or which provider is the better one.
//
// Its answers are those of libsolv's provides query, on which dnf and Pungi
// build, so that the same requirement finds the same packages.
package depindex

import (
	"strings"

	"compose/internal/rpm"
	"compose/internal/rpm/ranges"
)

// Index is an index over a list of packages. It never changes after New, so
// any number of goroutines may use it at once.
type Index struct {
	pkgs     []*rpm.Package
	ids      map[*rpm.Package]int32
	names    map[string]int32       // every name of a package or a provide
	byName   table[int32]           // name → packages
	prov     table[provide]         // name → provides
	sources  map[string]int32       // every SourceRPM
	bySource table[int32]           // SourceRPM → packages built from it
	wide     map[int32]ranges.Index // names with very many provides
	paths    rpm.PathIndex
}

// provide is one provided capability: entry dep of the package's Provides, or
// the package itself in its own version where dep is selfProvide.
type provide struct{ pkg, dep int32 }

const selfProvide = -1

// New indexes the packages; their order is the order of every answer. paths
// must know each path that a dependency looked up later names; it may know
// packages outside of the list too. Source packages provide nothing. A
// package that is in the list twice counts once.
func New(pkgs []*rpm.Package, paths rpm.PathIndex) *Index {
	x := &Index{
		pkgs:    make([]*rpm.Package, 0, len(pkgs)),
		ids:     make(map[*rpm.Package]int32, len(pkgs)),
		names:   make(map[string]int32, 2*len(pkgs)),
		sources: map[string]int32{},
		paths:   paths,
	}
	total := 0
	for _, p := range pkgs {
		if _, twice := x.ids[p]; twice {
			continue
		}
		x.ids[p] = int32(len(x.pkgs))
		x.pkgs = append(x.pkgs, p)
		total += len(p.Provides) + 1
	}
	x.fill(total)
	return x
}

// fill builds the tables: names first, then each table in one allocation.
func (x *Index) fill(total int) {
	pkgNames := make([]int32, 0, len(x.pkgs))
	pkgSources := make([]int32, 0, len(x.pkgs))
	provNames := make([]int32, 0, total)
	provides := make([]provide, 0, total)
	for i, p := range x.pkgs {
		self := intern(x.names, p.Name)
		pkgNames = append(pkgNames, self)
		pkgSources = append(pkgSources, intern(x.sources, p.SourceRPM))
		if p.IsSource() {
			continue
		}
		for j := range p.Provides {
			if name := p.Provides[j].Name; name != "" && !isRpmlib(name) {
				provNames = append(provNames, intern(x.names, name))
				provides = append(provides, provide{int32(i), int32(j)})
			}
		}
		if !providesItself(p) {
			provNames = append(provNames, self)
			provides = append(provides, provide{int32(i), selfProvide})
		}
	}
	number := func(i int) int32 { return int32(i) }
	x.byName = newTable(len(x.names), pkgNames, number)
	x.bySource = newTable(len(x.sources), pkgSources, number)
	x.prov = newTable(len(x.names), provNames, func(i int) provide { return provides[i] })
	x.wide = x.widen()
}

func intern(ids map[string]int32, text string) int32 {
	id, ok := ids[text]
	if !ok {
		id = int32(len(ids))
		ids[text] = id
	}
	return id
}

// providesItself says whether the package lists its own name with "=" among
// its provides, as every package that rpmbuild made does.
func providesItself(p *rpm.Package) bool {
	for i := range p.Provides {
		if p.Provides[i].Name == p.Name && p.Provides[i].Sense.Compare() == rpm.Equal {
			return true
		}
	}
	return false
}

func isRpmlib(name string) bool { return strings.HasPrefix(name, "rpmlib(") }

// Len gives the number of packages. The packages are numbered from 0 in the
// order of the list that New was given.
func (x *Index) Len() int { return len(x.pkgs) }

// Package gives the package with that number.
func (x *Index) Package(id int32) *rpm.Package { return x.pkgs[id] }

// ID gives the number of a package, and whether it is in the index.
func (x *Index) ID(p *rpm.Package) (int32, bool) {
	id, ok := x.ids[p]
	return id, ok
}

// Paths gives the carriers of the paths that the index knows; they are not to
// be changed, and packages outside of the list may be among them.
func (x *Index) Paths() rpm.PathIndex { return x.paths }

// ByName gives the packages of that name, source packages too.
func (x *Index) ByName(name string) []*rpm.Package { return x.packages(x.IDsByName(name)) }

// IDsByName is ByName in numbers. The slice belongs to the index.
func (x *Index) IDsByName(name string) []int32 {
	id, ok := x.names[name]
	if !ok {
		return nil
	}
	return x.byName.row(id)
}

// IDsBySource gives the packages built from the source package with that file
// name, as Package.SourceRPM has it; the empty name gives the source packages.
// The slice belongs to the index.
func (x *Index) IDsBySource(sourceRPM string) []int32 {
	id, ok := x.sources[sourceRPM]
	if !ok {
		return nil
	}
	return x.bySource.row(id)
}

func (x *Index) packages(ids []int32) []*rpm.Package {
	if len(ids) == 0 {
		return nil
	}
	list := make([]*rpm.Package, len(ids))
	for i, id := range ids {
		list[i] = x.pkgs[id]
	}
	return list
}
