package productmd

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
)

// ComposeInfo is the content of composeinfo.json.
type ComposeInfo struct {
	Compose  Compose
	Release  Release
	Base     BaseProduct // only for a layered release
	Variants []Variant   // the top level, in any order; nested ones are inside
}

// Variant is one variant of a compose.
type Variant struct {
	ID   string // letters and digits
	UID  string // ID, or PARENTUID-ID in a parent; dashes at the top level are the distributor's own
	Name string
	Type string // variant, optional, addon, layered-product
	// Arches are the architectures, in any order; those of a nested variant
	// are among its parent's.
	Arches []string
	Paths  Paths
	// Release is that of a layered-product, which is always layered; other
	// types have none.
	Release  Release
	Variants []Variant
}

// Paths says where a variant has what: field, then architecture, then a path
// relative to the folder "compose". Paths of other architectures than the
// variant's and empty ones are not written.
type Paths map[string]map[string]string

// Set notes a path.
func (p Paths) Set(field, arch, path string) {
	if p[field] == nil {
		p[field] = map[string]string{}
	}
	p[field][arch] = path
}

// PathFields gives the fields that Paths may have.
func PathFields() []string {
	return []string{
		"os_tree", "packages", "repository", "isos", "images", "jigdos",
		"source_tree", "source_packages", "source_repository", "source_isos", "source_jigdos",
		"debug_tree", "debug_packages", "debug_repository",
	}
}

// VariantTypes gives the types of variants.
func VariantTypes() []string { return []string{"variant", "optional", "addon", "layered-product"} }

var variantIDRE = regexp.MustCompile(`^[a-zA-Z0-9]+$`)

// JSON gives the content of composeinfo.json after Validate.
func (c *ComposeInfo) JSON() ([]byte, error) {
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("composeinfo: %w", err)
	}
	variants := object{}
	addVariants(variants, c.Variants)
	payload := object{"compose": c.Compose.object(), "release": c.Release.object(), "variants": variants}
	if c.Release.Layered {
		payload["base_product"] = c.Base.object()
	}
	return dump(object{"header": header("composeinfo"), "payload": payload}), nil
}

func addVariants(into object, list []Variant) {
	for i := range list {
		v := &list[i]
		o := object{
			"id": v.ID, "uid": v.UID, "name": v.Name, "type": v.Type,
			"arches": slices.Compact(slices.Sorted(slices.Values(v.Arches))), "paths": v.Paths.object(v.Arches),
		}
		if v.Type == "layered-product" {
			rel := v.Release
			rel.Layered = true
			o["release"] = rel.object()
		}
		var children []string
		for j := range v.Variants {
			children = append(children, v.Variants[j].ID)
		}
		if children != nil {
			slices.Sort(children)
			o["variants"] = children
		}
		into[v.UID] = o
		addVariants(into, v.Variants)
	}
}

func (p Paths) object(arches []string) object {
	o := object{}
	for field, byArch := range p {
		f := object{}
		for _, arch := range arches {
			if byArch[arch] != "" {
				f[arch] = byArch[arch]
			}
		}
		if len(f) > 0 {
			o[field] = f
		}
	}
	return o
}

// Validate checks productmd's rules and gives all faults at once.
func (c *ComposeInfo) Validate() error {
	errs := []error{c.Compose.Validate(), c.Release.Validate()}
	if c.Release.Layered {
		errs = append(errs, c.Base.Validate())
	}
	uids := map[string]bool{}
	for i := range c.Variants {
		errs = append(errs, c.Variants[i].validate(nil, uids))
	}
	return errors.Join(errs...)
}

// validate checks a variant and those inside; uids holds the ones seen before.
func (v *Variant) validate(parent *Variant, uids map[string]bool) error {
	var errs []error
	fault := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("variant %q: %w", v.UID, fmt.Errorf(format, args...)))
	}
	if !variantIDRE.MatchString(v.ID) {
		fault("id %q: want letters and digits", v.ID)
	}
	if want, ok := v.uidFits(parent); !ok {
		fault("want the uid %q", want)
	}
	if uids[v.UID] {
		fault("uid is not unique")
	}
	uids[v.UID] = true
	if v.Name == "" {
		fault("name is empty")
	}
	if !slices.Contains(VariantTypes(), v.Type) {
		fault("type %q: want one of %s", v.Type, strings.Join(VariantTypes(), ", "))
	}
	if len(v.Arches) == 0 {
		fault("no architectures")
	}
	for _, arch := range v.Arches {
		if !isTreeArch(arch) {
			fault("architecture %q is unknown", arch)
		} else if parent != nil && !slices.Contains(parent.Arches, arch) {
			fault("architecture %s is not one of %s", arch, parent.UID)
		}
	}
	errs = append(errs, v.validatePaths())
	if v.Type == "layered-product" {
		errs = append(errs, v.Release.Validate())
	}
	for i := range v.Variants {
		errs = append(errs, v.Variants[i].validate(v, uids))
	}
	return errors.Join(errs...)
}

// uidFits says whether the uid goes with id and parent, and what would.
func (v *Variant) uidFits(parent *Variant) (string, bool) {
	if parent == nil {
		return v.ID, strings.ReplaceAll(v.UID, "-", "") == v.ID
	}
	want := parent.UID + "-" + v.ID
	return want, v.UID == want
}

func (v *Variant) validatePaths() error {
	var errs []error
	for _, field := range sortedKeys(v.Paths) {
		if !slices.Contains(PathFields(), field) {
			errs = append(errs, fmt.Errorf("variant %q: unknown path %q", v.UID, field))
		}
		for _, arch := range sortedKeys(v.Paths[field]) {
			if p := v.Paths[field][arch]; p != "" && !isInside(p) {
				errs = append(errs, fmt.Errorf("variant %q: %s of %s: %q is not a path below the compose", v.UID, field, arch, p))
			}
		}
	}
	return errors.Join(errs...)
}

// isInside says whether p is a clean relative path that stays below its start.
func isInside(p string) bool {
	return p != "" && p[0] != '/' && path.Clean(p) == p && p != ".." && !strings.HasPrefix(p, "../") && !strings.ContainsRune(p, 0)
}
