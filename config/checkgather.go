package config

import (
	"slices"
	"strings"

	"compose/internal/rpm"
)

// checkGather looks at what [gather] says of variants and architectures.
func (d *decoder) checkGather(c *Config) {
	active := c.ActiveVariants()
	d.checkLookasideVariants(c, active)
	for i, b := range c.Gather.Trees {
		at := index("gather.tree", i)
		if !d.sound(at) {
			continue
		}
		switch uses := slices.Contains(b.Multilib, "file"); {
		case uses && !slices.ContainsFunc(c.Gather.Trees, func(b GatherTree) bool { return len(b.MultilibNames) > 0 }):
			d.complain(at+".multilib", `"file" needs multilib_names`, "")
		case len(b.MultilibNames) > 0 && !slices.ContainsFunc(c.Gather.Trees, func(b GatherTree) bool { return slices.Contains(b.Multilib, "file") }):
			d.complain(at+".multilib_names", "has no effect", `it is for multilib = ["file"]`)
		}
		if c.Gather.Compat == "none" {
			d.checkAdded(at+".add", b, active)
		}
	}
}

// checkAdded wants an added package of an architecture to fit its trees.
func (d *decoder) checkAdded(key string, b GatherTree, active []Variant) {
	for i, pattern := range b.Add {
		arch := pattern[strings.LastIndexByte(pattern, '.')+1:]
		if !strings.Contains(pattern, ".") || !rpm.KnownArch(arch) || arch == "src" || arch == "nosrc" {
			continue
		}
		if t, ok := misfit(b.Selector, arch, active); ok {
			d.complain(index(key, i), quote(pattern)+" cannot be in "+t.String(), "see arch in the selector of the block")
		}
	}
}

// misfit gives the first tree that a selector matches and that cannot have
// packages of an architecture.
func misfit(s Selector, arch string, active []Variant) (Tree, bool) {
	for _, v := range active {
		for _, a := range v.Arches {
			if s.Match(v.UID(), a) && !Fits(a, arch) {
				return Tree{v.UID(), a}, true
			}
		}
	}
	return Tree{}, false
}

// Fits says whether a tree of an architecture can have binary packages of
// another one.
func Fits(tree, arch string) bool {
	return slices.Contains(rpm.CompatArches(tree), arch) || slices.Contains(rpm.MultilibArches(tree), arch)
}

// checkLookasideVariants wants lookaside variants to be there when they are
// needed.
func (d *decoder) checkLookasideVariants(c *Config, active []Variant) {
	for i, b := range c.Gather.Trees {
		key := index("gather.tree", i) + ".lookaside_variants"
		if !d.sound(key) {
			return
		}
		for j, pattern := range b.LookasideVariants {
			at := index(key, j)
			switch named := slices.ContainsFunc(c.Variants, func(v Variant) bool { return glob(pattern, v.UID()) }); {
			case !named:
				d.complain(at, quote(pattern)+" matches no variant", didYouMean(pattern, allVariants(c)))
			case b.Variant == pattern:
				d.complain(at, "a variant is no lookaside of its own", "")
			default:
				d.checkLookaside(at, pattern, b.Selector, active)
			}
		}
	}
	if d.sound("gather.tree") {
		d.checkCycles(c, active)
	}
}

// checkLookaside wants a variant that others look aside to in all their trees
// to have these architectures.
func (d *decoder) checkLookaside(at, pattern string, s Selector, active []Variant) {
	for _, v := range active {
		for _, a := range v.Arches {
			if !s.Match(v.UID(), a) {
				continue
			}
			found := false
			for _, l := range active {
				switch {
				case !glob(pattern, l.UID()) || l.UID() == v.UID():
				case !slices.Contains(l.Arches, a):
					d.complain(at, l.UID()+" has no architecture "+a, "but "+v.UID()+"."+a+" needs its packages")
					return
				default:
					found = true
				}
			}
			if !found && !glob(pattern, v.UID()) {
				d.complain(at, quote(pattern)+" is left out of the compose", "but "+v.UID()+"."+a+" needs its packages")
				return
			}
		}
	}
}

// checkCycles wants an order in which the variants can be gathered: one whose
// packages another one needs goes first, and a parent before what sits on it.
func (d *decoder) checkCycles(c *Config, active []Variant) {
	w := walk{before: map[string][]string{}, state: map[string]int{}}
	for _, v := range active {
		if v.Type == "addon" || v.Type == "layered-product" {
			w.before[v.UID()] = append(w.before[v.UID()], v.Parent)
		}
		if hasLookasideVariants(c) {
			for _, a := range v.Arches {
				w.before[v.UID()] = append(w.before[v.UID()], c.lookasideVariants(v.UID(), a)...)
			}
		}
	}
	for _, v := range active {
		if cycle := w.visit(v.UID()); cycle != nil {
			i := slices.IndexFunc(c.Gather.Trees, func(b GatherTree) bool { return len(b.LookasideVariants) > 0 })
			d.complain(index("gather.tree", i)+".lookaside_variants", "makes a circle: "+strings.Join(cycle, " needs "), "one of them must be gathered first")
			return
		}
	}
}

func hasLookasideVariants(c *Config) bool {
	return slices.ContainsFunc(c.Gather.Trees, func(b GatherTree) bool { return len(b.LookasideVariants) > 0 })
}

// walk looks for circles, depth first.
type walk struct {
	before map[string][]string
	state  map[string]int // 1 on the way, 2 done
	way    []string
}

// visit gives a circle that can be reached, from its first variant to that
// again, or nil.
func (w *walk) visit(uid string) []string {
	switch w.state[uid] {
	case 1:
		return append(slices.Clone(w.way[slices.Index(w.way, uid):]), uid)
	case 2:
		return nil
	}
	w.state[uid] = 1
	w.way = append(w.way, uid)
	for _, next := range w.before[uid] {
		if cycle := w.visit(next); cycle != nil {
			return cycle
		}
	}
	w.way = w.way[:len(w.way)-1]
	w.state[uid] = 2
	return nil
}
