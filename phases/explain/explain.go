package explain

import (
	"cmp"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"compose/gather"
	"compose/internal/rpm"
	"compose/phases/record"
)

// Answer is what there is to say of a package.
type Answer struct {
	Compose string `json:"compose"`
	Status  string `json:"status,omitempty"`
	Query   string `json:"query"`
	// Known says whether any tree has such a package or could have had one.
	Known bool         `json:"known"`
	Trees []TreeAnswer `json:"trees"` // those that were asked for, by name
	// Nearest are names like that of a package that is not known.
	Nearest []string `json:"nearest,omitempty"`
}

// TreeAnswer is what there is to say of a package in one tree.
type TreeAnswer struct {
	Tree string     `json:"tree"`
	In   []Presence `json:"in"`
	Out  []Absence  `json:"out"`
}

// Presence is a package that is in a tree.
type Presence struct {
	Package string   `json:"package"` // name-[epoch:]version-release.arch
	Kind    string   `json:"kind"`    // rpm, debuginfo, srpm
	Flags   []string `json:"flags,omitempty"`
	// Notes are remarks on it: that a lookaside has it, that it is unsigned.
	Notes []string `json:"notes,omitempty"`
	// Chain leads from an entry of the configuration to the package.
	Chain []Link `json:"chain"`
}

// Link is one package of a chain and why it is in the tree.
type Link struct {
	Package string `json:"package"`
	Why     string `json:"why"`
	Pattern string `json:"pattern,omitempty"`
	Origin  string `json:"origin,omitempty"` // the place of the pattern
	// Rejected are others that would have done.
	Rejected []Refusal `json:"rejected,omitempty"`
}

// Refusal is a package that was not taken, and why.
type Refusal struct {
	Package string `json:"package"`
	Why     string `json:"why"`
}

// Absence is a package that a tree does not have; or, with no package, why
// there is none that it could have.
type Absence struct {
	Package string   `json:"package,omitempty"`
	Why     []string `json:"why"`
	// Elsewhere are the trees that have the package.
	Elsewhere []string `json:"elsewhere,omitempty"`
}

// Explain says of each tree whose name matches the glob why packages are in
// it or not. The query is a name, name-[epoch:]version-release[.arch],
// name.arch, a glob on any of these, or the name of a file.
func (c *Compose) Explain(query, trees string) (*Answer, error) {
	m, err := newMatcher(query)
	if err != nil {
		return nil, err
	}
	all, err := c.read(c.trees, m) // the family of a tree is needed too
	if err != nil {
		return nil, err
	}
	a := &Answer{Compose: c.ID, Status: c.Status, Query: query, Trees: []TreeAnswer{}}
	var have []string // trees with such packages
	for _, name := range c.trees {
		t := all[name].explain(m)
		if len(t.In) > 0 {
			have = append(have, name)
		}
		a.Known = a.Known || len(t.In) > 0 || slices.ContainsFunc(t.Out, func(x Absence) bool { return x.Package != "" })
		if ok, err := path.Match(trees, name); err == nil && (trees == "" || ok) {
			a.Trees = append(a.Trees, t)
		}
	}
	if len(a.Trees) == 0 {
		return nil, &NoTreeError{trees, c.Trees()}
	}
	a.pointElsewhere(all, have)
	if !a.Known {
		a.Nearest = nearest(m.text, c.names())
	}
	return a, nil
}

// pointElsewhere adds to what is not in a tree which trees have it; have are
// those that have any of what is asked for.
func (a *Answer) pointElsewhere(all map[string]*tree, have []string) {
	where := map[string][]string{}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		for _, pick := range all[name].res.Packages {
			if _, lost := all[name].lost[pick.Pkg]; !lost && ships(pick) {
				where[pick.Pkg.String()] = append(where[pick.Pkg.String()], name)
			}
		}
		for _, x := range all[name].got {
			where[x.pick.Pkg.String()] = append(where[x.pick.Pkg.String()], name)
		}
	}
	for i := range a.Trees {
		for j := range a.Trees[i].Out {
			x := &a.Trees[i].Out[j]
			if x.Elsewhere = where[x.Package]; x.Package == "" {
				x.Elsewhere = have
			}
		}
	}
}

func ships(pick gather.Picked) bool { return !slices.Contains(pick.Flags, "lookaside") }

// NoTreeError says that a compose has no such tree.
type NoTreeError struct {
	Tree  string
	Trees []string // that it has
}

func (e *NoTreeError) Error() string {
	return fmt.Sprintf("tree %q: there is none; trees are %s", e.Tree, strings.Join(e.Trees, ", "))
}

