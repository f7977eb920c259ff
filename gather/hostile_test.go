package gather_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"compose/gather"
	"compose/internal/rpm"
)

func noarch(name string) *rpm.Package {
	return &rpm.Package{
		Name: name, Version: "1", Release: "1", Arch: "noarch",
		Provides: []rpm.Dep{{Name: name, Sense: rpm.Equal, EVR: "1-1"}},
	}
}

func solve(t *testing.T, pkgs []*rpm.Package) *gather.Result {
	t.Helper()
	u := gather.NewUniverse("x86_64", pkgs, nil)
	r, err := gather.Gather(context.Background(), gather.Input{Universe: u, Packages: patterns("*")})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestManyProvides: one package with 100,000 provides, most of one name, and
// as many requirements on them.
func TestManyProvides(t *testing.T) {
	big, user := noarch("big"), noarch("user")
	for i := range 100000 {
		evr := fmt.Sprintf("%d-1", i)
		big.Provides = append(big.Provides, rpm.Dep{Name: "one", Sense: rpm.Equal, EVR: evr}, rpm.Dep{Name: "cap" + evr})
		user.Requires = append(user.Requires, rpm.Dep{Name: "one", Sense: rpm.Equal, EVR: evr}, rpm.Dep{Name: "cap" + evr})
	}
	user.Requires = append(user.Requires, rpm.Dep{Name: "one", Sense: rpm.Greater, EVR: "99999"})
	if r := solve(t, []*rpm.Package{big, user}); len(r.Missing) != 1 {
		t.Errorf("%d missing", len(r.Missing))
	}
}

// TestManyProviders: 20,000 packages that provide the same, with 2,000
// different requirements on it.
func TestManyProviders(t *testing.T) {
	user := noarch("user")
	pkgs := []*rpm.Package{user}
	for i := range 20000 {
		p := noarch(fmt.Sprintf("p%d", i))
		p.Provides = append(p.Provides, rpm.Dep{Name: "one", Sense: rpm.Equal, EVR: fmt.Sprintf("%d-1", i)})
		pkgs = append(pkgs, p)
		if i%10 == 0 {
			user.Requires = append(user.Requires, rpm.Dep{Name: "one", Sense: rpm.Greater, EVR: fmt.Sprintf("%d", i)})
		}
	}
	if r := solve(t, pkgs); len(r.Packages) != len(pkgs) {
		t.Errorf("%d packages", len(r.Packages))
	}
}

// TestLongChain: 50,000 packages that require one another one by one.
func TestLongChain(t *testing.T) {
	var pkgs []*rpm.Package
	for i := range 50000 {
		p := noarch(fmt.Sprintf("p%05d", i))
		p.Requires = []rpm.Dep{{Name: fmt.Sprintf("p%05d", (i*7+1)%50000)}}
		pkgs = append(pkgs, p)
	}
	u := gather.NewUniverse("x86_64", pkgs, nil)
	r, err := gather.Gather(context.Background(), gather.Input{Universe: u, Packages: patterns("p00000")})
	if err != nil || len(r.Packages) == 0 {
		t.Errorf("%v, %v", r, err)
	}
}

func TestStrangeDependencies(t *testing.T) {
	p := noarch("a")
	for _, name := range []string{
		strings.Repeat("(a and ", 1000) + "a" + strings.Repeat(")", 1000), "(", "()", "(a", "(a and)", "(a foo b)",
		strings.Repeat("x", 1<<20), "/", "//", "rpmlib(x)", "", " ", "(a with (b or c))", strings.Repeat("(", 1<<17),
	} {
		p.Requires = append(p.Requires, rpm.Dep{Name: name})
		p.Provides = append(p.Provides, rpm.Dep{Name: name}, rpm.Dep{Name: "x", Sense: 14, EVR: name}, rpm.Dep{Name: "x", Sense: 8})
	}
	p.Requires = append(p.Requires, rpm.Dep{Name: "y", Sense: 8, EVR: "::--"})
	r := solve(t, []*rpm.Package{p, p, {}, {Name: "-debuginfo", Arch: "noarch"}, {Name: "s", Arch: "src"}, {Name: "n", Arch: "noarch", SourceRPM: "-"}})
	if len(r.Missing) == 0 {
		t.Error("nothing is missing")
	}
}

func TestGatherStops(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	u := gather.NewUniverse("x86_64", []*rpm.Package{noarch("a")}, nil)
	for _, method := range []gather.Method{gather.Deps, gather.NoDeps} {
		if _, err := gather.Gather(ctx, gather.Input{Universe: u, Method: method, Packages: patterns("a")}); !errors.Is(err, context.Canceled) {
			t.Errorf("method %d: error is %v", method, err)
		}
	}
}

func TestRefusals(t *testing.T) {
	u := gather.NewUniverse("x86_64", nil, nil)
	for want, in := range map[string]gather.Input{
		"no universe":               {},
		"unknown method 7":          {Universe: u, Method: 7},
		"no such method":            {Universe: u, Multilib: gather.Multilib{Methods: []gather.MultilibMethod{"most"}}},
		"no file lists":             {Universe: u, Multilib: gather.Multilib{Methods: []gather.MultilibMethod{gather.MultilibDevel}}},
		"error parsing regexp":      {Universe: u, Method: gather.NoDeps, Compat: gather.CompatPungi43, Packages: patterns("a(")},
		"holds no packages of s390": {Universe: u, Prepopulate: patterns("a.s390")},
	} {
		_, err := gather.Gather(context.Background(), in)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v does not say %q", err, want)
		}
	}
}

// TestRichShapes: rich dependencies that are nested 1,000 deep or have 5,000
// sides, and globs against names of 1 MB, all in bounded time and memory, with
// and without Pungi's faults.
func TestRichShapes(t *testing.T) {
	deep := func(open, inner, end string) string {
		return strings.Repeat(open, 1000) + inner + strings.Repeat(end, 1000)
	}
	p := noarch("a")
	for _, name := range []string{
		deep("(a and (b or ", "a", "))"), deep("(a or (a and ", "b", "))"), deep("(a if (a or ", "b", "))"), deep("(", "a if b", " else a)"),
		deep("(a unless (b if ", "a", "))"), deep("((a with b) or ", "a", ")"), "(" + strings.Repeat("a or ", 5000) + "b)", "(" + strings.Repeat("a and ", 5000) + "b)",
	} {
		p.Requires = append(p.Requires, rpm.Dep{Name: name})
	}
	long := noarch(strings.Repeat("a", 1<<20))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	for _, compat := range []gather.Compat{gather.CompatNone, gather.CompatPungi43} {
		u := gather.NewUniverse("x86_64", []*rpm.Package{p, long}, nil)
		in := gather.Input{Universe: u, Packages: patterns("a", "*a*a*a*b", "a*[a-b]?a*"), Compat: compat}
		if _, _, err := gather.Kept(context.Background(), in); err != nil {
			t.Fatal(err)
		}
	}
	runtime.ReadMemStats(&after)
	if took, used := time.Since(start), (after.TotalAlloc-before.TotalAlloc)>>20; took > 30*time.Second || used > 1024 {
		t.Errorf("it took %v and %d MiB", took, used)
	}
}
