package phases

import (
	"context"
	"fmt"
	"strings"

	"compose/config"
	"compose/gather"
	"compose/phases/dag"
	"compose/phases/event"
)

// addGather chooses the packages of each tree.
func (p *plan) addGather(cfg *config.Config, packages map[string]dag.Promise[archPackages], groups perTree[treeComps]) perTree[*gather.Result] {
	method := gather.Deps
	if cfg.Gather.Method == "nodeps" {
		method = gather.NoDeps
	}
	out := perTree[*gather.Result]{}
	for _, t := range p.trees {
		rules := cfg.GatherFor(t.Variant, t.Arch)
		s := p.Add("gather/"+t.String(), "cpu")
		pkgs, comps := dag.Need(s, packages[t.Arch]), dag.Need(s, groups[t])
		out[t] = dag.Do(s, func(ctx context.Context, ev *event.Scope) (*gather.Result, error) {
			in := gather.Input{
				Universe: pkgs().universe,
				Method:   method,
				Packages: append(comps().wanted(method, t.Arch), patterns(rules.Add, "gather.tree.add")...),
				Filters:  patterns(rules.Filter, "gather.tree.filter"),
			}
			res, err := gather.Gather(ctx, in)
			if err != nil {
				return nil, err
			}
			ev.Note("%s", countPicks(res))
			for _, u := range res.Unmatched {
				if !isComps(u) { // check/packages tells of those, as warnings or errors
					ev.Warn("%s: %s %q matches no package", u.Pattern.Origin, u.Use, u.Pattern.Text)
				}
			}
			return res, writeFile(p.dirs.GatherResult(t), gatherRecord(res))
		})
	}
	return out
}

func patterns(list []config.Pattern, key string) []gather.Pattern {
	out := make([]gather.Pattern, len(list))
	for i, e := range list {
		out[i] = gather.Pattern{Text: e.Text, Origin: e.Place + " " + key}
	}
	return out
}

func countPicks(res *gather.Result) string {
	var n [3]int
	for _, pk := range res.Packages {
		n[pk.Kind]++
	}
	return fmt.Sprintf("%d packages, %d debug, %d source", n[gather.Binary], n[gather.Debug], n[gather.Source])
}

// compsOrigin begins the origin of every pattern that stands for a comps entry.
const compsOrigin = "comps group "

func isComps(u gather.Unmatched) bool { return strings.HasPrefix(u.Pattern.Origin, compsOrigin) }
