package config

import (
	"path"
	"slices"
	"strings"

	"compose/internal/rpm"
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
			out = append(out, Tree{v.UID(), a})
		}
	}
	return out
}

// UID is the variant's name in paths and metadata: that of a nested one has
// its parent's before it.
func (v Variant) UID() string {
	if v.Parent == "" {
		return v.ID
	}
	return v.Parent + "-" + v.ID
}

// ActiveVariants gives the variants that tree_variants and tree_arches leave,
// each with the architectures that are left, sorted: in the order of the file,
// but nested ones behind their parent. A variant without any is left out, and
// so is what belongs to it.
func (c *Config) ActiveVariants() []Variant {
	nested := map[string][]Variant{}
	for _, v := range c.Variants {
		if v.Parent != "" {
			nested[v.Parent] = append(nested[v.Parent], v)
		}
	}
	var out []Variant
	for _, v := range c.Variants {
		if v.Parent != "" || !c.activate(&v, nil) {
			continue
		}
		out = append(out, v)
		for _, child := range nested[v.ID] {
			if c.activate(&child, &v) {
				out = append(out, child)
			}
		}
	}
	return out
}

// activate limits the architectures of a variant, and says whether it is in
// the compose.
func (c *Config) activate(v, parent *Variant) bool {
	v.Arches = slices.DeleteFunc(slices.Sorted(slices.Values(v.Arches)), func(a string) bool {
		return len(c.TreeArches) > 0 && !slices.Contains(c.TreeArches, a) ||
			parent != nil && !slices.Contains(parent.Arches, a)
	})
	return len(v.Arches) > 0 && (len(c.TreeVariants) == 0 || slices.Contains(c.TreeVariants, v.UID()))
}

// IsLayered says whether the release sits on a base product.
func (c *Config) IsLayered() bool { return c.BaseProduct.Name != "" }

// GatherFor joins the gather.tree blocks that apply to a tree, in the order
// of the file.
func (c *Config) GatherFor(variant, arch string) GatherRules {
	out := GatherRules{Method: c.Gather.Method}
	for i, b := range c.Gather.Trees {
		if !b.Match(variant, arch) {
			continue
		}
		at := index("gather.tree", i)
		orLast(&out.Method, b.Method)
		orLast(&out.MappingMethod, b.MappingMethod)
		out.Multilib = append(out.Multilib, b.Multilib...)
		out.Add = append(out.Add, c.patterns(b.Add, at+".add")...)
		out.Filter = append(out.Filter, c.patterns(b.Filter, at+".filter")...)
		out.MultilibNames = append(out.MultilibNames, c.patterns(b.MultilibNames, at+".multilib_names")...)
		out.MultilibWhitelist = append(out.MultilibWhitelist, c.patterns(b.MultilibWhitelist, at+".multilib_whitelist")...)
		out.MultilibBlacklist = append(out.MultilibBlacklist, c.patterns(b.MultilibBlacklist, at+".multilib_blacklist")...)
		out.Lookaside = append(out.Lookaside, c.patterns(b.Lookaside, at+".lookaside")...)
	}
	orElse(&out.MappingMethod, out.Method)
	out.LookasideVariants = c.lookasideVariants(variant, arch)
	return out
}

// orLast replaces a value by one that is given.
func orLast(s *string, value string) {
	if value != "" {
		*s = value
	}
}

// lookasideVariants gives the uids that gather.tree.lookaside_variants names
// for a tree, among the active variants.
func (c *Config) lookasideVariants(variant, arch string) []string {
	var patterns []string
	for _, b := range c.Gather.Trees {
		if b.Match(variant, arch) {
			patterns = append(patterns, b.LookasideVariants...)
		}
	}
	if len(patterns) == 0 {
		return nil
	}
	var out []string
	for _, v := range c.ActiveVariants() {
		uid := v.UID()
		if uid != variant && slices.ContainsFunc(patterns, func(p string) bool { return glob(p, uid) }) {
			out = append(out, uid)
		}
	}
	return out
}

// UsesMultilib says whether trees of an architecture can have packages of the
// second word size: when a block for the architecture sets multilib. Without
// the compatibility with Pungi, which knows only this, the lists of multilib
// and an added package of such an architecture count too.
func (c *Config) UsesMultilib(arch string) bool {
	wide := rpm.MultilibArches(arch)
	for _, b := range c.Gather.Trees {
		switch {
		case !glob(b.Arch, arch):
		case len(b.Multilib) > 0:
			return true
		case c.Gather.Compat != "none":
		case len(b.MultilibWhitelist) > 0, slices.ContainsFunc(b.Add, func(s string) bool {
			suffix := s[strings.LastIndexByte(s, '.')+1:]
			return suffix == "+" && strings.Contains(s, ".") || slices.Contains(wide, suffix)
		}):
			return true
		}
	}
	return false
}

func (c *Config) patterns(list []string, key string) []Pattern {
	var out []Pattern
	for j, s := range list {
		out = append(out, Pattern{s, c.Place(index(key, j))})
	}
	return out
}

// ModulesFor gives what one tree has of the module streams: what its variant
// names, and what the modules.tree blocks that apply to it filter.
func (c *Config) ModulesFor(variant, arch string) ModuleRules {
	var out ModuleRules
	for i, v := range c.Variants {
		if v.UID() == variant {
			out.Want = append(out.Want, c.patterns(v.Modules, index("variant", i)+".modules")...)
		}
	}
	for i, b := range c.Modules.Trees {
		if b.Match(variant, arch) {
			out.Filter = append(out.Filter, c.patterns(b.Filter, index("modules.tree", i)+".filter")...)
		}
	}
	return out
}

// HasModules says whether module streams can play a part in the compose: a
// package set may have some.
func (c *Config) HasModules() bool {
	for _, s := range c.Pkgsets {
		if s.Source == "repo" || s.Modules.IsSet() {
			return true
		}
	}
	return false
}

// InstallableFor gives off, lenient or fatal for a tree.
func (c *Config) InstallableFor(variant, arch string) string {
	out := "off"
	for _, b := range c.Repoclosure.Trees {
		if b.Match(variant, arch) {
			out = b.Installable
		}
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
// compose.discinfo_description. A layered product is described as if it was
// composed by itself, on top of this release.
func (c *Config) Description(v Variant, arch string) string {
	if d := c.Compose.DiscinfoDescription; d != "" {
		return strings.NewReplacer("{variant_name}", v.Name, "{arch}", arch).Replace(d)
	}
	d := c.Release.Name + " " + c.Release.Version
	switch {
	case v.Type == "layered-product":
		major, _, _ := strings.Cut(c.Release.Version, ".")
		d = v.Release.Name + " " + v.Release.Version + " for " + c.Release.Name + " " + major
	case c.IsLayered():
		d += " for " + c.BaseProduct.Name + " " + c.BaseProduct.Version
	}
	return d
}

// CompsFile gives the comps file, wherever it is named; unset without one.
func (c *Config) CompsFile() Path {
	if c.Comps.IsSet() {
		return c.Comps
	}
	for _, s := range c.Pkgsets {
		if s.Comps.IsSet() {
			return s.Comps
		}
	}
	return Path{}
}
