package config

import (
	"path/filepath"
	"slices"
	"strings"
)

// checkBelow wants a name that does not lead out of a folder.
func checkBelow(s string) (text, hint string) {
	if !filepath.IsLocal(strings.TrimPrefix(s, "/")) {
		return quote(s) + " leads out of the folder", "a name relative to it, without \"..\""
	}
	return checkGlob(s)
}

// checkExtra looks at where files are taken from.
func (d *decoder) checkExtra(c *Config) {
	for i, x := range c.ExtraFiles {
		at := index("extra_files", i)
		d.checkOrigin(at, x.Origin)
		if len(x.Files) == 0 && x.Dir == "" {
			d.complain(at+".files", "required key is missing", "files or dir say what is taken")
		}
		if x.Arch != "src" {
			d.checkSelector(c, at, x.Selector)
		}
	}
	if id := c.ProductIDs; id.IsSet() || len(id.Files) > 0 || id.Dir != "" {
		d.checkOrigin("product_id", id.Origin)
		if len(id.Files) > 0 {
			d.complain("product_id.files", "certificates are found by their names", "dir is the folder that they lie in")
		}
		if id.RPM != "" {
			d.complain("product_id.rpm", "certificates are not taken from packages", "use folder or git")
		}
	}
}

// checkExtraISOs wants the variants of discs to be there, with packages.
func (d *decoder) checkExtraISOs(c *Config) {
	uids := map[string]Variant{}
	for _, v := range c.Variants {
		uids[v.UID()] = v
	}
	for i, x := range c.ExtraISOs {
		at := index("extra_iso", i)
		if len(c.Variants) > 0 && d.sound(at+".variant") {
			d.checkNamed(at+".variant", []string{x.Variant}, allVariants(c), "there is no variant ")
			d.checkNamed(at+".include", x.Include, allVariants(c), "there is no variant ")
		}
		if v, ok := uids[x.Variant]; ok && len(v.Arches) > 0 {
			d.checkNamed(at+".arches", x.Arches, v.Arches, "the variant does not have the architecture ")
		}
		if slices.Contains(x.Include, x.Variant) {
			d.complain(at+".include", quote(x.Variant)+" is on the disc already", "include names the other variants")
		}
		for j, f := range x.ExtraFiles {
			d.checkOrigin(index(at+".extra_files", j), f.Origin)
			if len(f.Files) == 0 && f.Dir == "" {
				d.complain(index(at+".extra_files", j)+".files", "required key is missing", "files or dir say what is taken")
			}
		}
		if x.Strict && x.MaxSize == "" {
			d.complain(at+".strict", "needs max_size", "")
		}
	}
}

func (d *decoder) checkOrigin(at string, o Origin) {
	n := 0
	for _, given := range []bool{o.Folder.IsSet(), o.Git != "", o.RPM != ""} {
		if given {
			n++
		}
	}
	switch {
	case n == 0:
		d.complain(at+".folder", "required key is missing", "one of folder, git and rpm says where the files are")
	case n > 1:
		d.complain(at, "folder, git and rpm exclude each other", "")
	case o.Branch != "" && o.Git == "":
		d.complain(at+".branch", "needs git", "")
	}
	d.checkPath(at+".folder", o.Folder, "a folder")
	if strings.HasPrefix(o.Git, "-") {
		d.complain(at+".git", quote(o.Git)+" is no address of a repository", "")
	}
}
