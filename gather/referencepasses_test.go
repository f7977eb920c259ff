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

// The kinds. They are never written to.
var (
	binaries = kind{"binary", (*entry).isBinary}
	debugs   = kind{"debug", (*entry).isDebug}
)

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
		kind := (*entry).isBinary
		text, asked := r.splitArch(p.Text)
		if strings.Contains(text[1:], "-debuginfo") || strings.Contains(text[1:], "-debugsource") {
			kind = (*entry).isDebug
		}
		arch := func(*entry) bool { return true }
		if name, ok := strings.CutSuffix(text, ".+"); ok {
			text, arch = name, (*entry).multilib
		} else if asked == "src" {
			for _, e := range r.query((*entry).IsSource, named(text)) {
				r.flag(e, "input")
				r.add(e, Source)
			}
			continue
		} else if asked != "" {
			arch = func(e *entry) bool { return e.Arch == asked }
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
					r.flag(r.flagged(e, p), "conditional")
					added = true
				}
			}
		}
	}
	return added
}

// flagged gives the package that a flag goes to: the one that came in, but for
// Pungi the one that asked for it.
func (r *reference) flagged(asked, came *entry) *entry {
	if r.in.Compat == CompatPungi43 {
		return asked
	}
	return came
}

// kind is a set of packages in which requirements are looked up.
type kind struct {
	name string
	has  func(*entry) bool
}

// reply is what a requirement was resolved to.
type reply struct {
	list  []*entry
	found bool
	bad   map[string]bool // by kind: looked up, whether in vain
}

// require resolves the requirements of a package among one kind of packages.
func (r *reference) require(e *entry, k kind) []*entry {
	if e.aside {
		return nil
	}
	var all []*entry
	for _, d := range e.Requires {
		primary := strings.Contains(d.Name, "bin/") && slices.Contains(r.files[e.Package], d.Name)
		if primary || slices.ContainsFunc(e.Provides, func(p rpm.Dep) bool { return p.String() == d.String() }) {
			continue // createrepo_c drops it
		}
		a := r.resolve(d, k)
		if !a.found && a.bad[k.name] {
			r.miss[e.NEVRA()+" needs "+d.String()] = true
		}
		all = append(all, a.list...)
	}
	return all
}

func (r *reference) resolve(d rpm.Dep, k kind) *reply {
	text := strings.Replace(d.String(), " 0:", " ", 1)
	if d.IsRich() {
		text = d.Name
	}
	a := r.cache[text]
	if a == nil {
		a = &reply{bad: map[string]bool{}}
		r.cache[text] = a
	}
	if _, again := a.bad[k.name]; a.found || again {
		return a
	}
	list, ok := r.provide(d, k)
	a.list, a.found, a.bad[k.name] = append(a.list, list...), ok && len(list) > 0, !ok
	return a
}

// provide chooses one winner for any requirement as Pungi does, or what a rich
// one needs.
func (r *reference) provide(d rpm.Dep, k kind) ([]*entry, bool) {
	if d.IsRich() && r.in.Compat == CompatNone {
		rich, err := rpm.ParseRich(d.Name)
		if err != nil {
			return nil, false
		}
		return r.plan(rich, k)
	}
	list := r.query(k.has, r.provides(d))
	return r.best(list, d.String()), len(list) > 0
}

// plan answers each part of a rich requirement that has to hold.
func (r *reference) plan(d *rpm.Rich, k kind) (list []*entry, ok bool) {
	side := func(i int) ([]*entry, bool) { return r.plan(d.Args[i], k) }
	switch {
	case d.Op == rpm.RichLeaf:
		return r.provide(d.Dep, k)
	case !several(d): // any one package of these does
		one := rpm.Dep{Name: d.String()}
		list = r.query(k.has, r.provides(one))
		return r.best(list, one.Name), len(list) > 0
	case d.Op == rpm.RichOr:
		for i := range d.Args {
			more, can := side(i)
			if can && !slices.ContainsFunc(more, func(e *entry) bool { return !r.result[Binary][e] && !r.result[Debug][e] }) {
				return more, true
			}
			if can && !ok {
				list, ok = more, true
			}
		}
		return list, ok
	case d.Op == rpm.RichAnd:
		ok = true
		for i := range d.Args {
			more, can := side(i)
			list, ok = append(list, more...), ok && can
		}
		return list, ok
	}
	list, ok = side(0) // a conditional
	cond, can := side(1)
	switch {
	case ok:
	case d.Op == rpm.RichIf:
		ok = !can // as long as nothing can make the condition hold
	case can: // the condition excuses from the rest, so it is made to hold
		list, ok = append(list, cond...), true
	}
	if len(d.Args) == 3 {
		other, can := side(2)
		list, ok = append(list, other...), ok && can
	}
	return list, ok
}

// several says whether it may take more than one package.
func several(d *rpm.Rich) bool {
	switch d.Op {
	case rpm.RichAnd, rpm.RichIf, rpm.RichUnless:
		return true
	case rpm.RichOr:
		return slices.ContainsFunc(d.Args, several)
	}
	return false
}

func (r *reference) deps() (added bool) {
	for _, e := range r.todo("deps", Binary) {
		for _, p := range r.require(e, binaries) {
			added = r.add(p, Binary) || added
		}
		if !r.in.Recommends || e.aside {
			continue
		}
		for _, d := range e.Recommends {
			for _, p := range r.resolve(d, binaries).list {
				added = r.add(p, Binary) || added
			}
		}
	}
	return added
}

func (r *reference) buildDeps() (added bool) {
	if !r.in.SelfHosting {
		return false
	}
	for _, e := range r.todo("build deps", Source) {
		for _, p := range r.require(e, binaries) {
			if r.add(p, Binary) {
				added = true
				r.flag(r.flagged(e, p), "self-hosting")
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
		for _, p := range r.require(e, debugs) {
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
	if slices.ContainsFunc(r.in.Multilib.Whitelist, func(p Pattern) bool {
		return p.Text == e.Name || r.in.Compat == CompatNone && glob(p.Text, e.Name)
	}) {
		return true
	}
	for _, m := range r.in.Multilib.Methods {
		lib := slices.Contains(r.files[e.Package], "/usr/lib/"+e.Name+".so.1")
		listed := m == MultilibFile && slices.ContainsFunc(r.in.Multilib.Names, func(p Pattern) bool { return glob(p.Text, e.Name) })
		devel := strings.HasSuffix(e.Name, "-devel") || strings.HasSuffix(e.Name, "-static")
		if listed || m == MultilibAll || lib && (m == MultilibRuntime || m == MultilibDevel) || devel && m == MultilibDevel {
			return true
		}
	}
	return false
}
