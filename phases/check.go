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
	"compose/pkgset"
)

// passed is the result of a check: there is nothing to hand over.
type passed struct{}

// addCheckPicks looks over what was gathered for all trees together, so that
// every missing dependency, unsigned package, missing comps package and
// useless entry of the configuration is told in one go. Nothing is linked
// before the signatures are known to be good.
func (p *plan) addCheckPicks(cfg *config.Config, in checkInput) dag.Promise[passed] {
	s := p.Add("gather/check", "cpu")
	var trees []checkedTree
	for _, v := range p.variants {
		for _, arch := range v.Arches {
			t := treeOf(v, arch)
			aside := p.needAside(s, cfg, in.aside, t, in.picks.solved)
			trees = append(trees, checkedTree{t, v, dag.Need(s, in.packages[arch]), in.picks.need(s, t), aside})
		}
	}
	rules := cfg.Gather
	strictComps := rules.RequireAllCompsPackages && compatOf(cfg) == gather.CompatNone // Pungi 4.3 does not notice
	return dag.Do(s, func(ctx context.Context, ev *event.Scope) (passed, error) {
		var faults []string
		report := func(strict bool, what string, list []string) {
			if strict {
				faults = append(faults, list...)
				return
			}
			warnAll(ev, what, list)
		}
		report(rules.CheckDeps, "requirements that nothing answers", missingDeps(trees))
		report(strictComps, "comps packages that no package set has", missingComps(trees))
		report(rules.RequireAllCompsGroups, "groups and environments that comps does not have", missingGroups(cfg, trees))
		for _, text := range useless(cfg, trees) {
			ev.Warn("%s", text)
		}
		if err := pkgset.CheckSignatures(pickedEntries(trees)); err != nil {
			faults = append(faults, err.Error())
		}
		if len(faults) > 0 {
			return passed{}, fmt.Errorf("%s", strings.Join(faults, "\n"))
		}
		return passed{}, nil
	})
}

// maxWarnings is how many warnings of one sort stand by themselves.
const maxWarnings = 20

// warnAll warns of each thing in a list, or of all in one when they are many.
func warnAll(ev *event.Scope, what string, list []string) {
	if len(list) > maxWarnings {
		ev.Warn("%d %s\n    %s", len(list), what, strings.Join(list, "\n    "))
		return
	}
	for _, text := range list {
		ev.Warn("%s", text)
	}
}

// checkInput is what is looked over.
type checkInput struct {
	packages map[string]dag.Promise[archPackages]
	picks    picks
	aside    lookasides
}

type checkedTree struct {
	tree     Tree
	variant  config.Variant
	packages func() archPackages
	picks    func() *gather.Result
	aside    asideOf
}

// missingDeps names the requirements that nothing answers. What is missing in
// a parent variant is not told again for those that belong to it.
func missingDeps(trees []checkedTree) []string {
	type need struct {
		tree Tree
		pkg  *rpm.Package
		dep  string
	}
	told := map[need]bool{}
	var out []string
	for _, t := range trees {
		parent := Tree{Variant: t.variant.Parent, Arch: t.tree.Arch}
		for _, m := range t.picks().Missing {
			dep := m.Requires.String()
			told[need{t.tree, m.Pkg, dep}] = true
			if !told[need{parent, m.Pkg, dep}] {
				out = append(out, fmt.Sprintf("gather/%s: %s", t.tree, m))
			}
		}
	}
	return out
}

// missingComps names the packages of comps groups that are not there, once
// each with the trees that want them. One that is filtered out was meant to be.
func missingComps(trees []checkedTree) []string {
	var u uses
	for _, t := range trees {
		for _, un := range t.picks().Unmatched {
			if isComps(un) && !un.Hidden {
				u.add(un, t.tree)
			}
		}
	}
	out := make([]string, len(u.order))
	for i, e := range u.order {
		out[i] = fmt.Sprintf("gather: %s names %s, which no package set has (%s)", e.Pattern.Origin, e.Pattern.Text, u.where(e))
	}
	slices.Sort(out)
	return out
}

// missingGroups names the groups and environments that comps has for none of
// a variant's trees, once each with the place.
func missingGroups(cfg *config.Config, trees []checkedTree) (out []string) {
	type entry struct{ variant, use, text string }
	lacking := map[entry]int{} // in how many trees
	for _, t := range trees {
		uid := t.tree.Variant
		for _, u := range t.picks().Unmatched {
			e := entry{uid, u.Use, u.Pattern.Text}
			if lacking[e]++; isGroupUse(u.Use) && lacking[e] == len(t.variant.Arches) {
				out = append(out, fmt.Sprintf("%s: %q matches no %s in %s (%s)", u.Pattern.Origin, u.Pattern.Text, u.Use, cfg.CompsFile().Text, uid))
			}
		}
	}
	return out
}

// pickedEntries are the entries of everything that was picked, once each.
func pickedEntries(trees []checkedTree) []*pkgset.Entry {
	seen := map[*pkgset.Entry]bool{}
	var out []*pkgset.Entry
	for _, t := range trees {
		for _, pk := range t.picks().Packages {
			if e := t.packages().subset.Entry(pk.Pkg); ships(pk) && !seen[e] {
				seen[e] = true
				out = append(out, e)
			}
		}
	}
	return out
}
