package config

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
)

// check finds what is wrong between keys. Where statements could not be read,
// or a key is already complained about, what refers to it is not judged.
func (d *decoder) check(c *Config) {
	d.checkBaseProduct(c)
	d.checkDescription(c)
	d.checkFiles(c)
	d.checkVariants(c)
	d.checkModules(c)
	d.checkGates(c)
	d.checkImages(c)
	d.checkBuildinstall(c)
	d.checkExtra(c)
	d.checkExtraISOs(c)
	for i, s := range c.Pkgsets {
		d.checkSource(index("pkgset", i), s)
	}
	if !d.partial {
		d.checkGroups(c)
		d.checkReferences(c)
	}
	d.checkNames(c)
	d.checkNotify(c)
	d.checkSteps(c)
	d.checkRootfs(c)
}

// sound says whether nothing is wrong at or below a key so far.
func (d *decoder) sound(key string) bool {
	return !slices.ContainsFunc(d.list, func(c Complaint) bool {
		return c.Key == key || strings.HasPrefix(c.Key, key+".") || strings.HasPrefix(c.Key, key+"[")
	})
}

// checkNames wants names to be unique, and no variant in the way of the
// folder of the metadata.
func (d *decoder) checkNames(c *Config) {
	d.unique("pkgset", "tag", len(c.Pkgsets), func(i int) string { return c.Pkgsets[i].Tag })
	d.unique("variant", "id", len(c.Variants), func(i int) string { return c.Variants[i].UID() })
	for i, v := range c.Variants {
		if v.UID() == "metadata" {
			d.complain(index("variant", i)+".id", `"metadata" is the folder of the compose's metadata`, "")
		}
	}
}

func (d *decoder) unique(table, key string, n int, name func(i int) string) {
	first := map[string]int{}
	for i := range n {
		s := name(i)
		j, seen := first[s]
		switch {
		case s == "":
		case seen:
			at := d.places[index(table, j)+"."+key]
			d.complain(index(table, i)+"."+key, fmt.Sprintf("%s is taken already, in %s", quote(s), at), "")
		default:
			first[s] = i
		}
	}
}

func (d *decoder) checkBaseProduct(c *Config) {
	b := c.BaseProduct
	if b == (BaseProduct{}) || d.partial {
		return
	}
	for _, k := range [][2]string{{"name", b.Name}, {"short", b.Short}, {"version", b.Version}} {
		if k[1] == "" && d.sound("base_product."+k[0]) {
			d.complain("base_product."+k[0], "required key is missing", "a base product has name, short and version")
		}
	}
}

var placeholder = regexp.MustCompile(`\{([^{}]*)\}`)

func (d *decoder) checkDescription(c *Config) {
	for _, m := range placeholder.FindAllStringSubmatch(c.Compose.DiscinfoDescription, -1) {
		if known := []string{"variant_name", "arch"}; !slices.Contains(known, m[1]) {
			d.complain("compose.discinfo_description", quote(m[0])+" stands for nothing", didYouMean(m[1], known))
		}
	}
}

// checkFiles wants files and folders to be there.
func (d *decoder) checkFiles(c *Config) {
	d.checkPath("comps", c.Comps, "a file")
	d.checkPath("gather.prepopulate", c.Gather.Prepopulate, "a file")
	d.checkPath("gather.source_mapping", c.Gather.SourceMapping, "a file")
	for i, s := range c.Pkgsets {
		d.checkPath(index("pkgset", i)+".path", s.Path, "a folder")
		at := index("pkgset", i) + ".comps"
		if s.Comps.IsSet() && s.Comps != c.CompsFile() {
			d.complain(at, "another comps file, "+quote(c.CompsFile().Text)+", is named before it", "a compose has one")
			continue
		}
		d.checkPath(at, s.Comps, "a file")
	}
}

func (d *decoder) checkPath(key string, p Path, kind string) {
	if !p.IsSet() {
		return
	}
	fi, err := os.Stat(p.Abs)
	switch {
	case err != nil:
		d.complain(key, quote(p.Text)+": "+reason(err).Error(), "the whole path is "+p.Abs)
	case kind == "a file" && !fi.Mode().IsRegular(), kind == "a folder" && !fi.IsDir():
		d.complain(key, quote(p.Text)+" is not "+kind, "")
	}
}

// checkSource wants a set to have what its source needs and nothing else.
func (d *decoder) checkSource(key string, s Pkgset) {
	var given []string
	for _, k := range [][2]string{{"path", s.Path.Text}, {"url", strings.Join(s.URL, " ")}, {"mirrorlist", s.Mirrorlist}, {"metalink", s.Metalink}} {
		if k[1] != "" {
			given = append(given, k[0])
		}
	}
	switch s.Source {
	case "dir":
		if s.Releasever != "" {
			given = append(given, "releasever")
		}
		d.checkKeys(key, given, `source = "dir"`, "path")
	case "repo":
		d.checkKeys(key, given, `source = "repo"`, "url", "mirrorlist", "metalink")
	}
}

// checkKeys wants exactly one of some keys to be given and no other.
func (d *decoder) checkKeys(key string, given []string, what string, wanted ...string) {
	has := ""
	for _, k := range given {
		switch {
		case !slices.Contains(wanted, k):
			d.complain(key+"."+k, "does not go with "+what, "that takes "+strings.Join(wanted, " or "))
		case has != "":
			d.complain(key+"."+k, "does not go with "+has, "a set has exactly one of "+strings.Join(wanted, ", "))
		default:
			has = k
		}
	}
	anyBad := slices.ContainsFunc(wanted, func(k string) bool { return !d.sound(key + "." + k) })
	if has == "" && !d.partial && !anyBad {
		d.complain(key, what+" needs "+strings.Join(wanted, " or "), "")
	}
}

// checkGroups wants a comps file where groups are spoken of.
func (d *decoder) checkGroups(c *Config) {
	for i, v := range c.Variants {
		for _, k := range []struct {
			name string
			list []string
		}{{"groups", v.Groups}, {"environments", v.Environments}} {
			at := index("variant", i) + "." + k.name
			switch {
			case len(k.list) == 0:
			case v.IsEmpty && !c.VariantsFile.IsSet(): // in the file it is common, and says nothing
				d.complain(at, "does not go with is_empty = true", "an empty variant has no packages")
			case !c.CompsFile().IsSet() && d.sound("comps"):
				d.complain(at, "there is no comps file", `set the top-level key comps`)
			}
		}
	}
	if c.Gather.RequireAllCompsPackages && !c.CompsFile().IsSet() && d.sound("comps") {
		d.complain("gather.require_all_comps_packages", "there is no comps file", `set the top-level key comps`)
	}
}
