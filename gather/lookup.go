package gather

import (
	"cmp"
	"iter"
	"slices"
	"strings"

	"compose/internal/rpm"
)

// inOrder sorts packages by name, version and architecture.
func (u *Universe) inOrder(ids []int32) {
	slices.SortFunc(ids, func(a, b int32) int { return cmp.Compare(u.place[a], u.place[b]) })
}

// requires gives what a package requires of others.
func (u *Universe) requires(id int32) iter.Seq[rpm.Dep] {
	index := u.parts[0].index
	for _, p := range u.parts {
		if id >= p.first {
			index = p.index
		}
	}
	return index.Requires(u.pkgs[id])
}

// sources gives the source packages that a SourceRPM may stand for: those of
// the same name, version and release.
func (u *Universe) sources(sourceRPM string) []int32 {
	name, version, release, ok := splitSource(sourceRPM)
	if !ok {
		return nil
	}
	var list []int32
	for _, id := range u.named(name) {
		if p := u.pkgs[id]; u.is(id, isSource) && p.Version == version && p.Release == release {
			list = append(list, id)
		}
	}
	return list
}

// splitSource takes name-version-release.src.rpm apart.
func splitSource(file string) (name, version, release string, ok bool) {
	nvr := strings.TrimSuffix(file, ".rpm")
	if i := strings.LastIndexByte(nvr, '.'); i >= 0 {
		nvr = nvr[:i]
	}
	r := strings.LastIndexByte(nvr, '-')
	if r < 0 {
		return "", "", "", false
	}
	v := strings.LastIndexByte(nvr[:r], '-')
	if v <= 0 {
		return "", "", "", false
	}
	return nvr[:v], nvr[v+1 : r], nvr[r+1:], true
}

// sourceOf gives the source package that a package was built from, or -1.
func (s *solver) sourceOf(id int32) int32 {
	found := int32(-1)
	for _, src := range s.sources(s.u.pkgs[id].SourceRPM) {
		if s.sees(src) && (found < 0 || s.u.is(src, isLookaside)) {
			found = src
		}
	}
	return found
}

// kind gives the set of the result that a package belongs to.
func (u *Universe) kind(id int32) Kind {
	switch {
	case u.is(id, isSource):
		return Source
	case u.is(id, isDebug):
		return Debug
	}
	return Binary
}

// nameDep is a dependency on any version of a name.
func nameDep(name string) rpm.Dep { return rpm.Dep{Name: name} }
