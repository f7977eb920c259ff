package phases

import (
	"context"
	"fmt"
	"os"
	"path"
	"strings"

	"compose/config"
	"compose/gather"
	"compose/phases/dag"
	"compose/phases/event"
	"compose/repo"
)

// treeComps is what the comps file means for one tree. Without a comps file
// it is empty.
type treeComps struct {
	xml    []byte // as it goes into the repository
	groups []repo.Group
}

// addComps reads the comps file and filters it for each tree (Pungi's init).
func (p *plan) addComps(cfg *config.Config) perTree[treeComps] {
	s := p.Add("comps", "cpu")
	all := dag.Do(s, func(ctx context.Context, ev *event.Scope) (*repo.Comps, error) {
		return readComps(cfg.Comps, ev)
	})
	out := perTree[treeComps]{}
	for _, v := range cfg.ActiveVariants() {
		for _, arch := range v.Arches {
			t := Tree{v.ID, arch}
			s := p.Add("comps/"+t.String(), "cpu")
			comps := dag.Need(s, all)
			out[t] = dag.Do(s, func(ctx context.Context, ev *event.Scope) (treeComps, error) {
				if comps() == nil {
					return treeComps{}, nil
				}
				filtered, unmatched := comps().Filter(chooseComps(v, arch, comps()))
				for _, name := range unmatched {
					ev.Warn("variant %s requires comps group %s, which matches nothing in %s", t, name, cfg.Comps.Text)
				}
				tc := treeComps{xml: filtered.XML(), groups: filtered.Groups}
				return tc, writeFile(p.dirs.Comps(t), tc.xml)
			})
		}
	}
	return out
}

func readComps(file config.Path, ev *event.Scope) (*repo.Comps, error) {
	if !file.IsSet() {
		return nil, nil
	}
	f, err := os.Open(file.Abs)
	if err != nil {
		return nil, fmt.Errorf("reading comps: %w", err)
	}
	defer f.Close()
	comps, err := repo.ReadComps(f, file.Text)
	if err != nil {
		return nil, err
	}
	for _, note := range comps.Notes {
		ev.Warn("%s", note)
	}
	return comps, nil
}

// chooseComps says which groups and environments a variant has: those it
// lists, or all when it lists neither.
func chooseComps(v config.Variant, arch string, comps *repo.Comps) repo.FilterOptions {
	opt := repo.FilterOptions{Arch: arch, Variant: v.ID}
	for _, g := range v.Groups {
		opt.Groups = append(opt.Groups, repo.GroupChoice{Name: g, Glob: strings.ContainsAny(g, "*?[")})
	}
	if len(v.Groups) == 0 && len(v.Environments) == 0 {
		return opt
	}
	opt.Environments = []repo.EnvironmentChoice{}
	for _, pattern := range v.Environments {
		for _, e := range comps.Environments {
			if ok, err := path.Match(pattern, e.ID); ok && err == nil {
				opt.Environments = append(opt.Environments, repo.EnvironmentChoice{ID: e.ID})
			}
		}
	}
	return opt
}

// wanted turns the packages of the groups into patterns. Groups bring only
// packages of the tree's own architecture in a nodeps tree, and where a
// package is marked so.
func (c treeComps) wanted(method gather.Method, arch string) []gather.Pattern {
	var out []gather.Pattern
	for _, g := range c.groups {
		origin := fmt.Sprintf("%s%q", compsOrigin, g.ID)
		for _, pkg := range g.Packages {
			if pkg.Type == repo.Conditional {
				continue
			}
			pattern := gather.Pattern{Text: pkg.Name, Origin: origin}
			if method == gather.NoDeps || pkg.BasearchOnly {
				pattern.Arch = arch
			}
			out = append(out, pattern)
		}
	}
	return out
}
