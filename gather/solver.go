package gather

import (
	"context"
	"fmt"
	"slices"

	"compose/internal/rpm"
)

// solver finds the packages of one tree: patterns first, then passes that add
// packages to what is in, until none of them adds any more.
type solver struct {
	*view
	in    *Input
	state []state
	why   map[int32]Reason
	flags map[int32]flag

	log  []int32     // packages of the binary set, in the order they came in
	dlog []int32     // packages of the debug set, likewise
	done [passes]int // how much of its log a pass has worked through

	answers map[rpm.Dep]*answer
	missing []missing
	idle    []Unmatched
}

// state says in which sets of the result a package is.
type state uint8

const (
	inBinary state = 1 << iota
	inDebug
	inSource
)

// pass numbers the passes that walk over a log.
type pass int

const (
	passDeps pass = iota
	passSources
	passDebug
	passDebugDeps
	passes
)

type missing struct {
	pkg int32
	dep rpm.Dep
}

func gatherDeps(ctx context.Context, in Input) (*Result, error) {
	s := newSolver(&in)
	s.addInput()
	if err := s.run(ctx); err != nil {
		return nil, fmt.Errorf("gathering packages: %w", err)
	}
	return s.result(), nil
}

func newSolver(in *Input) *solver {
	var filters []selector
	for _, p := range in.filters() {
		filters = append(filters, filterSelector(p, in.Compat))
	}
	v, idle := newView(in.Universe, filters)
	s := &solver{
		view:    v,
		in:      in,
		state:   make([]state, len(v.u.pkgs)),
		why:     map[int32]Reason{},
		flags:   map[int32]flag{},
		answers: map[rpm.Dep]*answer{},
	}
	for _, p := range idle {
		s.idle = append(s.idle, Unmatched{p, "filter"})
	}
	return s
}

// run repeats the passes in Pungi's order; one that added something sends all
// back to the first.
func (s *solver) run(ctx context.Context) error {
	list := []func(context.Context) int{s.addDeps, s.addSources, s.addDebug, s.addDebugDeps}
	for i := 0; i < len(list); i++ {
		if list[i](ctx) > 0 {
			i = -1
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}

// fresh gives the packages that a pass has not seen yet, in order.
func (s *solver) fresh(p pass, log []int32) []int32 {
	list := slices.Clone(log[s.done[p]:])
	s.done[p] = len(log)
	s.u.inOrder(list)
	return list
}

// addBinary puts a package into the binary set and says how many that added.
func (s *solver) addBinary(id int32, why Reason) int {
	if s.state[id]&inBinary != 0 {
		return 0
	}
	s.enter(id, inBinary, why)
	s.log = append(s.log, id)
	return 1
}

// addDebugPackage is addBinary for the debug set.
func (s *solver) addDebugPackage(id int32, why Reason) int {
	if s.state[id]&inDebug != 0 {
		return 0
	}
	s.enter(id, inDebug, why)
	s.dlog = append(s.dlog, id)
	return 1
}

func (s *solver) enter(id int32, in state, why Reason) {
	s.state[id] |= in
	if _, known := s.why[id]; !known {
		s.why[id] = why
	}
}

// addInput puts in what the patterns match. All are matched before the first
// package is in, so their order decides nothing.
func (s *solver) addInput() {
	type found struct {
		id  int32
		why Reason
	}
	var all []found
	for _, p := range s.in.packages() {
		sel := packageSelector(p, s.in.Compat)
		matched := false
		sel.each(s.u, func(ids []int32) {
			ids = s.seen(ids)
			matched = matched || len(ids) > 0
			for _, id := range s.choose(ids) {
				all = append(all, found{id, Reason{Kind: ByPattern, Pattern: p}})
			}
		})
		if !matched {
			s.idle = append(s.idle, Unmatched{p, "package"})
		}
	}
	for _, f := range all {
		s.flags[f.id] |= flagInput
		switch {
		case s.u.is(f.id, isSource):
			s.enter(f.id, inSource, f.why)
		case s.u.is(f.id, isDebug):
			s.addDebugPackage(f.id, f.why)
		default:
			s.addBinary(f.id, f.why)
		}
	}
}

// choose picks from packages of one name that a pattern matched.
func (s *solver) choose(ids []int32) []int32 {
	if len(ids) > 0 && s.u.is(ids[0], isSource) {
		return ids
	}
	return s.best(nil, ids, forInput)
}

// seen drops, in place, the packages that the tree does not see.
func (s *solver) seen(ids []int32) []int32 {
	return slices.DeleteFunc(ids, func(id int32) bool { return !s.sees(id) })
}

// addDeps adds the providers of what the binary packages require.
func (s *solver) addDeps(ctx context.Context) (added int) {
	for _, id := range s.fresh(passDeps, s.log) {
		if ctx.Err() != nil {
			return added
		}
		s.eachDep(id, isBinary, func(d rpm.Dep, provider int32) {
			added += s.addBinary(provider, Reason{Kind: ByRequires, By: s.u.pkgs[id], Dep: d})
		})
	}
	return added
}

// addDebugDeps does so for debug packages, with providers among debug
// packages only.
func (s *solver) addDebugDeps(ctx context.Context) (added int) {
	for _, id := range s.fresh(passDebugDeps, s.dlog) {
		if ctx.Err() != nil {
			return added
		}
		s.eachDep(id, isDebug, func(d rpm.Dep, provider int32) {
			if s.state[provider]&inBinary == 0 {
				added += s.addDebugPackage(provider, Reason{Kind: ByRequires, By: s.u.pkgs[id], Dep: d})
			}
		})
	}
	return added
}

// addSources adds the source package of each binary package.
func (s *solver) addSources(context.Context) (added int) {
	for _, id := range s.fresh(passSources, s.log) {
		src := s.sourceOf(id)
		if src < 0 {
			continue
		}
		if s.u.is(src, isLookaside) || s.u.is(id, isLookaside) {
			s.flags[src] |= flagLookaside
		}
		if s.state[src]&inSource == 0 {
			s.enter(src, inSource, Reason{Kind: SourceOf, By: s.u.pkgs[id]})
			added++
		}
	}
	return added
}

// addDebug adds the debug information of each binary package: what was built
// from the same source for the same architecture and is named for the
// package, or for all of the source.
func (s *solver) addDebug(context.Context) (added int) {
	for _, id := range s.fresh(passDebug, s.log) {
		p := s.u.pkgs[id]
		if p.SourceRPM == "" {
			continue
		}
		for _, d := range s.u.builtFrom(p.SourceRPM) {
			if s.sees(d) && s.u.is(d, isDebug) && s.u.pkgs[d].Arch == p.Arch && belongs(s.u.pkgs[d].Name, p.Name) {
				added += s.addDebugPackage(d, Reason{Kind: DebugInfoOf, By: p})
			}
		}
	}
	return added
}
