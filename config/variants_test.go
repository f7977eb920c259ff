package config

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// nested is a configuration with variants in variants.
const nested = `comps = "comps.xml"
[release]
name = "Dummy Product"
short = "DP"
version = "1.0"
[[pkgset]]
tag = "base"
source = "dir"
path = "packages"
[[variant]]
id = "Server"
arches = ["x86_64", "aarch64"]
groups = ["core", "server-*"]
has_optional = true
[[variant.group]]
id = "server-*"
default = true
[[variant]]
id = "Tools"
parent = "Server"
type = "addon"
arches = ["x86_64", "s390x"]
[[variant]]
id = "Cloud"
parent = "Server"
type = "layered-product"
arches = ["aarch64"]
release = { name = "Dummy Cloud", short = "DC", version = "3.1" }
[[variant]]
id = "Other-Thing"
arches = ["x86_64"]
environments = ["env-*"]
[[variant.environment]]
id = "env-*"
display_order = 7
[[gather.tree]]
variant = "Other-Thing"
lookaside_variants = ["Server"]
`

// nestedXML are the same variants as Pungi has them.
const nestedXML = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE variants PUBLIC "-//Red Hat, Inc.//DTD Variants info//EN" "variants.dtd">
<variants>
  <!-- shared by several variants -->
  <variant id="Tools" name="Tools" type="addon">
    <arches><arch>x86_64</arch><arch>s390x</arch></arches>
  </variant>
  <variant id="Server" name="Server" type="variant" has_optional="true">
    <arches><arch>x86_64</arch><arch>aarch64</arch></arches>
    <groups>
      <group glob="true" default="true">server-*</group>
      <group>core</group>
    </groups>
    <variants>
      <ref id="Tools"/>
      <variant id="Cloud" name="Cloud" type="layered-product">
        <release name="Dummy Cloud" short="DC" version="3.1"/>
        <arches><arch>aarch64</arch></arches>
      </variant>
    </variants>
  </variant>
  <variant id="Other-Thing" name="Other-Thing" type="variant" is_empty="false">
    <arches><arch>x86_64</arch></arches>
    <environments><environment display_order="7">env-*</environment></environments>
  </variant>
