package config

// InputPaths gives the files and folders, beside those of packages, that a
// compose is made from, each once and in the order of the file.
func (c *Config) InputPaths() []Path {
	all := []Path{
		c.CompsFile(), c.VariantsFile, c.Gather.Prepopulate, c.Gather.SourceMapping,
		c.Modules.Defaults, c.Modules.Overrides, c.Modules.Obsoletes,
	}
	for _, s := range c.Pkgsets {
		all = append(all, s.Modules)
	}
	all = append(all, c.bootFiles()...)
	all = append(all, c.updateinfoFiles()...)
	var out []Path
	seen := map[string]bool{}
	for _, p := range all {
		if p.IsSet() && !seen[p.Abs] {
			seen[p.Abs] = true
			out = append(out, p)
		}
	}
	return out
}
