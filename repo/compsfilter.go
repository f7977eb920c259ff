package repo

import (
	"slices"
	"strings"
)

// FilterOptions say what of a comps file a tree gets.
type FilterOptions struct {
	Arch, Variant string // Variant is the variant's UID
	// Groups are the groups that the variant lists; nil keeps all, an empty
	// list none. The first choice that matches a group counts.
	Groups []GroupChoice
	// Environments are the environments that the variant lists; nil keeps
	// all (Pungi: comps_filter_environments off, or a variant that lists
	// neither groups nor environments).
	Environments []EnvironmentChoice
	// LookasideGroups are groups of the parent or a lookaside variant:
	// environments may name them though they are not defined here.
	LookasideGroups []string
}

// GroupChoice is one group of a variant: an id, or with Glob a pattern of
// ids. Default and UserVisible overrule the comps file unless nil.
type GroupChoice struct {
	Name                 string
	Glob                 bool
	Default, UserVisible *bool
}

func (c GroupChoice) matches(id string) bool {
	return c.Name == id || c.Glob && fnmatch(c.Name, id)
}

// EnvironmentChoice is one environment of a variant. DisplayOrder overrules
// the comps file unless nil.
type EnvironmentChoice struct {
	ID           string
	DisplayOrder *int
}

// FilterArch gives what counts on an architecture and drops nothing else:
// Pungi's comps of an architecture (comps_filter --arch --no-cleanup).
func (c *Comps) FilterArch(arch string) *Comps {
	return c.where(func(arches, _ Only) bool { return arches.has(arch) })
}

// Filter gives the comps of a tree, as Pungi makes them (phase init): what
// counts for the architecture and the variant, without groups that are empty
// (but for "conflicts" and "conflicts-VARIANT"), categories and environments
// without groups, and then only the groups and environments that the variant
// chooses. Choices of groups that match nothing come back, for a warning.
func (c *Comps) Filter(o FilterOptions) (out *Comps, unmatched []string) {
	out = c.where(func(arches, variants Only) bool { return arches.has(o.Arch) && variants.has(o.Variant) })
	out.dropEmptyGroups("conflicts", "conflicts-"+strings.ToLower(o.Variant))
	out.dropUndefined(o)
	if o.Groups != nil {
		unmatched = out.chooseGroups(o.Groups)
	}
	if o.Environments != nil {
		out.chooseEnvironments(o.Environments)
	}
	return out, unmatched
}

// where copies what the function accepts by its arch and variant attributes.
func (c *Comps) where(ok func(arches, variants Only) bool) *Comps {
	out := *c
	out.Groups = nil
	for _, g := range c.Groups {
		if !ok(g.Arches, g.Variants) {
			continue
		}
		packages := g.Packages
		g.Packages = nil
		for _, p := range packages {
			if ok(p.Arches, p.Variants) {
				g.Packages = append(g.Packages, p)
			}
		}
		out.Groups = append(out.Groups, g)
	}
	out.Environments = nil
	for _, e := range c.Environments {
		if ok(e.Arches, e.Variants) {
			out.Environments = append(out.Environments, e)
		}
	}
	return &out
}

func (c *Comps) dropEmptyGroups(keep ...string) {
	c.Groups = slices.DeleteFunc(c.Groups, func(g Group) bool {
		return len(g.Packages) == 0 && !slices.Contains(keep, g.ID)
	})
}

// dropUndefined drops undefined groups from categories and environments, and
// these when nothing is left. Options of an environment stay.
func (c *Comps) dropUndefined(o FilterOptions) {
	defined := make(map[string]bool, len(c.Groups))
	for _, g := range c.Groups {
		defined[g.ID] = true
	}
	categories := c.Categories
	c.Categories = nil
	for _, cat := range categories {
		cat.Groups = pick(cat.Groups, func(g GroupID) bool { return defined[g.ID] })
		if len(cat.Groups) > 0 {
			c.Categories = append(c.Categories, cat)
		}
	}
	environments := c.Environments
	c.Environments = nil
	for _, e := range environments {
		e.Groups = pick(e.Groups, func(g GroupID) bool {
			return g.Arches.has(o.Arch) && (defined[g.ID] || slices.Contains(o.LookasideGroups, g.ID))
		})
		e.Options = pick(e.Options, func(g GroupID) bool { return g.Arches.has(o.Arch) })
		if len(e.Groups) > 0 {
			c.Environments = append(c.Environments, e)
		}
	}
}

func pick(ids []GroupID, ok func(GroupID) bool) (out []GroupID) {
	for _, id := range ids {
		if ok(id) {
			out = append(out, id)
		}
	}
	return out
}

func (c *Comps) chooseGroups(choices []GroupChoice) (unmatched []string) {
	var chosen []Group
	for _, g := range c.Groups {
		i := slices.IndexFunc(choices, func(ch GroupChoice) bool { return ch.matches(g.ID) })
		if i < 0 {
			continue
		}
		if choices[i].Default != nil {
			g.Default = *choices[i].Default
		}
		if choices[i].UserVisible != nil {
			g.UserVisible = *choices[i].UserVisible
		}
		chosen = append(chosen, g)
	}
	c.Groups = chosen
	for _, ch := range choices {
		if !slices.ContainsFunc(chosen, func(g Group) bool { return ch.matches(g.ID) }) && !slices.Contains(unmatched, ch.Name) {
			unmatched = append(unmatched, ch.Name)
		}
	}
	return unmatched
}

func (c *Comps) chooseEnvironments(choices []EnvironmentChoice) {
	var chosen []Environment
	for _, e := range c.Environments {
		i := slices.IndexFunc(choices, func(ch EnvironmentChoice) bool { return ch.ID == e.ID })
		if i < 0 {
			continue
		}
		if choices[i].DisplayOrder != nil {
			e.DisplayOrder = choices[i].DisplayOrder
		}
		chosen = append(chosen, e)
	}
	c.Environments = chosen
}
