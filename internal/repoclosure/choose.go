package repoclosure

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"compose/internal/rpm"
)

// selection is what part of the packages plays which part.
type selection struct {
	*packages
	checked []bool  // repository → it is no lookaside
	gone    []bool  // package → it is not looked at at all
	hidden  []bool  // package → it answers nothing
	wanted  []bool  // package → it is checked
	check   []int32 // the packages that are checked
}

// choose does what dnf repoclosure does with its options.
func choose(p *packages, o *Options) (*selection, error) {
	n := p.Len()
	s := &selection{packages: p, gone: make([]bool, n), hidden: make([]bool, n), wanted: make([]bool, n)}
	for _, id := range p.ids {
		s.checked = append(s.checked, len(o.Check) == 0 || slices.Contains(o.Check, id))
	}
	if o.Newest {
		for r := range p.ids {
			s.hideOld(s.gone, p.starts[r], p.end(r))
		}
	}
	copy(s.hidden, s.gone)
	if o.Best {
		s.hideOld(s.hidden, 0, int32(n))
	}
	named, err := s.named(o.Packages)
	if err != nil {
		return nil, err
	}
	for i := range int32(n) {
		s.wanted[i] = !s.gone[i] && s.checked[p.repo(i)] && (named == nil || named[i]) &&
			(len(o.Arches) == 0 || slices.Contains(o.Arches, p.Arch(i)))
		if s.wanted[i] {
			s.check = append(s.check, i)
		}
	}
	return s, nil
}

// hideOld hides, of the packages with the same name and architecture, all
// that are not of the highest version.
func (s *selection) hideOld(hide []bool, from, to int32) {
	type nameArch struct{ name, arch string }
	newest := map[nameArch]rpm.EVR{}
	for i := from; i < to; i++ {
		if hide[i] {
			continue
		}
		k := nameArch{s.Name(i), s.Arch(i)}
		if evr, ok := newest[k]; !ok || evr.Compare(s.EVR(i)) < 0 {
			newest[k] = s.EVR(i)
		}
	}
	for i := from; i < to; i++ {
		if !hide[i] {
			hide[i] = newest[nameArch{s.Name(i), s.Arch(i)}].Compare(s.EVR(i)) > 0
		}
	}
}

// named gives the packages that patterns mean, nil for no pattern.
func (s *selection) named(patterns []string) ([]bool, error) {
	if len(patterns) == 0 {
		return nil, nil
	}
	named := make([]bool, s.Len())
	var unknown []string
	for _, text := range patterns {
		found := false
		for _, i := range s.meant(text) {
			if !s.gone[i] {
				named[i], found = true, true
			}
		}
		if !found {
			unknown = append(unknown, text)
		}
	}
	if unknown != nil {
		return nil, fmt.Errorf("no package matched: %s", strings.Join(unknown, ", "))
	}
	return named, nil
}

// The forms in which packages are named, in the order in which dnf tries
// them: NEVRA, NA, N, NEVR, NEV.
func forms() []*regexp.Regexp {
	const name, epoch, version, release, arch = `(?P<name>[^:(/=<> ]*)`, `(?:(?P<epoch>[0-9]+):)?`,
		`(?P<version>[^-:(/=<> ]+)`, `(?P<release>[^-:(/=<> ]+)`, `(?P<arch>[^-:.(/=<> ]+)`
	var list []*regexp.Regexp
	for _, form := range []string{
		name + "-" + epoch + version + "-" + release + `\.` + arch, name + `\.` + arch, name,
		name + "-" + epoch + version + "-" + release, name + "-" + epoch + version,
	} {
		list = append(list, regexp.MustCompile("^"+form+"$"))
	}
	return list
}

// meant gives the packages of the first form that means any.
func (s *selection) meant(text string) []int32 {
	for _, form := range forms() {
		m := form.FindStringSubmatch(text)
		if m == nil {
			continue
		}
		want := map[string]string{}
		for i, name := range form.SubexpNames() {
			want[name] = m[i]
		}
		var found []int32
		for i := range int32(s.Len()) {
			if s.is(i, want) {
				found = append(found, i)
			}
		}
		if found != nil {
			return found
		}
	}
	return nil
}

// is says whether a package has the parts of a name; each may be a glob.
func (s *selection) is(pkg int32, want map[string]string) bool {
	like := func(part, have string) bool {
		pattern := want[part]
		if pattern == "" || pattern == have {
			return true
		}
		ok, err := path.Match(pattern, have)
		return ok && err == nil
	}
	evr := s.EVR(pkg)
	return like("name", s.Name(pkg)) && like("arch", s.Arch(pkg)) && like("version", evr.Version) &&
		like("release", evr.Release) && like("epoch", strconv.FormatUint(uint64(evr.Epoch), 10))
}
