package modulemd

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"compose/internal/rpm"
)

// Request is what a tree wants of the module streams.
type Request struct {
	// Arch is the architecture of the tree, Others are those of the variant's
	// other trees.
	Arch   string
	Others []string
	// Want names the streams. A pattern without a stream stands for the
	// default stream of each module that it names.
	Want []Pattern
	// Filter names streams that must not be there (Pungi: filter_modules);
	// without a stream, all of the module.
	Filter []Pattern
}

// Selection is the streams of a tree.
type Selection struct {
	// Streams are in the order of YAML.
	Streams []*Stream
	// Active are those of Streams that users have without asking: the
	// default streams.
	Active []*Stream
	// By has for each of Streams the first pattern that names it.
	By map[*Stream]Pattern
	// Unmatched are the patterns of Want, and Unfiltered those of Filter,
	// that name nothing.
	Unmatched  []Unmatched
	Unfiltered []Pattern
}

// With gives the streams of both selections, each once.
func (sel Selection) With(other Selection) Selection {
	out := Selection{Streams: union(sel.Streams, other.Streams), Active: union(sel.Active, other.Active), By: maps.Clone(other.By)}
	for s, p := range sel.By {
		if out.By == nil {
			out.By = map[*Stream]Pattern{}
		}
		out.By[s] = p
	}
	return out
}

func union(a, b []*Stream) []*Stream {
	out := slices.Clone(a)
	for _, s := range b {
		if !slices.Contains(a, s) {
			out = append(out, s)
		}
	}
	return out
}

// Unmatched is a pattern that named nothing, and why.
type Unmatched struct {
	Pattern Pattern
	Reason  string
	// Harmless says that all it names was filtered out, or is not built for
	// the architecture but for another one of Request.Others.
	Harmless bool
}

// String gives the pattern and the reason.
func (u Unmatched) String() string { return fmt.Sprintf("module %s: %s", u.Pattern, u.Reason) }

// Select chooses streams: of each stream that a pattern names the builds of
// the latest version, in all contexts, as Pungi does. Where a pattern names
// versions or contexts itself, the latest of what it names. What a filter
// names counts as not there, but for the default streams, which stay what
// they are.
func (x *Index) Select(r Request) Selection {
	var sel Selection
	all := filter(x.Streams, func(s *Stream) bool { return s.serves(r.Arch) })
	here, unused := without(all, r.Filter)
	sel.Unfiltered = unused
	sel.By = map[*Stream]Pattern{}
	for _, p := range r.Want {
		list, reason := x.choose(here, p)
		if len(list) == 0 {
			sel.Unmatched = append(sel.Unmatched, x.unmatched(r, all, p, reason))
		}
		for _, s := range list {
			if _, before := sel.By[s]; !before {
				sel.By[s] = p
			}
		}
	}
	sel.Streams = filter(here, func(s *Stream) bool { _, chosen := sel.By[s]; return chosen })
	slices.SortStableFunc(sel.Streams, func(a, b *Stream) int { return a.ID.compare(b.ID) })
	sel.Active = filter(sel.Streams, func(s *Stream) bool { return s.Stream == x.DefaultStream(s.Name) })
	return sel
}

// serves says whether a build is for trees of an architecture. Old documents
// without one are for all.
func (s *Stream) serves(arch string) bool {
	return s.Arch == "" || s.Arch == "noarch" || s.Arch == arch || rpm.BaseArch(s.Arch) == rpm.BaseArch(arch)
}

// without leaves out what filters name.
func without(list []*Stream, filters []Pattern) (kept []*Stream, unused []Pattern) {
	for _, f := range filters {
		rest := filter(list, func(s *Stream) bool { return !f.Match(s.ID) })
		if len(rest) == len(list) {
			unused = append(unused, f)
		}
		list = rest
	}
	return list, unused
}

// choose gives the builds that a pattern names, or why there are none.
func (x *Index) choose(here []*Stream, p Pattern) ([]*Stream, string) {
	if err := p.Check(); err != nil {
		return nil, err.Error()
	}
	named := filter(here, func(s *Stream) bool { return p.Match(s.ID) })
	if len(named) == 0 {
		return nil, absent(here, p)
	}
	if p.namesStream() {
		return latest(named), ""
	}
	byDefault := filter(named, func(s *Stream) bool { return s.Stream == x.DefaultStream(s.Name) })
	if len(byDefault) == 0 {
		return nil, "no default stream is to be had; there are " + streamNames(named)
	}
	return latest(byDefault), ""
}

