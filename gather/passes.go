package gather

import (
	"context"
	"strings"
)

// addConditionals adds the packages that comps wants beside others. Pungi
// sets their flag on the package that they depend on.
func (s *solver) addConditionals(context.Context) (added int, err error) {
	for _, id := range s.fresh(passConditionals, Binary) {
		for _, c := range s.conditionals[s.u.pkgs[id].Name] {
			sel := selector{pattern: c.Package, names: c.Package.Text, need: isBinary}
			for _, pick := range s.match(sel, "conditional") {
				if s.add(pick, Binary, Reason{Kind: ByConditional, By: s.u.pkgs[id], Pattern: c.Package}) == 0 {
					continue
				}
				added++
				s.flag(flagConditional, pick, id)
			}
		}
	}
	return added, nil
}

// flag sets a flag on the package that came in; Pungi sets it on the one that
// brought it.
func (s *solver) flag(f flag, pick, by int32) {
	if s.in.Compat == CompatPungi43 {
		s.flags[by] |= f
	} else {
		s.flags[pick] |= f
	}
}

// addDeps adds the providers of what the binary packages require.
func (s *solver) addDeps(ctx context.Context) (added int, err error) {
	for _, id := range s.fresh(passDeps, Binary) {
		if err := ctx.Err(); err != nil {
			return added, err
		}
		s.eachDep(id, isBinary, func(n need, provider int32) {
			added += s.addFor(n, ByRequires, provider, Binary)
		})
		if s.in.Recommends {
			added += s.addRecommended(id)
		}
	}
	return added, nil
}

// addFor adds a package that answers a requirement.
func (s *solver) addFor(n need, kind ReasonKind, provider int32, set Kind) int {
	if s.state[provider]&stateOf[set] != 0 {
		return 0
	}
	return s.add(provider, set, n.reason(kind, s.u.pkgs[provider]))
}

func (s *solver) addRecommended(id int32) (added int) {
	if s.u.is(id, isLookaside) {
		return 0
	}
	p := s.u.pkgs[id]
	for _, d := range p.Recommends {
		n := need{p, d, s.resolve(d, isBinary)}
		for _, provider := range n.picks {
			added += s.addFor(n, ByRecommends, provider, Binary)
		}
	}
	return added
}

// addBuildDeps adds what the source packages need to be built.
func (s *solver) addBuildDeps(ctx context.Context) (added int, err error) {
	if !s.in.SelfHosting {
		return 0, nil
	}
	for _, id := range s.fresh(passBuildDeps, Source) {
		if err := ctx.Err(); err != nil {
			return added, err
		}
		s.eachDep(id, isBinary, func(n need, provider int32) {
			if s.addFor(n, ByBuildRequires, provider, Binary) > 0 {
				added++
				s.flag(flagSelfHosting, provider, id)
			}
		})
	}
	return added, nil
}

// addSources adds the source package of each binary package.
func (s *solver) addSources(context.Context) (added int, err error) {
	for _, id := range s.fresh(passSources, Binary) {
		src := s.sourceOf(id)
		if src < 0 {
			continue
		}
		added += s.add(src, Source, Reason{Kind: SourceOf, By: s.u.pkgs[id]})
		if s.u.is(id, isLookaside) {
			s.flags[src] |= flagLookaside
		}
	}
	return added, nil
}

// addDebug adds the debug information of each binary package: what was built
// from the same source for the same architecture and is named for the
// package, or for all of the source.
func (s *solver) addDebug(context.Context) (added int, err error) {
	for _, id := range s.fresh(passDebug, Binary) {
		p := s.u.pkgs[id]
		if p.SourceRPM == "" {
			continue
		}
		for _, d := range s.builtFrom(p.SourceRPM) {
			if s.sees(d) && s.u.is(d, isDebug) && s.u.pkgs[d].Arch == p.Arch && belongs(s.u.pkgs[d].Name, p.Name) {
				added += s.add(d, Debug, Reason{Kind: DebugInfoOf, By: p})
			}
		}
	}
	return added, nil
}

// belongs says whether a debug package by its name belongs to the package: it
// is debugsource, or the package's own debuginfo.
func belongs(debug, pkg string) bool {
	return strings.Contains(debug, "-debugsource") || strings.TrimSuffix(debug, "-debuginfo") == pkg && debug != pkg
}

// addDebugDeps adds what debug packages require of other debug packages.
func (s *solver) addDebugDeps(ctx context.Context) (added int, err error) {
	for _, id := range s.fresh(passDebugDeps, Debug) {
		if err := ctx.Err(); err != nil {
			return added, err
		}
		s.eachDep(id, isDebug, func(n need, provider int32) {
			if s.state[provider]&inBinary == 0 {
				added += s.addFor(n, ByRequires, provider, Debug)
			}
		})
	}
	return added, nil
}
