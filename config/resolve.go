package config

import (
	"path"
	"slices"
	"strings"
)

// Match says whether the selector names the tree. The architecture src is
// matched only by name.
func (s Selector) Match(variant, arch string) bool {
	return glob(s.Variant, variant) && (arch != "src" && glob(s.Arch, arch) || s.Arch == arch)
}

// glob matches a shell glob; what Load accepted never fails here.
func glob(pattern, name string) bool {
	ok, err := path.Match(shellGlob(pattern), name)
	return ok && err == nil
}

// Trees gives the trees of the compose, tree_arches and tree_variants
// applied: variants in the order of the file, the architectures of each
// sorted. Trees of variants that are empty are among them.
func (c *Config) Trees() []Tree {
	var out []Tree
	for _, v := range c.ActiveVariants() {
		for _, a := range v.Arches {
			out = append(out, Tree{v.ID, a})
		}
	}
	return out
}

// ActiveVariants gives the variants that tree_variants and tree_arches leave,
// in the order of the file, each with the architectures that are left,
// sorted. A variant without any is left out.
func (c *Config) ActiveVariants() []Variant {
	var out []Variant
	for _, v := range c.Variants {
		if len(c.TreeVariants) > 0 && !slices.Contains(c.TreeVariants, v.ID) {
			continue
		}
		v.Arches = slices.DeleteFunc(slices.Sorted(slices.Values(v.Arches)), func(a string) bool {
			return len(c.TreeArches) > 0 && !slices.Contains(c.TreeArches, a)
		})
		if len(v.Arches) > 0 {
			out = append(out, v)
		}
	}
	return out
}

// IsLayered says whether the release sits on a base product.
func (c *Config) IsLayered() bool { return c.BaseProduct.Name != "" }

// GatherFor joins the gather.tree blocks that apply to a tree, in the order
// of the file.
func (c *Config) GatherFor(variant, arch string) GatherRules {
	var out GatherRules
	for i, b := range c.Gather.Trees {
		if b.Match(variant, arch) {
			out.Add = append(out.Add, c.patterns(b.Add, "gather.tree", i, "add")...)
			out.Filter = append(out.Filter, c.patterns(b.Filter, "gather.tree", i, "filter")...)
		}
	}
	return out
}

func (c *Config) patterns(list []string, table string, i int, key string) []Pattern {
	var out []Pattern
	for j, s := range list {
		out = append(out, Pattern{s, c.Place(index(index(table, i)+"."+key, j))})
	}
	return out
}

// StrictnessFor gives off, lenient or fatal for a tree.
func (c *Config) StrictnessFor(variant, arch string) string {
	out := "lenient"
	for _, b := range c.Repoclosure.Trees {
		if b.Match(variant, arch) {
			out = b.Strictness
		}
	}
	return out
}

// PkgsetsFor gives the package sets that serve trees of an architecture, in
// the order of the file.
func (c *Config) PkgsetsFor(arch string) []Pkgset {
	return slices.DeleteFunc(slices.Clone(c.Pkgsets), func(s Pkgset) bool {
		return len(s.Arches) > 0 && !slices.Contains(s.Arches, arch)
	})
}

// Description is what .discinfo and media.repo of a tree say; see
// compose.discinfo_description.
func (c *Config) Description(variantName, arch string) string {
	if d := c.Compose.DiscinfoDescription; d != "" {
		return strings.NewReplacer("{variant_name}", variantName, "{arch}", arch).Replace(d)
	}
	d := c.Release.Name + " " + c.Release.Version
	if c.IsLayered() {
		d += " for " + c.BaseProduct.Name + " " + c.BaseProduct.Version
	}
	return d
}
