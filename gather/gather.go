// Package gather decides which packages go into a tree, and why.
//
// It works on packages in memory and a description of one tree, and gives a
// list. It reads no file, knows no configuration and no variant: the caller
// turns comps groups, additional packages and filters into patterns first.
//
// The rules are those of Pungi's own solver (gather_method deps and nodeps),
// so that a compose has the same packages. It is a closure, not a search for
// an installable set: each requirement is given one provider, chosen by fixed
// rules; conflicts and obsoletes are not looked at. Where a rule of Pungi
// makes a tree uninstallable or a setting void, the right thing is done
// instead, unless Input.Compat asks for Pungi's way.
package gather

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"compose/internal/rpm"
)

// Method is the way in which the packages of a tree are found.
type Method int

// The methods; the zero value is the solver.
const (
	// Deps follows the requirements of what was asked for (Pungi: deps).
	Deps Method = iota
	// NoDeps takes what the patterns match and nothing else, with the
	// source and debug packages that belong to it (Pungi: nodeps).
	NoDeps
)

// Pattern names packages of the input.
type Pattern struct {
	// Text is a name, a shell glob on names, or either with ".ARCH" behind;
	// ".+" in that place means the multilib packages only, ".src" the
	// source packages (filters only). "-TEXT" in Packages is a filter.
	Text string
	// Arch limits the pattern to packages of one architecture, as ".ARCH"
	// in Text would. With NoDeps noarch packages match as well; groups of a
	// nodeps tree come with the tree's architecture here.
	Arch string
	// Origin is the place where a person wrote the pattern, such as
	// `config.toml:12 gather.tree.add` or `comps group "core"`.
	Origin string
}

// Greedy is how many providers of one requirement are taken.
type Greedy int

// The values of Pungi's greedy_method.
const (
	GreedyNone  Greedy = iota // the best one
	GreedyBuild               // the best one, and the others that its build has
	GreedyAll                 // every one, of all architectures
)

// Conditional is a package that a tree needs as soon as it has another one
// (comps: <packagereq type="conditional" requires="…">). With NoDeps it comes in
// whatever else does, as in Pungi.
type Conditional struct {
	Package  Pattern // a name
	Requires string  // name of the package that it depends on
}

// Langpack says which packages carry the translations of another one (comps:
// <langpacks><match name="…" install="…"/>).
type Langpack struct {
	Name    string  // of the translated package
	Install Pattern // "%s" in Text stands for any language
}

// Input describes one tree. The zero value of each field but Universe is
// Pungi's default; with NoDeps only Packages, Conditional, Filters, Modular, Apart and ApartAside count.
type Input struct {
	// Universe holds the packages to choose from. It is shared: any number
	// of calls may use it at once.
	Universe *Universe
	Method   Method
	// Packages are what the tree is for: comps groups and additional packages.
	Packages []Pattern
	// Filters are packages the tree must not have (Pungi: filter_packages).
	// They are as good as not there: nothing that requires them finds them.
	Filters []Pattern
	// Modular are the packages of the tree's module streams. Apart says of
	// packages why the tree must not have them though no filter names them:
	// they belong to other streams. ApartAside says it of lookaside packages.
	Modular    []Modular
	Apart      map[*rpm.Package]string
	ApartAside map[*rpm.Package]string
	// Prepopulate are packages as "name.arch" that come in like Packages
	// (Pungi: gather_prepopulate).
	Prepopulate []Pattern
	Conditional []Conditional
	Langpacks   []Langpack

	Greedy Greedy
	// FullTree takes all packages of the source of each one that is in, for
	// the same architecture (Pungi: gather_fulltree), but for the sources
	// named in FullTreeExcludes. Packages of those get the flag
	// "fulltree-exclude" and may belong to the parent variant.
	FullTree         bool
	FullTreeExcludes []string
	// SelfHosting takes what the source packages need to be built (Pungi:
	// gather_selfhosting).
	SelfHosting bool
	// Recommends takes recommended packages as well; one that is not to be
	// had is not missing. Pungi has no such option.
	Recommends bool
	Multilib   Multilib
	// Compat asks for the faults of another solver.
	Compat Compat

	trace *tracer // nil: nobody wants to know
}

// checkArches refuses patterns for architectures that the tree cannot hold.
func (in *Input) checkArches() error {
	table := archTable(in.Universe.arch)
	var errs []error
	for _, p := range slices.Concat(in.packages(), in.Prepopulate) {
		arch := p.Arch
		if arch == "" {
			_, arch = splitArch(p.Text)
		}
		if arch != "" && table[arch].class == 0 {
			errs = append(errs, fmt.Errorf("reading pattern %s: a tree of %s holds no packages of %s", p, in.Universe.arch, arch))
		}
	}
	return errors.Join(errs...)
}

// packages gives the patterns of Packages that ask for something.
func (in *Input) packages() []Pattern {
	return slices.DeleteFunc(slices.Clone(in.Packages), func(p Pattern) bool { return strings.HasPrefix(p.Text, "-") })
}

// filters gives Filters and the patterns "-TEXT" of Packages.
func (in *Input) filters() []Pattern {
	list := slices.Clone(in.Filters)
	for _, p := range in.Packages {
		if text, ok := strings.CutPrefix(p.Text, "-"); ok {
			p.Text = text
			list = append(list, p)
		}
	}
	return list
}

// Gather finds the packages of one tree. The result is the same for the same
// input, whatever runs beside it. A pattern without a match and a requirement
// without a provider are facts of the result; errors are only for input that
// makes no sense and for the end of ctx.
func Gather(ctx context.Context, in Input) (*Result, error) {
	if in.Universe == nil {
		return nil, fmt.Errorf("gathering packages: no universe to choose from")
	}
	if err := errors.Join(in.Multilib.check(), in.checkArches()); err != nil {
		return nil, fmt.Errorf("gathering packages: %w", err)
	}
	switch in.Method {
	case Deps:
		return gatherDeps(ctx, in)
	case NoDeps:
		return gatherNoDeps(ctx, in)
	}
	return nil, fmt.Errorf("gathering packages: unknown method %d", in.Method)
}