// absent explains why a pattern names nothing.
func absent(here []*Stream, p Pattern) string {
	name := Pattern{Text: p.parts()[0]}
	if list := filter(here, func(s *Stream) bool { return name.Match(s.ID) }); len(list) > 0 {
		return "there are only " + streamNames(latest(list))
	}
	return noModule
}

const noModule = "no such module in the package sets"

// unmatched says why a pattern names nothing that is left.
func (x *Index) unmatched(r Request, all []*Stream, p Pattern, reason string) Unmatched {
	named := func(s *Stream) bool { return p.Match(s.ID) }
	if p.Check() != nil {
		return Unmatched{p, reason, false}
	}
	if reason == noModule {
		reason = absent(x.Streams, p) // it may be there for other architectures
	}
	if list, _ := x.choose(all, p); len(list) > 0 {
		return Unmatched{p, "all that it names is filtered out", true}
	}
	arches := map[string]bool{}
	for _, s := range filter(x.Streams, named) {
		arches[s.Arch] = true
	}
	if len(arches) == 0 || slices.ContainsFunc(all, named) {
		return Unmatched{p, reason, false}
	}
	elsewhere := func(s *Stream) bool { return named(s) && slices.ContainsFunc(r.Others, s.serves) }
	return Unmatched{
		p, fmt.Sprintf("it is not built for %s, only for %s", r.Arch, strings.Join(slices.Sorted(maps.Keys(arches)), ", ")),
		slices.ContainsFunc(x.Streams, elsewhere),
	}
}

// streamNames lists builds for a message; a few of them.
func streamNames(list []*Stream) string {
	var names []string
	for _, s := range list {
		names = append(names, s.ID.String())
	}
	slices.Sort(names)
	names = slices.Compact(names)
	if len(names) > 8 {
		names = append(names[:8], fmt.Sprintf("%d more", len(names)-8))
	}
	return strings.Join(names, ", ")
}

// latest keeps, of each name and stream, the builds of the latest version.
func latest(list []*Stream) []*Stream {
	newest := map[string]uint64{}
	for _, s := range list {
		key := s.NameStream()
		newest[key] = max(newest[key], s.Version)
	}
	return filter(list, func(s *Stream) bool { return s.Version == newest[s.NameStream()] })
}

// Allows says whether the requirements accept a stream of a module: they name
// it, exclude others by name, or do not care.
func (r Requirements) Allows(module, stream string) bool {
	list, ok := r[module]
	if !ok || len(list) == 0 {
		return true
	}
	excluding := false
	for _, s := range list {
		name, not := strings.CutPrefix(s, "-")
		switch {
		case not && name == stream:
			return false
		case not:
			excluding = true
		case s == stream:
			return true
		}
	}
	return excluding
}

// Expand gives the streams out of known, by module, that the requirements accept
// (stream expansion); a module of which none is accepted has an empty list.
func (r Requirements) Expand(known map[string][]string) map[string][]string {
	out := make(map[string][]string, len(r))
	for module := range r {
		out[module] = filter(known[module], func(stream string) bool { return r.Allows(module, stream) })
	}
	return out
}

// Needs gives the modules that a stream requires and that are not among the
// streams, for the combination that lacks fewest. The pseudo-module "platform"
// is always there.
func (s *Stream) Needs(streams []*Stream) []string {
	known := map[string][]string{}
	for _, o := range streams {
		known[o.Name] = append(known[o.Name], o.Stream)
	}
	var fewest []string
	for i, r := range s.Requires {
		var lacks []string
		for module, accepted := range r.Expand(known) {
			if len(accepted) == 0 && module != "platform" {
				lacks = append(lacks, strings.TrimSuffix(module+":"+strings.Join(r[module], ","), ":"))
			}
		}
		if i == 0 || len(lacks) < len(fewest) {
			fewest = lacks
		}
	}
	slices.Sort(fewest)
	return fewest
}
