package config

import (
	"strings"
	"testing"
)

// good is what the cases below spoil.
const good = `comps = "comps.xml"
[release]
name = "Dummy Product"
short = "DP"
version = "1.0"
[compose]
type = "test"
[[pkgset]]
tag = "base"
source = "dir"
path = "packages"
[[pkgset]]
tag = "extra"
source = "repo"
url = "https://mirror.example/$arch/"
sigkeys = ["1ed822cd", ""]
[[variant]]
id = "Server"
arches = ["x86_64", "aarch64"]
groups = ["core"]
[[variant]]
id = "Client"
arches = ["x86_64"]
[gather]
method = "deps"
[[gather.tree]]
variant = "Server"
arch = "x86_64"
add = ["kernel"]
`

// badCases spoil one thing each; what they give is one line, or nothing where
// nothing is spoilt. The list is never written to.
var badCases = []struct{ old, new, want string }{
	// Keys.
	{`arches = ["x86_64", "aarch64"]`, `archs = ["x86_64", "aarch64"]`, `19: variant.archs: unknown key; did you mean "arches"?`},
	{`arches = ["x86_64", "aarch64"]`, `arch = ["x86_64", "aarch64"]`, `19: variant.arch: unknown key; did you mean "arches"?`},
	{`[gather]`, `[gathr]`, `24: gathr: unknown key; did you mean "gather"?`},
	{`[gather]`, "[multilib]\n[gather]", `24: multilib: unknown key; "multilib" is a key of gather.tree`},
	{`comps = "comps.xml"`, "comps = \"comps.xml\"\nrelease_version = \"1\"", `2: release_version: unknown key; did you mean "release.version"?`},
	{`path = "packages"`, "path = \"packages\"\ncomps = \"other.xml\"", `12: pkgset.comps: another comps file, "comps.xml", is named before it; a compose has one`},
	{`path = "packages"`, "path = \"packages\"\ntree_arches = [\"x86_64\"]", `12: pkgset.tree_arches: unknown key; "tree_arches" is a top-level key: it stands above the first [table]`},
	{`method = "deps"`, `compress = "gz"`, `25: gather.compress: unknown key; "compress" is a key of createrepo`},
	{`add = ["kernel"]`, `"a b" = 1`, `29: gather.tree."a b": unknown key; valid here: variant, arch, method, mapping_method, add, filter, multilib, multilib_names, multilib_whitelist, multilib_blacklist, lookaside, lookaside_variants`},
	{"short = \"DP\"\n", ``, `2: release.short: required key is missing`},
	{"tag = \"extra\"\n", ``, `12: pkgset.tag: required key is missing`},
	{"arches = [\"x86_64\", \"aarch64\"]\n", ``, `17: variant.arches: required key is missing`},

	// Types.
	{`version = "1.0"`, `version = 1.0`, `5: release.version: must be a string, not a float; write "1.0"`},
	{`version = "1.0"`, `version = 0x10`, `5: release.version: must be a string, not an integer; write "0x10"`},
	{`version = "1.0"`, `version = 2024-01-01`, `5: release.version: must be a string, not a date or time; write "2024-01-01"`},
	{`version = "1.0"`, `version = ["1.0"]`, `5: release.version: must be a string, not a list`},
	{`groups = ["core"]`, `groups = "core"`, `20: variant.groups: must be a list of strings, not a string; write ["core"]`},
	{`groups = ["core"]`, `groups = ["core", 3]`, `20: variant.groups: must be a string, not an integer; write "3"`},
	{`groups = ["core"]`, `is_empty = "false"`, `20: variant.is_empty: must be true or false, not a string; write false without quotes`},
	{`url = "https://mirror.example/$arch/"`, `url = true`, `15: pkgset.url: must be a string or a list of strings, not a boolean; write "true"`},
	{"[[gather.tree]]", "[gather.tree]", `26: gather.tree: must be a list of tables, not a table; write [[gather.tree]]`},
	{"[gather]\nmethod = \"deps\"\n[[gather.tree]]\nvariant = \"Server\"\narch = \"x86_64\"\nadd = [\"kernel\"]\n", "[[gather]]\n", `24: gather: must be a table, not a list of tables; write [gather]`},
	{`comps = "comps.xml"`, "comps = \"comps.xml\"\nlink = \"copy\"", `2: link: must be a table, not a string`},

	// Values.
	{`type = "test"`, `type = "nigthly"`, `7: compose.type: "nigthly" must be "production", "nightly", "test", "ci" or "development"; did you mean "nightly"?`},
	{`type = "test"`, `type = ""`, `7: compose.type: must not be empty`},
	{`method = "deps"`, `method = "hybrid"`, `25: gather.method: "hybrid" must be "deps" or "nodeps"`},
	{`groups = ["core"]`, `type = "optinal"`, `20: variant.type: "optinal" must be "variant", "addon", "optional" or "layered-product"; did you mean "optional"?`},
	{`name = "Dummy Product"`, `name = " Dummy"`, `3: release.name: begins or ends with a space`},
	{`name = "Dummy Product"`, `name = "a\nb"`, `3: release.name: has a control character`},
	{`short = "DP"`, `short = "../DP"`, `4: release.short: "../DP" must be letters, digits and "._+-", a letter or digit first`},
	{`version = "1.0"`, `version = "1..0"`, `5: release.version: "1..0" must be numbers with single dots between them, or a word`},
	{`tag = "base"`, `tag = ".."`, `9: pkgset.tag: ".." must be letters, digits and "._-", no "." or "-" first`},
	{`id = "Client"`, `id = "Client-"`, `22: variant.id: "Client-" must be letters and digits, with single dashes between them`},
	{`id = "Client"`, `id = "metadata"`, `22: variant.id: "metadata" is the folder of the compose's metadata`},
	{`arches = ["x86_64", "aarch64"]`, `arches = ["x86_64", "aarch46"]`, `19: variant.arches: "aarch46" is not a known architecture; did you mean "aarch64"?`},
	{`arches = ["x86_64", "aarch64"]`, `arches = ["x86_64", "src"]`, `19: variant.arches: "src" is not an architecture that a variant can have; source and noarch packages come along with the others`},
	{`arches = ["x86_64", "aarch64"]`, `arches = ["x86_64", "x86_64"]`, `19: variant.arches: "x86_64" is in the list twice`},
	{"[[variant]]\nid = \"Client\"\narches = [\"x86_64\"]", "[[variant]]\nid = \"Client\"\narches = []", `23: variant.arches: must not be empty`},
	{`groups = ["core"]`, `groups = ["core["]`, `20: variant.groups: "core[" is not a shell glob; *, ? and [a-z] are special, \ makes them plain`},
	{`sigkeys = ["1ed822cd", ""]`, `sigkeys = ["1ed822c"]`, `16: pkgset.sigkeys: "1ed822c" must be 8 or 16 hexadecimal digits, or ""`},
	{`add = ["kernel"]`, `add = ["kernel glibc"]`, `29: gather.tree.add: "kernel glibc" is not the name of a package; one name or shell glob per string, or name.arch`},
	{`url = "https://mirror.example/$arch/"`, `url = "mirror.example/os"`, `15: pkgset.url: "mirror.example/os" has no scheme; an address begins with "https://", "http://" or "file:///"`},
	{`url = "https://mirror.example/$arch/"`, `url = "ftp://mirror.example/"`, `15: pkgset.url: "ftp://mirror.example/": "ftp" is not a scheme that is known; valid: https, http, file`},
	{`url = "https://mirror.example/$arch/"`, `url = ["https://mirror.example/", "file://srv/x"]`, `15: pkgset.url: "file://srv/x" has no absolute path; file:///path has three slashes`},
	{`url = "https://mirror.example/$arch/"`, `url = "https:///x"`, `15: pkgset.url: "https:///x" names no host`},
	{`url = "https://mirror.example/$arch/"`, `url = "https://mirror.example/$basarch/"`, `15: pkgset.url: $basarch is not a variable of addresses; valid: $arch, $basearch, $releasever`},
	{`type = "test"`, `discinfo_description = "DP {varint_name}"`, `7: compose.discinfo_description: "{varint_name}" stands for nothing; did you mean "variant_name"?`},

	// References.
	{`tag = "extra"`, `tag = "base"`, `13: pkgset.tag: "base" is taken already, in config.toml:9`},
	{`id = "Client"`, `id = "Server"`, `22: variant.id: "Server" is taken already, in config.toml:18`},
	{`variant = "Server"`, `variant = "Srver"`, `27: gather.tree.variant: "Srver" matches no variant; did you mean "Server"?`},
	{`arch = "x86_64"`, `arch = "x86-64"`, `28: gather.tree.arch: "x86-64" matches no tree of the variant "Server"; did you mean "x86_64"?`},
	{`arch = "x86_64"`, `arch = "src"`, `28: gather.tree.arch: "src" matches no tree of the variant "Server"; valid: aarch64, x86_64`},
	{`variant = "Server"`, `variant = "C*"` + "\n[[repoclosure.tree]]\nvariant = \"Client\"\narch = \"aarch64\"\n[[gather.tree]]", `30: repoclosure.tree.arch: "aarch64" matches no tree of the variant "Client"; valid: x86_64`},
	{`comps = "comps.xml"`, "comps = \"comps.xml\"\ntree_arches = [\"s390x\"]", `2: tree_arches: no variant has the architecture "s390x"; valid: aarch64, x86_64`},
	{`comps = "comps.xml"`, "comps = \"comps.xml\"\ntree_variants = [\"Sever\"]", `2: tree_variants: there is no variant "Sever"; did you mean "Server"?`},
	{`comps = "comps.xml"`, "comps = \"comps.xml\"\ntree_variants = [\"Client\"]\ntree_arches = [\"aarch64\"]", `3: tree_arches: leaves no tree; the variants that are left have other architectures`},
	{"[[pkgset]]\ntag = \"base\"\nsource = \"dir\"\npath = \"packages\"\n[[pkgset]]", "[[pkgset]]\narches = [\"x86_64\"]", `16: variant.arches: no package set serves aarch64; see the arches of [[pkgset]]`},
	{`path = "packages"`, "path = \"packages\"\narches = [\"x86\"]", `12: pkgset.arches: no variant has the architecture "x86"; did you mean "x86_64"?`},
	{`path = "packages"`, "path = \"packages\"\narches = [\"x86_64\"]", ``},
	{"tag = \"extra\"\nsource = \"repo\"\nurl = \"https://mirror.example/$arch/\"\nsigkeys = [\"1ed822cd\", \"\"]", "tag = \"extra\"\nsource = \"dir\"\npath = \"packages\"", ``},
	{`comps = "comps.xml"`, `comps = "comp.xml"`, `1: comps: "comp.xml": no such file or directory; the whole path is comp.xml`},
	{`comps = "comps.xml"`, `comps = "packages"`, `1: comps: "packages" is not a file`},
	{`path = "packages"`, `path = "comps.xml"`, `11: pkgset.path: "comps.xml" is not a folder`},

	// Contradictions.
	{"comps = \"comps.xml\"\n", ``, `19: variant.groups: there is no comps file; set the top-level key comps`},
	{`id = "Client"`, "id = \"Client\"\nis_empty = true\ngroups = [\"core\"]", `24: variant.groups: does not go with is_empty = true; an empty variant has no packages`},
	{"path = \"packages\"\n", ``, `8: pkgset: source = "dir" needs path`},
	{"url = \"https://mirror.example/$arch/\"\n", ``, `12: pkgset: source = "repo" needs url or mirrorlist or metalink`},
	{`path = "packages"`, "path = \"packages\"\nurl = \"file:///srv\"", `12: pkgset.url: does not go with source = "dir"; that takes path`},
	{`sigkeys = ["1ed822cd", ""]`, `path = "packages"`, `16: pkgset.path: does not go with source = "repo"; that takes url or mirrorlist or metalink`},
	{`sigkeys = ["1ed822cd", ""]`, `metalink = "https://mirror.example/"`, `16: pkgset.metalink: does not go with url; a set has exactly one of url, mirrorlist, metalink`},
	{`path = "packages"`, "path = \"packages\"\nreleasever = \"44\"", `12: pkgset.releasever: does not go with source = "dir"; that takes path`},
	{`[compose]`, "[base_product]\nname = \"Base\"\nversion = \"9\"\n[compose]", `6: base_product.short: required key is missing; a base product has name, short and version`},

	// Syntax.
	{`method = "deps"`, `method = "deps`, `25: gather.method: syntax: strings cannot contain newlines`},
	{`method = "deps"`, `method = deps`, `25: gather.method: syntax: expected value but found "deps" instead`},
	{`method = "deps"`, `method`, `25: gather.method: syntax: expected '.' or '=', but got '\n' instead`},
	{`method = "deps"`, "method = \"deps\"\nmethod = \"nodeps\"", `26: gather.method: is set twice, first in line 25`},
	{`[gather]`, "[gather]\n[release]", `25: release: is set twice, first in line 2`},
	{`add = ["kernel"]`, "add = [\n\"kernel\",\n", `29: gather.tree.add: value is not closed: unexpected EOF; expected value`},
	{`add = ["kernel"]`, "add = [\n\"kernel\"\nfilter = [\"a\"]", `29: gather.tree.add: value is not closed: expected a comma (',') or array terminator (']'), but got 'f'`},
	{`[gather]`, `[gather`, `24: gather: syntax: expected '.' or ']' to end table name, but got '\n' instead`},
	{`id = "Client"`, "id = \"Cli\xffent\"", `22: variant.id: syntax: invalid UTF-8 byte: 0xff`},
	{`add = ["kernel"]`, `add = ` + strings.Repeat("[", 50), `29: brackets are nested more than 16 deep`},
	{`add = ["kernel"]`, strings.Repeat("a.", 50) + `a = 1`, `29: a key has more than 16 parts`},
}

// TestBad spoils one thing at a time; each gives exactly one line.
func TestBad(t *testing.T) {
	dir := folder(t)
	if _, bad := loadText(t, dir, good); bad != "" {
		t.Fatal(bad)
	}
	for _, tt := range badCases {
		if strings.Count(good, tt.old) < 1 {
			t.Fatalf("%q is not in the sample", tt.old)
		}
		_, got := loadText(t, dir, strings.Replace(good, tt.old, tt.new, 1))
		want := "config.toml:" + tt.want
		if tt.want == "" {
			want = "" // nothing is spoilt
		}
		if got != want {
			t.Errorf("%q:\n got %s\nwant %s", tt.new, got, want)
		}
	}
}
