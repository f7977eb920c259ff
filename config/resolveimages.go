package config

// DiscRules is what createiso says of one tree.
type DiscRules struct {
	Skip    bool
	Level   int
	MaxSize int64 // bytes; 0: any
	Strict  bool
	Boot    string
}

// CreateisoFor gives the rules for the discs of a tree.
func (c *Config) CreateisoFor(variant, arch string) DiscRules {
	r := DiscRules{Skip: c.Createiso.Skip, Level: c.Createiso.Level}
	for _, b := range c.Createiso.Trees {
		if !b.Match(variant, arch) {
			continue
		}
		if b.Skip != nil {
			r.Skip = *b.Skip
		}
		if b.Level != nil {
			r.Level = *b.Level
		}
		if b.MaxSize != "" {
			r.MaxSize, _ = ParseSize(b.MaxSize)
		}
		if b.Strict != nil {
			r.Strict = *b.Strict
		}
		if b.Boot != "" {
			r.Boot = b.Boot
		}
	}
	return r
}

// NameFormat gives the format of the names of a variant's images.
func (c *Config) NameFormat(variant string) string {
	format := c.Media.NameFormat
	for _, n := range c.Media.Names {
		if glob(n.Variant, variant) {
			format = n.NameFormat
		}
	}
	return format
}
