package gather

import (
	"context"
	"slices"
	"strings"
)

// addFullTree adds the other packages of the same source: the native ones, or
// the multilib ones where only such are in, and always the noarch ones. What
// came in this way brings nothing further.
func (s *solver) addFullTree(context.Context) (added int, err error) {
	if !s.in.FullTree {
		return 0, nil
	}
	for _, id := range s.fresh(passFullTree, Binary) {
		p := s.u.pkgs[id]
		if s.fullTreeDone[id] || s.noFullTree[sourceName(p)] {
			continue
		}
		for _, sibling := range s.siblings(p.SourceRPM) {
			s.fullTreeDone[sibling] = true
			if s.add(sibling, Binary, Reason{Kind: ByFullTree, By: p}) > 0 {
				added++
				s.flags[sibling] |= flagFullTree
			}
		}
		s.fullTreeDone[id] = true
	}
	return added, nil
}

// siblings gives the packages that fulltree takes of a source.
func (s *solver) siblings(sourceRPM string) []int32 {
	var natives, multilibs, noarch []int32
	for _, id := range s.builtFrom(sourceRPM) {
		switch {
		case !s.sees(id) || !s.u.is(id, isBinary):
		case s.u.is(id, isNoarch):
			noarch = append(noarch, id)
		case s.u.is(id, isNative):
			natives = append(natives, id)
		default:
			multilibs = append(multilibs, id)
		}
	}
	in := func(id int32) bool { return s.state[id]&inBinary != 0 }
	takeNative := len(natives) > 0 && (slices.ContainsFunc(natives, in) || !slices.ContainsFunc(multilibs, in))
	var list []int32
	if takeNative || s.in.Greedy == GreedyAll {
		list = append(list, natives...)
	}
	if !takeNative || s.in.Greedy == GreedyAll {
		list = append(list, multilibs...)
	}
	list = append(list, noarch...)
	s.u.inOrder(list)
	return list
}

// addLangpacks adds the translations of what is in.
func (s *solver) addLangpacks(context.Context) (added int, err error) {
	if len(s.langpacks) == 0 {
		return 0, nil
	}
	for _, id := range s.fresh(passLangpacks, Binary) {
		for _, p := range s.langpacks[s.u.pkgs[id].Name] {
			added += s.addLangpack(id, p)
		}
	}
	return added, nil
}

func (s *solver) addLangpack(id int32, p Pattern) (added int) {
	sel := selector{pattern: p, names: strings.ReplaceAll(p.Text, "%s", "*"), need: isBinary}
	for _, pick := range s.match(sel, "langpack") {
		if !isLangpack(s.u.pkgs[pick].Name) {
			continue
		}
		s.flags[pick] |= flagLangpack
		added += s.add(pick, Binary, Reason{Kind: ByLangpack, By: s.u.pkgs[id], Pattern: p})
	}
	return added
}

func isLangpack(name string) bool { return !isDevelName(name) && name != "man-pages-overrides" }

// addMultilib adds, for each native package, the one of the same version for
// the second word size, where the methods choose it.
func (s *solver) addMultilib(ctx context.Context) (added int, err error) {
	if len(s.in.Multilib.Methods) == 0 && len(s.whitelist) == 0 {
		return 0, nil
	}
	for _, id := range s.fresh(passMultilib, Binary) {
		if err := ctx.Err(); err != nil {
			return added, err
		}
		if s.u.is(id, isMultilib) {
			continue
		}
		for _, twin := range s.best(nil, s.twins(id), forInput) {
			n, err := s.addTwin(twin, id)
			if err != nil {
				return added, err
			}
			added += n
		}
	}
	return added, nil
}

func (s *solver) addTwin(twin, of int32) (added int, err error) {
	method, err := s.in.Multilib.selects(s.u.pkgs[twin], func(name string) bool { return s.whitelist[name] })
	if err != nil || method == "" {
		return 0, err
	}
	s.flags[twin] |= flagMultilib
	return s.add(twin, Binary, Reason{Kind: ByMultilib, By: s.u.pkgs[of], Dep: nameDep(method)}), nil
}

// twins gives the packages of the second word size with the same name,
// version and release.
func (s *solver) twins(id int32) []int32 {
	p := s.u.pkgs[id]
	var list []int32
	for _, t := range s.u.named(p.Name) { // seen with it, by name
		q := s.u.pkgs[t]
		if s.sees(t) && s.u.is(t, isBinary|isMultilib) && !s.u.is(t, isNoarch) && q.Version == p.Version && q.Release == p.Release {
			list = append(list, t)
		}
	}
	return list
}

// expandWhitelist lists the names that the multilib whitelist stands for.
func (s *solver) expandWhitelist() {
	for _, p := range s.in.Multilib.Whitelist {
		matched := false
		s.u.matchNames(p.Text, func(n nameRun) {
			s.trace.see(s.u.run(n))
			if s.in.Compat == CompatPungi43 && n.name != p.Text {
				return
			}
			for _, id := range s.u.run(n) {
				matched = matched || s.u.is(id, isBinary|isMultilib) && !s.u.is(id, isNoarch)
			}
			s.whitelist[n.name] = true
		})
		if !matched {
			s.unmatched = append(s.unmatched, Unmatched{Pattern: p, Use: "multilib whitelist"})
		}
	}
}
