package config

import (
	"slices"
	"strings"
)

// checkVariants looks at how variants belong together.
func (d *decoder) checkVariants(c *Config) {
	switch {
	case len(c.Variants) == 0 && !d.partial && d.sound("variant"):
		d.complain("variant", "required key is missing", `a compose has [[variant]] tables, or variants = "FILE.xml"`)
	case len(c.Variants) > 0 && !d.partial:
		byID := map[string]*Variant{}
		for i := range c.Variants {
			if v := &c.Variants[i]; v.Parent == "" {
				byID[v.ID] = v
			}
		}
		for i := range c.Variants {
			at := index("variant", i)
			d.checkParent(at, &c.Variants[i], byID)
			d.checkRelease(at, &c.Variants[i])
			d.checkRules(at, &c.Variants[i])
		}
	}
}

// checkParent wants nested variants to belong to one that stands for itself.
func (d *decoder) checkParent(at string, v *Variant, byID map[string]*Variant) {
	if !d.sound(at+".type") || !d.sound(at+".parent") || !d.sound(at+".id") {
		return
	}
	parent := byID[v.Parent]
	switch {
	case v.Type == "variant" && v.Parent != "":
		d.complain(at+".parent", "a variant of type variant stands for itself", `type is "addon", "optional" or "layered-product" for one that has a parent`)
	case v.Type != "variant" && v.Parent == "":
		d.complain(at+".parent", "required key is missing", "a variant of type "+v.Type+" belongs to another one")
	case v.Type != "variant" && v.HasOptional:
		d.complain(at+".has_optional", "only a variant of type variant has nested ones", "")
	case v.Parent == "":
	case parent == nil:
		d.complain(at+".parent", "there is no variant "+quote(v.Parent)+" of type variant", didYouMean(v.Parent, sortedKeys(byID)))
	case v.ID == v.Parent:
		d.complain(at+".id", "a nested variant has another id than its parent", "")
	case strings.Contains(v.ID, "-"):
		d.complain(at+".id", quote(v.ID)+" must be letters and digits", "only ids of variants without parent have dashes")
	case len(v.Arches) > 0 && len(parent.Arches) > 0 && !slices.ContainsFunc(v.Arches, func(a string) bool { return slices.Contains(parent.Arches, a) }):
		d.complain(at+".arches", "none of them is an architecture of "+v.Parent, "that has "+strings.Join(parent.Arches, ", "))
	}
}

// checkRelease wants a layered product to have a release of its own.
func (d *decoder) checkRelease(at string, v *Variant) {
	if !d.sound(at+".type") || !d.sound(at+".release") {
		return
	}
	r := v.Release
	if v.Type != "layered-product" {
		if r != (VariantRelease{}) {
			d.complain(at+".release", "only a layered-product has a release of its own", "")
		}
		return
	}
	for _, k := range [][2]string{{"name", r.Name}, {"short", r.Short}, {"version", r.Version}} {
		if k[1] == "" {
			d.complain(at+".release."+k[0], "required key is missing", "the release of a layered-product has name, short and version")
		}
	}
}

// checkRules wants what overrules a group or environment to name one.
func (d *decoder) checkRules(at string, v *Variant) {
	for i, g := range v.GroupRules {
		if g.ID != "" && !slices.Contains(v.Groups, g.ID) {
			d.complain(index(at+".group", i)+".id", quote(g.ID)+" is not an entry of groups", didYouMean(g.ID, v.Groups))
		}
	}
	for i, e := range v.EnvironmentRules {
		if e.ID != "" && !slices.Contains(v.Environments, e.ID) {
			d.complain(index(at+".environment", i)+".id", quote(e.ID)+" is not an entry of environments", didYouMean(e.ID, v.Environments))
		}
	}
}

// addOptional makes the variants that has_optional asks for. One that is
// there already is left as it is.
func (d *decoder) addOptional(c *Config) {
	has := map[string]bool{}
	for _, v := range c.Variants {
		has[v.UID()] = true
	}
	for i, v := range c.Variants {
		uid := v.ID + "-optional"
		if !v.HasOptional || v.Parent != "" || has[uid] {
			continue
		}
		d.places[index("variant", len(c.Variants))] = findPlace(d.places, index("variant", i)+".has_optional")
		c.Variants = append(c.Variants, Variant{
			ID: "optional", Parent: v.ID, Name: "optional", Type: "optional", Arches: slices.Clone(v.Arches),
		})
	}
}
