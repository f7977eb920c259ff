package universe

import (
	"slices"
	"strings"

	"compose/internal/rpm"
)

// IsRpmlib says whether the dependency is one that rpm itself answers.
func (s *Set) IsRpmlib(dep uint32) bool {
	return strings.HasPrefix(s.texts.at(s.deps[dep].name), "rpmlib(")
}

// Providers appends to dst the packages that provide what a dependency asks
// for, in ascending order, each once: by name and version range
// (rpm.Satisfies), by path (whatever the version), or, for a rich dependency,
// as libsolv's pool_addrelproviders has it. Nothing provides an rpmlib()
// dependency or a rich one that cannot be parsed.
func (u *Universe) Providers(dst []int32, dep uint32) []int32 {
	if u.IsRpmlib(dep) {
		return dst
	}
	if r := u.parsed[dep]; r != nil {
		return append(dst, u.rich(r)...)
	}
	from := len(dst)
	dst = u.appendNamed(dst, dep)
	if c := u.carriers[u.deps[dep].name]; c != nil {
		dst = append(dst, c...)
		slices.Sort(dst[from:])
	}
	return dst[:from+len(slices.Compact(dst[from:]))]
}

func (u *Universe) appendNamed(dst []int32, dep uint32) []int32 {
	row := u.row(u.deps[dep].name)
	if u.deps[dep].sense == 0 {
		for _, p := range row {
			dst = append(dst, p.pkg)
		}
		return dst
	}
	d := u.Dep(int32(dep))
	if w := u.inOrder(u.deps[dep].name, d); w != nil {
		from := len(dst)
		for run := range w.Match(d) {
			for _, i := range run {
				dst = append(dst, row[i].pkg)
			}
		}
		slices.Sort(dst[from:])
		return dst
	}
	for _, p := range row {
		if u.meets(p, dep, d) {
			dst = append(dst, p.pkg)
		}
	}
	return dst
}

// meets says whether a capability of the right name is in the range.
func (u *Universe) meets(p provide, dep uint32, d rpm.Dep) bool {
	return uint32(p.dep) == dep || rpm.Satisfies(u.provided(p), d)
}

// Satisfied says whether anything provides what the dependency asks for, as
// dnf repoclosure decides it. rpmlib() dependencies, which rpm itself answers
// and repositories do not list, are always satisfied.
func (u *Universe) Satisfied(dep uint32) bool {
	if u.IsRpmlib(dep) {
		return true
	}
	if r := u.parsed[dep]; r != nil {
		return u.satisfied(r)
	}
	name := u.deps[dep].name
	if len(u.carriers[name]) > 0 {
		return true
	}
	row := u.row(name)
	if u.deps[dep].sense == 0 || len(row) == 0 {
		return len(row) > 0
	}
	d := u.Dep(int32(dep))
	if w := u.inOrder(name, d); w != nil {
		return w.Any(d)
	}
	return slices.ContainsFunc(row, func(p provide) bool { return u.meets(p, dep, d) })
}

// Obsoleted appends to dst the packages that an obsoletes means: those of
// that name, in that range of versions, whatever else provides the name.
// A rich obsoletes, which rpm does not allow, means none.
func (u *Universe) Obsoleted(dst []int32, dep uint32) []int32 {
	d := u.Dep(int32(dep))
	for _, p := range u.named.at(int32(u.deps[dep].name)) {
		if rpm.Satisfies(u.provided(provide{int32(p), self}), d) {
			dst = append(dst, int32(p))
		}
	}
	return dst
}

// OtherVersions gives the packages that provide the name of a dependency,
// whatever its version.
func (u *Universe) OtherVersions(dep uint32) []int32 {
	var pkgs []int32
	for _, p := range u.row(u.deps[dep].name) {
		pkgs = append(pkgs, p.pkg)
	}
	return slices.Compact(pkgs)
}
