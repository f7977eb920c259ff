package gather

import (
	"fmt"
	"slices"

	"compose/internal/rpm"
)

// Rejected is a package that was not taken.
type Rejected struct {
	Pkg   *rpm.Package
	Cause Cause
	// Filter is the pattern that excluded the package: ByFilter. With Apart
	// its text says why.
	Filter Pattern
	// Than is the package that was better: all causes but ByFilter, OtherKind and Apart.
	Than *rpm.Package
}

// maxRejected is how many rejected packages are named for one requirement.
const maxRejected = 20

// Cause is why a package was not taken.
type Cause int

// The causes. The last five are the order in which providers are compared.
const (
	ByFilter    Cause = iota // a filter excluded it
	Outdated                 // Than is newer
	OtherKind                // debug packages answer debug packages only, and the other way round
	Apart                    // it belongs to a module that the tree does not have
	InLookaside              // Than is in a lookaside, with the same name and version
	NotIn                    // Than was in the tree already
	NotNative                // Than is native to the tree
	WorseArch                // Than has the better architecture
	LongerName               // Than has the shorter name
	LaterName                // Than comes first by name
)

// String says which package was refused, and why.
func (r Rejected) String() string { return r.Pkg.String() + ": " + r.Why() }

// Why says why the package was refused.
func (r Rejected) Why() string {
	switch r.Cause {
	case ByFilter:
		return "excluded by " + r.Filter.String()
	case Apart:
		return r.Filter.Text
	case OtherKind:
		if r.Pkg.IsDebug() {
			return "is a debug package"
		}
		return "is not a debug package"
	}
	return fmt.Sprintf("%s %s", r.Than, [...]string{
		Outdated: "is newer", InLookaside: "is in a lookaside", NotIn: "was in already", NotNative: "is native",
		WorseArch: "has the better architecture", LongerName: "has the shorter name", LaterName: "comes first by name",
	}[r.Cause])
}

// rejected tells why the tree does not see a package.
func (v *view) rejected(id int32) Rejected {
	u := v.u
	r := Rejected{Pkg: u.pkgs[id]}
	if n := v.hidden[id]; n > 0 {
		r.Filter = v.filters[n-1].pattern
		return r
	}
	if v.hidden[id] == apart {
		r.Cause = Apart
		r.Filter.Text, _ = v.in.apart(id)
		return r
	}
	r.Cause = Outdated
	for _, other := range u.named(r.Pkg.Name) {
		if v.sees(other) && !v.modular[other] && u.pkgs[other].Arch == r.Pkg.Arch {
			r.Than = u.pkgs[other]
		}
	}
	return r
}

// rejectedFor tells why the candidates that are not among the picks lost
// against the first of these.
func (s *solver) rejectedFor(picks, candidates []int32) []Rejected {
	list := make([]Rejected, 0, min(len(candidates)-len(picks), maxRejected))
	for _, id := range candidates {
		if len(list) == maxRejected {
			break
		}
		if !slices.Contains(picks, id) && s.sees(id) {
			list = append(list, Rejected{Pkg: s.u.pkgs[id], Cause: s.cause(id, picks[0]), Than: s.u.pkgs[picks[0]]})
		}
	}
	return list
}

func (s *solver) cause(loser, winner int32) Cause {
	l, w := s.class4(loser), s.class4(winner)
	switch {
	case s.u.is(winner, isLookaside) && !s.u.is(loser, isLookaside) && s.sameVersion(loser, winner):
		return InLookaside
	case w < l && w <= multilibIn && l >= native:
		return NotIn
	case w < l:
		return NotNative
	case s.u.rank[loser] != s.u.rank[winner]:
		return WorseArch
	case len(s.u.pkgs[loser].Name) != len(s.u.pkgs[winner].Name):
		return LongerName
	}
	return LaterName
}

// class4 gives the best class of candidates that a package is in.
func (s *solver) class4(id int32) int {
	for i, fits := range s.fits(id) {
		if fits {
			return i
		}
	}
	return classes
}

func (s *solver) sameVersion(a, b int32) bool {
	p, q := s.u.pkgs[a], s.u.pkgs[b]
	return p.Name == q.Name && p.EVR() == q.EVR()
}

// Chains gives a function that follows the reasons from a package of the
// result to a pattern of the input: the package first, then what brought it
// in, and so on. A package that is not in the result has no chain.
func (r *Result) Chains() func(*rpm.Package) []Picked {
	at := make(map[*rpm.Package]int, len(r.Packages))
	for i := range r.Packages {
		at[r.Packages[i].Pkg] = i
	}
	return func(p *rpm.Package) []Picked {
		var chain []Picked
		for p != nil {
			i, ok := at[p]
			// Reasons never go in circles, but a result may be made by hand.
			if !ok || slices.ContainsFunc(chain, func(c Picked) bool { return c.Pkg == p }) {
				break
			}
			chain = append(chain, r.Packages[i])
			p = r.Packages[i].Why.By
		}
		return chain
	}
}

// Absence is one answer to why a package is not in a tree.
type Absence struct {
	Rejected
	// By and Dep are the requirement for which the package was considered;
	// By is nil where the tree did not see the package at all.
	By  *rpm.Package
	Dep rpm.Dep
}

// String gives the answer as a sentence.
func (a Absence) String() string {
	if a.By == nil {
		return a.Rejected.String()
	}
	return fmt.Sprintf("%s (considered for %s, which requires %s)", a.Rejected, a.By, a.Dep)
}

// Absent tells of the packages for which match is true why they are not in
// the result. Nothing to tell of one means that nothing asked for it, or that
// it is not there.
func (r *Result) Absent(match func(*rpm.Package) bool) []Absence {
	in := map[*rpm.Package]bool{}
	for _, p := range r.Packages {
		in[p.Pkg] = true
	}
	var list []Absence
	for _, h := range r.Hidden {
		if match(h.Pkg) {
			list = append(list, Absence{Rejected: h})
		}
	}
	for _, p := range r.Packages {
		for _, o := range p.Why.Over {
			if match(o.Pkg) && !in[o.Pkg] {
				list = append(list, Absence{o, p.Why.By, p.Why.Dep})
			}
		}
	}
	return list
}
