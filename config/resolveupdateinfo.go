package config

// UpdateinfoFor gives the files for a tree, in the order of the file.
func (c *Createrepo) UpdateinfoFor(variant, arch string) (out []Path) {
	for _, u := range c.Updateinfo {
		if u.Match(variant, arch) {
			out = append(out, u.File)
		}
	}
	return out
}

// updateinfoFiles are all of these files.
func (c *Config) updateinfoFiles() (out []Path) {
	for _, u := range c.Createrepo.Updateinfo {
		out = append(out, u.File)
	}
	return out
}
