package config

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const withModules = `
[release]
name = "Dummy Product"
short = "DP"
version = "1.0"

[[pkgset]]
tag = "base"
source = "dir"
path = "packages"
modules = "modules.yaml"

[modules]
defaults = "modules.yaml"

[[modules.tree]]
arch = "x86_64"
filter = ["perl:5.2*", "ruby"]
[[modules.tree]]
variant = "Server"
filter = ["php:7:2020:*"]

[[variant]]
id = "Server"
arches = ["x86_64", "aarch64"]
modules = ["nodejs:1?", "postgresql"]
[[variant]]
id = "Other"
arches = ["x86_64"]

[[gather.tree]]
add = ["bash"]
`

func modulesFolder(t *testing.T) string {
	dir := folder(t)
	write(t, filepath.Join(dir, "modules.yaml"), "---\n")
	return dir
}

func TestModules(t *testing.T) {
	c, bad := loadText(t, modulesFolder(t), withModules)
	if bad != "" {
		t.Fatal(bad)
	}
	if !filepath.IsAbs(c.Pkgsets[0].Modules.Abs) || !filepath.IsAbs(c.Modules.Defaults.Abs) {
		t.Error("paths are not absolute")
	}
	words := func(list []Pattern) (out []string) {
		for _, p := range list {
			out = append(out, p.Text+"@"+p.Place[strings.LastIndexByte(p.Place, ':'):])
		}
		return out
	}
	for tree, want := range map[Tree]string{
		{"Server", "x86_64"}:  "nodejs:1?@:26 postgresql@:26 without perl:5.2*@:18 ruby@:18 php:7:2020:*@:21",
		{"Server", "aarch64"}: "nodejs:1?@:26 postgresql@:26 without php:7:2020:*@:21",
		{"Other", "x86_64"}:   "without perl:5.2*@:18 ruby@:18",
	} {
		r := c.ModulesFor(tree.Variant, tree.Arch)
		if got := strings.Join(slices.Concat(words(r.Want), []string{"without"}, words(r.Filter)), " "); got != want {
			t.Errorf("%s: %s, want %s", tree, got, want)
		}
	}
	if !c.HasModules() {
		t.Error("there are modules")
	}
}

func TestBadModules(t *testing.T) {
	for _, c := range []struct{ old, new, want string }{
		{`"postgresql"]`, `"postgresql:"]`, `config.toml:26: variant.modules: "postgresql:" does not name module streams; NAME, NAME:STREAM, NAME:STREAM:VERSION or NAME:STREAM:VERSION:CONTEXT`},
		{`"postgresql"]`, `"a:b:c:d:e"]`, `config.toml:26: variant.modules: "a:b:c:d:e" does not name module streams; NAME, NAME:STREAM, NAME:STREAM:VERSION or NAME:STREAM:VERSION:CONTEXT`},
		{`"ruby"]`, `"ruby:[3"]`, `config.toml:18: modules.tree.filter: "[3" is not a shell glob; *, ? and [a-z] are special, \ makes them plain`},
		{"modules = \"modules.yaml\"\n", "", `config.toml:25: variant.modules: no package set has module streams; a set with source = "dir" names them by its key modules`},
		{`modules = ["nodejs:1?", "postgresql"]`, "modules = [\"nodejs\"]\nis_empty = true", `config.toml:26: variant.modules: does not go with is_empty = true; an empty variant has no packages`},
		{`defaults = "modules.yaml"`, `defaults = "nothing"`, `config.toml:14: modules.defaults: "nothing": no such file or directory`},
		{"modules = \"modules.yaml\"\n", "modules = \"nothing\"\n", `config.toml:11: pkgset.modules: "nothing": no such file or directory`},
	} {
		_, got := loadText(t, modulesFolder(t), strings.Replace(withModules, c.old, c.new, 1))
		if first, _, _ := strings.Cut(got, "\n"); !strings.HasPrefix(first, c.want) {
			t.Errorf("%s:\n got %s\nwant %s", c.new, got, c.want)
		}
	}
}

// In a file with variants a name alone stands for all streams.
func TestModulesOfVariantsFile(t *testing.T) {
	dir := modulesFolder(t)
	text := withXML(t, dir, strings.Replace(nestedXML, "</environments>", "</environments><modules><module>ruby</module><module glob=\"true\">no*:1?</module></modules>", 1))
	text = strings.Replace(text, "source = \"dir\"\n", "source = \"dir\"\nmodules = \"modules.yaml\"\n", 1)
	c, bad := loadText(t, dir, text)
	if bad != "" {
		t.Fatal(bad)
	}
	var got []string
	for _, v := range c.Variants {
		got = append(got, v.Modules...)
	}
	if want := []string{"ruby:*", "no*:1?"}; !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}
