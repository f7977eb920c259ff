package depindex

import (
	"iter"
	"strings"

	"compose/internal/rpm"
)

// Requires gives the requirements of a package that a repository has to
// answer, in the order of the header. Left out are those that createrepo_c
// leaves out of the metadata: rpmlib() dependencies, what the package itself
// provides in the very same words or carries among the files of primary.xml,
// and of all libc.so.6 versions every one but the highest, which comes last.
func (x *Index) Requires(p *rpm.Package) iter.Seq[rpm.Dep] {
	return func(yield func(rpm.Dep) bool) {
		own := ownProvides(p)
		var libc rpm.Dep
		for _, d := range p.Requires {
			switch {
			case d.Name == "" || isRpmlib(d.Name) || own.has(d) || x.carriesPrimary(p, d):
			case strings.HasPrefix(d.Name, "libc.so.6"):
				if libc.Name == "" || rpm.Vercmp(libcVersion(libc), libcVersion(d)) < 0 {
					libc = d
				}
			case !yield(d):
				return
			}
		}
		if libc.Name != "" {
			yield(libc)
		}
	}
}

// libcVersion gives GLIBC_2.34 of libc.so.6(GLIBC_2.34)(64bit).
func libcVersion(d rpm.Dep) string {
	_, rest, _ := strings.Cut(d.Name, "(")
	v, _, _ := strings.Cut(rest, ")")
	return v
}

func (x *Index) carriesPrimary(p *rpm.Package, d rpm.Dep) bool {
	if !d.IsPath() || d.Sense.Compare() != 0 || !isPrimary(d.Name) {
		return false
	}
	for _, c := range x.paths[d.Name] {
		if c == p {
			return true
		}
	}
	return false
}

// isPrimary says whether createrepo_c lists the path in primary.xml.
func isPrimary(path string) bool {
	return strings.HasPrefix(path, "/etc/") || strings.Contains(path, "bin/") || path == "/usr/lib/sendmail"
}

// provideSet answers whether a package provides something in the same words.
type provideSet struct {
	list []rpm.Dep
	set  map[rpm.Dep]bool // only for packages with very many dependencies
}

const smallSet = 1 << 14 // comparisons

func ownProvides(p *rpm.Package) provideSet {
	s := provideSet{list: p.Provides}
	if len(p.Provides)*len(p.Requires) > smallSet {
		s.set = make(map[rpm.Dep]bool, len(p.Provides))
		for _, d := range p.Provides {
			s.set[words(d)] = true
		}
	}
	return s
}

func (s provideSet) has(d rpm.Dep) bool {
	if s.set != nil {
		return s.set[words(d)]
	}
	for i := range s.list {
		if s.list[i].Name == d.Name && s.list[i].EVR == d.EVR && s.list[i].Sense.Compare() == d.Sense.Compare() {
			return true
		}
	}
	return false
}

func words(d rpm.Dep) rpm.Dep { return rpm.Dep{Name: d.Name, Sense: d.Sense.Compare(), EVR: d.EVR} }