</variants>
`

// withXML is the configuration without its own variants.
func withXML(t testing.TB, dir, xml string) string {
	t.Helper()
	write(t, filepath.Join(dir, "variants.xml"), xml)
	before, after, _ := strings.Cut(nested, "[[variant]]")
	_, after, _ = strings.Cut(after, "[[gather.tree]]")
	return strings.Replace(before, "\n", "\nvariants = \"variants.xml\"\n", 1) + "[[gather.tree]]" + after
}

func uidsOf(list []Variant) string {
	var out []string
	for _, v := range list {
		out = append(out, v.UID()+"("+strings.Join(v.Arches, ",")+")")
	}
	return strings.Join(out, " ")
}

func TestNestedVariants(t *testing.T) {
	c := mustLoad(t, nested)
	want := "Server(aarch64,x86_64) Server-Tools(x86_64) Server-Cloud(aarch64) Server-optional(aarch64,x86_64) Other-Thing(x86_64)"
	if got := uidsOf(c.ActiveVariants()); got != want {
		t.Errorf("variants %s\nwant %s", got, want)
	}
	for define, want := range map[string]string{
		`tree_arches=["aarch64"]`:                   "Server(aarch64) Server-Cloud(aarch64) Server-optional(aarch64)",
		`tree_variants=["Server","Server-Cloud"]`:   "Server(aarch64,x86_64) Server-Cloud(aarch64)",
		`tree_variants=["Other-Thing","Server"]`:    "Server(aarch64,x86_64) Other-Thing(x86_64)",
		`tree_variants=["Server-Tools","Server"]`:   "Server(aarch64,x86_64) Server-Tools(x86_64)",
		`variant.Cloud.arches=["x86_64"]`:           strings.Replace(want, "Cloud(aarch64)", "Cloud(x86_64)", 1),
		`variant.Server.has_optional=false`:         strings.Replace(want, "Server-optional(aarch64,x86_64) ", "", 1),
		`variant[1].arches=["x86_64","aarch64"]`:    strings.Replace(want, "Tools(x86_64)", "Tools(aarch64,x86_64)", 1),
		`gather.tree[0].lookaside_variants=["S*r"]`: want,
	} {
		defines := []string{define}
		if strings.HasPrefix(define, "tree_") {
			defines = append(defines, `gather.tree=[]`)
		}
		if got := uidsOf(mustLoad(t, nested, defines...).ActiveVariants()); got != want {
			t.Errorf("%s: variants %s\nwant %s", define, got, want)
		}
	}
	if got := c.GatherFor("Other-Thing", "x86_64").LookasideVariants; !reflect.DeepEqual(got, []string{"Server"}) {
		t.Errorf("lookasides %v", got)
	}
	again, bad := loadText(t, folder(t), string(c.Effective()))
	if bad != "" {
		t.Fatal(bad)
	}
	if !reflect.DeepEqual(again.Variants, c.Variants) {
		t.Errorf("the effective configuration has the variants\n%+v\nwant\n%+v", again.Variants, c.Variants)
	}
}

// TestVariantsFile wants the same from XML as from tables, with places in the
// XML file. What is referred to comes behind what stands there, as in Pungi.
func TestVariantsFile(t *testing.T) {
	dir := folder(t)
	c, bad := loadText(t, dir, withXML(t, dir, nestedXML))
	if bad != "" {
		t.Fatal(bad)
	}
	const want = "Server(aarch64,x86_64) Server-Cloud(aarch64) Server-Tools(x86_64) Server-optional(aarch64,x86_64) Other-Thing(x86_64)"
	if got := uidsOf(c.ActiveVariants()); got != want {
		t.Errorf("variants %s\nwant %s", got, want)
	}
	server, other := c.ActiveVariants()[0], c.ActiveVariants()[4]
	if !reflect.DeepEqual(server.Groups, []string{"core", "server-*"}) || !*server.GroupRules[0].Default || server.GroupRules[0].UserVisible != nil {
		t.Errorf("server %+v", server)
	}
	if !reflect.DeepEqual(other.Environments, []string{"env-[*]"}) || *other.EnvironmentRules[0].DisplayOrder != 7 {
		t.Errorf("other %+v", other)
	}
	if name, ok := Literal("env-[*]"); name != "env-*" || !ok {
		t.Errorf("literal %q %v", name, ok)
	}
	if name, ok := Literal("env-*"); name != "env-*" || ok {
		t.Errorf("literal %q %v", name, ok)
	}
	if place := strings.TrimPrefix(c.Place("variant[0].groups[1]"), dir+"/"); place != "variants.xml:11" {
		t.Errorf("place %s", place)
	}
	if c.Variants[1].Release != (VariantRelease{"Dummy Cloud", "DC", "3.1"}) {
		t.Errorf("release %+v", c.Variants[2].Release)
	}
	if _, bad := loadText(t, dir, string(c.Effective())); bad != "" {
		t.Errorf("the effective configuration: %s", bad)
	}
}

// badVariants spoil one thing of the tables; each gives one line.
var badVariants = []struct{ old, new, want string }{
	{"parent = \"Server\"\ntype = \"addon\"", `type = "addon"`, `18: variant.parent: required key is missing; a variant of type addon belongs to another one`},
	{"parent = \"Server\"\ntype = \"addon\"", `parent = "Server"`, `20: variant.parent: a variant of type variant stands for itself; type is "addon", "optional" or "layered-product" for one that has a parent`},
	{"parent = \"Server\"\ntype = \"addon\"", "parent = \"Sever\"\ntype = \"addon\"", `20: variant.parent: there is no variant "Sever" of type variant; did you mean "Server"?`},
	{`id = "Tools"`, `id = "Server"`, `19: variant.id: a nested variant has another id than its parent`},
	{`id = "Tools"`, `id = "To-ols"`, `19: variant.id: "To-ols" must be letters and digits; only ids of variants without parent have dashes`},
	{`id = "Tools"`, `id = "Cloud"`, `24: variant.id: "Server-Cloud" is taken already, in config.toml:19`},
	{`arches = ["x86_64", "s390x"]`, `arches = ["s390x"]`, `22: variant.arches: none of them is an architecture of Server; that has x86_64, aarch64`},
	{"release = { name = \"Dummy Cloud\", short = \"DC\", version = \"3.1\" }\n", "release = { name = \"X\", short = \"DC\" }\n", `28: variant.release.version: required key is missing; the release of a layered-product has name, short and version`},
	{`type = "layered-product"`, `type = "optional"`, `28: variant.release: only a layered-product has a release of its own`},
	{"default = true", `default = "yes"`, `17: variant.group.default: must be true or false, not a string`},
	{`id = "server-*"`, `id = "server"`, `16: variant.group.id: "server" is not an entry of groups; did you mean "server-*"?`},
	{"display_order = 7", "display_order = 7.5", `35: variant.environment.display_order: must be an integer, not a float`},
	{"type = \"addon\"", "type = \"addon\"\nhas_optional = true", `22: variant.has_optional: only a variant of type variant has nested ones`},
	{`lookaside_variants = ["Server"]`, `lookaside_variants = ["Sever"]`, `38: gather.tree.lookaside_variants: "Sever" matches no variant; did you mean "Server"?`},
	{`lookaside_variants = ["Server"]`, `lookaside_variants = ["Other-Thing"]`, `38: gather.tree.lookaside_variants: a variant is no lookaside of its own`},
	{`lookaside_variants = ["Server"]`, `lookaside_variants = ["Server-Cloud"]`, `38: gather.tree.lookaside_variants: Server-Cloud has no architecture x86_64; but Other-Thing.x86_64 needs its packages`},
	{`comps = "comps.xml"`, "comps = \"comps.xml\"\ntree_variants = [\"Other-Thing\"]", `39: gather.tree.lookaside_variants: "Server" is left out of the compose; but Other-Thing.x86_64 needs its packages`},
	{`variant = "Other-Thing"`, `variant = "Server"` + "\narch = \"x86_64\"\nlookaside_variants = [\"Server-Tools\"]\n[[gather.tree]]\nvariant = \"Other-Thing\"", `39: gather.tree.lookaside_variants: makes a circle: Server needs Server-Tools needs Server; one of them must be gathered first`},
	{`lookaside_variants = ["Server"]`, `add = ["glibc.s390x"]`, `38: gather.tree.add: "glibc.s390x" cannot be in Other-Thing.x86_64; see arch in the selector of the block`},
	{`lookaside_variants = ["Server"]`, `add = ["glibc.i686", "x.src", "y.noarch", "z.+"]`, ``},
	{`lookaside_variants = ["Server"]`, `multilib = ["file"]`, `38: gather.tree.multilib: "file" needs multilib_names`},
	{`lookaside_variants = ["Server"]`, `multilib_names = ["a"]`, `38: gather.tree.multilib_names: has no effect; it is for multilib = ["file"]`},
	{`lookaside_variants = ["Server"]`, `multilib = ["devl"]`, `38: gather.tree.multilib: "devl" must be "devel", "runtime", "all", "none", "kernel" or "file"; did you mean "devel"?`},
	{`lookaside_variants = ["Server"]`, `lookaside = ["/srv/repo"]`, `38: gather.tree.lookaside: "/srv/repo" has no scheme; an address begins with "https://", "http://" or "file:///"`},
	{`[[gather.tree]]`, "[gather]\nprepopulate = \"none.json\"\n[[gather.tree]]", `37: gather.prepopulate: "none.json": no such file or directory; the whole path is none.json`},
	{`comps = "comps.xml"`, "comps = \"comps.xml\"\nvariants = \"variants.xml\"", `2: variants: does not go with [[variant]]; the variants are either in the file or here`},
}

func TestBadVariants(t *testing.T) {
	dir := folder(t)
	if _, bad := loadText(t, dir, nested); bad != "" {
		t.Fatal(bad)
	}
	for _, tt := range badVariants {
		if strings.Count(nested, tt.old) < 1 {
			t.Fatalf("%q is not in the sample", tt.old)
		}
		_, got := loadText(t, dir, strings.Replace(nested, tt.old, tt.new, 1))
		want := "config.toml:" + tt.want
		if tt.want == "" {
			want = ""
		}
		if got != want {
			t.Errorf("%q:\n got %s\nwant %s", tt.new, got, want)
		}
	}
}

// badXML spoil one thing of the XML file; each gives one line.
var badXML = []struct{ old, new, want string }{
	{`type="addon"`, `type="adon"`, `variants.xml:5: <variant>: type "adon" does not stand beside other variants; "variant" does, and "addon" and "layered-product" for <ref>`},
	{`<ref id="Tools"/>`, `<ref id="Tool"/>`, `variants.xml:15: <ref>: there is no addon or layered-product "Tool" beside the variants; did you mean "Tools"?`},
	{`<group>core</group>`, `<group> core</group>`, `variants.xml:12: <group>: is empty or begins or ends with white space: " core"`},
	{`<group>core</group>`, `<group></group>`, `variants.xml:12: <group>: is empty or begins or ends with white space: ""`},
	{`<group>core</group>`, `<grup>core</grup>`, `variants.xml:12: <grup>: does not stand in <groups>; did you mean "group"?`},
	{`<group>core</group>`, `<group deflt="true">core</group>`, `variants.xml:12: <group>: has no attribute "deflt"; valid: default, uservisible, glob`},
	{`<group>core</group>`, `<group default="yes">core</group>`, `variants.xml:12: <group>: default: "yes" must be "true" or "false"`},
	{`<group>core</group>`, `<group>core</group>x`, `variants.xml:10: <groups>: has the text "x"`},
	{`<release name="Dummy Cloud" short="DC" version="3.1"/>`, `<release name="Dummy Cloud" short="DC"/>`, `variants.xml:17: <release>: has no version`},
	{`<release name="Dummy Cloud" short="DC" version="3.1"/>`, `<release name="Dummy Cloud" short="D C" version="3.1"/>`, `variants.xml:17: variant.release.short: "D C" must be letters, digits and "._+-", a letter or digit first`},
	{`<arch>s390x</arch>`, `<arch>s390</arch><arch>s391x</arch>`, `variants.xml:6: variant.arches: "s391x" is not a known architecture; did you mean "s390x"?`},
	{`display_order="7"`, `display_order="x"`, `variants.xml:24: <environment>: display_order: "x" is not an integer`},
	{`</environments>`, `</environments><modules><module>ruby:3</module></modules>`, `variants.xml:24: variant.modules: no package set has module streams; a set with source = "dir" names them by its key modules`},
	{`</environments>`, `</environments><modules><kojitag>tag</kojitag></modules>`, `variants.xml:24: <kojitag>: "tag": tags are not supported; a package set has the module metadata of its repositories, or of the file that its key modules names`},
	{`</environments>`, `</environments><modules><module>ruby-3</module></modules>`, `variants.xml:24: <module>: "ruby-3" may be a name or NAME-STREAM; write NAME:STREAM, or NAME:* for all streams`},
	{`</environments>`, `</environments><modules><module glob="x">ruby:3</module></modules>`, `variants.xml:24: <module>: glob: "x" must be "true" or "false"`},
	{`</environments>`, `</environments><environments/></variant>`, `variants.xml:25: element <variants> closed by </variant>`},
	{`</environments>`, `</environments>&bomb;`, `variants.xml:24: invalid character entity &bomb;`},
	{nestedXML, ``, `variants.xml: it is empty`},
	{nestedXML, `<comps/>`, `variants.xml:1: <comps>: is no list of variants; the outermost element is <variants>`},
	{nestedXML, `<variants>` + strings.Repeat(`<variant>`, 20), `variants.xml:1: elements are nested more than 16 deep`},
	{nestedXML, `<variants><variant id="A" name="A" type="addon"><arches>` + strings.Repeat(`<arch>x86_64</arch>`, 9000) + `</arches></variant><variant id="B" name="B" type="variant"><arches><arch>x86_64</arch></arches><variants>` + strings.Repeat(`<ref id="A"/>`, 9000) + `</variants></variant></variants>`, `variants.xml:1: <variant>: with this variant there are more than 100000 elements`},
	{nestedXML, `<variants>` + strings.Repeat(`<variant/>`, 20_001), `variants.xml:1: more than 20000 elements`},
	{nestedXML, `<?xml version="1.0" encoding="UTF-16"?><variants/>`, `variants.xml:1: xml: opening charset "UTF-16": the file is not UTF-8`},
}

func TestBadVariantsFile(t *testing.T) {
	for _, tt := range badXML {
		dir := folder(t)
		if !strings.Contains(nestedXML, tt.old) {
			t.Fatalf("%q is not in the sample", tt.old)
		}
		_, got := loadText(t, dir, withXML(t, dir, strings.Replace(nestedXML, tt.old, tt.new, 1)))
		if first, _, _ := strings.Cut(got, "\n"); first != tt.want {
			t.Errorf("%.100q:\n got %s\nwant %s", tt.new, got, tt.want)
		}
	}
	dir := folder(t)
	text := withXML(t, dir, nestedXML)
	if err := os.Remove(filepath.Join(dir, "variants.xml")); err != nil {
		t.Fatal(err)
	}
	if _, got := loadText(t, dir, text); got != `config.toml:2: variants: "variants.xml": no such file or directory` {
		t.Errorf("a missing file: %s", got)
	}
}

// FuzzVariantsFile wants an answer for every file: variants, or a complaint.
func FuzzVariantsFile(f *testing.F) {
	f.Add(nestedXML)
	for _, tt := range badXML {
		if len(tt.new) < 1000 {
			f.Add(strings.Replace(nestedXML, tt.old, tt.new, 1))
		}
	}
	f.Fuzz(func(t *testing.T, xml string) {
		top, bad := readNodes("variants.xml", xml)
		if bad != nil {
			return
		}
		d := &decoder{file: "config.toml", places: map[string]position{}}
		file := variantsFile{decoder: d, shared: map[string]*node{}}
		root := map[string]any{}
		if read := file.read(root, top); read == (len(d.list) > 0) {
			t.Fatalf("read %v with %d complaints", read, len(d.list))
		}
		c := &Config{places: d.places}
		d.table("", root, reflect.ValueOf(c).Elem())
		d.addOptional(c)
		for _, v := range c.ActiveVariants() {
			if p := c.Place("variant[0].id"); len(v.Arches) == 0 || !strings.HasPrefix(p, "variants.xml:") {
				t.Errorf("%s has the architectures %q and the first is at %s", v.UID(), v.Arches, p)
			}
		}
	})
}

// TestVariantsBootPackages: what lorax installs for a variant of an XML file
// comes behind what the configuration says itself; without lorax it is nothing.
func TestVariantsBootPackages(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write("packages/none", "")
	write("variants.xml", `<variants><variant id="Server" name="Server" type="variant"><arches><arch>x86_64</arch></arches>
