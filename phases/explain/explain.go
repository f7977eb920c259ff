package explain

import (
	"cmp"
	"fmt"
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
}

// Explain says of each tree whose name matches the glob why packages are in
// it or not. The query is a name, name-[epoch:]version-release[.arch],
// name.arch, a glob on any of these, or the name of a file.
func (c *Compose) Explain(query, trees string) (*Answer, error) {
	m, err := newMatcher(query)
	if err != nil {
		return nil, err
	}
	all, err := c.read(c.trees) // the family of a tree is needed too
	if err != nil {
		return nil, err
	}
	a := &Answer{Compose: c.ID, Status: c.Status, Query: query, Trees: []TreeAnswer{}}
	for _, name := range c.trees {
		if ok, err := path.Match(trees, name); err != nil || trees != "" && !ok {
			continue
		}
		a.Trees = append(a.Trees, all[name].explain(m))
	}
	if len(a.Trees) == 0 {
		return nil, &NoTreeError{trees, c.Trees()}
	}
	for _, t := range a.Trees {
		a.Known = a.Known || len(t.In) > 0 || slices.ContainsFunc(t.Out, func(x Absence) bool { return x.Package != "" })
	}
	if !a.Known {
		a.Nearest = nearest(m.text, namesOf(all))
	}
	return a, nil
}

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
	unsigned := map[string]bool{}
	for _, l := range t.list {
		if l.Unsigned {
			unsigned[l.Pkg.NEVRA()] = true
		}
	}
	seen := map[string]bool{}
	for _, pick := range t.res.Packages {
		if !m.matches(pick.Pkg, "") {
			continue
		}
		seen[pick.Pkg.NEVRA()] = true
		if x, lost := t.lost[pick.Pkg]; lost {
			a.Out = append(a.Out, Absence{pick.Pkg.String(), []string{lostTo(x)}})
			continue
		}
		a.In = append(a.In, t.presence(pick, unsigned))
	}
	for _, x := range t.got {
		if m.matches(x.pick.Pkg, "") && !seen[x.pick.Pkg.NEVRA()] {
			p := x.from.presence(x.pick, unsigned)
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
		return "moved to " + x.Other + "." + archOf(x.Tree)
	}
	return "is in " + x.Other
}

// presence tells how a package came in, from the configuration on.
func (t *tree) presence(pick gather.Picked, unsigned map[string]bool) Presence {
	p := Presence{Package: pick.Pkg.String(), Kind: pick.Kind.String(), Flags: pick.Flags}
	for _, link := range slices.Backward(t.res.Chain(pick.Pkg)) {
		l := Link{Package: link.Pkg.String(), Why: link.Why.String(), Pattern: link.Why.Pattern.Text, Origin: link.Why.Pattern.Origin}
		for _, r := range link.Why.Over {
			l.Rejected = append(l.Rejected, Refusal{r.Pkg.String(), r.Why()})
		}
		p.Chain = append(p.Chain, l)
	}
	if slices.Contains(pick.Flags, "lookaside") {
		p.Notes = append(p.Notes, "a lookaside has it: it is used and not shipped")
	} else if unsigned[pick.Pkg.NEVRA()] {
		p.Notes = append(p.Notes, "no key of its package set has signed it")
	}
	return p
}

// absences tells of each package that the tree could have had why it has not.
func (t *tree) absences(m matcher, seen map[string]bool) []Absence {
	var out []Absence
	for _, pkg := range t.candidates(m, seen) {
		a := Absence{Package: pkg.String()}
		add := func(format string, args ...any) {
			if text := fmt.Sprintf(format, args...); !slices.Contains(a.Why, text) {
				a.Why = append(a.Why, text)
			}
		}
		for _, l := range t.list {
			if l.Pkg.NEVRA() == pkg.NEVRA() && l.Excluded != "" {
				add("%s", l.Excluded)
			}
		}
		for _, x := range t.res.Absent(pkg.Name) {
			switch {
			case x.Pkg.NEVRA() != pkg.NEVRA():
			case x.By == nil:
				add("%s", x.Why())
			default:
				add("%s (considered for %s, which requires %s)", x.Why(), x.By, x.Dep)
			}
		}
		for _, miss := range t.res.Missing {
			if slices.ContainsFunc(miss.Rejected, func(r gather.Rejected) bool { return r.Pkg.NEVRA() == pkg.NEVRA() }) {
				add("%s is in and requires %s, which nothing else provides", miss.Pkg, miss.Requires)
			}
		}
		if len(a.Why) == 0 {
			add("nothing in the tree asks for it")
		}
		out = append(out, a)
	}
	return out
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
	if t.list == nil {
		why = []string{"nothing in the tree asks for it"}
	}
	for _, u := range t.res.Unmatched {
		if m.asks(u.Pattern.Text) {
			why = append(why, "asked for by "+u.Pattern.String()+", which matches nothing")
		}
	}
	return why
}
