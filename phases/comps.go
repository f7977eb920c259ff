package phases

import (
	"context"
	"fmt"
	"os"
	"path"
	"slices"
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
	xml       []byte // as it goes into the repository
	groups    []repo.Group
	langpacks []repo.Langpack
	// unmatched are the entries of the variant's groups and environments that
	// match nothing here.
	unmatched []gather.Unmatched
}

// groups are the promises of the comps file: whole, and for each tree.
type groups struct {
	all   dag.Promise[*repo.Comps]
	trees perTree[treeComps]
}

// addComps reads the comps file and filters it for each tree (Pungi's init),
// also for those of variants without packages.
func (p *plan) addComps(cfg *config.Config) groups {
	s := p.Add("comps", "cpu")
	out := groups{trees: perTree[treeComps]{}}
	out.all = dag.Do(s, func(ctx context.Context, ev *event.Scope) (*repo.Comps, error) {
		return readComps(cfg, ev)
	})
	for _, v := range cfg.ActiveVariants() {
		for _, arch := range v.Arches {
			out.trees[treeOf(v, arch)] = p.addTreeComps(cfg, v, arch, out.all)
		}
	}
	return out
}

func (p *plan) addTreeComps(cfg *config.Config, v config.Variant, arch string, all dag.Promise[*repo.Comps]) dag.Promise[treeComps] {
	t, words := treeOf(v, arch), wordingOf(cfg)
	s := p.Add("comps/"+t.String(), "cpu")
	comps := dag.Need(s, all)
	return dag.Do(s, func(ctx context.Context, ev *event.Scope) (treeComps, error) {
		if comps() == nil {
			return treeComps{}, nil
		}
		filtered, unmatched := comps().Filter(chooseComps(cfg, v, arch, comps()))
		if words.pungi() {
			for _, name := range unmatched {
				ev.Warn("%s", words.noGroup(t, name))
			}
		}
		tc := treeComps{filtered.XML(), filtered.Groups, filtered.Langpacks, unmatchedEntries(cfg, v, filtered, unmatched)}
		return tc, writeFile(p.dirs.Comps(t), tc.xml)
	})
}

// The uses of patterns that stand for entries of a variant.
const (
	useGroup       = "group"
	useEnvironment = "environment"
)

func isGroupUse(use string) bool { return use == useGroup || use == useEnvironment }

// unmatchedEntries gives the entries of a variant that match nothing; missing
// are the groups that Filter did not find, of which Pungi's compat has told.
func unmatchedEntries(cfg *config.Config, v config.Variant, filtered *repo.Comps, missing []string) (out []gather.Unmatched) {
	groups, environments := cfg.CompsFor(v.UID())
	add := func(p config.Pattern, use string) {
		pattern := gather.Pattern{Text: p.Text, Origin: p.Place + " variant." + use + "s"}
		out = append(out, gather.Unmatched{Pattern: pattern, Use: use})
	}
	for _, p := range groups {
		if !wordingOf(cfg).pungi() && slices.Contains(missing, groupChoice(v, p.Text).Name) {
			add(p, useGroup)
		}
	}
	for _, p := range environments {
		if !slices.ContainsFunc(filtered.Environments, func(e repo.Environment) bool { return globMatch(p.Text, e.ID) }) {
			add(p, useEnvironment)
		}
	}
	return out
}

func readComps(cfg *config.Config, ev *event.Scope) (*repo.Comps, error) {
	file := cfg.CompsFile()
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
	if compatOf(cfg) == gather.CompatPungi43 {
		all := len(comps.Langpacks)
		comps = comps.AsLibcomps()
		if n := all - len(comps.Langpacks); n > 0 {
			ev.Note("%d of %d langpacks are left out, as libcomps loses them", n, all)
		}
	}
	return comps, nil
}

// chooseComps says which groups and environments a variant has: those it
// lists, or all when it lists neither. What belongs to another variant has
// only the groups that it lists itself.
func chooseComps(cfg *config.Config, v config.Variant, arch string, comps *repo.Comps) repo.FilterOptions {
	opt := repo.FilterOptions{Arch: arch, Variant: v.UID(), LookasideGroups: lookasideGroups(cfg, v, arch)}
	if v.Type != "variant" {
		opt.Groups = []repo.GroupChoice{}
	}
	for _, g := range v.Groups {
		opt.Groups = append(opt.Groups, groupChoice(v, g))
	}
	if len(v.Groups) == 0 && len(v.Environments) == 0 || !cfg.CompsFilterEnvironments {
		return opt
	}
	opt.Environments = []repo.EnvironmentChoice{}
	for _, e := range comps.Environments {
		if choice, ok := environmentChoice(v, e.ID); ok {
			opt.Environments = append(opt.Environments, choice)
		}
	}
	return opt
}

func groupChoice(v config.Variant, pattern string) repo.GroupChoice {
	name, exact := config.Literal(pattern)
	c := repo.GroupChoice{Name: name, Glob: !exact}
	for _, r := range v.GroupRules {
		if r.ID == pattern {
			c.Default, c.UserVisible = r.Default, r.UserVisible
			break
		}
	}
	return c
}

// environmentChoice finds the first entry of a variant's environments that
// stands for an id.
func environmentChoice(v config.Variant, id string) (repo.EnvironmentChoice, bool) {
	i := slices.IndexFunc(v.Environments, func(pattern string) bool { return globMatch(pattern, id) })
	if i < 0 {
		return repo.EnvironmentChoice{}, false
	}
	c := repo.EnvironmentChoice{ID: id}
	for _, r := range v.EnvironmentRules {
		if r.ID == v.Environments[i] {
			c.DisplayOrder = r.DisplayOrder
			break
		}
	}
	return c, true
}

// lookasideGroups are the groups of the variants whose packages are there
// when this variant's are installed: its environments may name them.
func lookasideGroups(cfg *config.Config, v config.Variant, arch string) []string {
	uids := cfg.GatherFor(v.UID(), arch).LookasideVariants
	var out []string
	for _, other := range cfg.ActiveVariants() {
		if other.UID() == v.Parent || slices.Contains(uids, other.UID()) {
			for _, g := range other.Groups {
				name, _ := config.Literal(g)
				out = append(out, name)
			}
		}
	}
	return out
}

func globMatch(pattern, name string) bool {
	ok, err := path.Match(strings.ReplaceAll(pattern, "[!", "[^"), name)
	return ok && err == nil
}
