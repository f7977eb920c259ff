package gather

import (
	"cmp"
	"slices"
	"strings"

	"compose/internal/rpm"
)

// SystemRelease chooses the package that tells a system of this variant what
// it is, among the given packages of one architecture: what provides
// "system-release". The only one is always taken. Of several it is the one
// named …release-VARIANT or VARIANT-release…, else the first by name; the
// others are to be filtered out. A variant without packages of its own, such
// as an addon, uses its parent's name. (Pungi: filter_system_release_packages.)
func SystemRelease(pkgs []*rpm.Package, variant string) (add, filter []Pattern) {
	var names []string
	for _, p := range pkgs {
		if !p.IsSource() && providesName(p, "system-release") {
			names = append(names, p.Name)
		}
	}
	if len(names) == 0 {
		return nil, nil
	}
	slices.Sort(names)
	names = slices.Compact(names)
	variant = strings.ToLower(variant)
	fits := func(name string) bool {
		return strings.HasSuffix(name, "release-"+variant) || strings.HasPrefix(name, variant+"-release")
	}
	best := max(0, slices.IndexFunc(names, fits))
	origin := "system release of " + cmp.Or(variant, "the compose")
	for i, name := range names {
		p := Pattern{Text: name, Origin: origin}
		if i == best {
			add = append(add, p)
		} else {
			filter = append(filter, p)
		}
	}
	return add, filter
}
