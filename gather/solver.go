package gather

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"compose/internal/rpm"
)

// solver finds the packages of one tree: patterns first, then passes that add
// packages to what is in, until none of them adds any more.
type solver struct {
	*view
	in    *Input
	state []state // of each package
	flags []flag  // of each package

	logs [sets][]int32 // packages of each set in the order they came in
	whys [sets][]Reason
	at   [sets][]int32 // place of each package that is in, in the log of the set
	walk *walker       // nil: by name
	done [passes]int   // how much of its log a pass has worked through

	answers      map[question]*answer
	asking       int32   // the package whose requirements are resolved
	scratch      []int32 // for candidates
	needs        []need  // for eachDep
	over         []Rejected
	missing      []missing
	unmatched    []Unmatched
	noFullTree   map[string]bool // names of source packages
	fullTreeDone map[int32]bool
	conditionals map[string][]Conditional // by what they depend on
	langpacks    map[string][]Pattern     // by the package they translate
	whitelist    map[string]bool          // names for multilib
}

// state says in which sets of the result a package is.
type state uint8

const (
	inBinary state = 1 << iota
	inDebug
	inSource
)

const sets = 3 // one per Kind

var stateOf = [sets]state{Binary: inBinary, Debug: inDebug, Source: inSource}

// pass numbers the passes that walk over a log.
type pass int

const (
	passConditionals pass = iota
	passDeps
	passBuildDeps
	passSources
	passDebug
	passDebugDeps
	passFullTree
	passLangpacks
	passMultilib
	passes
)

type missing struct {
	pkg int32
	dep rpm.Dep
}

func gatherDeps(ctx context.Context, in Input) (*Result, error) {
	s := newSolver(&in)
	s.addModular()
	s.addPackages()
	s.addPrepopulate()
	if err := s.run(ctx); err != nil {
		return nil, fmt.Errorf("gathering packages: %w", err)
	}
	return s.result(), nil
}

func newSolver(in *Input) *solver {
	v := newView(in)
	s := &solver{
		view:         v,
		in:           in,
		state:        make([]state, len(v.u.pkgs)),
		flags:        make([]flag, len(v.u.pkgs)),
		answers:      map[question]*answer{},
		asking:       -1,
		noFullTree:   map[string]bool{},
		fullTreeDone: map[int32]bool{},
		conditionals: map[string][]Conditional{},
		langpacks:    map[string][]Pattern{},
		whitelist:    map[string]bool{},
	}
	for set := range s.at {
		s.at[set] = make([]int32, len(v.u.pkgs))
	}
	if in.Compat == CompatPungi43 && in.Method == Deps {
		s.walk = newWalker(v.u)
	}
	s.unmatched = v.unmatchedFilters()
	for _, name := range in.FullTreeExcludes {
		s.noFullTree[name] = true
	}
	for _, c := range in.Conditional {
		s.conditionals[c.Requires] = append(s.conditionals[c.Requires], c)
	}
	for _, l := range in.Langpacks {
		s.langpacks[l.Name] = append(s.langpacks[l.Name], l.Install)
	}
	s.expandWhitelist()
	return s
}

// run repeats the passes in Pungi's order; one that added something sends all
// back to the first.
func (s *solver) run(ctx context.Context) error {
	list := [...]func(context.Context) (int, error){
		s.addConditionals, s.addDeps, s.addBuildDeps, s.addSources, s.addDebug, s.addDebugDeps,
		s.addFullTree, s.addLangpacks, s.addMultilib,
	}
	for i := 0; i < len(list); i++ {
		added, err := list[i](ctx)
		if err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if added > 0 {
			i = -1
		}
	}
	return nil
}

// fresh gives the packages of a set that a pass has not seen yet, by name; or
// in Pungi's order, where Pungi does not sort them by name as well.
func (s *solver) fresh(p pass, set Kind) []int32 {
	list := slices.Clone(s.logs[set][s.done[p]:])
	s.done[p] = len(s.logs[set])
	if s.walk == nil || p == passFullTree || p == passLangpacks || p == passMultilib {
		s.u.inOrder(list)
	} else if len(list) > 1 {
		s.walk.order(list, p, set)
	}
	return list
}

// add puts a package into a set and says how many that added: 0 or 1.
func (s *solver) add(id int32, set Kind, why Reason) int {
	if s.state[id]&stateOf[set] != 0 {
		return 0
	}
	s.state[id] |= stateOf[set]
	s.at[set][id] = int32(len(s.logs[set]))
	s.logs[set], s.whys[set] = append(s.logs[set], id), append(s.whys[set], why)
	if s.walk != nil {
		s.walk.add(id, set)
	}
	if s.u.is(id, isLookaside) || set != Source && s.inLookaside(id) {
		s.flags[id] |= flagLookaside
	}
	if set != Source && why.Kind != DebugInfoOf && s.noFullTree[sourceName(s.u.pkgs[id])] {
		s.flags[id] |= flagFullTreeExclude
	}
	return 1
}

// inLookaside says whether a lookaside has the same name, version and
// architecture.
func (s *solver) inLookaside(id int32) bool {
	if !s.u.hasLookaside() {
		return false
	}
	p := s.u.pkgs[id]
	return slices.ContainsFunc(s.u.named(p.Name), func(other int32) bool {
		q := s.u.pkgs[other]
		return s.u.is(other, isLookaside) && q.Arch == p.Arch && q.EVR() == p.EVR()
	})
}

// sourceName gives the name of the package's source.
func sourceName(p *rpm.Package) string {
	name := p.SourceRPM
	for range 2 {
		name = name[:max(0, strings.LastIndexByte(name, '-'))]
	}
	return name
}
