package depindex_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"compose/internal/depindex"
	"compose/internal/rpm"
	"compose/internal/rpmtest"
)

func pkg(name, arch string, provides ...string) *rpm.Package {
	p := &rpm.Package{Name: name, Version: "1", Release: "1", Arch: arch, SourceRPM: "s-1-1.src.rpm"}
	for _, s := range provides {
		d, err := rpmtest.ParseDep(s)
		if err != nil {
			panic(err)
		}
		p.Provides = append(p.Provides, d)
	}
	return p
}

func names(pkgs []*rpm.Package) string {
	var list []string
	for _, p := range pkgs {
		list = append(list, p.Name)
	}
	return strings.Join(list, " ")
}

func TestProviders(t *testing.T) {
	b, a := pkg("b", "x86_64", "cap = 2", "cap = 1", "/usr/bin/x"), pkg("a", "noarch", "cap", "b = 5")
	src := pkg("c", "src", "cap")
	away := pkg("away", "noarch")
	x := depindex.New([]*rpm.Package{b, a, src, b}, rpm.PathIndex{"/etc/a": {away, a, b}, "/usr/bin/x": {a, src}})
	for dep, want := range map[string]string{
		"cap":                           "b a",
		"cap = 2":                       "b a", // a package without a version provides every one
		"b":                             "b a",
		"b = 1-1":                       "b", // its own name is provided without saying so
		"b >= 5":                        "a",
		"c":                             "",
		"/usr/bin/x":                    "b a",
		"/etc/a":                        "b a",
		"/etc/a = 1":                    "",
		"/etc/b":                        "",
		"(cap and b = 5)":               "b a",
		"(nothing or b = 1)":            "b",
		"(b = 1 if cap)":                "b",
		"(b = 1 unless cap else b = 5)": "b a",
		"(cap with b = 5)":              "a",
		"(cap without b = 5)":           "b",
		"rpmlib(Files)":                 "",
	} {
		d, err := rpmtest.ParseDep(dep)
		if err != nil {
			t.Fatal(err)
		}
		if got := names(x.Providers(d)); got != want {
			t.Errorf("%s: provided by %q, want %q", dep, got, want)
		}
		if sat := x.Satisfied(d); sat != (want != "" || dep == "rpmlib(Files)") {
			t.Errorf("%s: satisfied is %v", dep, sat)
		}
	}
	if got := names(x.ByName("c")); got != "c" || len(x.ByName("cap")) > 0 || x.Len() != 3 {
		t.Errorf("by name %q, %d packages", got, x.Len())
	}
	if n := len(x.IDsBySource("s-1-1.src.rpm")); n != 3 || len(x.IDsBySource("t")) > 0 {
		t.Errorf("%d packages of the source", n)
	}
	if id, ok := x.ID(a); !ok || x.Package(id) != a {
		t.Errorf("id %d, %v", id, ok)
	}
	if _, ok := x.ID(away); ok {
		t.Error("a package outside has a number")
	}
}

func TestRequires(t *testing.T) {
	p := pkg("p", "noarch", "own = 1", "p = 1-1")
	for _, s := range []string{
		"rpmlib(X) <= 1", "own = 1", "own", "own = 2", "/usr/bin/p", "/usr/share/p", "libc.so.6(GLIBC_2.4)(64bit)",
		"libc.so.6()(64bit)", "libc.so.6(GLIBC_2.34)(64bit)", "libc.so.6(GLIBC_2.9)(64bit)", "last",
	} {
		d, _ := rpmtest.ParseDep(s)
		p.Requires = append(p.Requires, d)
	}
	index := depindex.New([]*rpm.Package{p}, rpm.PathIndex{"/usr/bin/p": {p}, "/usr/share/p": {p}})
	check := func() {
		t.Helper()
		var got []string
		for d := range index.Requires(p) {
			got = append(got, d.String())
		}
		if want := "own, own = 2, /usr/share/p, last, libc.so.6(GLIBC_2.34)(64bit)"; strings.Join(got, ", ") != want {
			t.Errorf("requires %s", strings.Join(got, ", "))
		}
	}
	check()
	for i := range 2000 { // so many that they are looked up in another way
		p.Provides = append(p.Provides, rpm.Dep{Name: fmt.Sprint("cap", i)})
	}
	check()
	for range index.Requires(p) {
		break
	}
}

// TestWide compares a name with very many provides, which are kept sorted,
// with the plain comparison one by one.
func TestWide(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	evr := func() string {
		pick := func(list ...string) string { return list[r.IntN(len(list))] }
		return pick("", "", "0:", "1:", ":") + pick("", "1", "1.0", "2", "2~a", "2^a", "10", "a") + pick("", "", "-1", "-2~x", "-1.1", "-")
	}
	sense := func() rpm.Sense { return rpm.Sense(r.IntN(8)) << 1 }
	var pkgs []*rpm.Package
	for i := range 400 {
		p := pkg(fmt.Sprint("p", i), "noarch")
		for range 1 + r.IntN(2) {
			p.Provides = append(p.Provides, rpm.Dep{Name: "cap", Sense: sense(), EVR: evr()})
		}
		pkgs = append(pkgs, p)
	}
	index := depindex.New(pkgs, nil)
	for range 3000 {
		d := rpm.Dep{Name: "cap", Sense: sense() | rpm.ScriptPre, EVR: evr()}
		var want []*rpm.Package
		for _, p := range pkgs {
			if slices.ContainsFunc(p.Provides, func(c rpm.Dep) bool { return rpm.Satisfies(c, d) }) {
				want = append(want, p)
			}
		}
		if got := index.Providers(d); !slices.Equal(got, want) {
			t.Fatalf("%s: %d providers, want %d", d, len(got), len(want))
		}
		if index.Satisfied(d) != (len(want) > 0) {
			t.Fatalf("%s: satisfied is %v", d, index.Satisfied(d))
		}
	}
}
