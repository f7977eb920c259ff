package explain

import (
	"cmp"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"compose/internal/rpm"
)

// matcher finds the packages that a query means.
type matcher struct {
	text string // without ".rpm" and folders before
	file string // the name of a file, as it was given
	glob bool
}

func newMatcher(query string) (matcher, error) {
	m := matcher{text: query}
	if strings.HasSuffix(query, ".rpm") {
		m.file = path.Base(query)
		m.text = strings.TrimSuffix(m.file, ".rpm")
	}
	m.glob = strings.ContainsAny(m.text, `*?[\`)
	m.text = strings.ReplaceAll(m.text, "[!", "[^")
	if _, err := path.Match(m.text, ""); err != nil || m.text == "" {
		return m, &QueryError{query}
	}
	return m, nil
}

// QueryError says that a query can mean no package.
type QueryError struct{ Query string }

func (e *QueryError) Error() string {
	return fmt.Sprintf("package %q: neither a name nor a glob", e.Query)
}

// means says whether the query may mean a package of that name. Of most
// packages the first letter tells.
func (m matcher) means(nevra string) bool {
	if !m.glob && nevra[:min(1, len(nevra))] != m.text[:1] {
		return false
	}
	p, err := rpm.ParseNEVRA(nevra)
	return err != nil || m.matches(&p, "")
}

// matches says whether the query means the package; file is its file's name
// where that is known.
func (m matcher) matches(p *rpm.Package, file string) bool {
	if !m.glob {
		if !strings.HasPrefix(m.text, p.Name) {
			return m.file != "" && m.file == file
		}
		return m.text == p.Name || slices.Contains(forms(p), m.text) || m.file != "" && m.file == file
	}
	is := func(text string) bool { ok, _ := path.Match(m.text, text); return ok }
	return is(p.Name) || slices.ContainsFunc(forms(p), is)
}

// forms are the ways in which a package is called beside its name.
func forms(p *rpm.Package) []string {
	return []string{p.NVR() + "." + p.Arch, p.NEVRA(), p.NVR(), strings.TrimSuffix(p.NEVRA(), "."+p.Arch), p.Name + "." + p.Arch}
}

// asks says whether a pattern of a configuration asks for what the query
// names.
func (m matcher) asks(pattern string) bool {
	names := []string{m.text}
	if p, err := rpm.ParseNEVRA(m.text); err == nil {
		names = append(names, p.Name)
	}
	for _, text := range names {
		if ok, err := path.Match(strings.ReplaceAll(pattern, "[!", "[^"), text); pattern == text || ok && err == nil {
			return true
		}
	}
	return false
}

// maxNearest is how many near names are given, nearestLen how long a word is
// looked at.
const (
	maxNearest = 5
	nearestLen = 256
)

// nearest gives the names that have most pairs of letters in common with a
// word, best first.
func nearest(word string, names []string) []string {
	pairs := map[string]int{}
	word = strings.ToLower(word[:min(len(word), nearestLen)])
	for i := range len(word) - 1 {
		pairs[word[i:i+2]]++
	}
	type near struct {
		name  string
		score float64
	}
	var found []near
	for _, name := range names {
		common, left := 0, maps.Clone(pairs)
		lower := strings.ToLower(name[:min(len(name), nearestLen)])
		for i := range len(lower) - 1 {
			if left[lower[i:i+2]] > 0 {
				left[lower[i:i+2]]--
				common++
			}
		}
		if score := 2 * float64(common) / float64(max(1, len(word)+len(lower)-2)); score >= 0.5 {
			found = append(found, near{name, score})
		}
	}
	slices.SortFunc(found, func(a, b near) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(len(a.name), len(b.name)), cmp.Compare(a.name, b.name))
	})
	var out []string
	for _, n := range found[:min(len(found), maxNearest)] {
		out = append(out, n.name)
	}
	return out
}
