package phases

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"compose/config"
	"compose/internal/modulemd"
	"compose/internal/productmd"
	"compose/internal/rpmmd"
	"compose/phases/dag"
	"compose/phases/event"
	"compose/pkgset"
	"compose/repo"
)

// moduleLibrary is the module streams of all package sets.
type moduleLibrary struct {
	index  *modulemd.Index
	owners *modulemd.Owners
}

// modules are the promises of module streams: of all, and of the trees whose
// variants have some.
type modules struct {
	all   dag.Promise[moduleLibrary] // of no step where package sets cannot have any
	trees perTree[modulemd.Selection]
}

// yamlSuffix is the end of the names that count in folders of defaults and
// obsoletes, as in Pungi.
const yamlSuffix = ".yaml"

// addModules puts together the module metadata of the package sets and chooses
// the streams of each tree (pungi A.2.10).
func (p *plan) addModules(cfg *config.Config, sets []dag.Promise[*pkgset.Set]) modules {
	m := modules{trees: perTree[modulemd.Selection]{}}
	if !cfg.HasModules() {
		return m
	}
	s := p.Add("pkgset/modules", "cpu")
	all := needAll(s, sets)
	m.all = dag.Do(s, func(ctx context.Context, ev *event.Scope) (moduleLibrary, error) {
		x, err := joinModules(cfg.Modules, all(), ev)
		if err != nil {
			return moduleLibrary{}, err
		}
		tellModules(cfg, x, ev)
		return moduleLibrary{x, modulemd.NewOwners(x.Streams)}, nil
	})
	for _, v := range p.variants {
		for _, arch := range v.Arches {
			if t := treeOf(v, arch); len(cfg.ModulesFor(t.Variant, t.Arch).Want) > 0 {
				m.trees[t] = p.addTreeModules(cfg, v, t, m.all)
			}
		}
	}
	return m
}

// joinModules joins what the sets have with the folders of the configuration.
func joinModules(cfg config.Modules, sets []*pkgset.Set, ev *event.Scope) (*modulemd.Index, error) {
	var all []*modulemd.Index
	for _, set := range sets {
		if set.Modules != nil {
			all = append(all, set.Modules)
		}
	}
	obsoletes, err := readModuleDir(cfg.Obsoletes)
	if err != nil {
		return nil, err
	}
	x, notes := modulemd.Merge(append(all, &modulemd.Index{Obsoletes: obsoletes.Obsoletes})...)
	for _, text := range notes {
		ev.Note("%s", text)
	}
	for _, dir := range []config.Path{cfg.Defaults, cfg.Overrides} {
		defaults, err := readModuleDir(dir)
		if err != nil {
			return nil, err
		}
		x = x.WithDefaults(defaults)
	}
	return x, nil
}

func readModuleDir(dir config.Path) (*modulemd.Index, error) {
	if !dir.IsSet() {
		return &modulemd.Index{}, nil
	}
	files, err := modulemd.ReadPath(dir.Abs, dir.Text, yamlSuffix)
	if err != nil {
		return nil, err
	}
	x, err := modulemd.Once(files)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", dir.Text, err)
	}
	return x, nil
}

// tellModules says what there is, and which filters name nothing of it.
func tellModules(cfg *config.Config, x *modulemd.Index, ev *event.Scope) {
	if len(x.Streams) > 0 {
		ev.Note("%d builds of module streams", len(x.Streams))
	}
	if len(x.Streams) > 0 && !wantsModules(cfg) {
		ev.Note("no variant has modules, so their packages are in no tree")
	}
	seen := map[config.Pattern]bool{}
	for _, t := range cfg.Trees() {
		for _, f := range cfg.ModulesFor(t.Variant, t.Arch).Filter {
			named := func(s *modulemd.Stream) bool { return modulePattern(f, "").Match(s.ID) }
			if !seen[f] && !slices.ContainsFunc(x.Streams, named) {
				ev.Warn("%s modules.tree.filter: %q matches no module stream", f.Place, f.Text)
			}
			seen[f] = true
		}
	}
}

