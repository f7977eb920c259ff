package repo

import (
	"context"
	"slices"
	"strings"

	"compose/internal/installcheck"
	"compose/internal/results"
	"compose/internal/rpm"
	"compose/internal/universe"
)

// Uninstallable is a package that cannot be installed.
type Uninstallable struct {
	Pkg *rpm.Package
	// Why are the reasons in the words of libsolv's installcheck: a chain of
	// requirements, or requirements and conflicts that have no solution
	// together. None can be left out. It is empty when Undecided.
	Why []string
	// Undecided: the search was given up, as it was for too many
	// combinations; only inputs made for it need so many.
	Undecided bool
}

// CheckInstallable finds the packages of a repository that cannot be
// installed, with what they require, from it and its lookasides: conflicts,
// obsoletes, rich dependencies and other versions count, and a package of an
// architecture is left out of the question when there is the same one for the
// machine's own, which is the first of in.Arches. The answers are those of
// libsolv's installcheck. The answer is ordered as that of CheckClosure.
// Source packages are not looked at. Errors are the end of ctx and inputs
// beyond all bounds. in.Workers is ignored: the answer does not depend on it.
func CheckInstallable(ctx context.Context, in ClosureInput) ([]Uninstallable, error) {
	all := slices.Concat(in.Packages, in.Lookaside)
	b, ids := universe.NewBuilder(), make(map[*rpm.Package]int32, len(all))
	pkgs := all[:0:0]
	for _, p := range all {
		if _, twice := ids[p]; twice || p.IsSource() {
			continue
		}
		ids[p] = int32(len(pkgs))
		pkgs = append(pkgs, p)
		if err := b.Add(p, nil); err != nil {
			return nil, err
		}
	}
	aside := make([]bool, len(pkgs))
	for _, p := range in.Lookaside {
		if id, ok := ids[p]; ok {
			aside[id] = true
		}
	}
	for _, p := range in.Packages {
		if id, ok := ids[p]; ok {
			aside[id] = false
		}
	}
	arches := slices.DeleteFunc(slices.Clone(in.Arches), func(a string) bool { return a == "noarch" })
	u := universe.New(b.Set(), universe.Options{Arches: arches, Carriers: carriersOf(in.Paths, ids)})
	res, err := installcheck.Check(ctx, u, installcheck.Options{Lookaside: aside})
	if err != nil {
		return nil, err
	}
	var out []Uninstallable
	for _, p := range res.Problems {
		q := Uninstallable{Pkg: pkgs[p.Pkg], Undecided: p.Undecided}
		for _, r := range p.Why {
			q.Why = append(q.Why, r.Text(u, u.Dep(int32(r.Dep)).String()))
		}
		out = append(out, q)
	}
	slices.SortStableFunc(out, func(a, b Uninstallable) int { return compareBroken(Broken{Pkg: a.Pkg}, Broken{Pkg: b.Pkg}) })
	return out, nil
}

func carriersOf(paths rpm.PathIndex, ids map[*rpm.Package]int32) []universe.Carrier {
	var list []universe.Carrier
	for path, pkgs := range paths {
		for _, p := range pkgs {
			if id, ok := ids[p]; ok {
				list = append(list, universe.Carrier{Path: path, Pkg: id})
			}
		}
	}
	slices.SortFunc(list, func(a, b universe.Carrier) int {
		if a.Pkg != b.Pkg {
			return int(a.Pkg) - int(b.Pkg)
		}
		return strings.Compare(a.Path, b.Path)
	})
	return list
}

// Key stands for all that the answers of CheckClosure and CheckInstallable
// depend on: the checksums of the packages and of the lookasides, in any
// order, and the architectures. What was answered for a key need not be asked
// again.
func (in *ClosureInput) Key() string {
	sums := func(pkgs []*rpm.Package) string {
		list := make([]string, len(pkgs))
		for i, p := range pkgs {
			list[i] = p.Sum.Type + ":" + p.Sum.Hex
		}
		slices.Sort(list)
		return results.Key(slices.Compact(list)...)
	}
	return results.Key("closure 1", sums(in.Packages), sums(in.Lookaside), results.Key(in.Arches...))
}
