package config

import "slices"

// checkImages looks at how discs are made and named.
func (d *decoder) checkImages(c *Config) {
	for i, s := range c.Media.VolumeIDSubstitutions {
		if s.From == "" {
			d.complain(index("media.volume_id_substitution", i)+".from", "must not be empty", "")
		}
	}
	if n := len(c.Media.Checksums); c.Media.OneChecksumFile && n != 1 {
		d.complain("media.one_checksum_file", "goes with exactly one of media.checksums", "")
	}
	if len(c.Media.Checksums) == 0 {
		d.complain("media.checksums", "must not be empty", "images.json has a checksum of each image")
	}
	d.checkLevel("createiso.level", c.Createiso.Level)
	size, _ := ParseSize(c.Createiso.Size)
	reserve, _ := ParseSize(c.Createiso.Reserve)
	if d.sound("createiso.size") && d.sound("createiso.reserve") && size <= reserve {
		d.complain("createiso.size", "is not larger than createiso.reserve", "")
	}
	limited := slices.ContainsFunc(c.Createiso.Trees, func(t CreateisoTree) bool { return t.MaxSize != "" })
	for i, t := range c.Createiso.Trees {
		at := index("createiso.tree", i)
		if t.Level != nil {
			d.checkLevel(at+".level", *t.Level)
		}
		if t.Strict != nil && !limited {
			d.complain(at+".strict", "needs a max_size", "")
		}
		if t.Boot != "" && !glob(t.Arch, "x86_64") {
			d.complain(at+".boot", "only images for x86_64 are started", "")
		}
	}
	for i, t := range c.Media.DiscTypes {
		for _, other := range c.Media.DiscTypes[:i] {
			if t.Type == other.Type {
				d.complain(index("media.disc_type", i)+".type", quote(t.Type)+" is there already", "")
			}
		}
	}
}

func (d *decoder) checkLevel(key string, level int) {
	if level < 0 || level > 4 {
		d.complain(key, "is not a level of ISO 9660", "1 to 4, or 0 for any name")
	}
}