<buildinstallpackages><package>one</package>
<package>two</package></buildinstallpackages></variant></variants>`)
	text := "variants = \"variants.xml\"\n[release]\nname = \"D\"\nshort = \"D\"\nversion = \"1\"\n[[pkgset]]\ntag = \"a\"\nsource = \"dir\"\npath = \"packages\"\n"
	for method, want := range map[string]string{
		"":                                     "[]",
		"[buildinstall]\nmethod = \"lorax\"\n": "[one two]",
		"[buildinstall]\nmethod = \"lorax\"\n[[buildinstall.tree]]\n[buildinstall.tree.lorax]\ninstall = [\"zero\"]\n": "[zero one two]",
	} {
		c, err := Load(write("config.toml", text+method), nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(c.BuildinstallFor(c.Variants[0], "x86_64").Lorax.Install); got != want {
			t.Errorf("%s: installed are %s, want %s", method, got, want)
		}
	}
	write("variants.xml", strings.ReplaceAll(`<variants><variant id="Server" name="Server" type="variant"><arches><arch>x86_64</arch></arches>
<buildinstallpackages><package>a b</package></buildinstallpackages></variant></variants>`, "\r", ""))
	_, err := Load(write("config.toml", text+"[buildinstall]\nmethod = \"lorax\"\n"), nil)
	if err == nil || !strings.Contains(err.Error(), "variants.xml:2:") {
		t.Errorf("a package with a blank: %v", err)
	}
}
