package config

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// folder makes a folder with what the samples refer to.
func folder(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "packages"), 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "comps.xml"), "<comps/>")
	return dir
}

func write(t testing.TB, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func sample(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "good", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// loadText loads a text from a folder and takes the folder out of the error.
func loadText(t testing.TB, dir, text string, defines ...string) (*Config, string) {
	t.Helper()
	name := filepath.Join(dir, "config.toml")
	write(t, name, text)
	c, err := Load(name, defines)
	if err != nil {
		return c, strings.ReplaceAll(err.Error(), dir+"/", "")
	}
	return c, ""
}

func mustLoad(t testing.TB, text string, defines ...string) *Config {
	t.Helper()
	c, bad := loadText(t, folder(t), text, defines...)
	if bad != "" {
		t.Fatal(bad)
	}
	return c
}

func TestDefaults(t *testing.T) {
	c := mustLoad(t, sample(t, "minimal.toml"))
	if c.Release.Type != "ga" || c.Compose.Type != "test" || c.Compose.TreeinfoVersion != "1.0" {
		t.Errorf("release type %q, compose type %q, treeinfo version %q", c.Release.Type, c.Compose.Type, c.Compose.TreeinfoVersion)
	}
	s, v := c.Pkgsets[0], c.Variants[0]
	if !reflect.DeepEqual(s.SigKeys, []string{""}) || s.Broken != "error" || v.Name != "Server" || v.Type != "variant" {
		t.Errorf("pkgset %+v, variant %+v", s, v)
	}
	if !c.Packages.ExclusiveArchConsidersNoarch || !c.Packages.InheritExclusiveArchToNoarch || !c.Gather.CheckDeps || c.Gather.Method != "deps" {
		t.Errorf("packages %+v, gather %+v", c.Packages, c.Gather)
	}
	if c.Link.Type != "hardlink-or-copy" || c.Createrepo.Checksum != "sha256" || c.Createrepo.Compress != "gz" || c.StrictnessFor("Server", "x86_64") != "lenient" {
		t.Errorf("link %+v, createrepo %+v", c.Link, c.Createrepo)
	}
	if c.IsLayered() || c.Description(Variant{Name: "Server"}, "x86_64") != "Dummy Product 1.0" {
		t.Errorf("layered %v, description %q", c.IsLayered(), c.Description(Variant{Name: "Server"}, "x86_64"))
	}
}

// TestPaths wants paths to be relative to the file and remembered as written.
func TestPaths(t *testing.T) {
	dir := folder(t)
	c, bad := loadText(t, dir, sample(t, "minimal.toml"))
	if bad != "" {
		t.Fatal(bad)
	}
	if want := (Path{"packages", filepath.Join(dir, "packages")}); c.Pkgsets[0].Path != want {
		t.Errorf("path %+v, want %+v", c.Pkgsets[0].Path, want)
	}
	if c.Comps.IsSet() {
		t.Errorf("comps %+v", c.Comps)
	}
}

func TestResolvers(t *testing.T) {
	c := mustLoad(t, sample(t, "full.toml"))
	var trees []string
	for _, tr := range c.Trees() {
		trees = append(trees, tr.String())
	}
	if got := strings.Join(trees, " "); got != "Server.aarch64 Server.x86_64 Images.x86_64" {
		t.Errorf("trees %s", got)
	}
	rules := c.GatherFor("Server", "x86_64")
	if len(rules.Add) != 3 || rules.Add[2].Text != "gcc-c++" || len(rules.Filter) != 1 {
		t.Errorf("gather %+v", rules)
	}
	if place := rules.Add[1].Place; !strings.HasSuffix(place, "config.toml:86") {
		t.Errorf("place %s", place)
	}
	if n := len(c.GatherFor("Server", "aarch64").Add); n != 1 {
		t.Errorf("%d additions for aarch64", n)
	}
	for arch, want := range map[string]string{"x86_64": "fatal", "s390x": "off"} {
		if got := c.StrictnessFor("Server", arch); got != want {
			t.Errorf("strictness for %s: %s, want %s", arch, got, want)
		}
	}
	if n := len(c.PkgsetsFor("s390x")); n != 4 {
		t.Errorf("%d sets for s390x", n)
	}
	if got := c.Description(Variant{Name: "The Server"}, "s390x"); got != "Dummy The Server for s390x" {
		t.Errorf("description %q", got)
	}
	c.Compose.DiscinfoDescription = ""
	if got := c.Description(Variant{Name: "The Server"}, "s390x"); got != `Dummy "Product" 1.0.1 for Base 9` {
		t.Errorf("description %q", got)
	}
}

func TestMatch(t *testing.T) {
	for _, tt := range []struct {
		selector      Selector
		variant, arch string
		want          bool
	}{
		{Selector{"*", "*"}, "Server", "x86_64", true},
		{Selector{"*", "*"}, "Server", "src", false},
		{Selector{"*", "s*"}, "Server", "src", false},
		{Selector{"*", "s*"}, "Server", "s390x", true},
		{Selector{"*", "src"}, "Server", "src", true},
		{Selector{"S[!x]rver", "*"}, "Server", "x86_64", true},
		{Selector{"Serv", "*"}, "Server", "x86_64", false}, // Pungi matches prefixes
		{Selector{"?erver", "x86_6?"}, "Server", "x86_64", true},
	} {
		if got := tt.selector.Match(tt.variant, tt.arch); got != tt.want {
			t.Errorf("%+v on %s.%s: %v", tt.selector, tt.variant, tt.arch, got)
		}
	}
}

// TestEffective wants the effective configuration to be complete: it can be
// loaded from anywhere, and gives itself.
func TestEffective(t *testing.T) {
	for _, name := range []string{"minimal.toml", "full.toml"} {
		c := mustLoad(t, sample(t, name))
		first := c.Effective()
		again := mustLoad(t, string(first))
		if second := again.Effective(); string(second) != string(first) {
			t.Errorf("%s: effective configuration changes:\n%s\n%s", name, first, second)
		}
		if strings.Contains(string(first), "secret") {
			t.Errorf("%s: a password is shown", name)
		}
		again.Pkgsets[0].URL = c.Pkgsets[0].URL // the password
		for i := range c.Pkgsets {
			c.Pkgsets[i].Path.Text = again.Pkgsets[i].Path.Text
		}
		c.Comps.Text, c.places, again.places = again.Comps.Text, nil, nil
		if !reflect.DeepEqual(c, again) {
			t.Errorf("%s: got\n%+v\nwant\n%+v", name, again, c)
		}
	}
}

func TestPlace(t *testing.T) {
	c := mustLoad(t, sample(t, "full.toml"), "variant.Server.groups=['core']")
	for key, want := range map[string]string{
		"comps":                "config.toml:3",
		"release":              "config.toml:7",
		"pkgset[0].sigkeys[1]": "config.toml:32",
		"pkgset[0].metalink":   "config.toml:25",
		"gather.tree[1].add":   "config.toml:86",
		"link.nothing":         "config.toml:89",
		"nothing":              "config.toml",
		"variant[0].groups[0]": "--define",
		"variant[0].id":        "config.toml:63",
	} {
		if got := c.Place(key); !strings.HasSuffix(got, want) {
			t.Errorf("place of %s: %s, want %s", key, got, want)
		}
	}
}
