package repo

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"compose/internal/rpmtest"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestReadComps(t *testing.T) {
	c := readCompsFile(t, "testdata/comps.xml")
	g, ok := c.Group("standard")
	if !ok || len(c.Groups) != 6 || len(c.Notes) != 0 {
		t.Fatalf("%d groups, %t, notes %q", len(c.Groups), ok, c.Notes)
	}
	want := Group{
		ID:          "standard",
		Name:        Text{"Standard", map[string]string{"de": "Standard & mehr", "cs": "Běžné"}},
		Description: Text{`Common utilities that      "everybody" expects.`, map[string]string{"de": "Übliche Werkzeuge"}},
		Default:     true, UserVisible: true,
		Packages: []GroupPackage{
			{Name: "zsh", Type: Optional},
			{Name: "acl", Type: Mandatory},
			{Name: "s390utils", Type: Mandatory, Arches: Only{"i686", "s390x"}},
			{Name: "grub2", Type: Default, BasearchOnly: true},
			{Name: "ibus-m17n", Type: Conditional, Requires: "ibus"},
			{Name: "tuned", Type: Default, Arches: Only{"x86_64", "aarch64"}, Variants: Only{"Server"}},
		},
	}
	if !reflect.DeepEqual(*g, want) {
		t.Errorf("got  %+v\nwant %+v", *g, want)
	}
	if g, _ := c.Group("german-support"); g.LangOnly != "de" || *g.DisplayOrder != 1024 || g.Default || !g.UserVisible {
		t.Errorf("german-support: %+v", g)
	}
	var names []string
	for _, p := range c.Packages(Mandatory, Conditional) {
		names = append(names, p.Name)
	}
	if want := []string{"acl", "compat-libs", "gdm", "ibus-m17n", "man-pages-de", "s390utils"}; !reflect.DeepEqual(names, want) {
		t.Errorf("packages %q", names)
	}
}

