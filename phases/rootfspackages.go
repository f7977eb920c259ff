package phases

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"compose/config"
	"compose/gather"
	"compose/internal/rpm"
	"compose/phases/dag"
	"compose/phases/event"
	"compose/repo"
)

// rootPackage is a package that goes into a root file system.
type rootPackage struct {
	imagePackage
	Path      string // of the file, in a tree
	BuildTime int64
}

// rootInput is what root file systems are made of.
type rootInput struct {
	packages map[string]dag.Promise[archPackages]
	links    perTree[linked]
	repos    perTree[repo.Index]
	id       Identity
}

// addRootPackages adds the step that chooses the packages of a root file
// system, which is part of the step that uses them.
func (p *plan) addRootPackages(s *dag.Step, t Tree, at string, c config.RootContent, in rootInput) func() []rootPackage {
	choose := p.Add(s.Name()+".packages", "cpu")
	if s.IsOptional() {
		choose.Optional()
	}
	pkgs := dag.Need(choose, in.packages[t.Arch])
	links := []func() linked{dag.Need(choose, in.links[t])}
	for _, other := range p.trees {
		if other.Arch == t.Arch && other != t && slices.Contains(c.IncludeVariants, other.Variant) {
			links = append(links, dag.Need(choose, in.links[other]))
		}
	}
	return dag.Need(s, dag.Do(choose, func(ctx context.Context, ev *event.Scope) ([]rootPackage, error) {
		r := &rootChooser{arch: t.Arch, at: at, content: c, paths: pkgs().paths, known: map[*rpm.Package]string{}}
		for _, read := range links {
			r.add(read())
		}
		out, err := r.choose(ctx)
		if err == nil {
			ev.Note("%d packages", len(out))
		}
		return out, err
	}))
}

// rootChooser chooses packages for a root file system.
type rootChooser struct {
	arch, at string
	content  config.RootContent
	paths    rpm.PathIndex
	list     []*rpm.Package
	known    map[*rpm.Package]string // files by package
}

func (r *rootChooser) add(l linked) {
	for _, pl := range l.os {
		r.list = append(r.list, pl.Rec.Pkg)
		r.known[pl.Rec.Pkg] = pl.Path
	}
}

// choose solves: what is asked for, and what that needs. Everything must be
// there, since rpm would refuse the rest.
func (r *rootChooser) choose(ctx context.Context) ([]rootPackage, error) {
	res, err := gather.Gather(ctx, gather.Input{
		Universe: gather.NewUniverse(r.arch, r.list, r.paths), Recommends: r.content.Recommends,
		Packages: r.patterns(r.content.Packages, "packages"), Filters: r.patterns(r.content.Exclude, "exclude"),
	})
	if err != nil {
		return nil, err
	}
	if err := r.complete(res); err != nil {
		return nil, err
	}
	var out []rootPackage
	for _, pk := range res.Packages {
		if pk.Kind != gather.Binary {
			continue
		}
		out = append(out, rootPackage{
			imagePackage: imagePackage{pk.Pkg.NEVRA(), pk.Pkg.Sum.Type + ":" + pk.Pkg.Sum.Hex}, Path: r.known[pk.Pkg], BuildTime: pk.Pkg.BuildTime,
		})
	}
	slices.SortFunc(out, func(a, b rootPackage) int { return cmp.Compare(a.NEVRA, b.NEVRA) })
	return out, nil
}

func (r *rootChooser) patterns(list []string, key string) []gather.Pattern {
	out := make([]gather.Pattern, len(list))
	for i, text := range list {
		out[i] = gather.Pattern{Text: text, Origin: r.at + " " + key}
	}
	return out
}

// maxLacks is how much of what is missing a message lists.
const maxLacks = 10

func (r *rootChooser) complete(res *gather.Result) error {
	var lacks []string
	for _, u := range res.Unmatched {
		if u.Pattern.Origin == r.at+" packages" {
			lacks = append(lacks, fmt.Sprintf("%s: %q matches no package of the tree", u.Pattern.Origin, u.Pattern.Text))
		}
	}
	for _, m := range res.Missing {
		if !m.Pkg.IsSource() && !m.Pkg.IsDebug() {
			lacks = append(lacks, m.String())
		}
	}
	if len(lacks) == 0 {
		return nil
	}
	if n := len(lacks) - maxLacks; n > 0 {
		lacks = append(lacks[:maxLacks], fmt.Sprintf("and %d more", n))
	}
	return errors.New("the packages cannot be installed: " + strings.Join(lacks, "\n"))
}

// imagePackages is the record of them.
func imagePackages(list []rootPackage) []imagePackage {
	out := make([]imagePackage, len(list))
	for i, pkg := range list {
		out[i] = pkg.imagePackage
	}
	return out
}

// epochOf is the time of an image: when the newest of its packages was built.
// It depends on nothing but them.
func epochOf(list []rootPackage) int64 {
	epoch := int64(0)
	for _, pkg := range list {
		epoch = max(epoch, pkg.BuildTime)
	}
	return epoch
}
