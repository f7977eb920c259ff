package pkgset

import (
	"slices"
	"strings"

	"compose/internal/rpm"
)

func hasControl(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r < 0x20 || r == 0x7f })
}

// arches gives the package architectures that trees of the source's arches
// can use, nil when the source does not say. Packages of other architectures
// are not in the set (as in Pungi's query of a tag).
func (src *Source) arches() map[string]bool {
	if len(src.Arches) == 0 {
		return nil
	}
	m := map[string]bool{"src": true, "nosrc": true}
	for _, a := range src.Arches {
		for _, b := range slices.Concat(rpm.CompatArches(a), rpm.MultilibArches(a)) {
			m[b] = true
		}
	}
	return m
}
