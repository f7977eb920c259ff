package modulemd

import (
	"slices"
	"strings"
	"testing"

	"compose/internal/rpm"
)

// library is modules as a package set may have them.
func library(t testing.TB) *Index {
	return read(t,
		streamDoc("nodejs:18:100:aa:x86_64", artifacts("nodejs-0:18-1.x86_64")),
		streamDoc("nodejs:18:200:aa:x86_64", artifacts("nodejs-1:18-2.x86_64", "nodejs-1:18-2.src", "nodejs-docs-1:18-2.noarch", "old-0:0.5-1.x86_64", "left-0:0.5-1.x86_64", "gone-0:1-1.x86_64", "gone-0:1-1.i686"), "demodularized: {rpms: [left]}",
			"dependencies: [{requires: {platform: [f12], perl: []}}]"),
		streamDoc("nodejs:18:200:bb:x86_64", artifacts("nodejs-1:18-2.b.x86_64")),
		streamDoc("nodejs:18:300:aa:aarch64", artifacts("nodejs-1:18-3.aarch64")),
		streamDoc("nodejs:20:100:aa:x86_64", artifacts("nodejs-1:20-1.x86_64")),
		streamDoc("perl:5.30:1:cc:x86_64", artifacts("perl-0:5.30-1.x86_64")),
		streamDoc("perl:5.32:1:cc:x86_64", artifacts("perl-0:5.32-1.x86_64")),
		streamDoc("php:8:1:cc:s390x"),
		defaultsDoc("nodejs", `stream: "18"`), defaultsDoc("gone", `stream: "1"`))
}

func ids(streams []*Stream) string {
	var out []string
	for _, s := range streams {
		out = append(out, s.ID.String())
	}
	return strings.Join(out, " ")
}

func patterns(texts ...string) (out []Pattern) {
	for _, text := range texts {
		out = append(out, Pattern{Text: text, Origin: "compose.toml:7"})
	}
	return out
}

func TestSelect(t *testing.T) {
	x := library(t)
	for _, c := range []struct {
		want, filter string
		streams      string
		active       string
		unmatched    string
	}{
		{want: "nodejs", streams: "nodejs:18:200:aa nodejs:18:200:bb", active: "nodejs:18:200:aa nodejs:18:200:bb"},
		{want: "nodejs:18", streams: "nodejs:18:200:aa nodejs:18:200:bb", active: "nodejs:18:200:aa nodejs:18:200:bb"},
		{want: "nodejs:*", streams: "nodejs:18:200:aa nodejs:18:200:bb nodejs:20:100:aa", active: "nodejs:18:200:aa nodejs:18:200:bb"},
		{want: "nodejs:18:100", streams: "nodejs:18:100:aa", active: "nodejs:18:100:aa"},
		{want: "nodejs:18:200:bb", streams: "nodejs:18:200:bb", active: "nodejs:18:200:bb"},
		{want: "nodejs:1?:*:aa", streams: "nodejs:18:200:aa", active: "nodejs:18:200:aa"},
		{want: "perl:5.3[!0]", streams: "perl:5.32:1:cc"},
		{want: "*", streams: "nodejs:18:200:aa nodejs:18:200:bb", active: "nodejs:18:200:aa nodejs:18:200:bb"},
		{want: "perl:5.30 nodejs:20", streams: "nodejs:20:100:aa perl:5.30:1:cc"},
		{want: "nodejs:* perl:*", filter: "nodejs:18 perl", streams: "nodejs:20:100:aa", unmatched: `module "perl:*" (compose.toml:7): all that it names is filtered out`},
		{want: "perl", unmatched: `module "perl" (compose.toml:7): no default stream is to be had; there are perl:5.30:1:cc, perl:5.32:1:cc`},
		{want: "perl:6", unmatched: `module "perl:6" (compose.toml:7): there are only perl:5.30:1:cc, perl:5.32:1:cc`},
		{want: "php", unmatched: `module "php" (compose.toml:7): it is not built for x86_64, only for s390x`},
		{want: "ruby", unmatched: `module "ruby" (compose.toml:7): no such module in the package sets`},
		{want: "a:", unmatched: `module "a:" (compose.toml:7): module "a:": an empty part`},
	} {
		sel := x.Select(Request{Arch: "x86_64", Want: patterns(strings.Fields(c.want)...), Filter: patterns(strings.Fields(c.filter)...)})
		var unmatched []string
		for _, u := range sel.Unmatched {
			unmatched = append(unmatched, u.String())
		}
		if ids(sel.Streams) != c.streams || ids(sel.Active) != c.active || strings.Join(unmatched, "\n") != c.unmatched {
			t.Errorf("%s without %s: %s; active %s; %q", c.want, c.filter, ids(sel.Streams), ids(sel.Active), unmatched)
		}
	}
	sel := x.Select(Request{Arch: "x86_64", Filter: patterns("ruby", "php", "perl:5.30")})
	if want := patterns("ruby", "php"); !slices.Equal(sel.Unfiltered, want) {
		t.Errorf("filters without effect: %v", sel.Unfiltered)
	}
	for _, c := range []struct {
		r    Request
		want bool
	}{
		{Request{Arch: "x86_64", Want: patterns("php")}, false},
		{Request{Arch: "x86_64", Want: patterns("php:8"), Others: []string{"s390x"}}, true},
		{Request{Arch: "x86_64", Want: patterns("php:9"), Others: []string{"s390x"}}, false},
		{Request{Arch: "x86_64", Want: patterns("nodejs:20"), Filter: patterns("nodejs")}, true},
		{Request{Arch: "x86_64", Want: patterns("perl"), Filter: patterns("perl")}, false},
	} {
		sel := x.Select(c.r)
		if len(sel.Unmatched) != 1 || sel.Unmatched[0].Harmless != c.want {
			t.Errorf("%v: %v", c.r, sel.Unmatched)
		}
	}
	if sel := x.Select(Request{Arch: "aarch64", Want: patterns("nodejs")}); ids(sel.Streams) != "nodejs:18:300:aa" {
		t.Errorf("aarch64: %s", ids(sel.Streams))
	}
}

