package gather

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
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
	// Hidden are the packages that the tree did not see: excluded by filters,
	// of modules that it does not have, or older than another one. They are ordered like Packages.
	Hidden []Rejected
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
	// Hidden says that there are such packages, but none that the tree sees:
	// filters exclude them, or they belong to modules that it does not have.
	Hidden bool
}

// Missing is a requirement that nothing in the tree's view answers.
type Missing struct {
	Pkg      *rpm.Package
	Requires rpm.Dep
	// Lacks are the parts of a rich dependency that nothing provides; of any
	// other it is the dependency itself.
	Lacks []rpm.Dep
	// Rejected are packages that would answer it but were not allowed to, the
	// first of them where they are many.
	Rejected []Rejected
}

// String says what is missing, and in further lines which packages would be
// an answer and why they are none.
func (m Missing) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s needs %s: ", m.Pkg, m.Requires)
	switch {
	case len(m.Rejected) > 0:
		b.WriteString("no candidate left")
	case !m.Requires.IsRich():
		b.WriteString("nothing provides it")
	default:
		for i, d := range m.Lacks {
			b.WriteString([...]string{"nothing provides ", ", "}[min(i, 1)])
			b.WriteString(d.String())
		}
	}
	for _, r := range m.Rejected {
		fmt.Fprintf(&b, "\n    %s", r)
	}
	return b.String()
}

// ReasonKind is how a package came into a tree.
type ReasonKind int

// The kinds of reason.
const (
	ByPattern       ReasonKind = iota // a pattern of Input.Packages matched it
	ByPrepopulate                     // a pattern of Input.Prepopulate matched it
	ByConditional                     // By is in, and comps asks for this package then
	ByRequires                        // By requires Dep, and this package provides it
	ByBuildRequires                   // building By requires Dep
	ByRecommends                      // By recommends Dep
	SourceOf                          // By was built from it
	DebugInfoOf                       // it holds the debug information of By
	ByFullTree                        // it comes from the same source as By
	ByLangpack                        // it has translations for By
	ByMultilib                        // it is By for another word size; Dep.Name has the method
)

// Reason tells why a package is in a tree. With By, the reasons of a result
// form a chain that ends at a pattern.
type Reason struct {
	Kind    ReasonKind
	Pattern Pattern      // where one matched: ByPattern, ByPrepopulate, ByConditional, ByLangpack
	By      *rpm.Package // all but ByPattern and ByPrepopulate
	Dep     rpm.Dep      // ByRequires, ByBuildRequires, ByRecommends
	// Over are other packages that provide Dep, and why they were not taken;
	// the first of them where they are many.
	Over []Rejected
}

// String gives the reason as a sentence without its subject, such as
// "required by bash-5.2-1.x86_64 (libtinfo.so.6()(64bit))".
func (r Reason) String() string {
	switch r.Kind {
	case ByPrepopulate:
		return "prepopulated by " + r.Pattern.String()
	case ByConditional:
		return fmt.Sprintf("wanted beside %s by %s", r.By, r.Pattern)
	case ByRequires:
		return fmt.Sprintf("required by %s (%s)", r.By, r.Dep)
	case ByBuildRequires:
		return fmt.Sprintf("required to build %s (%s)", r.By, r.Dep)
	case ByRecommends:
		return fmt.Sprintf("recommended by %s (%s)", r.By, r.Dep)
	case SourceOf:
		return fmt.Sprintf("source of %s", r.By)
	case DebugInfoOf:
		return fmt.Sprintf("debug information of %s", r.By)
	case ByFullTree:
		return fmt.Sprintf("from the same source as %s", r.By)
	case ByLangpack:
		return fmt.Sprintf("translations of %s by %s", r.By, r.Pattern)
	case ByMultilib:
		return fmt.Sprintf("multilib package of %s (%s)", r.By, r.Dep.Name)
	}
	return "asked for by " + r.Pattern.String()
}

// String gives the pattern in quotes, with its origin where that is known.
func (p Pattern) String() string {
	text := p.Text
	if p.Arch != "" {
		text += "." + p.Arch
	}
	if p.Origin == "" {
		return strconv.Quote(text)
	}
	return fmt.Sprintf("%q (%s)", text, p.Origin)
}

// flag is one of Pungi's words for how a package came in.
type flag uint16

const (
	flagConditional flag = 1 << iota
	flagFullTree
	flagFullTreeExclude
	flagInput
	flagLangpack
	flagLookaside
	flagMultilib
	flagPrepopulate
	flagSelfHosting
)

// flagNames are in the order of the alphabet.
var flagNames = [...]struct {
	flag flag
	name string
}{
	{flagConditional, "conditional"},
	{flagFullTree, "fulltree"},
	{flagFullTreeExclude, "fulltree-exclude"},
	{flagInput, "input"},
	{flagLangpack, "langpack"},
	{flagLookaside, "lookaside"},
	{flagMultilib, "multilib"},
	{flagPrepopulate, "prepopulate"},
	{flagSelfHosting, "self-hosting"},
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
	r := &Result{Unmatched: once(s.unmatched)}
	r.Packages = slices.Grow(r.Packages, len(s.logs[Binary])+len(s.logs[Debug])+len(s.logs[Source]))
	for kind, state := range stateOf {
		for _, id := range s.u.sorted {
			if s.state[id]&state != 0 {
				r.add(Picked{s.u.pkgs[id], Kind(kind), s.flags[id].names(), s.whys[kind][s.at[kind][id]]})
			}
		}
	}
	r.Missing = s.allMissing()
	r.Hidden = s.allHidden()
	return r
}

// add appends a package; one that is in its lookaside too, and came from
// both, counts once.
func (r *Result) add(p Picked) {
	if n := len(r.Packages); n > 0 && r.Packages[n-1].Pkg == p.Pkg && r.Packages[n-1].Kind == p.Kind {
		last := &r.Packages[n-1]
		last.Flags = append(last.Flags, p.Flags...)
		slices.Sort(last.Flags)
		last.Flags = slices.Compact(last.Flags)
		return
	}
	r.Packages = append(r.Packages, p)
}

func (s *solver) allMissing() []Missing {
	if len(s.missing) == 0 {
		return nil
	}
	slices.SortStableFunc(s.missing, func(a, b missing) int {
		return cmp.Or(cmp.Compare(s.u.place[a.pkg], s.u.place[b.pkg]), strings.Compare(a.dep.String(), b.dep.String()))
	})
	s.missing = slices.CompactFunc(s.missing, func(a, b missing) bool {
		return a.pkg == b.pkg && a.dep.String() == b.dep.String()
	})
	list := make([]Missing, len(s.missing))
	known := map[missing]*Missing{} // by kind and requirement
	for i, m := range s.missing {
		kind := isBinary
		if s.u.is(m.pkg, isDebug) {
			kind = isDebug
		}
		key := missing{int32(kind), m.dep}
		if known[key] == nil {
			known[key] = &Missing{Requires: m.dep, Lacks: s.lacks(m.dep, kind), Rejected: s.rejects(m.dep, kind)}
		}
		list[i] = *known[key]
		list[i].Pkg = s.u.pkgs[m.pkg]
	}
	return list
}

// once drops what occurred before.
func once(list []Unmatched) []Unmatched {
	seen := map[Unmatched]bool{}
	return slices.DeleteFunc(list, func(u Unmatched) bool {
		before := seen[u]
		seen[u] = true
		return before
	})
}
