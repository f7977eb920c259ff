package gather

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"compose/internal/rpm"
)

// nodeps takes what the patterns match in all versions, the source packages
// it was built from, and the debug packages of the same builds for the
// architectures that are in.
type nodeps struct {
	*solver
	// built has, by SourceRPM and architecture, a package that is in.
	built map[string]map[string]*rpm.Package
}

func gatherNoDeps(ctx context.Context, in Input) (*Result, error) {
	n := &nodeps{solver: newSolver(&in), built: map[string]map[string]*rpm.Package{}}
	for _, m := range n.modularInOrder() {
		n.takeModular(m)
	}
	patterns := in.packages()
	for _, c := range in.Conditional {
		patterns = append(patterns, c.Package)
	}
	for _, p := range patterns {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("gathering packages: %w", err)
		}
		if err := n.match(p); err != nil {
			return nil, fmt.Errorf("gathering packages: %w", err)
		}
	}
	n.follow()
	return n.result(), nil
}

func (n *nodeps) match(p Pattern) error {
	name, arch := p.Text, p.Arch
	if arch == "" {
		name, arch = splitArch(p.Text)
	}
	each := n.u.matchNames
	if n.in.Compat == CompatPungi43 {
		re, err := pungiRegexp(name)
		if err != nil {
			return fmt.Errorf("reading pattern %q: %w", p.Text, err)
		}
		each = func(_ string, fn func(nameRun)) { n.u.matchRegexp(re, fn) }
	}
	matched, there := false, false
	each(name, func(run nameRun) {
		n.trace.see(n.u.run(run))
		for _, id := range n.u.run(run) {
			there = there || n.fits(id, arch)
			if n.takes(id, arch) {
				matched = true
				n.take(id, p)
			}
		}
	})
	if !matched {
		n.unmatched = append(n.unmatched, Unmatched{p, "package", there})
	}
	return nil
}

func (n *nodeps) takes(id int32, arch string) bool { return n.fits(id, arch) && !n.filtered(id) }

func (n *nodeps) fits(id int32, arch string) bool {
	return n.u.is(id, isBinary) && !n.u.is(id, isLookaside) &&
		(arch == "" || n.u.pkgs[id].Arch == arch || n.u.is(id, isNoarch))
}

// filtered says whether a filter excludes the package. Older versions are not
// hidden from nodeps, and Pungi does not look at filters at all.
func (n *nodeps) filtered(id int32) bool {
	return n.hidden[id] == apart || n.hidden[id] > 0 && n.in.Compat != CompatPungi43
}

func (n *nodeps) take(id int32, p Pattern) {
	n.flags[id] |= flagInput
	if n.add(id, Binary, Reason{Kind: ByPattern, Pattern: p}) == 0 {
		return
	}
	n.note(n.u.pkgs[id])
}

// takeModular takes a package of a module stream: a debug package of one goes
// to where it belongs.
func (n *nodeps) takeModular(m modularID) {
	switch kind := n.u.kind(m.id); kind {
	case Binary:
		n.take(m.id, m.pattern())
	case Debug:
		n.flags[m.id] |= flagInput
		n.add(m.id, kind, Reason{Kind: ByPattern, Pattern: m.pattern()})
	}
}

// note remembers what was built with a package, and for which architecture.
func (n *nodeps) note(pkg *rpm.Package) {
	arches := n.built[pkg.SourceRPM]
	if arches == nil {
		arches = map[string]*rpm.Package{}
		n.built[pkg.SourceRPM] = arches
	}
	if arches[pkg.Arch] == nil {
		arches[pkg.Arch] = pkg
	}
}

// follow adds the source and debug packages of what is in.
func (n *nodeps) follow() {
	sources := map[string]bool{}
	for _, id := range n.logs[Binary] {
		p := n.u.pkgs[id]
		if p.SourceRPM == "" || sources[p.SourceRPM] {
			continue
		}
		sources[p.SourceRPM] = true
		for _, src := range n.sources(p.SourceRPM) {
			if !n.u.is(src, isLookaside) && !n.filtered(src) && n.u.pkgs[src].FileName() == p.SourceRPM {
				n.flags[src] |= flagInput
				n.add(src, Source, Reason{Kind: SourceOf, By: p})
			}
		}
		for _, d := range n.builtFrom(p.SourceRPM) {
			if !n.u.is(d, isDebug) || n.u.is(d, isLookaside) || n.filtered(d) {
				continue
			}
			if by := n.serves(d); by != nil {
				n.flags[d] |= flagInput
				n.add(d, Debug, Reason{Kind: DebugInfoOf, By: by})
			}
		}
	}
}

// serves gives a package that is in, and that a debug package by its
// architecture is for; nil when there is none. noarch packages want no debug
// information: it would be that of all architectures.
func (n *nodeps) serves(debug int32) *rpm.Package {
	arches := n.built[n.u.pkgs[debug].SourceRPM]
	for _, a := range rpm.CompatArches(n.u.pkgs[debug].Arch) {
		if a != "noarch" && arches[a] != nil {
			return arches[a]
		}
	}
	return nil
}

// pungiRegexp is the pattern as Pungi's nodeps reads it: a regular expression
// in which only ".", "+" and "*" have been given the meaning of a glob.
func pungiRegexp(pattern string) (*regexp.Regexp, error) {
	r := strings.NewReplacer(".", `\.`, "+", `\+`, "*", ".*")
	return regexp.Compile(`^(?:` + r.Replace(pattern) + `)$`)
}

func (u *Universe) matchRegexp(re *regexp.Regexp, fn func(nameRun)) {
	for _, n := range u.names {
		if re.MatchString(n.name) {
			fn(n)
		}
	}
}