func TestPatternCheck(t *testing.T) {
	for _, good := range []string{"a", "a:1.10", "a*:[12]", "a:1:20200101:deadbeef", "*"} {
		if err := (Pattern{Text: good}).Check(); err != nil {
			t.Error(err)
		}
	}
	for _, bad := range []string{"", "a:", ":1", "a:1:2:3:4", "a b", "a/b", "a:[", "a\n"} {
		if err := (Pattern{Text: bad}).Check(); err == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
}

func TestRequirements(t *testing.T) {
	r := Requirements{"platform": {"f27", "f28"}, "any": {}, "but": {"-1", "-2"}}
	for _, c := range []struct {
		module, stream string
		want           bool
	}{{"platform", "f27", true}, {"platform", "f29", false}, {"any", "x", true}, {"other", "x", true}, {"but", "1", false}, {"but", "3", true}} {
		if got := r.Allows(c.module, c.stream); got != c.want {
			t.Errorf("%s:%s: %v", c.module, c.stream, got)
		}
	}
	got := r.Expand(map[string][]string{"platform": {"f27", "f29"}, "any": {"x", "y"}, "but": {"1", "3"}, "other": {"z"}})
	if len(got) != 3 || !slices.Equal(got["platform"], []string{"f27"}) || !slices.Equal(got["any"], []string{"x", "y"}) || !slices.Equal(got["but"], []string{"3"}) {
		t.Errorf("expanded to %v", got)
	}
	s := &Stream{Requires: []Requirements{{"platform": {"f1"}, "perl": {"5"}, "a": {}}, {"perl": {"5", "6"}}}}
	if got := s.Needs(nil); !slices.Equal(got, []string{"perl:5,6"}) {
		t.Errorf("needs %q", got)
	}
	if got := s.Needs([]*Stream{{ID: ID{Name: "perl", Stream: "6"}}}); got != nil {
		t.Errorf("needs %q", got)
	}
	if got := (&Stream{}).Needs(nil); got != nil {
		t.Errorf("needs %q", got)
	}
}

func pkg(nevra, label string, provides ...string) *rpm.Package {
	n, _ := parseNEVRA(nevra)
	rest := strings.TrimSuffix(strings.TrimPrefix(nevra, n.name+"-"), "."+n.arch)
	evr := rpm.ParseEVR(rest)
	p := &rpm.Package{Name: n.name, Epoch: evr.Epoch, Version: evr.Version, Release: evr.Release, Arch: n.arch, Modularity: label}
	for _, d := range provides {
		p.Provides = append(p.Provides, rpm.Dep{Name: d})
	}
	return p
}

// The rules are those that dnf shows: see TestDivideAsDNF.
func TestDivide(t *testing.T) {
	x := library(t)
	pkgs := []*rpm.Package{
		pkg("nodejs-0:18-1.x86_64", "nodejs:18:100:aa"), pkg("nodejs-1:18-2.x86_64", "nodejs:18:200:aa"), pkg("nodejs-1:20-1.x86_64", ""),
		pkg("nodejs-1:22-1.x86_64", ""), pkg("nodejs-1:18-2.src", ""), pkg("nodejs-1:22-1.src", ""), pkg("js-0:1-1.x86_64", "", "nodejs"),
		pkg("nodejs-debuginfo-1:18-2.x86_64", "nodejs:18:200:aa"),
		pkg("old-0:1-1.x86_64", ""), pkg("left-0:1-1.x86_64", ""), pkg("stray-0:1-1.x86_64", "stray:1:1:aa"), pkg("bash-0:5-1.x86_64", ""), pkg("nodejs-docs-1:18-2.noarch", ""),
	}
	tree := NewOwners(x.Streams).Divide(pkgs, x.Select(Request{Arch: "x86_64", Want: patterns("nodejs:18:200:aa")}), "x86_64")
	var modular, hidden []string
	for _, m := range tree.Modular {
		modular = append(modular, m.Pkg.NEVRA()+" of "+m.Stream.ID.String())
	}
	for _, p := range pkgs {
		if why := tree.Hidden[p]; why != "" {
			hidden = append(hidden, p.NEVRA()+" "+why)
		}
	}
	if want := []string{"nodejs-1:18-2.x86_64 of nodejs:18:200:aa", "nodejs-1:18-2.src of nodejs:18:200:aa", "nodejs-docs-1:18-2.noarch of nodejs:18:200:aa"}; !slices.Equal(modular, want) {
		t.Errorf("modular: %q", modular)
	}
	const named = " module nodejs:18:200:aa, a default stream, has a package of that name"
	if want := []string{
		"nodejs-0:18-1.x86_64 belongs to module nodejs:18:100:aa, which the tree does not have",
		"nodejs-1:20-1.x86_64 belongs to module nodejs:20:100:aa, which the tree does not have",
		"nodejs-1:22-1.x86_64" + named, "js-0:1-1.x86_64" + named,
		"old-0:1-1.x86_64" + named,
	}; !slices.Equal(hidden, want) {
		t.Errorf("hidden: %s", strings.Join(hidden, "\n"))
	}
	if want := []string{"module nodejs:18:200:aa lists gone-0:1-1.x86_64, which is not there", "module nodejs:18:200:aa lists left-0:0.5-1.x86_64, which is not there", "module nodejs:18:200:aa lists old-0:0.5-1.x86_64, which is not there"}; !slices.Equal(tree.Missing, want) {
		t.Errorf("missing: %q", tree.Missing)
	}
	// A stream that is no default hides nothing by name.
	tree = NewOwners(x.Streams).Divide(pkgs, x.Select(Request{Arch: "x86_64", Want: patterns("nodejs:20")}), "x86_64")
	if tree.Hidden[pkgs[3]] != "" || tree.Hidden[pkgs[6]] != "" || tree.Hidden[pkgs[1]] == "" {
		t.Errorf("hidden: %v", tree.Hidden)
	}
}

func TestSelectionWith(t *testing.T) {
	x := library(t)
	a := x.Select(Request{Arch: "x86_64", Want: patterns("nodejs:20", "nodejs:*")})
	b := x.Select(Request{Arch: "x86_64", Want: patterns("nodejs:18", "perl:5.30")})
	both := Selection{}.With(a).With(b)
	if got := ids(both.Streams); got != "nodejs:18:200:aa nodejs:18:200:bb nodejs:20:100:aa perl:5.30:1:cc" {
		t.Errorf("both: %s", got)
	}
	if got := ids(both.Active); got != ids(a.Active) {
		t.Errorf("active: %s", got)
	}
	var by []string
	for _, s := range both.Streams {
		by = append(by, both.By[s].Text)
	}
	if got := strings.Join(by, " "); got != "nodejs:* nodejs:* nodejs:20 perl:5.30" {
		t.Errorf("by: %s", got)
	}
}