// explain says what there is to say for one tree.
func (t *tree) explain(m matcher) TreeAnswer {
	a := TreeAnswer{Tree: t.name, In: []Presence{}, Out: []Absence{}}
	seen := map[string]bool{}
	for _, pick := range t.res.Packages {
		if !m.matches(pick.Pkg, "") {
			continue
		}
		seen[pick.Pkg.NEVRA()] = true
		if x, lost := t.lost[pick.Pkg]; lost {
			a.Out = append(a.Out, Absence{Package: pick.Pkg.String(), Why: []string{lostTo(x)}})
			continue
		}
		a.In = append(a.In, t.presence(pick))
	}
	for _, x := range t.got {
		if m.matches(x.pick.Pkg, "") && !seen[x.pick.Pkg.NEVRA()] {
			p := x.from.presence(x.pick)
			p.Notes = append(p.Notes, "moved here from "+x.from.name)
			seen[x.pick.Pkg.NEVRA()] = true
			a.In = append(a.In, p)
		}
	}
	a.Out = append(a.Out, t.absences(m, seen)...)
	if len(a.In)+len(a.Out) == 0 {
		a.Out = append(a.Out, Absence{Why: t.noneSuch(m)})
	}
	return a
}

func lostTo(x record.Trimmed) string {
	if x.Moved {
		return "it was moved to " + x.Other + "." + archOf(x.Tree)
	}
	return "it belongs to " + x.Other
}

// presence tells how a package came in, from the configuration on.
func (t *tree) presence(pick gather.Picked) Presence {
	p := Presence{Package: pick.Pkg.String(), Kind: pick.Kind.String(), Flags: pick.Flags, Chain: []Link{}}
	for _, link := range slices.Backward(t.chain(pick.Pkg)) {
		l := Link{Package: link.Pkg.String(), Why: link.Why.String(), Pattern: link.Why.Pattern.Text, Origin: link.Why.Pattern.Origin}
		for _, r := range link.Why.Over {
			l.Rejected = append(l.Rejected, Refusal{r.Pkg.String(), r.Why()})
		}
		p.Chain = append(p.Chain, l)
	}
	if !ships(pick) {
		p.Notes = append(p.Notes, "a lookaside has it: it is used and not shipped")
	} else if t.unsigned[pick.Pkg.NEVRA()] {
		p.Notes = append(p.Notes, "no key of its package set has signed it")
	}
	return p
}

// absences tells of each package that the tree could have had why it has not.
func (t *tree) absences(m matcher, seen map[string]bool) []Absence {
	why := t.whyNot(m)
	var out []Absence
	for _, pkg := range t.candidates(m, seen) {
		a := Absence{Package: pkg.String(), Why: why[pkg.NEVRA()]}
		if len(a.Why) == 0 {
			a.Why = []string{unasked(pkg)}
		}
		out = append(out, a)
	}
	return out
}

// whyNot gives all that speaks against packages, by NEVRA.
func (t *tree) whyNot(m matcher) map[string][]string {
	why := map[string][]string{}
	add := func(p *rpm.Package, text string) {
		if list := why[p.NEVRA()]; text != "" && !slices.Contains(list, text) {
			why[p.NEVRA()] = append(list, text)
		}
	}
	for _, l := range t.list {
		if m.matches(l.Pkg, l.File) {
			add(l.Pkg, l.Excluded)
		}
	}
	for _, x := range t.res.Absent(func(p *rpm.Package) bool { return m.matches(p, "") }) {
		text := x.Why()
		if x.By != nil {
			text += fmt.Sprintf(" (considered for %s, which requires %s)", x.By, x.Dep)
		}
		add(x.Pkg, text)
	}
	for _, miss := range t.res.Missing {
		for _, r := range miss.Rejected {
			if m.matches(r.Pkg, "") {
				add(r.Pkg, fmt.Sprintf("%s is in and requires %s, which nothing else provides", miss.Pkg, miss.Requires))
			}
		}
	}
	return why
}

// unasked says why a package that could be in the tree is not.
func unasked(pkg *rpm.Package) string {
	switch {
	case pkg.IsSource():
		return "nothing that was built from it is in the tree"
	case pkg.IsDebug():
		return "nothing that it belongs to is in the tree"
	}
	return "nothing in the tree asks for it"
}

// candidates are the packages that the tree could have had, once each.
func (t *tree) candidates(m matcher, seen map[string]bool) []*rpm.Package {
	var out []*rpm.Package
	add := func(pkg *rpm.Package, file string) {
		if m.matches(pkg, file) && !seen[pkg.NEVRA()] {
			seen[pkg.NEVRA()] = true
			out = append(out, pkg)
		}
	}
	for _, l := range t.list {
		add(l.Pkg, l.File)
	}
	for _, h := range t.res.Hidden {
		add(h.Pkg, "")
	}
	for _, pick := range t.res.Packages {
		for _, o := range pick.Why.Over {
			add(o.Pkg, "")
		}
	}
	slices.SortStableFunc(out, func(a, b *rpm.Package) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Arch, b.Arch), a.EVR().Compare(b.EVR()))
	})
	return out
}

// noneSuch says that no package was there to choose, and who asked for one.
func (t *tree) noneSuch(m matcher) []string {
	why := []string{"no package set has it for " + archOf(t.name)}
	if !t.listed {
		why = []string{"nothing in the tree asks for it"}
	}
	for _, u := range t.res.Unmatched {
		if slices.Contains([]string{"package", "prepopulate", "conditional"}, u.Use) && m.asks(u.Pattern.Text) {
			why = append(why, "asked for by "+u.Pattern.String()+", which matches nothing")
		}
	}
	return why
}
