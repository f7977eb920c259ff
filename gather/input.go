package gather

import "slices"

// addPackages puts in what the patterns of the input match. All are matched
// before the first package is in, so their order decides nothing.
func (s *solver) addPackages() {
	type found struct {
		id  int32
		why Reason
	}
	var all []found
	for _, p := range s.in.packages() {
		for _, id := range s.asked(p) {
			all = append(all, found{id, Reason{Kind: ByPattern, Pattern: p}})
		}
	}
	for _, f := range all {
		s.flags[f.id] |= flagInput
		s.add(f.id, s.u.kind(f.id), f.why)
	}
}

// asked gives the packages that a pattern of the input stands for. With every
// provider to be taken, "system-release" is what provides it.
func (s *solver) asked(p Pattern) []int32 {
	if p.Text == "system-release" && p.Arch == "" && s.in.Greedy == GreedyAll {
		if ids := s.candidates(nameDep(p.Text), isBinary); len(ids) > 0 {
			return ids
		}
	}
	return s.match(packageSelector(p, s.in.Compat), "package")
}

// addPrepopulate puts in the packages of Input.Prepopulate, again all at once.
func (s *solver) addPrepopulate() {
	type found struct {
		id int32
		p  Pattern
	}
	var all []found
	for _, p := range s.in.Prepopulate {
		for _, id := range s.match(prepopulateSelector(p), "prepopulate") {
			all = append(all, found{id, p})
		}
	}
	for _, f := range all {
		s.flags[f.id] |= flagPrepopulate
		s.add(f.id, Binary, Reason{Kind: ByPrepopulate, Pattern: f.p})
	}
}

// match gives the best package of each name that the selector matches, and
// notes a selector that matches nothing.
func (s *solver) match(sel selector, use string) []int32 {
	var picks []int32
	matched, there := false, false
	sel.each(s.u, func(ids []int32) {
		s.trace.see(ids)
		there = true
		ids = slices.DeleteFunc(ids, func(id int32) bool { return !s.sees(id) && (sel.once || !s.considers(id)) })
		matched = matched || len(ids) > 0
		ids = s.withoutOnRequest(ids)
		if len(ids) > 0 && s.u.is(ids[0], isSource) {
			picks = append(picks, ids...)
		} else {
			picks = s.best(picks, ids, forInput)
		}
	})
	if !matched {
		s.unmatched = append(s.unmatched, Unmatched{sel.pattern, use, there})
	}
	return picks
}
