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

// sourceOf gives the source package that a package was built from, if
// possible from where the package itself is from, or -1.
func (s *solver) sourceOf(id int32) int32 {
	found := int32(-1)
	for _, src := range s.u.sources(s.u.pkgs[id].SourceRPM) {
		if !s.sees(src) {
			continue
		}
		if s.u.is(src, isLookaside) == s.u.is(id, isLookaside) {
			return src
		}
		if found < 0 {
			found = src
		}
	}
	return found
}

// belongs says whether a debug package by its name belongs to the package: it
// is debugsource, or the package's own debuginfo.
func belongs(debug, pkg string) bool {
	return strings.Contains(debug, "-debugsource") || strings.TrimSuffix(debug, "-debuginfo") == pkg && debug != pkg
}
