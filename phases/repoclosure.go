package phases

import (
	"context"
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

type closureInput struct {
	packages map[string]dag.Promise[archPackages]
	picks    picks
	aside    lookasides
	checked  dag.Promise[passed]
}

// addRepoclosure checks each tree's dependencies as soon as its packages are
// known (Pungi's repoclosure, with its strictness per tree). A nested variant
// may need its parent's packages, and all may need what they look aside to.
func (p *plan) addRepoclosure(cfg *config.Config, in closureInput) {
	words := wordingOf(cfg)
	parents := map[string]string{}
	for _, v := range p.variants {
		parents[v.UID()] = v.Parent
	}
	for _, t := range p.trees {
		strictness := cfg.StrictnessFor(t.Variant, t.Arch)
		s := p.Add("repoclosure/"+t.String(), "cpu")
		if strictness == "off" {
			s.Skip("repoclosure strictness is off")
		}
		if strictness == "fatal" {
			// What gathering misses in all trees is told before one tree's
			// broken dependencies can end the compose.
			dag.Need(s, in.checked)
		}
		pkgs, res := dag.Need(s, in.packages[t.Arch]), in.picks.need(s, t)
		beside := p.needAside(s, cfg, in.aside, t, in.picks.solved)
		parent := func() *gather.Result { return &gather.Result{} }
		if host := (Tree{Variant: parents[t.Variant], Arch: t.Arch}); slices.Contains(p.trees, host) {
			parent = in.picks.need(s, host)
		}
		dag.Do(s, func(ctx context.Context, ev *event.Scope) (passed, error) {
			broken, err := repo.CheckClosure(ctx, repo.ClosureInput{
				Packages:  binaries(res()),
				Lookaside: slices.Concat(binaries(parent()), binariesOf(beside.packages(t.Arch))),
				Paths:     pkgs().paths,
				Arches:    append(rpm.CompatArches(t.Arch), rpm.MultilibArches(t.Arch)...),
			})
			if err != nil {
				return passed{}, err
			}
			return passed{}, judge(ev, broken, strictness, func(text string) string { return words.closure(t, text) })
		})
	}
}

// binaries are the binary packages that a tree ships.
func binaries(res *gather.Result) []*rpm.Package {
	var out []*rpm.Package
	for _, pk := range res.Packages {
		if pk.Kind == gather.Binary && ships(pk) {
			out = append(out, pk.Pkg)
		}
	}
	return out
}

func binariesOf(pkgs []*rpm.Package) []*rpm.Package {
	return slices.DeleteFunc(pkgs, func(p *rpm.Package) bool { return p.IsSource() })
}

// judge reports broken dependencies as the tree's strictness says.
func judge(ev *event.Scope, broken []repo.Broken, strictness string, word func(string) string) error {
	if len(broken) == 0 {
		return nil
	}
	lines := make([]string, len(broken))
	for i, b := range broken {
		lines[i] = fmt.Sprintf("%s needs %s", b.Pkg, b.Requires)
	}
	text := fmt.Sprintf("%d unresolved dependencies\n    %s", len(broken), strings.Join(lines, "\n    "))
	if strictness == "fatal" {
		return fmt.Errorf("%s", text)
	}
	ev.Warn("%s", word(text))
	return nil
}
