package record

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"compose/gather"
	"compose/internal/rpm"
)

// aside is the Copy of a package that is a lookaside's.
const aside = "lookaside"

// pick is a package of a tree: what it is and why it is there, before the
// packages of a family of variants are divided up.
type pick struct {
	Package string   `json:"package"`
	Kind    string   `json:"kind"`
	Flags   []string `json:"flags,omitempty"`
	Copy    string   `json:"copy,omitempty"` // "lookaside" when it is a lookaside's
	Reason  string   `json:"reason"`
	By      string   `json:"by,omitempty"`  // the package that brought it in
	Dep     string   `json:"dep,omitempty"` // what By requires; of multilib the method
	pattern
	Over []rejected `json:"over,omitempty"` // others that would have met the same requirement
}

// rejected is a package that was not taken.
type rejected struct {
	Package string `json:"package"`
	Cause   string `json:"cause"`
	Than    string `json:"than,omitempty"` // the package that was better
	pattern        // of the filter
}

// hidden is a package that the tree did not see.
type hidden struct {
	Hidden string `json:"hidden"`
	Cause  string `json:"cause"`
	Than   string `json:"than,omitempty"`
	pattern
}

// missing is a requirement that nothing answers.
type missing struct {
	Missing  string     `json:"missing"` // the package that has it
	Dep      string     `json:"dep"`
	Lacks    []string   `json:"lacks,omitempty"` // the parts of a rich dependency that nothing provides
	Rejected []rejected `json:"rejected,omitempty"`
}

// unmatched is a pattern that matched nothing.
type unmatched struct {
	Unmatched string `json:"unmatched"` // the field of the input
	pattern
}

// anyLine is a line of the record of a tree, of whatever sort.
type anyLine struct {
	pick
	Cause, Than string
	Hidden      string
	Missing     string
	Lacks       []string
	Rejected    []rejected
	Unmatched   *string
}

// gathered is a result that is being read.
type gathered struct {
	res        gather.Result
	own, aside roster
	picks      roster   // the packages of the tree, the own before the lookaside's
	by         []string // of each package
}

// ReadGathered reads what Gathered wrote, of packages that match with the
// packages that brought them in; without a match, of all. A package that is in
// the tree as the compose's own and as a lookaside's is there twice.
// Dependencies are texts: Name has the whole of it.
func ReadGathered(r io.Reader, match Match) (*gather.Result, error) {
	g := gathered{own: roster{}, aside: roster{}, picks: roster{}}
	lines, err := choose(r, match)
	if err != nil {
		return nil, err
	}
	for i, line := range lines {
		if line == nil {
			continue
		}
		if err := g.line(line); err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
	}
	for i, name := range g.by {
		if name == "" {
			if k := g.res.Packages[i].Why.Kind; k != gather.ByPattern && k != gather.ByPrepopulate {
				return nil, fmt.Errorf("package %s: reason %q without a package", g.res.Packages[i].Pkg, reasons.of(int(k)))
			}
			continue
		}
		by, err := g.picks.get(name)
		if err != nil {
			return nil, err
		}
		g.res.Packages[i].Why.By = by
	}
	return &g.res, nil
}

func (g *gathered) line(text []byte) error {
	var l anyLine
	if err := json.Unmarshal(text, &l); err != nil {
		return err
	}
	switch {
	case l.Package != "":
		return g.addPick(&l.pick)
	case l.Hidden != "":
		r, err := g.rejected(rejected{l.Hidden, l.Cause, l.Than, l.pattern})
		g.res.Hidden = append(g.res.Hidden, r)
		return err
	case l.Missing != "":
		return g.addMissing(&l)
	case l.Unmatched != nil:
		g.res.Unmatched = append(g.res.Unmatched, gather.Unmatched{Pattern: l.back(), Use: *l.Unmatched})
		return nil
	}
	return errors.New("neither package, hidden, missing nor unmatched")
}

func (g *gathered) addPick(l *pick) error {
	from := g.own
	if l.Copy == aside {
		from = g.aside
	}
	pkg, err := from.get(l.Package)
	if err != nil {
		return err
	}
	if l.Copy == "" || g.picks[l.Package] == nil {
		g.picks[l.Package] = pkg
	}
	kind, err := kinds.find(l.Kind)
	if err != nil {
		return err
	}
	reason, err := reasons.find(l.Reason)
	if err != nil {
		return err
	}
	over, err := g.rejections(l.Over)
	if err != nil {
		return err
	}
	g.res.Packages = append(g.res.Packages, gather.Picked{
		Pkg: pkg, Kind: gather.Kind(kind), Flags: l.Flags,
		Why: gather.Reason{Kind: gather.ReasonKind(reason), Pattern: l.back(), Dep: rpm.Dep{Name: l.Dep}, Over: over},
	})
	g.by = append(g.by, l.By)
	return nil
}

func (g *gathered) addMissing(l *anyLine) error {
	pkg, err := g.own.get(l.Missing)
	if err != nil {
		return err
	}
	m := gather.Missing{Pkg: pkg, Requires: rpm.Dep{Name: l.Dep}}
	for _, text := range l.Lacks {
		m.Lacks = append(m.Lacks, rpm.Dep{Name: text})
	}
	m.Rejected, err = g.rejections(l.Rejected)
	g.res.Missing = append(g.res.Missing, m)
	return err
}

func (g *gathered) rejections(list []rejected) ([]gather.Rejected, error) {
	var out []gather.Rejected
	for _, l := range list {
		r, err := g.rejected(l)
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

func (g *gathered) rejected(l rejected) (gather.Rejected, error) {
	cause, err := causes.find(l.Cause)
	if err != nil {
		return gather.Rejected{}, err
	}
	r := gather.Rejected{Cause: gather.Cause(cause), Filter: l.back()}
	if l.Than == "" && r.Cause != gather.ByFilter && r.Cause != gather.OtherKind && r.Cause != gather.Apart {
		return r, fmt.Errorf("package %q: cause %q without a package", l.Package, l.Cause)
	}
	if r.Pkg, err = g.own.get(l.Package); err == nil && l.Than != "" {
		r.Than, err = g.own.get(l.Than)
	}
	return r, err
}
