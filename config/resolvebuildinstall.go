package config

// BuildinstallRules is what buildinstall says of one tree.
type BuildinstallRules struct {
	Method string // none where the tree does not boot
	Lorax  LoraxOptions
	Boot   BootOptions
	Expect string
}

// BuildinstallFor gives the rules for the boot files of a variant's tree.
func (c *Config) BuildinstallFor(v Variant, arch string) BuildinstallRules {
	r := BuildinstallRules{Method: c.Buildinstall.Method}
	if v.Type != "variant" || v.IsEmpty || arch == "src" {
		return BuildinstallRules{Method: "none"}
	}
	skip := false
	for _, b := range c.Buildinstall.Trees {
		if !b.Match(v.UID(), arch) {
			continue
		}
		if b.Skip != nil {
			skip = *b.Skip
		}
		r.Lorax.add(b.Lorax)
		r.Boot.add(b.Boot)
		later(&r.Expect, b.Expect)
	}
	if skip {
		r.Method = "none"
	}
	return r
}

// add puts the options of a later block on top.
func (o *LoraxOptions) add(b LoraxOptions) {
	o.ExtraSources = append(o.ExtraSources, b.ExtraSources...)
	o.Install = append(o.Install, b.Install...)
	o.AddTemplates = append(o.AddTemplates, b.AddTemplates...)
	o.AddArchTemplates = append(o.AddArchTemplates, b.AddArchTemplates...)
	o.AddTemplateVars = append(o.AddTemplateVars, b.AddTemplateVars...)
	o.AddArchTemplateVars = append(o.AddArchTemplateVars, b.AddArchTemplateVars...)
	o.DracutArgs = append(o.DracutArgs, b.DracutArgs...)
	later(&o.BugURL, b.BugURL)
	later(&o.Version, b.Version)
	later(&o.MacBoot, b.MacBoot)
	later(&o.Upgrade, b.Upgrade)
	later(&o.RootfsSize, b.RootfsSize)
	later(&o.SkipBranding, b.SkipBranding)
	later(&o.SquashfsOnly, b.SquashfsOnly)
	later(&o.ConfigFile, b.ConfigFile)
}

func (o *BootOptions) add(b BootOptions) {
	o.KernelModules = append(o.KernelModules, b.KernelModules...)
	o.Initramfs = append(o.Initramfs, b.Initramfs...)
	o.Loaders = append(o.Loaders, b.Loaders...)
	later(&o.Kernel, b.Kernel)
	later(&o.Init, b.Init)
	later(&o.BIOS, b.BIOS)
	later(&o.Cmdline, b.Cmdline)
}

// later takes the value of a later block, where it has one.
func later[T comparable](to *T, v T) {
	var none T
	if v != none {
		*to = v
	}
}

// bootFiles are the files that boot trees are made from.
func (c *Config) bootFiles() []Path {
	out := []Path{c.Buildinstall.Kickstart}
	for _, t := range c.Buildinstall.Trees {
		out = append(out, t.Boot.Init, t.Lorax.ConfigFile)
		out = append(append(out, t.Lorax.AddTemplates...), t.Lorax.AddArchTemplates...)
	}
	return out
}