// wantsModules says whether any variant has modules.
func wantsModules(cfg *config.Config) bool {
	return slices.ContainsFunc(cfg.ActiveVariants(), func(v config.Variant) bool { return len(v.Modules) > 0 })
}

func modulePattern(p config.Pattern, key string) modulemd.Pattern {
	return modulemd.Pattern{Text: p.Text, Origin: strings.TrimSpace(p.Place + " " + key)}
}

func modulePatterns(list []config.Pattern, key string) (out []modulemd.Pattern) {
	for _, p := range list {
		out = append(out, modulePattern(p, key))
	}
	return out
}

// addTreeModules chooses the streams of a tree.
func (p *plan) addTreeModules(cfg *config.Config, v config.Variant, t Tree, all dag.Promise[moduleLibrary]) dag.Promise[modulemd.Selection] {
	s := p.Add("pkgset/modules."+t.String(), "cpu")
	library := dag.Need(s, all)
	rules := cfg.ModulesFor(t.Variant, t.Arch)
	return dag.Do(s, func(ctx context.Context, ev *event.Scope) (modulemd.Selection, error) {
		sel := library().index.Select(modulemd.Request{
			Arch: t.Arch, Others: v.Arches,
			Want: modulePatterns(rules.Want, "variant.modules"), Filter: modulePatterns(rules.Filter, "modules.tree.filter"),
		})
		var faults []error
		for _, u := range sel.Unmatched {
			if u.Harmless {
				ev.Note("%s", u)
			} else {
				faults = append(faults, errors.New(u.String()))
			}
		}
		if len(faults) > 0 {
			return sel, errors.Join(faults...)
		}
		for _, st := range sel.Streams {
			ev.Logf("%s", st.ID)
			if needs := st.Needs(sel.Streams); len(needs) > 0 {
				ev.Note("module %s requires %s, which this tree does not have", st.ID, strings.Join(needs, " and "))
			}
		}
		ev.Note("%d builds of module streams, %d of them by default", len(sel.Streams), len(sel.Active))
		return sel, nil
	})
}

// addModuleList writes modules.json.
func (p *plan) addModuleList(id Identity, in metadataInput) {
	type modularTree struct {
		tree  Tree
		sel   func() (modulemd.Selection, bool)
		index func() (repo.Index, bool)
	}
	s := p.Add("metadata/modules", "disk")
	p.wantLinks(s, in.links)
	dag.Want(s, in.certs)
	var trees []modularTree
	for _, t := range p.trees {
		if sel, ok := in.modules.trees[t]; ok {
			trees = append(trees, modularTree{t, dag.Want(s, sel), dag.Want(s, in.repos[t])})
		}
	}
	dag.Do(s, func(ctx context.Context, ev *event.Scope) (passed, error) {
		list := productmd.Modules{Compose: id}
		for _, t := range trees {
			sel, chosen := t.sel()
			index, written := t.index()
			if !chosen || !written {
				continue // skipped: there is no tree
			}
			path, err := modulesFile(index.Dir)
			for _, st := range sel.Streams {
				err = errors.Join(err, list.Add(productmd.ModuleEntry{
					Variant: t.tree.Variant, Arch: t.tree.Arch, UID: st.ID.String(), Category: "binary",
					Path: p.dirs.Rel(path), RPMs: st.Artifacts,
				}))
			}
			if err != nil {
				return passed{}, err
			}
		}
		data, err := list.JSON()
		if err != nil {
			return passed{}, err
		}
		return passed{}, writeFile(p.dirs.Metadata("modules.json"), data)
	})
}

// modulesFile gives the path of the module metadata in a repository.
func modulesFile(dir string) (string, error) {
	f, err := os.Open(filepath.Join(dir, "repodata", "repomd.xml"))
	if err != nil {
		return "", err
	}
	defer f.Close()
	md, err := rpmmd.ReadRepomd(f)
	if err != nil {
		return "", fmt.Errorf("repository %s: %w", dir, err)
	}
	d, _ := md.Find("modules")
	return filepath.Join(dir, filepath.FromSlash(d.Href)), nil
}
