package pkgset

import (
	"slices"
	"strings"

	"compose/internal/rpm"
)

// SubsetOptions are the rules for the packages of an architecture. Pungi's
// defaults for the last two are true.
type SubsetOptions struct {
	// Multilib adds the packages of the architectures that can be installed
	// beside the native ones.
	Multilib bool
	// ExclusiveArchConsidersNoarch lets "noarch" in ExcludeArch and
	// ExclusiveArch stand for every architecture
	// (pkgset_exclusive_arch_considers_noarch).
	ExclusiveArchConsidersNoarch bool
	// InheritExclusiveArch holds noarch packages to the ExcludeArch and
	// ExclusiveArch of their source package, or to their own where the source
	// package is not known. Without it they are in every architecture
	// (pkgset_inherit_exclusive_arch_to_noarch).
	InheritExclusiveArch bool
}

// Subset is what an architecture may pick from.
type Subset struct {
	Arch     string
	Packages []*rpm.Package // in the order of the sets and their entries
	Excluded []Exclusion    // in the same order

	entries map[*rpm.Package]*Entry
}

// Entry gives the entry of one of the subset's packages, nil for any other.
func (s *Subset) Entry(p *rpm.Package) *Entry { return s.entries[p] }

// Exclusion is a package of a fitting architecture that is left out, and why.
type Exclusion struct {
	Entry *Entry
	// Rule is "ExcludeArch", "ExclusiveArch", or "tag" for a package that an
	// earlier tag has as well.
	Rule string
	// Arches are the architectures that ExcludeArch or ExclusiveArch name,
	// sorted; Tag is the tag whose package is taken.
	Arches []string
	Tag    string
}

// String gives a line for a log.
func (x Exclusion) String() string {
	if x.Rule == ruleTag {
		return "excluding " + x.Entry.Tag + "/" + x.Entry.Pkg.String() + ": " + x.Why()
	}
	return "excluding " + x.Entry.Pkg.String() + ": " + x.Why()
}

// Why gives the reason in words.
func (x Exclusion) Why() string {
	if x.Rule == ruleTag {
		return "in tag " + x.Tag
	}
	return x.Rule + " " + strings.Join(x.Arches, " ")
}

const (
	ruleExclude   = "ExcludeArch"
	ruleExclusive = "ExclusiveArch"
	ruleTag       = "tag"
)

// NewSubset gives the packages of a tree architecture (Pungi's
// PackageSetBase.subset): those of its compatible architectures, noarch ones
// as far as ExcludeArch and ExclusiveArch allow, and source packages of which
// a binary package is there. Where several sets have the same package the
// earlier set's is taken, unless only the later one's signature is allowed.
func NewSubset(sets []*Set, arch string, o SubsetOptions) *Subset {
	m := subsetMaker{
		sub:     &Subset{Arch: arch},
		arches:  rpm.CompatArches(arch),
		native:  rpm.CompatArches(arch),
		options: o,
		sources: sourcesOf(sets),
		sourced: map[string]bool{},
	}
	if o.Multilib {
		m.arches = append(m.arches, rpm.MultilibArches(arch)...)
	}
	if !o.ExclusiveArchConsidersNoarch {
		m.native = slices.DeleteFunc(m.native, func(a string) bool { return a == "noarch" })
	}
	picked := make([][]*Entry, len(sets))
	names := make([]map[string]bool, len(sets))
	for i, set := range sets {
		picked[i], names[i] = m.binaries(set)
	}
	for i, set := range sets {
		m.finish(set, picked[i], names[i])
	}
	if len(sets) > 1 {
		m.settle()
	}
	return m.done()
}

type subsetMaker struct {
	sub            *Subset
	arches, native []string
	options        SubsetOptions
	sources        map[string][]*Entry // by the name of the source package's file
	sourced        map[string]bool     // SourceRPM of the binary packages that are in
	list           []*Entry
}

// sourcesOf finds source packages by the name that binary packages call
// them by, in the order of the sets.
func sourcesOf(sets []*Set) map[string][]*Entry {
	m := map[string][]*Entry{}
	for _, set := range sets {
		for _, e := range set.Entries {
			if e.Pkg.IsSource() {
				name := e.Pkg.FileName()
				m[name] = append(m[name], e)
			}
		}
	}
	return m
}

