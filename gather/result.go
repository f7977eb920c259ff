package gather

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"compose/internal/rpm"
)

// Kind says into which of a tree's three repositories a package goes.
type Kind int

// The kinds, in the order of the result.
const (
	Binary Kind = iota
	Debug
	Source
)

// String gives Pungi's names: rpm, debuginfo, srpm.
func (k Kind) String() string {
	switch k {
	case Debug:
		return "debuginfo"
	case Source:
		return "srpm"
	}
	return "rpm"
}

// Result is what Gather found for one tree.
type Result struct {
	// Packages are ordered by kind, then by name, version and architecture.
	Packages []Picked
	// Missing are the requirements that nothing provides, ordered by
	// package and requirement. Whether that is an error is up to the caller.
	Missing []Missing
	// Unmatched are the patterns of the input that matched no package, in
	// the order of the input; each field of the input by itself.
	Unmatched []Unmatched
}

// Picked is one package of a tree.
type Picked struct {
	Pkg  *rpm.Package
	Kind Kind
	// Flags are Pungi's words for how the package came in, sorted. Of these
	// "lookaside" means that the package is used but not to be shipped, and
	// "fulltree-exclude" that it may belong to the parent variant.
	Flags []string
	// Why is the first reason that brought the package in.
	Why Reason
}

// Unmatched is a pattern that matched nothing.
type Unmatched struct {
	Pattern Pattern
	// Use names the field of the input: "package", "filter", …
	Use string
}

// Missing is a requirement that nothing in the universe answers.
type Missing struct {
	Pkg      *rpm.Package
	Requires rpm.Dep
	// Rejected are the packages that would answer it but were not allowed.
	Rejected []Rejected
}

// Rejected is a candidate that was not taken.
type Rejected struct {
	Pkg *rpm.Package
	// Filter is the pattern that excluded the package, when one did.
	Filter Pattern
	// Newer is the package that replaced it as the newest of its name and
	// architecture, when that is the cause.
	Newer *rpm.Package
}

// String says why the candidate was refused.
func (r Rejected) String() string {
	switch {
	case r.Newer != nil:
		return fmt.Sprintf("%s: %s is newer", r.Pkg, r.Newer)
	case r.Filter.Origin != "":
		return fmt.Sprintf("%s: excluded by %q (%s)", r.Pkg, r.Filter.Text, r.Filter.Origin)
	}
	return fmt.Sprintf("%s: excluded by %q", r.Pkg, r.Filter.Text)
}

// ReasonKind is how a package came into a tree.
type ReasonKind int

// The kinds of reason.
const (
	ByPattern   ReasonKind = iota // a pattern of the input matched it
	ByRequires                    // By requires Dep, and this package provides it
	SourceOf                      // By was built from it
	DebugInfoOf                   // it holds the debug information of By
)

// Reason tells why a package is in a tree. With By, the reasons of a result
// form a chain that ends at a pattern.
type Reason struct {
	Kind    ReasonKind
	Pattern Pattern      // ByPattern
	By      *rpm.Package // all but ByPattern
	Dep     rpm.Dep      // ByRequires
}

// String gives the reason as a sentence without its subject, such as
// "required by bash-5.2-1.x86_64 (libtinfo.so.6()(64bit))".
func (r Reason) String() string {
	switch r.Kind {
	case ByRequires:
		return fmt.Sprintf("required by %s (%s)", r.By, r.Dep)
	case SourceOf:
		return fmt.Sprintf("source of %s", r.By)
	case DebugInfoOf:
		return fmt.Sprintf("debug information of %s", r.By)
	}
	if r.Pattern.Origin == "" {
		return fmt.Sprintf("asked for by %q", r.Pattern.Text)
	}
	return fmt.Sprintf("asked for by %q (%s)", r.Pattern.Text, r.Pattern.Origin)
}

// flag is one of Pungi's words for how a package came in.
type flag uint16

const (
	flagInput flag = 1 << iota
	flagLookaside
)

// flagNames are in the order of the alphabet.
var flagNames = [...]struct {
	flag flag
	name string
}{
	{flagInput, "input"},
	{flagLookaside, "lookaside"},
}

func (f flag) names() []string {
	var list []string
	for _, n := range flagNames {
		if f&n.flag != 0 {
			list = append(list, n.name)
		}
	}
	return list
}

// result writes down what the solver has found.
func (s *solver) result() *Result {
	r := &Result{Unmatched: s.idle}
	for _, set := range [...]struct {
		state state
		kind  Kind
	}{{inBinary, Binary}, {inDebug, Debug}, {inSource, Source}} {
		for _, id := range s.u.sorted {
			if s.state[id]&set.state != 0 {
				r.Packages = append(r.Packages, Picked{s.u.pkgs[id], set.kind, s.flags[id].names(), s.why[id]})
			}
		}
	}
	r.Missing = s.allMissing()
	return r
}

func (s *solver) allMissing() []Missing {
	slices.SortStableFunc(s.missing, func(a, b missing) int {
		return cmp.Or(cmp.Compare(s.u.place[a.pkg], s.u.place[b.pkg]), strings.Compare(a.dep.String(), b.dep.String()))
	})
	s.missing = slices.CompactFunc(s.missing, func(a, b missing) bool {
		return a.pkg == b.pkg && a.dep.String() == b.dep.String()
	})
	var list []Missing
	for _, m := range s.missing {
		list = append(list, Missing{s.u.pkgs[m.pkg], m.dep, s.rejects(m.dep)})
	}
	return list
}
