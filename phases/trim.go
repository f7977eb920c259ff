package phases

import (
	"context"
	"slices"

	"compose/config"
	"compose/gather"
	"compose/phases/dag"
	"compose/phases/event"
	"compose/phases/record"
)

// family is a variant with those that belong to it.
type family struct {
	name     string                    // of the step and the record
	trees    []Tree                    // the parent's first
	variants map[string]config.Variant // by uid
}

// picks are the packages of each tree: as they were solved, or of families of
// variants as they were divided up afterwards.
type picks struct {
	solved   perTree[*gather.Result]
	families map[Tree]dag.Promise[map[Tree]*gather.Result]
}

// need gives the reader of a tree's packages.
func (p picks) need(s *dag.Step, t Tree) func() *gather.Result {
	if f, ok := p.families[t]; ok {
		all := dag.Need(s, f)
		return func() *gather.Result { return all()[t] }
	}
	return dag.Need(s, p.solved[t])
}

// want is need for a step that can do without.
func (p picks) want(s *dag.Step, t Tree) func() (*gather.Result, bool) {
	if f, ok := p.families[t]; ok {
		all := dag.Want(s, f)
		return func() (*gather.Result, bool) {
			m, ok := all()
			return m[t], ok
		}
	}
	return dag.Want(s, p.solved[t])
}

// addTrim gives each package of a family of variants its one place (Pungi's
// trimming, pungi A.3.6). Families have nothing to do with each other; but
// Pungi compares with the addons of all families.
func (p *plan) addTrim(cfg *config.Config, solved perTree[*gather.Result]) picks {
	out := picks{solved: solved, families: map[Tree]dag.Promise[map[Tree]*gather.Result]{}}
	for _, f := range p.families(compatOf(cfg)) {
		promise := p.addFamily(f, wordingOf(cfg), solved)
		for _, t := range f.trees {
			out.families[t] = promise
		}
	}
	return out
}

// families gives the trees that are divided up together.
func (p *plan) families(compat gather.Compat) []family {
	var out []family
	for _, v := range p.variants {
		alone := v.Parent == "" && !slices.ContainsFunc(p.variants, func(w config.Variant) bool { return w.Parent == v.ID })
		if alone {
			continue
		}
		name := "trim-" + v.UID()
		if v.Parent != "" {
			name = "trim-" + v.Parent
		}
		if compat == gather.CompatPungi43 {
			name = "trim"
		}
		i := slices.IndexFunc(out, func(f family) bool { return f.name == name })
		if i < 0 {
			i = len(out)
			out = append(out, family{name: name, variants: map[string]config.Variant{}})
		}
		out[i].variants[v.UID()] = v
		for _, arch := range v.Arches {
			out[i].trees = append(out[i].trees, treeOf(v, arch))
		}
	}
	return out
}

func (p *plan) addFamily(f family, words wording, solved perTree[*gather.Result]) dag.Promise[map[Tree]*gather.Result] {
	s := p.Add("gather/"+f.name, "cpu")
	results := map[Tree]func() *gather.Result{}
	for _, t := range f.trees {
		results[t] = dag.Need(s, solved[t])
	}
	return dag.Do(s, func(ctx context.Context, ev *event.Scope) (map[Tree]*gather.Result, error) {
		var before []gather.Tree
		for _, t := range f.trees {
			v := f.variants[t.Variant]
			before = append(before, gather.Tree{Variant: t.Variant, Parent: v.Parent, Type: gather.VariantType(v.Type), Arch: t.Arch, Packages: results[t]().Packages})
		}
		after, changes := gather.Trim(before, gather.Compat(words))
		moved := 0
		for _, c := range changes {
			if c.Moved {
				moved++
			}
			if text, warn := words.removed(c, f.variants[c.Variant].Parent); warn {
				ev.Warn("%s", text)
			} else {
				ev.Logf("%s", text)
			}
		}
		ev.Note("%d packages are in other trees of their family, %d moved to the parent", len(changes)-moved, moved)
		out := map[Tree]*gather.Result{}
		for i, t := range f.trees {
			res := *results[t]()
			res.Packages = after[i].Packages
			out[t] = &res
		}
		return out, writeFile(p.dirs.TrimRecord(f.name), record.Trims(changes))
	})
}
