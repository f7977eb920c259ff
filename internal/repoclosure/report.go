package repoclosure

import (
	"cmp"
	"slices"
	"strings"

	"compose/internal/installcheck"
	"compose/internal/rpm"
	"compose/internal/universe"
)

// Report is the answer. Packages are ordered by name, version, architecture
// and repository, texts are sorted.
type Report struct {
	// Repos are the repositories that were read.
	Repos []RepoCount `json:"repositories"`
	// Checked is how many packages were checked, Missing how many of their
	// requirements nothing provides.
	Checked    int          `json:"checked"`
	Missing    int          `json:"missing"`
	Unresolved []Unresolved `json:"unresolved"`
	// Installable is there when it was asked for.
	Installable *Installable `json:"installable,omitempty"`
}

// RepoCount is a repository with the number of its packages.
type RepoCount struct {
	ID       string `json:"id"`
	Packages int    `json:"packages"`
	Checked  bool   `json:"checked"`
}

// Unresolved is a package with the requirements that nothing provides.
type Unresolved struct {
	Package string   `json:"package"`
	Repo    string   `json:"repository"`
	Deps    []string `json:"requires"`
}

// Installable says what can be installed.
type Installable struct {
	Checked  int       `json:"checked"`
	Problems []Problem `json:"problems"`
}

// Problem is a package that cannot be installed, with the fewest reasons.
type Problem struct {
	Package string   `json:"package"`
	Repo    string   `json:"repository"`
	Why     []Reason `json:"why"`
	// More counts reasons that are not listed.
	More int `json:"more,omitempty"`
	// Undecided: it could not be found out within bounds.
	Undecided bool `json:"undecided,omitempty"`
}

// Reason is a fact because of which a package cannot be installed.
type Reason struct {
	// Kind is requires, nothing-provides, conflicts, obsoletes, same-name,
	// inferior-arch or unknown.
	Kind    string `json:"kind"`
	Package string `json:"package"`
	Dep     string `json:"dependency,omitempty"`
	Other   string `json:"other,omitempty"`
	// Have are packages that provide the name in other versions.
	Have []string `json:"have,omitempty"`
	Text string   `json:"text"`
}

func newReport(p *packages, s *selection, missing map[int32][]uint32) *Report {
	r := &Report{Checked: len(s.check), Unresolved: []Unresolved{}}
	for i, id := range p.ids {
		r.Repos = append(r.Repos, RepoCount{id, int(p.end(i) - p.starts[i]), s.checked[i]})
	}
	var pkgs []int32
	for pkg := range missing {
		pkgs = append(pkgs, pkg)
	}
	slices.SortFunc(pkgs, p.compare)
	for _, pkg := range pkgs {
		u := Unresolved{Package: p.NEVRA(pkg), Repo: p.ids[p.repo(pkg)]}
		for _, d := range missing[pkg] {
			u.Deps = append(u.Deps, depText(p.Dep(int32(d))))
		}
		slices.Sort(u.Deps)
		u.Deps = slices.Compact(u.Deps)
		r.Missing += len(u.Deps)
		r.Unresolved = append(r.Unresolved, u)
	}
	return r
}

// compare orders packages.
func (p *packages) compare(a, b int32) int {
	return cmp.Or(
		strings.Compare(p.Name(a), p.Name(b)), p.EVR(a).Compare(p.EVR(b)), strings.Compare(p.Arch(a), p.Arch(b)),
		cmp.Compare(a, b),
	)
}

// addInstallable adds the answer of installcheck.
func (r *Report) addInstallable(u *universe.Universe, p *packages, res *installcheck.Result) {
	r.Installable = &Installable{Checked: res.Checked, Problems: []Problem{}}
	slices.SortFunc(res.Problems, func(a, b installcheck.Problem) int { return p.compare(a.Pkg, b.Pkg) })
	for _, q := range res.Problems {
		out := Problem{Package: p.NEVRA(q.Pkg), Repo: p.ids[p.repo(q.Pkg)], Why: []Reason{}, More: q.More, Undecided: q.Undecided}
		for _, w := range q.Why {
			out.Why = append(out.Why, reasonOf(u, w))
		}
		r.Installable.Problems = append(r.Installable.Problems, out)
	}
}

func reasonOf(u *universe.Universe, w installcheck.Reason) Reason {
	dep := depText(u.Dep(int32(w.Dep)))
	r := Reason{Kind: w.Kind.String(), Package: u.NEVRA(w.Pkg), Text: w.Text(u, dep)}
	switch w.Kind {
	case installcheck.SameName, installcheck.Inferior, installcheck.Unknown:
	default:
		r.Dep = dep
	}
	if w.Other >= 0 {
		r.Other = u.NEVRA(w.Other)
	}
	for _, h := range w.Have {
		r.Have = append(r.Have, u.NEVRA(h))
	}
	return r
}

// depText writes a dependency as libsolv and dnf do: without the epoch 0, and
// without parentheses around a part with the operator of the whole.
func depText(d rpm.Dep) string {
	if !d.IsRich() {
		return d.String()
	}
	r, err := rpm.ParseRich(d.Name)
	if err != nil {
		return d.Name
	}
	var b strings.Builder
	writeRich(&b, r, rpm.RichLeaf)
	return b.String()
}

func writeRich(b *strings.Builder, r *rpm.Rich, within rpm.RichOp) {
	if r.Op == rpm.RichLeaf {
		d := r.Dep
		d.EVR = strings.TrimPrefix(d.EVR, "0:")
		b.WriteString(d.String())
		return
	}
	open := r.Op != within || r.Op == rpm.RichIf || r.Op == rpm.RichUnless
	if open {
		b.WriteByte('(')
	}
	for i, a := range r.Args {
		switch {
		case i == 2 && (r.Op == rpm.RichIf || r.Op == rpm.RichUnless):
			b.WriteString(" else ")
		case i > 0:
			b.WriteString(" " + r.Op.String() + " ")
		}
		writeRich(b, a, r.Op)
	}
	if open {
		b.WriteByte(')')
	}
}
