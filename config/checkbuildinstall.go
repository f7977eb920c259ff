package config

import (
	"path/filepath"
	"strings"
)

// checkBuildinstall looks at how boot files are made.
func (d *decoder) checkBuildinstall(c *Config) {
	d.checkBootFiles(c)
	b := c.Buildinstall
	if b.Kickstart.IsSet() && b.Method != "lorax" {
		d.complain("buildinstall.kickstart", `needs buildinstall.method = "lorax"`, "a script for the method boot is buildinstall.tree.boot.init")
	}
	for i, t := range b.Trees {
		at := index("buildinstall.tree", i)
		d.checkLorax(at+".lorax", b.Method, t.Lorax)
		d.checkBoot(at+".boot", b.Method, t.Boot)
		if t.Expect != "" && !glob(t.Arch, "x86_64") {
			d.complain(at+".expect", "only boot.iso for x86_64 is started", "")
		}
	}
	if b.Method != "boot" || !d.sound("buildinstall") || !d.sound("variant") {
		return
	}
	for _, v := range c.Variants {
		for _, arch := range v.Arches {
			r := c.BuildinstallFor(v, arch)
			if r.Method == "boot" && d.sound("buildinstall.method") {
				d.checkBootTree(v.UID()+"."+arch, arch, r.Boot)
			}
		}
	}
}

// checkBootTree wants what a boot tree cannot be without.
func (d *decoder) checkBootTree(tree, arch string, b BootOptions) {
	missing := []string{}
	for _, need := range []struct {
		key  string
		here bool
	}{{"kernel", b.Kernel != ""}, {"initramfs", len(b.Initramfs) > 0}, {"loaders", len(b.Loaders) > 0}} {
		if !need.here {
			missing = append(missing, need.key)
		}
	}
	switch {
	case arch != "x86_64":
		d.complain("buildinstall.method", `"boot" makes no boot files for `+tree, "it knows x86_64 only: skip other trees in a buildinstall.tree")
	case len(missing) > 0:
		d.complain("buildinstall.method", `"boot" is not told `+strings.Join(missing, " and ")+" of "+tree, "see buildinstall.tree.boot; a tree that is not to boot has skip = true")
	}
}

func (d *decoder) checkLorax(at, method string, o LoraxOptions) {
	if o.isSet() && method != "lorax" {
		d.complain(at, `needs buildinstall.method = "lorax"`, "")
	}
	if o.RootfsSize != nil && (*o.RootfsSize < 1 || *o.RootfsSize > 1024) {
		d.complain(at+".rootfs_size", "must be 1 to 1024", "it is in GiB")
	}
	for i, s := range o.ExtraSources {
		key := index(at+".extra_sources", i)
		if text, hint := checkURL(s); !filepath.IsAbs(s) && text != "" && d.sound(key) {
			d.complain(key, text, hint)
		}
	}
	for key, list := range map[string][]string{".add_template_var": o.AddTemplateVars, ".add_arch_template_var": o.AddArchTemplateVars} {
		for i, s := range list {
			if !strings.Contains(s, "=") {
				d.complain(index(at+key, i), quote(s)+" is not KEY=VALUE", "")
			}
		}
	}
}

func (d *decoder) checkBoot(at, method string, o BootOptions) {
	if o.isSet() && method != "boot" {
		d.complain(at, `needs buildinstall.method = "boot"`, "")
	}
	if strings.ContainsAny(o.Cmdline, "\n'\"\\${};") {
		d.complain(at+".cmdline", quote(o.Cmdline)+" has a character with a meaning for GRUB", "")
	}
	if len(o.KernelModules) > 0 && o.Kernel == "" {
		d.complain(at+".kernel_modules", "needs kernel beside it", "")
	}
}

func (o LoraxOptions) isSet() bool {
	return len(o.ExtraSources)+len(o.Install)+len(o.AddTemplates)+len(o.AddArchTemplates)+len(o.AddTemplateVars)+len(o.AddArchTemplateVars)+
		len(o.DracutArgs) > 0 || o.BugURL != "" || o.Version != "" || o.MacBoot != nil || o.Upgrade != nil || o.RootfsSize != nil ||
		o.SkipBranding != nil || o.SquashfsOnly != nil || o.ConfigFile.IsSet()
}

func (o BootOptions) isSet() bool {
	return len(o.KernelModules)+len(o.Initramfs)+len(o.Loaders) > 0 || o.Kernel != "" || o.Init.IsSet() || o.BIOS != "" || o.Cmdline != ""
}

// checkBootFiles wants the files that boot trees are made from to be there.
func (d *decoder) checkBootFiles(c *Config) {
	d.checkPath("buildinstall.kickstart", c.Buildinstall.Kickstart, "a file")
	for i, t := range c.Buildinstall.Trees {
		at := index("buildinstall.tree", i)
		d.checkPath(at+".boot.init", t.Boot.Init, "a file")
		d.checkPath(at+".lorax.config_file", t.Lorax.ConfigFile, "a file")
		for j, p := range t.Lorax.AddTemplates {
			d.checkPath(index(at+".lorax.add_template", j), p, "a file")
		}
		for j, p := range t.Lorax.AddArchTemplates {
			d.checkPath(index(at+".lorax.add_arch_template", j), p, "a file")
		}
	}
}
