package rpmmd

import (
	"strings"

	"compose/internal/rpm"
)

// depKey identifies a dependency as far as the metadata can tell.
type depKey struct {
	name, flags, evr string
}

func keyOf(d rpm.Dep) depKey { return depKey{d.Name, flagName(d.Sense), d.EVR} }

// shownRequires gives the requirements that createrepo_c lists, in its order:
// without what hidden names, without an entry that repeats the last one of
// its name, and of all libc.so.6 symbols only the highest, at the end.
func shownRequires(p *rpm.Package, d *rpm.Details) []rpm.Dep {
	if len(p.Requires) == 0 {
		return nil
	}
	h := newHidden(p, d)
	last := make(map[string]rpm.Dep, len(p.Requires))
	var libc rpm.Dep
	out := make([]rpm.Dep, 0, len(p.Requires))
	for _, d := range p.Requires {
		_, _, _, valid := SplitEVR(d.EVR)
		old, ok := last[d.Name]
		if !valid || h.has(d) || ok && keyOf(old) == keyOf(d) && old.IsPre() == d.IsPre() {
			continue
		}
		if !strings.HasPrefix(d.Name, "libc.so.6") {
			out = append(out, d)
			last[d.Name] = d
		} else if libc.Name == "" || libcLess(libc.Name, d.Name) {
			libc = d
		}
	}
	if libc.Name != "" {
		out = append(out, libc)
	}
	return out
}

// hidden are the requirements that createrepo_c does not list: rpmlib(), what
// the package itself provides word for word, what it brings as a primary file.
type hidden struct {
	provided map[depKey]struct{}
	own      ownFiles
}

func newHidden(p *rpm.Package, d *rpm.Details) hidden {
	h := hidden{make(map[depKey]struct{}, len(p.Provides)), ownFiles{files: d.Files}}
	for _, d := range p.Provides {
		h.provided[keyOf(d)] = struct{}{}
	}
	return h
}

func (h *hidden) has(d rpm.Dep) bool {
	_, ok := h.provided[keyOf(d)]
	return ok || strings.HasPrefix(d.Name, "rpmlib(") || h.own.has(d.Name)
}

// ownFiles answers whether a requirement is a primary file of the package
// itself. Few packages ask, so the set is made on the first question.
type ownFiles struct {
	files []rpm.File
	set   map[string]struct{}
}

func (o *ownFiles) has(name string) bool {
	if name == "" || name[0] != '/' || !IsPrimary(name) {
		return false
	}
	if o.set == nil {
		o.set = make(map[string]struct{})
		for i := range o.files {
			if path := o.files[i].Path; IsPrimary(path) {
				o.set[path] = struct{}{}
			}
		}
	}
	_, ok := o.set[name]
	return ok
}

// libcLess says whether libc.so.6 symbol b is of a higher version than a:
// libc.so.6 < libc.so.6()(64bit) < libc.so.6(GLIBC_2.3.4)(64bit) <
// libc.so.6(GLIBC_2.4)(64bit).
func libcLess(a, b string) bool {
	va, ra := libcVersion(a)
	vb, rb := libcVersion(b)
	if ra != rb || ra < withVersion {
		return ra < rb
	}
	return rpm.Vercmp(va, vb) < 0
}

// The ranks of a symbol: how far its parentheses can be read.
const (
	bare        = iota // no "("
	unclosed           // no ")"
	empty              // nothing between
	noNumber           // no digit between
	withVersion        // a version
)

func libcVersion(s string) (version string, rank int) {
	_, s, ok := strings.Cut(s, "(")
	if !ok {
		return "", bare
	}
	v, _, ok := strings.Cut(s, ")")
	if !ok {
		return "", unclosed
	}
	if v == "" {
		return "", empty
	}
	i := strings.IndexAny(v, "0123456789")
	if i < 0 {
		return "", noNumber
	}
	return v[i:], withVersion
}
