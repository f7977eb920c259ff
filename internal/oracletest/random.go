package oracletest

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"compose/internal/rpm"
	"compose/internal/rpmtest"
)

// Random makes up the packages of n sources for x86_64, i686 and noarch: with
// several versions, cycles, capabilities that many provide in versions that
// may or may not fit, paths, rich dependencies, subpackages, multilib pairs,
// source and debug packages. Few names make many collisions.
func Random(r *rand.Rand, n int) []rpmtest.Package {
	g := &generator{Rand: r, sources: n}
	for i := range n {
		for range 1 + g.IntN(4)/3 {
			g.source(fmt.Sprintf("src%d", i))
		}
	}
	return g.all
}

// Records gives the packages as the program knows them, with their paths.
func Records(list []rpmtest.Package) *Packages {
	all := &Packages{Files: map[*rpm.Package][]string{}}
	for i := range list {
		p := record(&list[i])
		all.List = append(all.List, p)
		for _, f := range list[i].Files {
			all.Files[p] = append(all.Files[p], f.Path)
		}
	}
	return all
}

// Paths indexes all files of the packages.
func (p *Packages) Paths() rpm.PathIndex {
	index := rpm.PathIndex{}
	for _, pkg := range p.List {
		for _, f := range p.Files[pkg] {
			index[f] = append(index[f], pkg)
		}
	}
	return index
}

type generator struct {
	*rand.Rand
	sources int
	all     []rpmtest.Package
	seen    map[string]bool
}

func (g *generator) pick(list ...string) string { return list[g.IntN(len(list))] }

func (g *generator) version() string { return g.pick("1", "1.1", "2", "2~rc1", "2^git", "10") }

func (g *generator) release() string { return g.pick("1", "1.1", "2") }

// source adds a source package and what is built from it.
func (g *generator) source(name string) {
	src := rpmtest.Package{Name: name, Version: g.version(), Release: g.release(), Arch: "src"}
	if g.IntN(4) == 0 {
		epoch := uint32(g.IntN(3))
		src.Epoch = &epoch
	}
	if g.seen == nil {
		g.seen = map[string]bool{}
	}
	if g.seen[src.NVR()] {
		return
	}
	g.seen[src.NVR()] = true
	src.Requires = g.requires(2)
	g.all = append(g.all, src)
	for _, sub := range []string{"", "-libs", "-devel", "-doc", "-langpack-de", "-static"} {
		if sub != "" && g.IntN(3) > 0 {
			continue
		}
		arches := []string{"noarch"}
		if sub != "-doc" && sub != "-langpack-de" && g.IntN(6) > 0 {
			arches = [][]string{{"x86_64"}, {"x86_64", "i686"}, {"x86_64", "i686"}, {"i686"}}[g.IntN(4)]
		}
		for _, arch := range arches {
			g.binary(&src, name+sub, arch)
		}
	}
}

func (g *generator) binary(src *rpmtest.Package, name, arch string) {
	p := rpmtest.Package{
		Name: name, Epoch: src.Epoch, Version: src.Version, Release: src.Release, Arch: arch,
		SourceRPM: src.NVR() + ".src.rpm", Requires: g.requires(4), Recommends: g.requires(1),
	}
	p.Provides = []rpm.Dep{{Name: name, Sense: rpm.Equal, EVR: p.EVR()}}
	for range g.IntN(4) {
		p.Provides = append(p.Provides, g.dep(g.capability()))
	}
	if g.IntN(3) == 0 {
		p.Files = append(p.Files, rpmtest.File{Path: g.path()})
	}
	if strings.HasSuffix(name, "-libs") {
		p.Files = append(p.Files, rpmtest.File{Path: "/usr/lib/" + name + ".so.1"})
	}
	g.all = append(g.all, p)
	if arch != "noarch" && g.IntN(2) == 0 {
		g.debug(p, name+"-debuginfo")
		g.debug(p, strings.TrimSuffix(src.Name, "-")+"-debugsource")
	}
}

func (g *generator) debug(of rpmtest.Package, name string) {
	d := rpmtest.Package{Name: name, Epoch: of.Epoch, Version: of.Version, Release: of.Release, Arch: of.Arch, SourceRPM: of.SourceRPM}
	if g.seen[d.FileName()] {
		return
	}
	g.seen[d.FileName()] = true
	d.Provides = []rpm.Dep{{Name: name, Sense: rpm.Equal, EVR: d.EVR()}}
	if g.IntN(3) == 0 {
		d.Requires = []rpm.Dep{{Name: g.pick("src0-debugsource", "src1-debugsource", "src0", "cap1")}}
	}
	g.all = append(g.all, d)
}

func (g *generator) capability() string { return fmt.Sprintf("cap%d", g.IntN(1+g.sources/2)) }

func (g *generator) path() string {
	return fmt.Sprintf("%s/tool%d", g.pick("/usr/bin", "/opt", "/usr/share"), g.IntN(1+g.sources/2))
}

func (g *generator) requires(n int) []rpm.Dep {
	var list []rpm.Dep
	for range g.IntN(n + 1) {
		switch g.IntN(6) {
		case 0:
			list = append(list, rpm.Dep{Name: g.path()})
		case 1:
			list = append(list, rpm.Dep{Name: g.rich(2)})
		default:
			list = append(list, g.dep(g.name()))
		}
	}
	return list
}

func (g *generator) name() string {
	if g.IntN(2) == 0 {
		return g.capability()
	}
	return fmt.Sprintf("src%d%s", g.IntN(g.sources), g.pick("", "", "-libs", "-devel", "-doc", "-static"))
}

// dep gives the name a version range, mostly none.
func (g *generator) dep(name string) rpm.Dep {
	d := rpm.Dep{Name: name}
	if g.IntN(3) > 0 {
		return d
	}
	d.Sense = []rpm.Sense{rpm.Equal, rpm.Less, rpm.Greater, rpm.Less | rpm.Equal, rpm.Greater | rpm.Equal}[g.IntN(5)]
	d.EVR = g.pick("", "", "0:", "1:") + g.version() + g.pick("", "-"+g.release())
	return d
}

func (g *generator) rich(depth int) string {
	arg := func() string {
		if depth > 0 && g.IntN(4) == 0 {
			return g.rich(depth - 1)
		}
		return g.dep(g.name()).String()
	}
	op := g.pick("and", "or", "if", "unless", "with", "without", "else")
	switch op {
	case "else":
		return fmt.Sprintf("(%s %s %s else %s)", arg(), g.pick("if", "unless"), arg(), arg())
	case "with", "without": // rpm takes no "and", "if" and so on inside of these
		return fmt.Sprintf("(%s %s %s)", g.dep(g.name()), op, g.dep(g.name()))
	}
	return fmt.Sprintf("(%s %s %s)", arg(), op, arg())
}