func TestCompsGolden(t *testing.T) {
	c := readCompsFile(t, "testdata/comps.xml")
	server, _ := c.Filter(FilterOptions{Arch: "x86_64", Variant: "Server"})
	yes, order := true, 7
	chosen, unmatched := c.Filter(FilterOptions{
		Arch: "s390x", Variant: "Server", LookasideGroups: []string{"from-elsewhere"},
		Groups:       []GroupChoice{{Name: "stan[a-e]ard*", Glob: true}, {Name: "*-support", Glob: true, Default: &yes}, {Name: "nothing"}, {Name: "biarch"}, {Name: "ger*"}},
		Environments: []EnvironmentChoice{{ID: "server-environment", DisplayOrder: &order}},
	})
	if want := []string{"nothing", "biarch", "ger*"}; !reflect.DeepEqual(unmatched, want) {
		t.Errorf("unmatched %q", unmatched)
	}
	none, _ := c.Filter(FilterOptions{Arch: "x86_64", Variant: "Server", Groups: []GroupChoice{}, Environments: []EnvironmentChoice{}})
	for name, c := range map[string]*Comps{"all": c, "aarch64": c.FilterArch("aarch64"), "server": server, "chosen": chosen, "none": none} {
		path := filepath.Join("testdata", "comps."+name+".golden.xml")
		if *update {
			if err := os.WriteFile(path, c.XML(), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		t.Run(name, func(t *testing.T) { diff(t, c.XML(), readFile(t, path)) })
	}
	if !reflect.DeepEqual(c, readCompsFile(t, "testdata/comps.xml")) {
		t.Error("filtering changed what was read")
	}
}

// What is written reads the same: by us, and by libcomps.
func TestCompsRoundTrip(t *testing.T) {
	c := readCompsFile(t, "testdata/comps.xml")
	again, err := ReadComps(bytes.NewReader(c.XML()), "again")
	if err != nil {
		t.Fatal(err)
	}
	diff(t, again.XML(), c.XML())
}

func TestCompsForLibcomps(t *testing.T) {
	rpmtest.NeedProgram(t, "/usr/bin/python3")
	if exec.Command("/usr/bin/python3", "-c", "import libcomps").Run() != nil {
		t.Skip("no python3-libcomps")
	}
	files := []string{filepath.Join(rpmtest.RepoRoot(t), "testdata/rpms/comps.xml"), filepath.Join(rpmtest.RepoRoot(t), "testdata/packages/comps.xml"), "testdata/comps.all.golden.xml"}
	if more := os.Getenv("COMPOSE_COMPS"); more != "" {
		files = append(files, filepath.SplitList(more)...)
	}
	for _, path := range files {
		out := filepath.Join(t.TempDir(), "comps.xml")
		if err := os.WriteFile(out, readCompsFile(t, path).XML(), 0o666); err != nil {
			t.Fatal(err)
		}
		diff(t, run(t, "/usr/bin/python3", "testdata/comps.py", out), run(t, "/usr/bin/python3", "testdata/comps.py", path))
	}
}

func TestCompsErrors(t *testing.T) {
	for xml, want := range map[string]string{
		"":                                     "c.xml: it is empty",
		"<comps>":                              "c.xml: line 1: unexpected EOF",
		"<comps></x>":                          "c.xml: line 1: element <comps> closed by </x>",
		"<groups/>":                            "c.xml:1: the root element is <groups>, not <comps>",
		"<comps/><comps/>":                     "c.xml: line 1: a second root element",
		"<comps>&lol;</comps>":                 "c.xml: line 1: invalid character entity &lol;",
		"<comps>" + strings.Repeat("<a>", 100): "c.xml: line 1: elements nested deeper than 32",
		`<?xml version="1.0" encoding="latin1"?><comps/>`:    `c.xml: line 1: xml: encoding "latin1" declared but Decoder.CharsetReader is nil`,
		"<comps>\n<group>\n<name>x</name>\n</group></comps>": "c.xml:2: group without a name",
		"<comps><group><id>a</id><packagelist>\n<packagereq> b</packagereq>\n<packagereq></packagereq>\n<packagereq type='x'>c</packagereq>\n<packagereq type='conditional'>d</packagereq></packagelist></group>\n" +
			"<group><id>a</id><default>yes</default><display_order>x</display_order></group>\n<category><id>c </id><grouplist><groupid>\nx</groupid></grouplist></category><langpacks><match install='x'/></langpacks></comps>": `c.xml:2: package name " b" has leading or trailing whitespace
c.xml:3: package without a name
c.xml:4: package c: unknown type "x"
c.xml:5: condition of d without a name
c.xml:6: <default> is "yes", not true or false
c.xml:6: <display_order> is "x", not a number
c.xml:6: group "a" is already defined in line 1
c.xml:7: group name "\nx" has leading or trailing whitespace
c.xml:7: category name "c " has leading or trailing whitespace
c.xml:8: langpack without a name`,
	} {
		_, err := ReadComps(strings.NewReader(xml), "c.xml")
		if err == nil || err.Error() != want {
			t.Errorf("%.60q: error\n%v\nwant\n%s", xml, err, want)
		}
	}
	c, err := ReadComps(strings.NewReader("<comps>\n<group><id>a</id><packagelist><packagereq>b</packagereq><packagereq arch='x'>b</packagereq><packagereq>b</packagereq></packagelist></group></comps>"), "c.xml")
	if err != nil || fmt.Sprint(c.Notes) != "[c.xml:2: group a names mandatory package b twice]" {
		t.Errorf("notes %q, %v", c.Notes, err)
	}
}

func TestFnmatch(t *testing.T) {
	for _, c := range []struct {
		pattern, s string
		want       bool
	}{
		{"", "", true}, {"", "a", false}, {"a", "a", true}, {"a", "b", false}, {"*", "", true}, {"*", "a/b", true},
		{"a*", "a", true}, {"a*b", "axxb", true}, {"a*b", "axxbc", false}, {"*b*", "abc", true}, {"a**c", "abc", true},
		{"?", "a", true}, {"?", "", false}, {"a?c", "abc", true}, {"[ab]c", "bc", true}, {"[!ab]c", "bc", false}, {"[!ab]c", "cc", true},
		{"[a-c]*", "b", true}, {"[a-c]*", "d", false}, {"[", "[", true}, {"[a", "[a", true}, {"[]]", "]", true}, {"[!]]", "a", true}, {"[!]]", "]", false},
		{"[]", "[]", true}, {"[!]", "[!]", true}, {"[a-]", "-", true}, {"*[0-9]", "x9", true}, {"*-support", "german-support", true}, {"\\*", "\\x", true},
	} {
		if got := fnmatch(c.pattern, c.s); got != c.want {
			t.Errorf("fnmatch(%q, %q) = %t", c.pattern, c.s, got)
		}
	}
}

func FuzzReadComps(f *testing.F) {
	f.Add(readFile(f, "testdata/comps.xml"))
	f.Add([]byte("<comps><group arch=''><id>a</id><name xml:lang='x'/><packagelist><packagereq type='conditional' requires='\"'>b</packagereq></packagelist></group></comps>"))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := ReadComps(bytes.NewReader(data), "c.xml")
		if err != nil {
			return
		}
		c, _ = c.Filter(FilterOptions{Arch: "x86_64", Variant: "V"})
		again, err := ReadComps(bytes.NewReader(c.XML()), "again.xml")
		if err != nil {
			t.Fatalf("%v\n%s", err, c.XML())
		}
		if !bytes.Equal(again.XML(), c.XML()) {
			t.Fatalf("%s\n%s", c.XML(), again.XML())
		}
	})
}
