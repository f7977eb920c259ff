package gather

import (
	"slices"
	"strings"

	"compose/internal/rpm"
)

// run is the whole solver: input, prepopulate, then the passes in order, from
// the start again after each one that added something.
func (r *reference) run() {
	r.input()
	r.prepopulate()
	passes := []func() bool{
		r.conditionals, r.deps, r.buildDeps, r.sources, r.debug, r.debugDeps, r.fullTree, r.langpacks, r.multilib,
	}
	for i := 0; i < len(passes); i++ {
		if passes[i]() {
			i = -1
		}
	}
}

func (r *reference) flag(e *entry, name string) {
	if r.flags[e] == nil {
		r.flags[e] = map[string]bool{}
	}
	r.flags[e][name] = true
}

// add puts a package into a set and says whether it was not there.
func (r *reference) add(e *entry, set Kind) bool {
	if r.result[set][e] {
		return false
	}
	r.result[set][e] = true
	if e.aside || slices.ContainsFunc(r.all, func(f *entry) bool { return f.aside && f.NEVRA() == e.NEVRA() }) {
		r.flag(e, "lookaside")
	}
	if slices.Contains(r.in.FullTreeExcludes, source(e)) {
		r.flag(e, "fulltree-exclude")
	}
	return true
}

func source(e *entry) string {
	parts := strings.Split(e.SourceRPM, "-")
	return strings.Join(parts[:max(0, len(parts)-2)], "-")
}

// sorted gives the packages of a set in order.
func (r *reference) sorted(set Kind) []*entry {
	return slices.DeleteFunc(slices.Clone(r.all), func(e *entry) bool { return !r.result[set][e] })
}

// todo gives the packages of a set that the pass has not had yet.
func (r *reference) todo(pass string, set Kind) []*entry {
	if r.done[pass] == nil {
		r.done[pass] = map[*entry]bool{}
	}
	list := slices.DeleteFunc(r.sorted(set), func(e *entry) bool { return r.done[pass][e] })
	for _, e := range list {
		r.done[pass][e] = true
	}
	return list
}

func (r *reference) input() {
	var all []*entry
	for _, p := range r.in.Packages {
		kind, text := (*entry).isBinary, p.Text
		if strings.Contains(text[1:], "-debuginfo") || strings.Contains(text[1:], "-debugsource") {
			kind = (*entry).isDebug
		}
		arch := func(*entry) bool { return true }
		if name, ok := strings.CutSuffix(text, ".+"); ok {
			text, arch = name, (*entry).multilib
		}
		byName := map[string][]*entry{}
		for _, e := range r.query(kind, arch, named(text)) {
			byName[e.Name] = append(byName[e.Name], e)
		}
		for _, list := range byName {
			all = append(all, r.best(list, "")...)
		}
	}
	for _, e := range all {
		r.flag(e, "input")
		if e.isDebug() {
			r.add(e, Debug)
		} else {
			r.add(e, Binary)
		}
	}
}

func (r *reference) prepopulate() {
	var all []*entry
	for _, p := range r.in.Prepopulate {
		i := strings.LastIndexByte(p.Text, '.')
		arch := func(e *entry) bool { return e.Arch == p.Text[i+1:] }
		all = append(all, r.best(distinct(r.query((*entry).isBinary, named(p.Text[:i]), arch)), "")...)
	}
	for _, e := range all {
		r.flag(e, "prepopulate")
		r.add(e, Binary)
	}
}

func (r *reference) conditionals() (added bool) {
	for _, e := range r.todo("conditionals", Binary) {
		for _, c := range r.in.Conditional {
			if c.Requires != e.Name {
				continue
			}
			for _, p := range r.best(r.query((*entry).isBinary, named(c.Package.Text)), "") {
				if r.add(p, Binary) {
					r.flag(e, "conditional")
					added = true
				}
			}
		}
	}
	return added
}

// require resolves the requirements of a package among one kind of packages.
func (r *reference) require(e *entry, kind func(*entry) bool) []*entry {
	if e.aside {
		return nil
	}
	var all []*entry
	for _, d := range e.Requires {
		primary := strings.Contains(d.Name, "bin/") && slices.Contains(r.files[e.Package], d.Name)
		if primary || slices.ContainsFunc(e.Provides, func(p rpm.Dep) bool { return p.String() == d.String() }) {
			continue // createrepo_c drops it
		}
		text := strings.Replace(d.String(), " 0:", " ", 1)
		if d.IsRich() {
			text = d.Name
		}
		if len(r.cache[text]) == 0 {
			list := r.query(kind, r.provides(d))
			if len(list) == 0 {
				r.miss[e.NEVRA()+" needs "+d.String()] = true
			}
			r.cache[text] = r.best(list, text)
		}
		all = append(all, r.cache[text]...)
	}
	return all
}

func (r *reference) deps() (added bool) {
	for _, e := range r.todo("deps", Binary) {
		for _, p := range r.require(e, (*entry).isBinary) {
			added = r.add(p, Binary) || added
		}
	}
	return added
}

