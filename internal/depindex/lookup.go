package depindex

import (
	"slices"

	"compose/internal/rpm"
	"compose/internal/rpm/ranges"
)

// Providers gives the packages that provide what the dependency asks for: by
// name and version range (rpm.Satisfies), by path, or, for a rich dependency,
// as libsolv's pool_addrelproviders has it. Nothing provides an rpmlib()
// dependency or a rich one that cannot be parsed.
func (x *Index) Providers(d rpm.Dep) []*rpm.Package { return x.packages(x.AppendProviders(nil, d)) }

// AppendProviders is Providers in numbers: it appends them to dst in
// ascending order, each once.
func (x *Index) AppendProviders(dst []int32, d rpm.Dep) []int32 {
	switch {
	case d.Name == "" || isRpmlib(d.Name):
		return dst
	case d.IsRich():
		rich, err := rpm.ParseRich(d.Name)
		if err != nil {
			return dst
		}
		return append(dst, x.rich(rich)...)
	}
	from := len(dst)
	dst = x.appendNamed(dst, d)
	if d.IsPath() && d.Sense.Compare() == 0 {
		dst = x.appendCarriers(dst, d.Name)
	}
	return dst[:from+len(unique(dst[from:]))]
}

// Satisfied says whether any package provides what the dependency asks for,
// as dnf repoclosure decides it. rpmlib() dependencies, which rpm itself
// answers and repositories do not list, are always satisfied.
func (x *Index) Satisfied(d rpm.Dep) bool {
	switch {
	case isRpmlib(d.Name):
		return true
	case d.IsRich():
		return len(x.AppendProviders(nil, d)) > 0
	case d.IsPath() && d.Sense.Compare() == 0 && x.carried(d.Name):
		return true
	}
	id, ok := x.names[d.Name]
	if !ok {
		return false
	}
	if w := x.wide[id]; w != nil && ranges.Narrows(d) {
		return w.Any(d)
	}
	return slices.ContainsFunc(x.prov.row(id), func(p provide) bool { return rpm.Satisfies(x.provided(p), d) })
}

func (x *Index) appendNamed(dst []int32, d rpm.Dep) []int32 {
	id, ok := x.names[d.Name]
	if !ok {
		return dst
	}
	row := x.prov.row(id)
	if w := x.wide[id]; w != nil && ranges.Narrows(d) {
		for run := range w.Match(d) {
			for _, i := range run {
				dst = append(dst, row[i].pkg)
			}
		}
		return dst
	}
	for _, p := range row {
		if rpm.Satisfies(x.provided(p), d) {
			dst = append(dst, p.pkg)
		}
	}
	return dst
}

// provided gives the capability as a dependency.
func (x *Index) provided(p provide) rpm.Dep {
	pkg := x.pkgs[p.pkg]
	if p.dep == selfProvide {
		return rpm.Dep{Name: pkg.Name, Sense: rpm.Equal, EVR: pkg.EVR().String()}
	}
	return pkg.Provides[p.dep]
}

func (x *Index) appendCarriers(dst []int32, path string) []int32 {
	for _, p := range x.paths[path] {
		if id, ok := x.ids[p]; ok && !p.IsSource() {
			dst = append(dst, id)
		}
	}
	return dst
}

func (x *Index) carried(path string) bool {
	return slices.ContainsFunc(x.paths[path], func(p *rpm.Package) bool {
		_, ok := x.ids[p]
		return ok && !p.IsSource()
	})
}

// unique sorts the list in place and drops what occurs twice.
func unique(ids []int32) []int32 {
	if !slices.IsSorted(ids) {
		slices.Sort(ids)
	}
	return slices.Compact(ids)
}
