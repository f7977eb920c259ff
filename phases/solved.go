package phases

import (
	"fmt"
	"time"

	"compose/gather"
	"compose/internal/rpm"
	"compose/phases/record"
)

// Solved is the solution of a tree.
type Solved struct {
	Took SolveTimes
	res  *gather.Result
	own  func(*rpm.Package) bool
}

// SolveTimes say how long the parts of the work took.
type SolveTimes struct {
	Load  time.Duration // reading metadata, or what the store knows of files
	Index time.Duration
	Solve time.Duration
}

// SolvedPackage is one package of a solution.
type SolvedPackage struct {
	Name string // name-[epoch:]version-release.arch
	Kind string // rpm, debuginfo or srpm
	Why  string // what brought it in
}

// Packages gives what a tree would ship, by kind and name.
func (s *Solved) Packages() []SolvedPackage {
	var out []SolvedPackage
	for _, pk := range s.res.Packages {
		if ships(pk) {
			out = append(out, SolvedPackage{pk.Pkg.String(), pk.Kind.String(), pk.Why.String()})
		}
	}
	return out
}

// Count words how many packages there are.
func (s *Solved) Count() string { return countPicks(s.res.Packages) }

// Unresolved are the requirements that nothing answers, with the candidates
// that were refused.
func (s *Solved) Unresolved() []string {
	out := make([]string, len(s.res.Missing))
	for i, m := range s.res.Missing {
		out[i] = m.String()
	}
	return out
}

// Unmatched are the patterns that matched nothing.
func (s *Solved) Unmatched() []string {
	var out []string
	for _, u := range s.res.Unmatched {
		out = append(out, fmt.Sprintf("%s %q matches no package", u.Use, u.Pattern.Text))
	}
	return out
}

// JSON gives the solution with its reasons in the form of a tree's record.
func (s *Solved) JSON() []byte { return record.Gathered(s.res, s.own) }
