package phases

import (
	"context"
	"fmt"
	"strings"

	"compose/config"
	"compose/gather"
	"compose/internal/rpm"
	"compose/phases/dag"
	"compose/phases/event"
	"compose/repo"
)

// addRepoclosure checks each tree's dependencies as soon as its packages are
// known (Pungi's repoclosure, with its strictness per tree).
func (p *plan) addRepoclosure(cfg *config.Config, packages map[string]dag.Promise[archPackages], picks perTree[*gather.Result]) {
	for _, t := range p.trees {
		strictness := cfg.StrictnessFor(t.Variant, t.Arch)
		s := p.Add("repoclosure/"+t.String(), "cpu")
		if strictness == "off" {
			s.Skip("repoclosure strictness is off")
		}
		pkgs, res := dag.Need(s, packages[t.Arch]), dag.Need(s, picks[t])
		dag.Do(s, func(ctx context.Context, ev *event.Scope) (passed, error) {
			broken, err := repo.CheckClosure(ctx, repo.ClosureInput{
				Packages: binaries(res()),
				Paths:    pkgs().paths,
				Arches:   append(rpm.CompatArches(t.Arch), rpm.MultilibArches(t.Arch)...),
			})
			if err != nil {
				return passed{}, err
			}
			return passed{}, judge(ev, broken, strictness)
		})
	}
}

func binaries(res *gather.Result) []*rpm.Package {
	var out []*rpm.Package
	for _, pk := range res.Packages {
		if pk.Kind == gather.Binary {
			out = append(out, pk.Pkg)
		}
	}
	return out
}

// judge reports broken dependencies as the tree's strictness says.
func judge(ev *event.Scope, broken []repo.Broken, strictness string) error {
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
	ev.Warn("%s", text)
	return nil
}
