package config

// CompsFor gives what a variant names of the comps file, with the places.
func (c *Config) CompsFor(variant string) (groups, environments []Pattern) {
	for i, v := range c.Variants {
		if v.UID() == variant {
			groups = append(groups, c.patterns(v.Groups, index("variant", i)+".groups")...)
			environments = append(environments, c.patterns(v.Environments, index("variant", i)+".environments")...)
		}
	}
	return groups, environments
}