// serves says whether the repository that listed e is one for the arch.
func (e *Entry) serves(arch string) bool {
	return e.arches == nil || slices.Contains(e.arches, arch)
}

// binaries picks the binary packages of a set and gives the names of their
// source packages.
func (m *subsetMaker) binaries(set *Set) ([]*Entry, map[string]bool) {
	var list []*Entry
	names := map[string]bool{}
	for _, e := range set.Entries {
		if e.Pkg.IsSource() || !slices.Contains(m.arches, e.Pkg.Arch) || !e.serves(m.sub.Arch) {
			continue
		}
		if e.Pkg.Arch == "noarch" && m.options.InheritExclusiveArch {
			if x, out := m.excluded(e); out {
				m.sub.Excluded = append(m.sub.Excluded, x)
				continue
			}
		}
		list = append(list, e)
		m.sourced[e.Pkg.SourceRPM] = true
		names[sourceName(e.Pkg.SourceRPM)] = true
	}
	return list, names
}

// excluded applies the rules of the source package, which is looked for in
// the package's own set first.
func (m *subsetMaker) excluded(e *Entry) (Exclusion, bool) {
	p := e.Pkg
	if from := m.sources[p.SourceRPM]; len(from) > 0 {
		i := max(0, slices.IndexFunc(from, func(s *Entry) bool { return s.Tag == e.Tag }))
		p = from[i].Pkg
	}
	inNative := func(a string) bool { return slices.Contains(m.native, a) }
	switch {
	case slices.ContainsFunc(p.ExcludeArch, inNative):
		return Exclusion{Entry: e, Rule: ruleExclude, Arches: sortedSet(p.ExcludeArch)}, true
	case len(p.ExclusiveArch) > 0 && !slices.ContainsFunc(p.ExclusiveArch, inNative):
		return Exclusion{Entry: e, Rule: ruleExclusive, Arches: sortedSet(p.ExclusiveArch)}, true
	}
	return Exclusion{}, false
}

func sortedSet(list []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(list)))
}

// sourceName cuts name out of name-version-release.src.rpm.
func sourceName(file string) string {
	for range 2 {
		if i := strings.LastIndexByte(file, '-'); i >= 0 {
			file = file[:i]
		}
	}
	return file
}

// finish merges the picked binary packages of a set with its source packages.
// As in Pungi a source package stays when a binary package of the same set
// names a source of that name, whatever the version; from the source
// repository of another tag exactly the named ones are taken.
func (m *subsetMaker) finish(set *Set, picked []*Entry, names map[string]bool) {
	for _, e := range set.Entries {
		switch {
		case len(picked) > 0 && picked[0] == e:
			picked = picked[1:]
		case !e.Pkg.IsSource() || !e.serves(m.sub.Arch):
			continue
		case !names[e.Pkg.Name] && !m.sourced[e.Pkg.FileName()]:
			continue
		}
		m.list = append(m.list, e)
	}
}

// nevra is the identity of a package, comparable without making a string.
type nevra struct {
	name, version, release, arch string
	epoch                        uint32
}

func nevraOf(p *rpm.Package) nevra {
	return nevra{p.Name, p.Version, p.Release, p.Arch, p.Epoch}
}

// settle decides which of the sets gives a package that several have.
func (m *subsetMaker) settle() {
	at := make(map[nevra]int, len(m.list))
	kept := make([]*Entry, 0, len(m.list))
	for _, e := range m.list {
		id := nevraOf(e.Pkg)
		i, twice := at[id]
		switch {
		case !twice:
			at[id] = len(kept)
			kept = append(kept, e)
		case !kept[i].SigOK && e.SigOK:
			m.lose(kept[i], e)
			kept[i] = e
		default:
			m.lose(e, kept[i])
		}
	}
	m.list = kept
}

func (m *subsetMaker) done() *Subset {
	m.sub.entries = make(map[*rpm.Package]*Entry, len(m.list))
	m.sub.Packages = make([]*rpm.Package, len(m.list))
	for i, e := range m.list {
		m.sub.Packages[i], m.sub.entries[e.Pkg] = e.Pkg, e
	}
	return m.sub
}

func (m *subsetMaker) lose(e, winner *Entry) {
	m.sub.Excluded = append(m.sub.Excluded, Exclusion{Entry: e, Rule: ruleTag, Tag: winner.Tag})
}
