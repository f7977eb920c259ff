package config

import (
	"slices"
)

// checkReferences looks at what refers to variants and architectures, if all
// of them are known.
func (d *decoder) checkReferences(c *Config) {
	for i, v := range c.Variants {
		at := index("variant", i)
		if v.ID == "" || len(v.Arches) == 0 || !d.sound(at+".id") || !d.sound(at+".arches") {
			return
		}
	}
	if len(c.Variants) > 0 {
		d.checkArches(c)
		d.checkTrees(c)
		d.checkSelectors(c)
		d.checkGather(c)
	}
}

// checkArches wants each architecture that a set or tree_arches names to be
// one of a variant, and each architecture to have packages.
func (d *decoder) checkArches(c *Config) {
	arches := allArches(c)
	d.checkNamed("tree_arches", c.TreeArches, arches, "no variant has the architecture ")
	d.checkNamed("tree_variants", c.TreeVariants, allVariants(c), "there is no variant ")
	for i, s := range c.Pkgsets {
		d.checkNamed(index("pkgset", i)+".arches", s.Arches, arches, "no variant has the architecture ")
	}
	if d.sound("pkgset") {
		d.checkServed(c, arches)
	}
}

// checkServed wants a package set for each tree with packages.
func (d *decoder) checkServed(c *Config, arches []string) {
	served := map[string]bool{}
	for _, a := range arches {
		served[a] = len(c.PkgsetsFor(a)) > 0
	}
	for i, v := range c.Variants {
		if v.IsEmpty {
			continue
		}
		if len(c.Pkgsets) == 0 {
			d.complain("pkgset", "required key is missing", "a variant that is not empty needs packages")
			return
		}
		for j, a := range v.Arches {
			if !served[a] {
				d.complain(index(index("variant", i)+".arches", j), "no package set serves "+a, "see the arches of [[pkgset]]")
			}
		}
	}
}

func (d *decoder) checkNamed(key string, list, known []string, text string) {
	for i, s := range list {
		if !slices.Contains(known, s) {
			d.complain(index(key, i), text+quote(s), didYouMean(s, known))
		}
	}
}

// checkTrees wants something to be left of the compose.
func (d *decoder) checkTrees(c *Config) {
	switch {
	case len(c.Trees()) > 0 || !d.sound("tree_arches") || !d.sound("tree_variants"):
	case len(c.TreeArches) > 0:
		d.complain("tree_arches", "leaves no tree", "the variants that are left have other architectures")
	case len(c.TreeVariants) > 0:
		d.complain("tree_variants", "leaves no tree", "")
	}
}

// checkSelectors wants each block to select something.
func (d *decoder) checkSelectors(c *Config) {
	for i, b := range c.Gather.Trees {
		d.checkSelector(c, index("gather.tree", i), b.Selector)
	}
	for i, b := range c.Createrepo.Updateinfo {
		if b.Arch != "src" {
			d.checkSelector(c, index("createrepo.updateinfo", i), b.Selector)
		}
	}
	for i, b := range c.Repoclosure.Trees {
		d.checkSelector(c, index("repoclosure.tree", i), b.Selector)
	}
	for i, b := range c.Createiso.Trees {
		if b.Arch != "src" {
			d.checkSelector(c, index("createiso.tree", i), b.Selector)
		}
	}
	for i, b := range c.Buildinstall.Trees {
		d.checkSelector(c, index("buildinstall.tree", i), b.Selector)
	}
	for i, b := range c.Gates {
		d.checkSelector(c, index("gate", i), b.Selector)
	}
	for i, b := range c.Failable {
		d.checkSelector(c, index("failable", i), b.Selector)
	}
	for i, b := range c.Rootfs {
		d.checkSelector(c, index("rootfs", i), b.Selector)
	}
	for i, b := range c.ImageTasks {
		d.checkSelector(c, index("image_task", i), b.Selector)
	}
}

// checkSelector wants a selector to match a tree with packages. The trees
// that tree_arches and tree_variants leave out count, so that a compose of a
// part needs no other configuration.
func (d *decoder) checkSelector(c *Config, key string, s Selector) {
	if !d.sound(key+".variant") || !d.sound(key+".arch") {
		return
	}
	var arches []string
	empty, found := false, false
	for _, v := range c.Variants {
		if !glob(s.Variant, v.UID()) {
			continue
		}
		if found = true; v.IsEmpty {
			empty = true
			continue
		}
		if slices.ContainsFunc(v.Arches, func(a string) bool { return s.Match(v.UID(), a) }) {
			return
		}
		arches = append(arches, v.Arches...)
	}
	switch {
	case !found:
		d.complain(key+".variant", quote(s.Variant)+" matches no variant", didYouMean(s.Variant, allVariants(c)))
	case empty && len(arches) == 0:
		d.complain(key+".variant", quote(s.Variant)+" matches only variants without packages (is_empty)", "")
	default:
		slices.Sort(arches)
		of := ""
		if s.Variant != "*" {
			of = " of the variant " + quote(s.Variant)
		}
		d.complain(key+".arch", quote(s.Arch)+" matches no tree"+of,
			didYouMean(s.Arch, slices.Compact(arches)))
	}
}

func allArches(c *Config) []string {
	var out []string
	for _, v := range c.Variants {
		out = append(out, v.Arches...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func allVariants(c *Config) []string {
	var out []string
	for _, v := range c.Variants {
		out = append(out, v.UID())
	}
	return out
}
