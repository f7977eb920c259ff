// Package universe holds very many packages in little memory and answers
// which of them provide what. Names, versions and dependencies are numbers;
// each text is kept once. A Set is a list of packages, which can be stored
// and read again at once; a Universe is a set with its indexes, as seen by a
// machine of some architecture.
//
// It answers as libsolv's provides query does, on which dnf builds. It does
// not know where packages come from, and decides nothing about them.
package universe

import (
	"strconv"

	"compose/internal/rpm"
)

// Kind is a list of dependencies of a package.
type Kind int

// The lists, in the order of primary.xml.
const (
	Provides Kind = iota
	Requires
	Conflicts
	Obsoletes
	Recommends
	Suggests
	Supplements
	Enhances

	kinds
)

// Set is a list of packages in compact form. It never changes, so any number
// of goroutines may use it at once. Packages, dependencies and texts are
// numbered from 0.
type Set struct {
	texts  texts
	sums   texts // one per package, not shared
	deps   []depRow
	pkgs   []pkgRow
	lists  [kinds]rows // package → dependencies
	files  rows        // package → texts: the paths that primary.xml lists
	leaves rows        // rich dependency, by its place in rich → its plain parts, left to right
	rich   []uint32    // the rich dependencies, ascending
}

// depRow is one dependency, its name and EVR being texts; evr is 0 where
// sense is.
type depRow struct{ name, evr, sense uint32 }

// pkgRow is one package; all but epoch are texts.
type pkgRow struct{ name, version, release, arch, epoch uint32 }

// rows keeps a list of numbers per entry in one array.
type rows struct{ ends, items []uint32 }

func (r *rows) at(i int32) []uint32 {
	start := uint32(0)
	if i > 0 {
		start = r.ends[i-1]
	}
	return r.items[start:r.ends[i]]
}

func (r *rows) push(items []uint32) {
	r.items = append(r.items, items...)
	r.ends = append(r.ends, uint32(len(r.items)))
}

// Len gives the number of packages.
func (s *Set) Len() int { return len(s.pkgs) }

// Deps gives the number of different dependencies.
func (s *Set) Deps() int { return len(s.deps) }

// Dep gives a dependency by its number.
func (s *Set) Dep(id int32) rpm.Dep {
	d := s.deps[id]
	return rpm.Dep{Name: s.texts.at(d.name), Sense: rpm.Sense(d.sense), EVR: s.texts.at(d.evr)}
}

// List gives the dependencies of a package, each once, in the order of its
// metadata. The slice belongs to the set.
func (s *Set) List(pkg int32, k Kind) []uint32 { return s.lists[k].at(pkg) }

// Name, Arch and EVR give what identifies a package.
func (s *Set) Name(pkg int32) string { return s.texts.at(s.pkgs[pkg].name) }

// Arch gives the architecture, "src" or "nosrc" for a source package.
func (s *Set) Arch(pkg int32) string { return s.texts.at(s.pkgs[pkg].arch) }

// EVR gives epoch, version and release.
func (s *Set) EVR(pkg int32) rpm.EVR {
	p := &s.pkgs[pkg]
	return rpm.EVR{Epoch: p.epoch, Version: s.texts.at(p.version), Release: s.texts.at(p.release)}
}

// Sum gives the checksum of the package file, in hexadecimal digits.
func (s *Set) Sum(pkg int32) string { return s.sums.at(uint32(pkg)) }

// IsSource says whether the package is a source package.
func (s *Set) IsSource(pkg int32) bool {
	a := s.Arch(pkg)
	return a == "src" || a == "nosrc"
}

// NEVRA gives name-[epoch:]version-release.arch, the epoch only when it is
// not 0, as dnf and libsolv print packages.
func (s *Set) NEVRA(pkg int32) string {
	p := &s.pkgs[pkg]
	text := s.texts.at(p.name) + "-"
	if p.epoch != 0 {
		text += strconv.FormatUint(uint64(p.epoch), 10) + ":"
	}
	return text + s.texts.at(p.version) + "-" + s.texts.at(p.release) + "." + s.texts.at(p.arch)
}

// NameID gives a number that stands for a package's name.
func (s *Set) NameID(pkg int32) uint32 { return s.pkgs[pkg].name }
