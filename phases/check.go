package phases

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"compose/config"
	"compose/gather"
	"compose/phases/dag"
	"compose/phases/event"
	"compose/pkgset"
)

// passed is the result of a check: there is nothing to hand over.
type passed struct{}

// addCheckPicks looks over what was gathered for all trees together, so that
// every missing dependency, unsigned package and missing comps package is
// told in one go. Nothing is linked before the signatures are known to be
// good.
func (p *plan) addCheckPicks(cfg *config.Config, packages map[string]dag.Promise[archPackages], picks perTree[*gather.Result]) dag.Promise[passed] {
	s := p.Add("gather/check", "cpu")
	var trees []checkedTree
	for _, t := range p.trees {
		trees = append(trees, checkedTree{t, dag.Need(s, packages[t.Arch]), dag.Need(s, picks[t])})
	}
	rules := cfg.Gather
	return dag.Do(s, func(ctx context.Context, ev *event.Scope) (passed, error) {
		var faults []string
		report := func(strict bool, text string) {
			if strict {
				faults = append(faults, text)
				return
			}
			ev.Warn("%s", text)
		}
		for _, t := range trees {
			for _, m := range t.picks().Missing {
				report(rules.CheckDeps, missingText(t.tree, m))
			}
		}
		for _, text := range missingComps(trees) {
			report(rules.RequireAllCompsPackages, text)
		}
		if err := pkgset.CheckSignatures(pickedEntries(trees)); err != nil {
			logEach(ev, err)
			faults = append(faults, err.Error())
		}
		if len(faults) > 0 {
			return passed{}, fmt.Errorf("%s", strings.Join(faults, "\n"))
		}
		return passed{}, nil
	})
}

type checkedTree struct {
	tree     Tree
	packages func() archPackages
	picks    func() *gather.Result
}

// missingText is a refusal with every candidate's reason.
func missingText(t Tree, m gather.Missing) string {
	var b strings.Builder
	fmt.Fprintf(&b, "gather/%s: %s needs %s: no candidate left", t, m.Pkg, m.Requires)
	for _, r := range m.Rejected {
		fmt.Fprintf(&b, "\n    %s", r)
	}
	return b.String()
}

// missingComps names the packages of comps groups that match nothing, once
// each with the trees that want them.
func missingComps(trees []checkedTree) []string {
	where := map[gather.Pattern][]string{}
	var order []gather.Pattern
	for _, t := range trees {
		for _, u := range t.picks().Unmatched {
			if !isComps(u) {
				continue
			}
			key := gather.Pattern{Text: u.Pattern.Text, Origin: u.Pattern.Origin}
			if where[key] == nil {
				order = append(order, key)
			}
			where[key] = append(where[key], t.tree.String())
		}
	}
	out := make([]string, len(order))
	for i, key := range order {
		out[i] = fmt.Sprintf("gather: %s names %s, which no package set has (%s)", key.Origin, key.Text, strings.Join(where[key], " "))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// pickedEntries are the entries of everything that was picked, once each.
func pickedEntries(trees []checkedTree) []*pkgset.Entry {
	seen := map[*pkgset.Entry]bool{}
	var out []*pkgset.Entry
	for _, t := range trees {
		for _, pk := range t.picks().Packages {
			if e := t.packages().subset.Entry(pk.Pkg); !seen[e] {
				seen[e] = true
				out = append(out, e)
			}
		}
	}
	return out
}
