package repo_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"compose/internal/oracletest"
	"compose/internal/rpm"
	"compose/internal/rpmtest"
	"compose/repo"
)

func dep(t *testing.T, text string) rpm.Dep {
	t.Helper()
	d, err := rpmtest.ParseDep(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// pkg makes a package that provides itself, from "name-version-release.arch".
func pkg(t *testing.T, nvra string, provides, requires []string) *rpm.Package {
	t.Helper()
	m := regexp.MustCompile(`^(.+)-([^-]+)-([^-]+)\.([^.]+)$`).FindStringSubmatch(nvra)
	p := &rpm.Package{Name: m[1], Version: m[2], Release: m[3], Arch: m[4]}
	p.Provides = []rpm.Dep{{Name: p.Name, Sense: rpm.Equal, EVR: p.Version + "-" + p.Release}}
	for _, s := range provides {
		p.Provides = append(p.Provides, dep(t, s))
	}
	for _, s := range requires {
		p.Requires = append(p.Requires, dep(t, s))
	}
	return p
}

func TestCheckClosure(t *testing.T) {
	app := pkg(t, "app-1-1.x86_64", nil, []string{
		"lib >= 2", "lib >= 3", "/usr/bin/tool", "/usr/bin/none", "rpmlib(CompressedFileNames)", "app = 1-1",
		"(lib and none)", "(none or nowhere)", "(none if lib)", "config(app) = 1", "old < 2", "aside", "source",
	})
	pre := pkg(t, "pre-1-1.noarch", nil, nil)
	pre.Requires = []rpm.Dep{{Name: "none", Sense: rpm.ScriptPre}, {Name: "none"}}
	lib := pkg(t, "lib-2-1.x86_64", nil, nil)
	in := repo.ClosureInput{
		Packages: []*rpm.Package{
			pre, app, lib, pkg(t, "old-2-1.x86_64", nil, nil), pkg(t, "old-1-1.x86_64", nil, nil),
			pkg(t, "source-1-1.src", []string{"source"}, []string{"none"}),
			pkg(t, "foreign-1-1.aarch64", []string{"none"}, []string{"none"}),
		},
		Lookaside: []*rpm.Package{pkg(t, "aside-1-1.x86_64", nil, []string{"nothing"})},
		Paths:     rpm.PathIndex{"/usr/bin/tool": {lib}, "/usr/bin/none": {pkg(t, "elsewhere-1-1.x86_64", nil, nil)}},
		Arches:    []string{"x86_64", "i686"},
	}
	want := []string{
		"app-1-1.x86_64 requires (none if lib)",
		"app-1-1.x86_64 requires (none or nowhere)",
		"app-1-1.x86_64 requires /usr/bin/none",
		"app-1-1.x86_64 requires config(app) = 1",
		"app-1-1.x86_64 requires lib >= 3",
		"app-1-1.x86_64 requires source",
		"pre-1-1.noarch requires none",
	}
	for workers := range 9 {
		in.Workers = workers
		if got := closure(t, in); !slices.Equal(got, want) {
			t.Errorf("%d workers:\n%s", workers, strings.Join(got, "\n"))
		}
	}
	in.Arches = nil
	if got := closure(t, in); len(got) != 4 { // the foreign package provides "none"
		t.Errorf("all architectures:\n%s", strings.Join(got, "\n"))
	}
}

func closure(t *testing.T, in repo.ClosureInput) []string {
	t.Helper()
	broken, err := repo.CheckClosure(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, b := range broken {
		list = append(list, b.String())
	}
	return list
}

func TestCheckClosureStops(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := repo.CheckClosure(ctx, repo.ClosureInput{Packages: []*rpm.Package{pkg(t, "a-1-1.noarch", nil, nil)}})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v", err)
	}
}

// TestClosureIsThatOfDnf compares with dnf repoclosure on random repositories.
func TestClosureIsThatOfDnf(t *testing.T) {
	rpmtest.NeedProgram(t, "createrepo_c")
	dnf := rpmtest.DnfRepoclosure(t)
	for seed := range uint64(4) {
		list := oracletest.Random(rand.New(rand.NewPCG(seed, 7)), 10+20*int(seed))
		pkgs := oracletest.Records(list)
		for _, arches := range [][]string{{"x86_64", "i686", "noarch"}, {"x86_64", "noarch"}} {
			got := closure(t, repo.ClosureInput{Packages: pkgs.List, Paths: pkgs.Paths(), Arches: arches})
			want := dnfClosure(t, dnf, list, arches)
			if len(want) == 0 {
				t.Fatal("dnf finds nothing broken")
			}
			for i := range got {
				got[i] = normal(got[i])
			}
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("seed %d, %v: got\n%s\nwant\n%s", seed, arches, strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		}
	}
}

// normal writes a line without what libsolv leaves out.
func normal(line string) string {
	return strings.NewReplacer(" 0:", " ", "(", "", ")", "").Replace(line)
}

// dnfClosure runs dnf repoclosure on packages of these architectures alone: a
// system of the first one would accept more.
func dnfClosure(t *testing.T, dnf func(...string) string, all []rpmtest.Package, arches []string) []string {
	list := slices.DeleteFunc(slices.Clone(all), func(p rpmtest.Package) bool { return !slices.Contains(arches, p.Arch) })
	dir := t.TempDir()
	if _, err := rpmtest.Write(dir, list); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("createrepo_c", "-q", "--no-database", dir).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	id := fmt.Sprintf("r%x", sha256.Sum256([]byte(dir))) // a name of its own in dnf's cache
	args := []string{"--forcearch=" + arches[0], "--repofrompath=" + id + ",file://" + dir, "--repo=" + id, "--check=" + id}
	for _, a := range arches {
		args = append(args, "--arch="+a)
	}
	out := dnf(args...)
	var lines []string
	pkg := ""
	for line := range strings.Lines(out) {
		line = strings.TrimSpace(line)
		if p, ok := strings.CutPrefix(line, "package: "); ok {
			pkg, _, _ = strings.Cut(p, " ")
		} else if line != "" && !strings.HasPrefix(line, "unresolved deps") {
			lines = append(lines, normal(fmt.Sprintf("%s requires %s", pkg, line)))
		}
	}
	return lines
}
