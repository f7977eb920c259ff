package config

// checkGates wants each gate to have what its check needs, and nothing that
// it does not look at.
func (d *decoder) checkGates(c *Config) {
	for i, g := range c.Gates {
		at := index("gate", i)
		if !d.sound(at + ".check") {
			continue
		}
		grows := g.Check == "growth" || g.Check == "image-growth"
		switch {
		case g.Percent < 0 || g.Percent == 0 && grows:
			d.complain(at+".percent", g.Check+" needs a number of percent above 0", "such as 10")
		case g.Percent > 0 && !grows:
			d.complain(at+".percent", "does not go with check = "+quote(g.Check), "only growth and image-growth have it")
		}
		if g.Check == "image-growth" && len(g.Packages) > 0 {
			d.complain(at+".packages", "does not go with check = "+quote(g.Check), "images are compared as a whole")
		}
		switch {
		case g.Max < 0:
			d.complain(at+".max", "a number of packages is not below 0", "")
		case g.Max > 0 && g.Check != "removed":
			d.complain(at+".max", "does not go with check = "+quote(g.Check), "only removed has it")
		}
		if g.Check == "forbidden" && len(g.Packages) == 0 {
			d.complain(at+".packages", "required key is missing", "forbidden needs packages")
		}
		if g.Against.IsSet() && !grows && g.Check != "removed" {
			d.complain(at+".against", "does not go with check = "+quote(g.Check), "only growth, image-growth and removed compare")
		}
		d.checkPath(at+".against", g.Against, "the folder of a compose")
	}
}
