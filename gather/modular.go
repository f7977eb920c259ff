package gather

import (
	"slices"

	"compose/internal/rpm"
)

// Modular is a package that a tree has as a part of a module stream: this
// very one, whatever other versions there are. A filter can keep it out.
type Modular struct {
	Pkg *rpm.Package
	// Origin says what asked for it, such as `module nodejs:18, compose.toml:12`.
	Origin string
	// OnRequest says that users see the package only after they have asked
	// for the stream. It stands in for no package from outside of modules: a
	// pattern, or a requirement of a package that is not on request itself,
	// takes it only when there is no other.
	OnRequest bool
}

// setModules hides what belongs to the modules that the tree does not have,
// and keeps in sight, whatever newer versions there are, what belongs to those
// that it has, with the source and debug packages of the same builds.
func (v *view) setModules(in *Input) {
	if len(in.Apart) == 0 && len(in.ApartAside) == 0 && len(in.Modular) == 0 {
		return
	}
	v.modular, v.onRequest = map[int32]bool{}, map[int32]bool{}
	parts := map[*rpm.Package]Modular{}
	for _, m := range in.Modular {
		parts[m.Pkg] = m
	}
	for id, p := range v.u.pkgs {
		if _, ok := in.apart(int32(id)); ok && v.hidden[id] == 0 {
			v.hidden[id] = apart
		}
		if v.u.is(int32(id), isLookaside) {
			continue
		}
		if m, ok := parts[p]; ok {
			v.modular[int32(id)] = true
			v.onRequest[int32(id)] = m.OnRequest
			v.trace.see([]int32{int32(id)})
			v.keepBuild(p)
		}
	}
}

// apart says why the tree must not have a package.
func (in *Input) apart(id int32) (why string, ok bool) {
	list := in.Apart
	if in.Universe.is(id, isLookaside) {
		list = in.ApartAside
	}
	why, ok = list[in.Universe.pkgs[id]]
	return why, ok
}

// keepBuild keeps the source and debug packages of a build in sight.
func (v *view) keepBuild(p *rpm.Package) {
	if p.SourceRPM == "" {
		return
	}
	for _, id := range v.sources(p.SourceRPM) {
		v.modular[id] = true
	}
	for _, id := range v.builtFrom(p.SourceRPM) {
		if v.u.is(id, isDebug) {
			v.modular[id] = true
		}
	}
}

// addModular puts in the packages of module streams. What they were built
// from follows like that of any other package.
func (s *solver) addModular() {
	for _, m := range s.modularInOrder() {
		if kind := s.u.kind(m.id); kind != Source {
			s.flags[m.id] |= flagInput
			s.add(m.id, kind, Reason{Kind: ByPattern, Pattern: m.pattern()})
		}
	}
}

type modularID struct {
	Modular
	id int32
}

func (m Modular) pattern() Pattern {
	return Pattern{Text: m.Pkg.Name, Arch: m.Pkg.Arch, Origin: m.Origin}
}

// modularInOrder gives the modular packages that the tree sees, by name.
func (s *solver) modularInOrder() (list []modularID) {
	if len(s.in.Modular) == 0 {
		return nil
	}
	ids := make(map[*rpm.Package]int32, len(s.u.pkgs))
	for id, p := range s.u.pkgs {
		if s.sees(int32(id)) && !s.u.is(int32(id), isLookaside) && s.u.class[id] != 0 {
			ids[p] = int32(id)
		}
	}
	for _, m := range s.in.Modular {
		if id, ok := ids[m.Pkg]; ok {
			list = append(list, modularID{m, id})
		}
	}
	slices.SortStableFunc(list, func(a, b modularID) int { return int(s.u.place[a.id]) - int(s.u.place[b.id]) })
	return list
}

// withoutOnRequest drops packages that users do not see by themselves, where
// others are left.
func (v *view) withoutOnRequest(ids []int32) []int32 {
	if len(v.onRequest) == 0 || !slices.ContainsFunc(ids, func(id int32) bool { return !v.onRequest[id] }) {
		return ids
	}
	return slices.DeleteFunc(ids, func(id int32) bool { return v.onRequest[id] })
}
