package repo_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"compose/internal/rpm"
	"compose/repo"
)

func TestCheckInstallable(t *testing.T) {
	app := pkg(t, "app-1-1.x86_64", nil, []string{"tool", "/usr/share/words"})
	tool := pkg(t, "tool-1-1.x86_64", nil, []string{"lib = 1"})
	lib1, lib2 := pkg(t, "lib-1-1.x86_64", nil, nil), pkg(t, "lib-2-1.x86_64", nil, []string{"none"})
	words := pkg(t, "words-1-1.noarch", nil, nil)
	words.Conflicts = []rpm.Dep{dep(t, "lib < 2")}
	fine := pkg(t, "fine-1-1.noarch", nil, []string{"(words or none)", "rpmlib(X) <= 1"})
	source := pkg(t, "source-1-1.src", nil, []string{"none"})
	in := repo.ClosureInput{
		Packages: []*rpm.Package{fine, app, tool, lib2, source, tool}, Lookaside: []*rpm.Package{lib1, words},
		Paths: rpm.PathIndex{"/usr/share/words": {words}}, Arches: []string{"x86_64", "i686", "noarch"},
	}
	list, err := repo.CheckInstallable(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, u := range list {
		got = append(append(got, u.Pkg.String()), u.Why...)
	}
	want := []string{
		"app-1-1.x86_64",
		"package app-1-1.x86_64 requires tool, but none of the providers can be installed",
		"package app-1-1.x86_64 requires /usr/share/words, but none of the providers can be installed",
		"package tool-1-1.x86_64 requires lib = 1, but none of the providers can be installed",
		"package words-1-1.noarch conflicts with lib < 2 provided by lib-1-1.x86_64",
		"lib-2-1.x86_64",
		"nothing provides none needed by lib-2-1.x86_64",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s", strings.Join(got, "\n"))
	}
}

func TestClosureKey(t *testing.T) {
	a, b := pkg(t, "a-1-1.x86_64", nil, nil), pkg(t, "b-1-1.x86_64", nil, nil)
	a.Sum, b.Sum = rpm.Checksum{Type: "sha256", Hex: "aa"}, rpm.Checksum{Type: "sha256", Hex: "bb"}
	list := func(p ...*rpm.Package) []*rpm.Package { return p }
	key := func(in repo.ClosureInput) string { return in.Key() }
	one := key(repo.ClosureInput{Packages: list(a, b)})
	if one != key(repo.ClosureInput{Packages: list(b, a), Workers: 3}) {
		t.Error("the order of packages matters")
	}
	for _, in := range []repo.ClosureInput{
		{}, {Packages: list(a)}, {Packages: list(a), Lookaside: list(b)}, {Packages: list(b), Lookaside: list(a)},
		{Packages: list(a, b), Arches: []string{"x86_64"}},
	} {
		if in.Key() == one {
			t.Errorf("%+v has the same key", in)
		}
	}
}
