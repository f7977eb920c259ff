package pkgset

import (
	"slices"
	"strings"
	"testing"
)

func TestSubsetOfSeveralTags(t *testing.T) {
	env := newEnv(t)
	load := func(tag, text string, keys ...string) *Set {
		return mustLoad(t, Source{Tag: tag, Kind: KindDir, Path: build(t, text), SigKeys: keys}, env)
	}
	updates := load("updates", "package a 2-1 x86_64\nsource a-2-1.src.rpm\npackage both 1-1 x86_64\nsource both-1-1.src.rpm\nsummary first\n"+
		"package unsigned 1-1 x86_64\nsource unsigned-1-1.src.rpm\nsummary first", "aaaaaaaa", "bbbbbbbb")
	for _, e := range updates.Entries {
		e.SigOK = e.Pkg.Name != "unsigned"
	}
	base := load("base", "package a 1-1 x86_64\nsource a-1-1.src.rpm\npackage both 1-1 x86_64\nsource both-1-1.src.rpm\npackage unsigned 1-1 x86_64\nsource unsigned-1-1.src.rpm")
	sources := load("sources", "package a 1-1 src\npackage a 2-1 src\npackage a 3-1 src\npackage both 1-1 src\npackage n 1-1 src\nexclusivearch s390x")
	noarch := load("noarch", "package n 1-1 noarch\nsource n-1-1.src.rpm")
	sub := NewSubset([]*Set{updates, base, sources, noarch}, "x86_64", SubsetOptions{InheritExclusiveArch: true})
	var got []string
	for _, p := range sub.Packages {
		got = append(got, sub.Entry(p).Tag+"/"+p.String())
	}
	want := []string{"updates/a-2-1.x86_64", "updates/both-1-1.x86_64", "base/unsigned-1-1.x86_64", "base/a-1-1.x86_64",
		"sources/a-1-1.src", "sources/a-2-1.src", "sources/both-1-1.src"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	var out []string
	for _, x := range sub.Excluded {
		out = append(out, x.String())
	}
	wantOut := []string{"excluding n-1-1.noarch: ExclusiveArch s390x", "excluding base/both-1-1.x86_64: in tag updates", "excluding updates/unsigned-1-1.x86_64: in tag base"}
	if !slices.Equal(out, wantOut) {
		t.Errorf("%q, want %q", out, wantOut)
	}
	sub = NewSubset([]*Set{noarch, sources}, "x86_64", SubsetOptions{})
	if got := fileNames(sub); strings.Join(got, " ") != "n-1-1.noarch.rpm n-1-1.src.rpm" {
		t.Errorf("without inheritance: %q", got)
	}
	if sub.Entry(base.Entries[0].Pkg) != nil {
		t.Error("an entry of another subset")
	}
}
