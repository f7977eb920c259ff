package config

import (
	"strings"
	"testing"
)

// bootTrees is a configuration without its part about boot files.
const bootTrees = `
[release]
name = "P"
short = "P"
version = "1"
[[pkgset]]
tag = "base"
source = "repo"
url = ["https://example.com/"]
[[variant]]
id = "Server"
arches = ["x86_64", "s390x"]
[[gather.tree]]
add = ["*"]
`

// TestBuildinstallFaults tells what boot trees cannot be made of.
func TestBuildinstallFaults(t *testing.T) {
	const boot = "[buildinstall]\nmethod = \"boot\"\n"
	const lorax = "[buildinstall]\nmethod = \"lorax\"\n"
	for text, want := range map[string]string{
		boot + "[[buildinstall.tree]]\narch = \"x86_64\"\nskip = true\n":          `"boot" makes no boot files for Server.s390x`,
		"[buildinstall]\nmethod = \"x\"\n":                                        `"x" must be "none", "lorax" or "boot"`,
		"[[buildinstall.tree]]\nlorax = { bug_url = \"x\" }\n":                    `needs buildinstall.method = "lorax"`,
		lorax + "[[buildinstall.tree]]\nboot = { kernel = \"k\" }\n":              `needs buildinstall.method = "boot"`,
		lorax + "[[buildinstall.tree]]\nlorax = { rootfs_size = 0 }\n":            "must be 1 to 1024",
		lorax + "[[buildinstall.tree]]\nlorax = { add_template_var = [\"a\"] }\n": `"a" is not KEY=VALUE`,
		lorax + "[[buildinstall.tree]]\nlorax = { add_template = [\"no\"] }\n":    `"no": no such file`,
		lorax + "[[buildinstall.tree]]\nlorax = { extra_sources = [\"a/b\"] }\n":  `"a/b" has no scheme`,
		lorax + "[[buildinstall.tree]]\nvariant = \"Client\"\n":                   `"Client" matches no variant`,
		lorax + "[[buildinstall.tree]]\narch = \"s390x\"\nexpect = \"x\"\n":       "only boot.iso for x86_64 is started",
		boot + "kickstart = \"ks\"\n":                                             `needs buildinstall.method = "lorax"`,
		boot + "[[buildinstall.tree]]\narch = \"s390x\"\nskip = true\n":           `"boot" is not told kernel and initramfs and loaders of Server.x86_64`,
		boot + "[[buildinstall.tree]]\nboot = { kernel_modules = [\"x\"] }\n":     "needs kernel beside it",
		boot + "[[buildinstall.tree]]\nboot = { cmdline = \"a;b\" }\n":            "a character with a meaning for GRUB",
	} {
		if _, got := loadText(t, folder(t), bootTrees+text); !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

// TestBuildinstallFor puts the blocks of a tree together.
func TestBuildinstallFor(t *testing.T) {
	c, faults := loadText(t, folder(t), bootTrees+`
[buildinstall]
method = "lorax"
[[buildinstall.tree]]
lorax = { install = ["a"], version = "1", mac_boot = true }
[[buildinstall.tree]]
arch = "x86_64"
lorax = { install = ["b"], version = "2", mac_boot = false }
[[buildinstall.tree]]
arch = "s390x"
skip = true
`)
	if faults != "" {
		t.Fatal(faults)
	}
	r := c.BuildinstallFor(c.Variants[0], "x86_64")
	if r.Method != "lorax" || strings.Join(r.Lorax.Install, " ") != "a b" || r.Lorax.Version != "2" || *r.Lorax.MacBoot {
		t.Errorf("%+v", r)
	}
	for _, arch := range []string{"s390x", "src"} {
		if r := c.BuildinstallFor(c.Variants[0], arch); r.Method != "none" {
			t.Errorf("%s: %+v", arch, r)
		}
	}
}
