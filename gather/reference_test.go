package gather

import (
	"slices"
	"strings"

	"compose/internal/rpm"
)

// reference is Pungi's solver as its rules are written down, or the same with
// the differences of CompatNone: sets, full scans
// of all packages for each question, and passes that visit every package each
// time. It shares nothing with the real solver but the patterns' selectors
// and the comparison of versions.
type reference struct {
	in    Input
	files map[*rpm.Package][]string
	all   []*entry
	gone  map[*entry]bool // by filters and for newer versions

	result [sets]map[*entry]bool
	flags  map[*entry]map[string]bool
	cache  map[string]*reply          // by requirement
	done   map[string]map[*entry]bool // by pass
	miss   map[string]bool
}

// entry is a package in a repository.
type entry struct {
	*rpm.Package
	aside bool // of a lookaside
}

func newReference(in Input, own, aside []*rpm.Package, files map[*rpm.Package][]string) *reference {
	r := &reference{
		in: in, files: files, gone: map[*entry]bool{}, flags: map[*entry]map[string]bool{},
		cache: map[string]*reply{}, done: map[string]map[*entry]bool{}, miss: map[string]bool{},
	}
	for i := range r.result {
		r.result[i] = map[*entry]bool{}
	}
	for _, p := range own {
		r.all = append(r.all, &entry{p, false})
	}
	for _, p := range aside {
		r.all = append(r.all, &entry{p, true})
	}
	slices.SortStableFunc(r.all, func(a, b *entry) int {
		if c := strings.Compare(a.Name, b.Name); c != 0 {
			return c
		}
		if c := a.EVR().Compare(b.EVR()); c != 0 {
			return c
		}
		return strings.Compare(a.Arch, b.Arch)
	})
	r.exclude()
	r.keepLatest()
	return r
}

// exclude removes what filters and the multilib blacklist name.
func (r *reference) exclude() {
	for _, f := range r.in.Filters {
		for _, e := range r.all {
			if !e.aside && r.filtered(f.Text, e) {
				r.gone[e] = true
			}
		}
	}
	for _, f := range r.in.Multilib.Blacklist {
		for _, e := range r.all {
			if e.isBinary() && e.multilib() && e.Arch != "noarch" && glob(f.Text, e.Name) {
				r.gone[e] = true
			}
		}
	}
}

func (r *reference) filtered(pattern string, e *entry) bool {
	if name, arch := r.splitArch(pattern); arch != "" && arch != "src" {
		return glob(name, e.Name) && e.Arch == arch && e.isDebug() == (&rpm.Package{Name: name}).IsDebug()
	}
	switch {
	case strings.HasSuffix(pattern, ".+"):
		return e.isBinary() && e.multilib() && e.Arch != "noarch" && glob(strings.TrimSuffix(pattern, ".+"), e.Name)
	case strings.HasSuffix(pattern, ".src"):
		return e.IsSource() && glob(strings.TrimSuffix(pattern, ".src"), e.Name)
	case (&rpm.Package{Name: pattern}).IsDebug():
		return e.isDebug() && glob(pattern, e.Name)
	}
	return e.isBinary() && glob(pattern, e.Name)
}

// splitArch takes the architecture off a pattern, which Pungi cannot do.
func (r *reference) splitArch(pattern string) (name, arch string) {
	for _, a := range []string{"x86_64", "i686", "noarch", "src"} {
		if name, ok := strings.CutSuffix(pattern, "."+a); ok && r.in.Compat == CompatNone {
			return name, a
		}
	}
	return pattern, ""
}

// keepLatest removes all but the newest of each name and architecture.
func (r *reference) keepLatest() {
	var old []*entry
	for _, e := range r.all {
		for _, f := range r.all {
			if !r.gone[e] && !r.gone[f] && e.Name == f.Name && e.Arch == f.Arch && e.EVR().Compare(f.EVR()) < 0 {
				old = append(old, e)
			}
		}
	}
	for _, e := range old {
		r.gone[e] = true
	}
}

func (e *entry) isDebug() bool  { return !e.IsSource() && e.IsDebug() }
func (e *entry) isBinary() bool { return !e.IsSource() && !e.IsDebug() }
func (e *entry) native() bool   { return e.Arch == "x86_64" || e.Arch == "noarch" }
func (e *entry) multilib() bool { return e.Arch == "i686" || e.Arch == "noarch" }

