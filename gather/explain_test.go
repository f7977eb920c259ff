package gather_test

import (
	"context"
	"strings"
	"testing"

	"compose/gather"
	"compose/internal/rpm"
)

const explained = `
build app 1-1 x86_64
    requires cap, tool
build long-provider 1-1 x86_64 i686
    provides cap
build provider 1-1 x86_64
    provides cap
build aprovider 1-1 noarch
    provides cap
build preferrr 1-1 x86_64
    provides cap
build filtered 1-1 x86_64
    provides cap
build tool 1-1 noarch
    requires deep
build tool 2-1 noarch
    requires deep
build deep 1-1 noarch
build alone 1-1 noarch
`

func explain(t *testing.T) *gather.Result {
	pkgs := casePackages(t, explained)
	in := gather.Input{Universe: gather.NewUniverse("x86_64", pkgs.List, pkgs.Paths()), Packages: patterns("app"), Filters: patterns("filt*")}
	in.Packages[0].Origin = "config.toml:3 gather.tree.add"
	r, err := gather.Gather(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestChain(t *testing.T) {
	r := explain(t)
	var lines []string
	for _, p := range r.Packages {
		if p.Pkg.Name == "deep" && p.Kind == gather.Source {
			for _, link := range r.Chains()(p.Pkg) {
				lines = append(lines, link.Pkg.String()+" "+link.Why.String())
			}
		}
	}
	want := `deep-1-1.src source of deep-1-1.noarch
deep-1-1.noarch required by tool-2-1.noarch (deep)
tool-2-1.noarch required by app-1-1.x86_64 (tool)
app-1-1.x86_64 asked for by "app" (config.toml:3 gather.tree.add)`
	if got := strings.Join(lines, "\n"); got != want {
		t.Errorf("got\n%s", got)
	}
	if r.Chains()(noarch("other")) != nil {
		t.Error("a package outside has a chain")
	}
}

func TestAbsent(t *testing.T) {
	r := explain(t)
	for name, want := range map[string]string{
		"long-provider": `long-provider-1-1.x86_64: preferrr-1-1.x86_64 has the shorter name (considered for app-1-1.x86_64, which requires cap)
long-provider-1-1.i686: preferrr-1-1.x86_64 is native (considered for app-1-1.x86_64, which requires cap)`,
		"provider":  `provider-1-1.x86_64: preferrr-1-1.x86_64 comes first by name (considered for app-1-1.x86_64, which requires cap)`,
		"aprovider": `aprovider-1-1.noarch: preferrr-1-1.x86_64 has the better architecture (considered for app-1-1.x86_64, which requires cap)`,
		"filtered":  `filtered-1-1.x86_64: excluded by "filt*"`,
		"tool": `tool-1-1.noarch: tool-2-1.noarch is newer
tool-1-1.src: tool-2-1.src is newer`,
		"alone": "",
		"app":   "",
	} {
		var lines []string
		for _, a := range r.Absent(func(p *rpm.Package) bool { return p.Name == name }) {
			lines = append(lines, a.String())
		}
		if got := strings.Join(lines, "\n"); got != want {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
		}
	}
}

// TestRejected: what is in already, and what a lookaside has.
func TestRejected(t *testing.T) {
	own := casePackages(t, "build a 1-1 x86_64\n requires cap, same\nbuild long-name 1-1 x86_64 i686\n provides cap\nbuild p 1-1 x86_64\n provides cap\nbuild same 1-1 x86_64 i686\n")
	aside := casePackages(t, "build same 1-1 x86_64\n")
	in := gather.Input{Universe: gather.NewUniverse("x86_64", own.List, nil).WithLookaside(aside.List, nil), Packages: patterns("a", "long-name.+")}
	r, err := gather.Gather(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, p := range r.Packages {
		for _, o := range p.Why.Over {
			lines = append(lines, o.String())
		}
	}
	// long-name was in, so nothing was decided for cap.
	if got := strings.Join(lines, "\n"); got != "same-1-1.i686: same-1-1.x86_64 is in a lookaside" {
		t.Errorf("got\n%s", got)
	}
}
