package config

// ExtraFilesFor gives the extra files of a tree, in the order of the file.
// Those of a source tree are selected by arch = "src" only.
func (c *Config) ExtraFilesFor(variant, arch string) []ExtraFiles {
	var out []ExtraFiles
	for _, x := range c.ExtraFiles {
		if x.Match(variant, arch) {
			out = append(out, x)
		}
	}
	return out
}

// IsSet says whether there are product certificates.
func (p ProductIDs) IsSet() bool { return p.Folder.IsSet() || p.Git != "" || p.RPM != "" }