// query gives the packages in order for which all conditions hold. Debug
// packages that were removed still show up in Pungi.
func (r *reference) query(conditions ...func(*entry) bool) []*entry {
	var list []*entry
	for _, e := range r.all {
		fits := !r.gone[e] || e.isDebug() && r.in.Compat == CompatPungi43
		for _, c := range conditions {
			fits = fits && c(e)
		}
		if fits {
			list = append(list, e)
		}
	}
	if r.in.Compat == CompatNone {
		return distinct(list)
	}
	return list
}

func named(pattern string) func(*entry) bool {
	return func(e *entry) bool { return glob(pattern, e.Name) }
}

func (r *reference) provides(d rpm.Dep) func(*entry) bool {
	if d.IsRich() {
		rich, err := rpm.ParseRich(d.Name)
		return func(e *entry) bool { return err == nil && r.providesRich(e, rich) }
	}
	return func(e *entry) bool {
		if e.IsSource() {
			return false
		}
		fits := func(p rpm.Dep) bool { return rpm.Satisfies(p, d) }
		return slices.ContainsFunc(e.Provides, fits) || slices.Contains(r.files[e.Package], d.Name)
	}
}

func (r *reference) providesRich(e *entry, d *rpm.Rich) bool {
	arg := func(i int) bool { return r.providesRich(e, d.Args[i]) }
	holds := func(a *rpm.Rich) bool { return r.providesRich(e, a) }
	switch d.Op {
	case rpm.RichLeaf:
		return r.provides(d.Dep)(e)
	case rpm.RichIf, rpm.RichUnless:
		return arg(0) || len(d.Args) == 3 && arg(2)
	case rpm.RichWith:
		return !slices.ContainsFunc(d.Args, func(a *rpm.Rich) bool { return !holds(a) })
	case rpm.RichWithout:
		return arg(0) && !arg(1)
	}
	return slices.ContainsFunc(d.Args, holds)
}

// best is _get_best_package.
func (r *reference) best(list []*entry, dependency string) []*entry {
	if r.in.Greedy == GreedyAll {
		return list
	}
	var left []*entry
	for _, e := range list {
		twin := func(f *entry) bool { return f.aside && f.Name == e.Name && f.EVR() == e.EVR() }
		if !r.gone[e] && (e.aside || !slices.ContainsFunc(list, twin)) {
			left = append(left, e)
		}
	}
	of := func(c func(*entry) bool) []*entry {
		return slices.DeleteFunc(slices.Clone(left), func(e *entry) bool { return !c(e) })
	}
	in := func(e *entry) bool { return r.result[Binary][e] }
	natives, multilibs := of((*entry).native), of((*entry).multilib)
	for _, class := range [][]*entry{
		of(func(e *entry) bool { return e.native() && in(e) }),
		of(func(e *entry) bool { return e.multilib() && in(e) }),
		natives, multilibs,
	} {
		if len(class) == 0 {
			continue
		}
		winner := slices.MinFunc(class, r.compare)
		if r.in.Greedy != GreedyBuild || dependency == "" {
			return []*entry{winner}
		}
		if winner.native() {
			multilibs = natives
		}
		return slices.DeleteFunc(multilibs, func(e *entry) bool { return e.SourceRPM != winner.SourceRPM })
	}
	return nil
}

func (r *reference) compare(a, b *entry) int {
	rank := func(e *entry) int { return slices.Index([]string{"x86_64", "i686", "noarch"}, e.Arch) }
	if c := rank(a) - rank(b); c != 0 {
		return c
	}
	if c := len(a.Name) - len(b.Name); c != 0 {
		return c
	}
	return strings.Compare(a.Name, b.Name)
}

// distinct keeps the first of equal packages, which is the lookaside's.
func distinct(list []*entry) []*entry {
	return slices.DeleteFunc(slices.Clone(list), func(e *entry) bool {
		return !e.aside && slices.ContainsFunc(list, func(f *entry) bool {
			return f.aside && f.NEVRA() == e.NEVRA()
		})
	})
}
