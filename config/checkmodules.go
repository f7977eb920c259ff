package config

import (
	"slices"
	"strings"
)

// checkModule wants a name for module streams: up to four parts.
func checkModule(s string) (text, hint string) {
	parts := strings.Split(s, ":")
	if len(parts) > 4 || slices.Contains(parts, "") || strings.ContainsAny(s, " \t\r\n/") {
		return quote(s) + " does not name module streams", "NAME, NAME:STREAM, NAME:STREAM:VERSION or NAME:STREAM:VERSION:CONTEXT"
	}
	for _, p := range parts {
		if text, hint := checkGlob(p); text != "" {
			return text, hint
		}
	}
	return "", ""
}

// checkModules looks at where module streams come from and who has them.
func (d *decoder) checkModules(c *Config) {
	m := c.Modules
	d.checkPath("modules.defaults", m.Defaults, "a file or folder")
	d.checkPath("modules.overrides", m.Overrides, "a file or folder")
	d.checkPath("modules.obsoletes", m.Obsoletes, "a file or folder")
	for i, s := range c.Pkgsets {
		d.checkPath(index("pkgset", i)+".modules", s.Modules, "a file or folder")
	}
	if d.partial || !d.sound("pkgset") {
		return
	}
	for i, v := range c.Variants {
		at := index("variant", i) + ".modules"
		switch {
		case len(v.Modules) == 0:
		case v.IsEmpty:
			d.complain(at, "does not go with is_empty = true", "an empty variant has no packages")
		case !c.HasModules():
			d.complain(index(at, 0), "no package set has module streams", `a set with source = "dir" names them by its key modules`)
		}
	}
}
