package explain_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"compose/config"
	"compose/internal/rpmtest"
	"compose/phases"
	"compose/phases/event"
	"compose/phases/explain"
)

const packages = `
build app 2.0-1 x86_64
    requires lib, helper

build app 1.0-1 x86_64
    requires lib

build lib 1:1.0-1 x86_64

build aid 1.0-1 x86_64
    provides helper

build better-aid 1.0-1 x86_64
    provides helper

build picky 1.0-1 noarch
    excludearch x86_64

build broken 1.0-1 x86_64
    requires banned

build banned 1.0-1 x86_64

build lonely 1.0-1 x86_64
    debuginfo
`

const configuration = `
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
arches = ["x86_64"]

[[variant]]
id = "Client"
arches = ["x86_64"]

[gather]
check_deps = false

[[gather.tree]]
variant = "Server"
add = ["app", "broken", "no-such-*"]
filter = ["banned"]

[[gather.tree]]
variant = "Client"
add = ["banned"]
`

// compose makes a compose and opens its records.
func compose(t *testing.T, text string, wanted phases.Status) *explain.Compose {
	t.Helper()
	work := t.TempDir()
	pkgs, err := rpmtest.Parse(strings.NewReader(packages), "packages")
	if err == nil {
		_, err = rpmtest.Write(filepath.Join(work, "packages"), pkgs)
	}
	file := filepath.Join(work, "config.toml")
	if err := errors.Join(err, os.WriteFile(file, []byte(text), 0o644)); err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Load(file, nil)
	if err != nil {
		t.Fatal(err)
	}
	made, err := phases.Run(context.Background(), cfg, phases.RunOptions{Target: filepath.Join(work, "composes"), Events: event.New(nil)})
	if made == nil || made.Status != wanted {
		t.Fatalf("made %+v: %v", made, err)
	}
	c, err := explain.Open(made.Dir)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// say puts an answer for one tree into lines.
func say(t *testing.T, c *explain.Compose, query, tree string) string {
	t.Helper()
	a, err := c.Explain(query, tree)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, tr := range a.Trees {
		for _, p := range tr.In {
			fmt.Fprintln(&b, "in", p.Package, p.Kind, strings.Join(p.Notes, "; "))
			for _, l := range p.Chain {
				fmt.Fprintln(&b, "  ", l.Package, l.Why)
				for _, r := range l.Rejected {
					fmt.Fprintln(&b, "     not", r.Package, r.Why)
				}
			}
		}
		for _, x := range tr.Out {
			fmt.Fprintln(&b, "out", x.Package, x.Elsewhere, strings.Join(x.Why, "; "))
		}
	}
	if !a.Known {
		fmt.Fprintln(&b, "unknown", a.Nearest)
	}
	return regexp.MustCompile(`/[^ ]*/config.toml`).ReplaceAllString(b.String(), "config.toml")
}

func TestExplain(t *testing.T) {
	c := compose(t, configuration, phases.Finished)
	for _, x := range []struct{ query, tree, want string }{
		{"aid", "Server.*", `
in aid-1.0-1.x86_64 rpm 
   app-2.0-1.x86_64 asked for by "app" (config.toml:25 gather.tree.add)
   aid-1.0-1.x86_64 required by app-2.0-1.x86_64 (helper)
     not better-aid-1.0-1.x86_64 aid-1.0-1.x86_64 has the shorter name
in aid-1.0-1.src srpm 
   app-2.0-1.x86_64 asked for by "app" (config.toml:25 gather.tree.add)
   aid-1.0-1.x86_64 required by app-2.0-1.x86_64 (helper)
     not better-aid-1.0-1.x86_64 aid-1.0-1.x86_64 has the shorter name
   aid-1.0-1.src source of aid-1.0-1.x86_64
`},
		{"better-aid.x86_64", "Server.*", `
out better-aid-1.0-1.x86_64 [] aid-1.0-1.x86_64 has the shorter name (considered for app-2.0-1.x86_64, which requires helper)
`},
		{"app-1.0-1.x86_64", "Server.*", `
out app-1.0-1.x86_64 [] app-2.0-1.x86_64 is newer
`},
		{"lib-1:1.0-1.x86_64.rpm", "Client.*", `
out lib-1:1.0-1.x86_64 [Server.x86_64] nothing in the tree asks for it
`},
		{"picky", "Server.*", `
out picky-1.0-1.noarch [] ExcludeArch x86_64
`},
		{"banned", "Server.*", `
out banned-1.0-1.src [Client.x86_64] nothing that was built from it is in the tree
out banned-1.0-1.x86_64 [Client.x86_64] excluded by "banned" (config.toml:26 gather.tree.filter); broken-1.0-1.x86_64 is in and requires banned, which nothing else provides
`},
		{"lonely*", "Client.*", `
out lonely-1.0-1.src [] nothing that was built from it is in the tree
out lonely-1.0-1.x86_64 [] nothing in the tree asks for it
out lonely-debuginfo-1.0-1.x86_64 [] nothing that it belongs to is in the tree
out lonely-debugsource-1.0-1.x86_64 [] nothing that it belongs to is in the tree
`},
		{"no-such-thing", "Server.*", `
out  [] no package set has it for x86_64; asked for by "no-such-*" (config.toml:25 gather.tree.add), which matches nothing
unknown []
`},
		{"lonly", "Server.*", `
out  [] no package set has it for x86_64
unknown [lonely]
`},
	} {
		if got := "\n" + say(t, c, x.query, x.tree); got != x.want {
			t.Errorf("%s in %s:%s\nwant%s", x.query, x.tree, got, x.want)
		}
	}
}

// TestUnsigned asks a compose that is doomed over an unsigned package.
func TestUnsigned(t *testing.T) {
	text := strings.Replace(configuration, `path = "packages"`, "path = \"packages\"\nsigkeys = [\"0123456789abcdef\"]", 1)
	got := say(t, compose(t, text, phases.Doomed), "banned", "Client.x86_64")
	if !strings.HasPrefix(got, "in banned-1.0-1.x86_64 rpm no key of its package set has signed it\n") {
		t.Error(got)
	}
}

func TestRefused(t *testing.T) {
	c := compose(t, configuration, phases.Finished)
	var noTree *explain.NoTreeError
	if _, err := c.Explain("app", "Nowhere.*"); !errors.As(err, &noTree) || err.Error() != `tree "Nowhere.*": there is none; trees are Client.x86_64, Server.x86_64` {
		t.Error(err)
	}
	if _, err := c.Explain("app", "[a"); !errors.As(err, &noTree) {
		t.Error(err)
	}
	var bad *explain.QueryError
	for _, q := range []string{"", "[a", ".rpm"} {
		if _, err := c.Explain(q, ""); !errors.As(err, &bad) {
			t.Errorf("%q: %v", q, err)
		}
	}
	if _, err := explain.Open(t.TempDir()); err == nil || !strings.Contains(err.Error(), "no COMPOSE_ID") {
		t.Error(err)
	}
}

// TestHostile explains from records that someone made up: who brings each
// other in, a package in place of a tree, what belongs to no tree.
func TestHostile(t *testing.T) {
	l := phases.Layout{Top: filepath.Join(t.TempDir(), "a[b]*")}
	write := func(path, text string) {
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	write(l.ComposeID(), strings.Repeat("x", 1<<20))
	write(l.GatherResult(phases.Tree{Variant: "A", Arch: "x86_64"}),
		`{"package":"a-0:1-1.noarch","kind":"rpm","reason":"requires","by":"b-0:1-1.noarch","dep":"x"}`+"\n"+
			`{"package":"b-0:1-1.noarch","kind":"rpm","reason":"requires","by":"a-0:1-1.noarch","dep":"\u001b[31m"}`+"\n"+
			`{"package":"c-0:1-1.noarch","kind":"rpm","reason":"requires","by":"gone-0:1-1.noarch","dep":"y"}`+"\n")
	write(l.TrimRecord("trim-A"), `{"tree":"B.x86_64","package":"a-0:1-1.noarch","kind":"rpm","other":"A"}`+"\n"+
		`{"tree":"A.x86_64","package":"b-0:1-1.noarch","kind":"rpm","moved":true,"other":"A"}`+"\n")
	write(l.Work("x86_64", "gather_result", "Odd.aarch64.jsonl"), "not read: of another architecture")
	c, err := explain.Open(l.Top)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(c.Trees(), " "); got != "A.x86_64" {
		t.Error(got)
	}
	if len(c.ID) > 4096 {
		t.Errorf("an id of %d bytes", len(c.ID))
	}
	for _, q := range []string{"a", "b", "c", "*"} {
		a, err := c.Explain(q, "")
		if err != nil || !a.Known {
			t.Errorf("%s: %+v, %v", q, a, err)
		}
		if _, err := json.Marshal(a); err != nil {
			t.Error(err)
		}
	}
	if got := say(t, c, "z", ""); got != "out  [] nothing in the tree asks for it\nunknown []\n" {
		t.Error(got)
	}
}

// TestCorpus explains every package of $COMPOSE_EXPLAIN, a compose.
func TestCorpus(t *testing.T) {
	dir := os.Getenv("COMPOSE_EXPLAIN")
	if dir == "" {
		t.Skip("COMPOSE_EXPLAIN names no compose")
	}
	c, err := explain.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	a, err := c.Explain("*", "")
	if err != nil {
		t.Fatal(err)
	}
	for _, tr := range a.Trees {
		t.Logf("%s: %d in, %d out", tr.Tree, len(tr.In), len(tr.Out))
		for _, p := range tr.In {
			if len(p.Chain) == 0 || p.Chain[0].Pattern == "" {
				t.Errorf("%s: %s has no beginning", tr.Tree, p.Package)
			}
		}
	}
}
