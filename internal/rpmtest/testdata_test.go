package rpmtest

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"compose/internal/rpm"
)

func readText(t *testing.T, path string) []Package {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	pkgs, err := Parse(f, filepath.Base(path))
	if err != nil {
		t.Fatal(err)
	}
	return pkgs
}

// TestTexts writes every text of testdata and lets rpm check the digests.
func TestTexts(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(RepoRoot(t), "testdata/packages/*.txt"))
	if err != nil || len(files) < 6 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			pkgs := readText(t, file)
			dir := t.TempDir()
			paths, err := Write(dir, pkgs)
			if err != nil {
				t.Fatal(err)
			}
			if sorted := slices.Sorted(slices.Values(paths)); len(slices.Compact(sorted)) != len(pkgs) {
				t.Error("two packages in one file")
			}
			if strings.HasPrefix(filepath.Base(file), "hostile") {
				return
			}
			NeedProgram(t, "rpm")
			out := run(t, dir, append([]string{"rpm", "-K", "--nosignature"}, paths...)...)
			if n := strings.Count(out, "digests OK\n"); n != len(pkgs) {
				t.Errorf("%d of %d packages have right digests: %s", n, len(pkgs), out)
			}
		})
	}
}

// TestSampleIsComplete looks for a provider of every plain requirement, by
// name alone, on each architecture.
func TestSampleIsComplete(t *testing.T) {
	pkgs := readText(t, filepath.Join(RepoRoot(t), "testdata/packages/sample.txt"))
	for _, arches := range [][]string{{"x86_64", "i686", "noarch"}, {"aarch64", "noarch"}} {
		provided := map[string]bool{}
		for _, p := range pkgs {
			if !slices.Contains(arches, p.Arch) {
				continue
			}
			for _, d := range p.Provides {
				provided[d.Name] = true
			}
			for _, f := range p.Files {
				provided[f.Path] = true
			}
		}
		for _, p := range pkgs {
			if !slices.Contains(arches, p.Arch) && !p.IsSource() {
				continue
			}
			for _, d := range p.Requires {
				if !provided[d.Name] && d.Name[0] != '(' {
					t.Errorf("%v: %s needs %s", arches, p.FileName(), d.Name)
				}
			}
		}
	}
}

// TestSampleShows holds the sample to what it is there for.
func TestSampleShows(t *testing.T) {
	pkgs := readText(t, filepath.Join(RepoRoot(t), "testdata/packages/sample.txt"))
	count := map[string]int{}
	keys := map[string]bool{}
	for _, p := range pkgs {
		count[p.Arch]++
		if strings.HasSuffix(p.Name, "-debuginfo") {
			count["debuginfo"]++
		}
		if len(p.ExclusiveArch)+len(p.ExcludeArch) > 0 && p.Arch == "noarch" {
			count["exclusive noarch"]++
		}
		if slices.ContainsFunc(p.Requires, rpm.Dep.IsRich) {
			count["rich"]++
		}
		for _, s := range p.Signatures {
			keys[s.KeyID] = true
		}
	}
	for what, least := range map[string]int{
		"x86_64": 40, "aarch64": 40, "i686": 8, "noarch": 15, "src": 20, "nosrc": 1, "debuginfo": 10, "exclusive noarch": 2, "rich": 4,
	} {
		if count[what] < least {
			t.Errorf("%d %s packages, want %d", count[what], what, least)
		}
	}
	if len(keys) != 2 {
		t.Errorf("keys %v, want two", keys)
	}
}