func (r *reference) buildDeps() (added bool) {
	if !r.in.SelfHosting {
		return false
	}
	for _, e := range r.todo("build deps", Source) {
		for _, p := range r.require(e, (*entry).isBinary) {
			if r.add(p, Binary) {
				added = true
				r.flag(e, "self-hosting")
			}
		}
	}
	return added
}

func (r *reference) sources() (added bool) {
	for _, e := range r.todo("sources", Binary) {
		list := distinct(r.query((*entry).IsSource, func(s *entry) bool { return s.NVR()+".src.rpm" == e.SourceRPM }))
		if len(list) == 0 {
			continue
		}
		if !r.result[Source][list[0]] {
			r.result[Source][list[0]] = true
			added = true
		}
		if e.aside || list[0].aside {
			r.flag(list[0], "lookaside")
		}
	}
	return added
}

func (r *reference) debug() (added bool) {
	for _, e := range r.todo("debug", Binary) {
		for _, d := range distinct(r.query((*entry).isDebug, func(d *entry) bool { return !r.gone[d] && d.SourceRPM == e.SourceRPM })) {
			if d.Arch == e.Arch && (strings.Contains(d.Name, "-debugsource") || d.Name == e.Name+"-debuginfo") {
				hadFlag := r.flags[d]["fulltree-exclude"]
				added = r.add(d, Debug) || added
				if !hadFlag {
					delete(r.flags[d], "fulltree-exclude") // only debug packages found otherwise have it
				}
			}
		}
	}
	return added
}

func (r *reference) debugDeps() (added bool) {
	for _, e := range r.todo("debug deps", Debug) {
		for _, p := range r.require(e, (*entry).isDebug) {
			if !r.result[Binary][p] {
				added = r.add(p, Debug) || added
			}
		}
	}
	return added
}

func (r *reference) fullTree() (added bool) {
	if !r.in.FullTree {
		return false
	}
	for _, e := range r.todo("fulltree", Binary) {
		if r.done["expanded"][e] || slices.Contains(r.in.FullTreeExcludes, source(e)) {
			continue
		}
		of := func(arch string) []*entry {
			return distinct(r.query((*entry).isBinary, func(f *entry) bool { return f.SourceRPM == e.SourceRPM && f.Arch == arch }))
		}
		in := func(f *entry) bool { return r.result[Binary][f] }
		natives, multilibs := of("x86_64"), of("i686")
		pullNative := len(natives) > 0 && (slices.ContainsFunc(natives, in) || !slices.ContainsFunc(multilibs, in))
		list := of("noarch")
		if pullNative || r.in.Greedy == GreedyAll {
			list = append(list, natives...)
		}
		if !pullNative || r.in.Greedy == GreedyAll {
			list = append(list, multilibs...)
		}
		for _, f := range list {
			if r.add(f, Binary) {
				r.flag(f, "fulltree")
				added = true
			}
			if r.done["expanded"] == nil {
				r.done["expanded"] = map[*entry]bool{}
			}
			r.done["expanded"][f] = true
		}
	}
	return added
}

func (r *reference) langpacks() (added bool) {
	for _, e := range r.todo("langpacks", Binary) {
		for _, l := range r.in.Langpacks {
			if l.Name != e.Name {
				continue
			}
			byName := map[string][]*entry{}
			for _, f := range r.query((*entry).isBinary, named(strings.ReplaceAll(l.Install.Text, "%s", "*"))) {
				if !strings.HasSuffix(f.Name, "-devel") && !strings.HasSuffix(f.Name, "-static") {
					byName[f.Name] = append(byName[f.Name], f)
				}
			}
			for _, list := range byName {
				for _, f := range r.best(list, "") {
					r.flag(f, "langpack")
					added = r.add(f, Binary) || added
				}
			}
		}
	}
	return added
}

func (r *reference) multilib() (added bool) {
	for _, e := range r.todo("multilib", Binary) {
		if e.multilib() {
			continue
		}
		twins := r.query((*entry).isBinary, func(f *entry) bool { return f.Arch == "i686" && f.NVR() == e.NVR() })
		for _, f := range r.best(distinct(twins), "") {
			if !r.isMultilib(f) {
				continue
			}
			r.flag(f, "multilib")
			added = r.add(f, Binary) || added
		}
	}
	return added
}

func (r *reference) isMultilib(e *entry) bool {
	if slices.ContainsFunc(r.in.Multilib.Whitelist, func(p Pattern) bool { return p.Text == e.Name }) {
		return true
	}
	for _, m := range r.in.Multilib.Methods {
		lib := slices.Contains(r.files[e.Package], "/usr/lib/"+e.Name+".so.1")
		devel := strings.HasSuffix(e.Name, "-devel") || strings.HasSuffix(e.Name, "-static")
		if m == MultilibAll || lib && (m == MultilibRuntime || m == MultilibDevel) || devel && m == MultilibDevel {
			return true
		}
	}
	return false
}
