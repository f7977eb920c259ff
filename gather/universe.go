package gather

import (
	"cmp"
	"slices"
	"strings"

	"compose/internal/depindex"
	"compose/internal/rpm"
)

// Universe is the set of packages that the trees of one architecture are
// chosen from, with the indexes that all of them share. It is immutable.
type Universe struct {
	arch  string
	parts []part // the compose's own packages, then those of lookasides
	pkgs  []*rpm.Package
	class []class
	rank  []uint8 // of the package's architecture; lower is better

	sorted   []int32   // by name, version, architecture
	place    []int32   // of a package in sorted
	names    []nameRun // of sorted
	versions [][]int32 // packages of equal name and architecture, where more than one

	numbered   func() *numbering
	identities func() *identities
}

// part is an index whose packages are numbered from first on.
type part struct {
	index *depindex.Index
	first int32
}

// nameRun is the part of Universe.sorted that has one name.
type nameRun struct {
	name     string
	from, to int32
}

// class is what a package is to the solver.
type class uint8

// Exactly one of the first three is set, none for a package of an
// architecture that the tree cannot have. A noarch package is native and
// multilib, as Pungi's queries have it.
const (
	isBinary class = 1 << iota
	isDebug
	isSource
	isNative
	isMultilib
	isNoarch
	isLookaside
)

// NewUniverse indexes the packages of one architecture: native, multilib,
// noarch, source and debug packages alike. paths must know every path that a
// requirement of these packages names. The order of pkgs has no influence on
// results except between packages with equal name, version and architecture,
// where the first one wins.
func NewUniverse(arch string, pkgs []*rpm.Package, paths rpm.PathIndex) *Universe {
	return newUniverse(arch, []part{{index: depindex.New(pkgs, paths)}})
}

// WithLookaside gives a universe that has the packages of other repositories
// too. They are chosen like the tree's own, and before the same version of
// those, but are flagged "lookaside" and never looked into: what they require
// is not followed. Filters do not apply to them. Give all lookaside packages
// of a tree in one call; paths as for NewUniverse. The index of u is shared.
func (u *Universe) WithLookaside(pkgs []*rpm.Package, paths rpm.PathIndex) *Universe {
	own := u.parts[0]
	return newUniverse(u.arch, []part{own, {index: depindex.New(pkgs, paths), first: int32(own.index.Len())}})
}

func newUniverse(arch string, parts []part) *Universe {
	u := &Universe{arch: arch, parts: parts}
	table := archTable(arch)
	for i, p := range parts {
		for id := range int32(p.index.Len()) {
			pkg := p.index.Package(id)
			a := table[pkg.Arch]
			c := classOf(pkg, a.class)
			if i > 0 {
				c |= isLookaside
			}
			u.pkgs = append(u.pkgs, pkg)
			u.class = append(u.class, c)
			u.rank = append(u.rank, a.rank)
		}
	}
	u.sort()
	u.numbered, u.identities = u.numberOnce(), u.identifyOnce()
	return u
}

type archInfo struct {
	class class
	rank  uint8
}

// archTable ranks the architectures that a tree can have: native ones, then
// multilib ones, then noarch.
func archTable(arch string) map[string]archInfo {
	table := map[string]archInfo{"src": {class: isSource}, "nosrc": {class: isSource}}
	rank := uint8(0)
	for _, a := range rpm.CompatArches(arch) {
		if a != "noarch" {
			table[a] = archInfo{isNative, rank}
			rank++
		}
	}
	for _, a := range rpm.MultilibArches(arch) {
		table[a] = archInfo{isMultilib, rank}
		rank++
	}
	table["noarch"] = archInfo{isNative | isMultilib | isNoarch, rank}
	return table
}

func classOf(p *rpm.Package, byArch class) class {
	switch {
	case byArch == 0 || byArch == isSource:
		return byArch
	case p.IsDebug():
		return byArch | isDebug
	}
	return byArch | isBinary
}

// sort fills all that follows from the order of the packages.
func (u *Universe) sort() {
	u.sorted = make([]int32, len(u.pkgs))
	for i := range u.sorted {
		u.sorted[i] = int32(i)
	}
	slices.SortFunc(u.sorted, u.compare)
	u.place = make([]int32, len(u.pkgs))
	for i, id := range u.sorted {
		u.place[id] = int32(i)
		name := u.pkgs[id].Name
		if i == 0 || u.names[len(u.names)-1].name != name {
			u.names = append(u.names, nameRun{name, int32(i), 0})
		}
		u.names[len(u.names)-1].to = int32(i) + 1
	}
	for _, n := range u.names {
		if n.to-n.from > 1 {
			u.addVersions(u.sorted[n.from:n.to])
		}
	}
}

// compare orders packages as dnf does: name, version, architecture; then the
// compose's own ones come before lookaside ones.
func (u *Universe) compare(a, b int32) int {
	p, q := u.pkgs[a], u.pkgs[b]
	if p.Name != q.Name {
		return strings.Compare(p.Name, q.Name)
	}
	return cmp.Or(p.EVR().Compare(q.EVR()), strings.Compare(p.Arch, q.Arch), cmp.Compare(a, b))
}

func (u *Universe) addVersions(sameName []int32) {
	list := slices.Clone(sameName)
	slices.SortStableFunc(list, func(a, b int32) int { return strings.Compare(u.pkgs[a].Arch, u.pkgs[b].Arch) })
	for len(list) > 0 {
		n := 1
		for n < len(list) && u.pkgs[list[n]].Arch == u.pkgs[list[0]].Arch {
			n++
		}
		if n > 1 {
			u.versions = append(u.versions, list[:n:n])
		}
		list = list[n:]
	}
}

// hasLookaside says whether there are lookaside packages at all.
func (u *Universe) hasLookaside() bool { return len(u.parts) > 1 }

// is says whether the package has all of the bits.
func (u *Universe) is(id int32, c class) bool { return u.class[id]&c == c }

// run gives the packages of a name in order.
func (u *Universe) run(n nameRun) []int32 { return u.sorted[n.from:n.to] }

// providers appends the packages that provide what the dependency asks for.
func (u *Universe) providers(dst []int32, d rpm.Dep) []int32 {
	for _, p := range u.parts {
		from := len(dst)
		dst = p.index.AppendProviders(dst, d)
		for i := from; i < len(dst); i++ {
			dst[i] += p.first
		}
	}
	return dst
}

// builtFrom gives the packages with that SourceRPM.
func (u *Universe) builtFrom(sourceRPM string) []int32 {
	return u.collect(func(x *depindex.Index) []int32 { return x.IDsBySource(sourceRPM) })
}

// named gives the packages with that name.
func (u *Universe) named(name string) []int32 {
	return u.collect(func(x *depindex.Index) []int32 { return x.IDsByName(name) })
}

// collect joins the answers of the parts; the slice may belong to an index.
func (u *Universe) collect(ask func(*depindex.Index) []int32) []int32 {
	all := ask(u.parts[0].index)
	for _, p := range u.parts[1:] {
		for i, id := range ask(p.index) {
			if i == 0 {
				all = slices.Clip(all)
			}
			all = append(all, id+p.first)
		}
	}
	return all
}
