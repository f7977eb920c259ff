package config

// GateRule is a gate for one tree, with its place in the configuration.
type GateRule struct {
	Gate
	Place string
}

// GatesFor gives the gates of a tree in the order of the file.
func (c *Config) GatesFor(variant, arch string) []GateRule {
	var out []GateRule
	for i, g := range c.Gates {
		if g.Match(variant, arch) {
			out = append(out, GateRule{g, c.Place(index("gate", i))})
		}
	}
	return out
}
