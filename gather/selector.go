package gather

import (
	"strings"

	"compose/internal/rpm"
)

// Compat says whose faults to keep.
type Compat int

// CompatNone does the right thing everywhere; CompatPungi43 does what Pungi
// 4.3 does even where that leaves a tree uninstallable or a setting without
// effect.
const (
	CompatNone Compat = iota
	CompatPungi43
)

// selector is a pattern in terms of the universe.
type selector struct {
	pattern Pattern
	names   string // glob
	arch    string // empty: any
	need    class  // bits that a package must have
	without class  // bits that it must not have
	once    bool   // never the second copy of a package
}

func (s selector) matches(u *Universe, id int32) bool {
	return u.is(id, s.need) && u.class[id]&s.without == 0 && (s.arch == "" || u.pkgs[id].Arch == s.arch)
}

// each calls fn once per name that the pattern matches, with the packages of
// that name which the selector allows. The slice is good until fn returns.
func (s selector) each(u *Universe, fn func(ids []int32)) {
	var ids []int32
	u.matchNames(s.names, func(n nameRun) {
		ids = ids[:0]
		for _, id := range u.run(n) {
			if s.matches(u, id) {
				ids = append(ids, id)
			}
		}
		if len(ids) > 0 {
			fn(ids)
		}
	})
}

// split takes a pattern into name and architecture. Pungi 4.3 joins both
// again and looks for a package whose name is "name.arch".
func (p Pattern) split(c Compat) (name, arch string) {
	if c == CompatPungi43 {
		if p.Arch != "" {
			return p.Text + "." + p.Arch, ""
		}
		return p.Text, ""
	}
	if p.Arch != "" {
		return p.Text, p.Arch
	}
	return splitArch(p.Text)
}

// splitArch splits "name.arch" where the last part is an architecture.
func splitArch(text string) (name, arch string) {
	if i := strings.LastIndexByte(text, '.'); i > 0 && rpm.KnownArch(text[i+1:]) {
		return text[:i], text[i+1:]
	}
	return text, ""
}

// filterSelector reads a pattern of packages to keep out.
func filterSelector(p Pattern, c Compat) selector {
	s := selector{pattern: p, without: isLookaside}
	if name, ok := strings.CutSuffix(p.Text, ".+"); ok && p.Arch == "" {
		s.names, s.need, s.without = name, isBinary|isMultilib, isLookaside|isNoarch
		return s
	}
	s.names, s.arch = p.split(c)
	if name, ok := strings.CutSuffix(s.names, ".src"); ok {
		s.names, s.arch = name, "src"
	}
	switch {
	case s.arch == "src" || s.arch == "nosrc":
		s.need, s.arch = isSource, ""
	case (&rpm.Package{Name: s.names}).IsDebug():
		s.need = isDebug
	default:
		s.need = isBinary
	}
	return s
}

// packageSelector reads a pattern of packages that a tree is for.
func packageSelector(p Pattern, c Compat) selector {
	s := selector{pattern: p}
	if name, ok := strings.CutSuffix(p.Text, ".+"); ok && p.Arch == "" {
		s.names, s.need = name, kindOf(name)|isMultilib
		return s
	}
	s.names, s.arch = p.split(c)
	if s.arch == "src" || s.arch == "nosrc" {
		s.need, s.arch = isSource, ""
		return s
	}
	s.need = kindOf(s.names)
	return s
}

// prepopulateSelector reads a "name.arch".
func prepopulateSelector(p Pattern) selector {
	s := selector{pattern: p, names: p.Text, arch: p.Arch, need: isBinary, once: true}
	if s.arch == "" {
		s.names, s.arch = splitArch(p.Text)
	}
	return s
}

// kindOf says whether a pattern is after debug packages: Pungi looks for its
// three debug globs anywhere but at the very front.
func kindOf(pattern string) class {
	if len(pattern) > 1 && (strings.Contains(pattern[1:], "-debuginfo") || strings.Contains(pattern[1:], "-debugsource")) {
		return isDebug
	}
	return isBinary
}
