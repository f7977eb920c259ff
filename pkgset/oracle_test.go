package pkgset

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"compose/internal/rpm/store"
	"compose/internal/rpmtest"
)

// open opens a file of a case, which is compressed when it is large.
func openCase(t *testing.T, path string) io.Reader {
	t.Helper()
	if f, err := os.Open(path); err == nil {
		t.Cleanup(func() { f.Close() })
		return f
	}
	f, err := os.Open(path + ".gz")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// caseSet makes the packages of a case real and loads them.
func caseSet(t *testing.T, dir string) *Set {
	t.Helper()
	pkgs, err := rpmtest.FromJSONL(openCase(t, filepath.Join(dir, "universe.jsonl")))
	if err != nil {
		t.Fatal(err)
	}
	tree := t.TempDir()
	if _, err := rpmtest.Write(tree, pkgs); err != nil {
		t.Fatal(err)
	}
	return mustLoad(t, Source{Tag: "universe", Kind: KindDir, Path: tree}, newEnv(t))
}

// The subsets are those that Pungi made of the same packages.
func TestOracleSubsets(t *testing.T) {
	dirs, err := filepath.Glob(filepath.Join(rpmtest.Shared(t, "oracle/open"), "*", "expected"))
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range dirs {
		dir = filepath.Dir(dir)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			if _, err := os.Stat(filepath.Join(dir, "expected", "pkgset.json")); err != nil || filepath.Base(dir) == "pkgset-from-repos" {
				t.Skip("its package set is of another kind")
			}
			t.Parallel()
			want := map[string][]string{}
			if err := json.NewDecoder(openCase(t, filepath.Join(dir, "expected", "pkgset.json"))).Decode(&want); err != nil {
				t.Fatal(err)
			}
			conf, err := os.ReadFile(filepath.Join(dir, "pungi.conf"))
			if err != nil {
				t.Fatal(err)
			}
			set := caseSet(t, dir)
			var excluded []string
			for arch, files := range want {
				sub := NewSubset([]*Set{set}, arch, optionsOf(string(conf)))
				slices.Sort(files)
				if got := fileNames(sub); !slices.Equal(got, files) {
					t.Errorf("%s: %s", arch, difference(got, files))
				}
				for _, x := range sub.Excluded {
					excluded = append(excluded, fmt.Sprintf("Excluding (%s: ['%s']): %s", strings.ToUpper(x.Rule), strings.Join(x.Arches, "', '"), x.Entry.File))
				}
			}
			compareExcluded(t, dir, excluded)
		})
	}
}

func optionsOf(conf string) SubsetOptions {
	return SubsetOptions{
		Multilib:                     regexp.MustCompile(`(?m)^multilib = \[\S`).MatchString(conf),
		ExclusiveArchConsidersNoarch: !strings.Contains(conf, "pkgset_exclusive_arch_considers_noarch = False"),
		InheritExclusiveArch:         true,
	}
}

func fileNames(sub *Subset) []string {
	var list []string
	for _, p := range sub.Packages {
		list = append(list, sub.Entry(p).File)
	}
	slices.Sort(list)
	return list
}

func difference(got, want []string) string {
	not := func(list []string) func(string) bool {
		return func(s string) bool { return slices.Contains(list, s) }
	}
	return fmt.Sprintf("too many %q, missing %q",
		slices.DeleteFunc(slices.Clone(got), not(want)), slices.DeleteFunc(slices.Clone(want), not(got)))
}

func compareExcluded(t *testing.T, dir string, got []string) {
	b, err := os.ReadFile(filepath.Join(dir, "expected", "excluding-arch.txt"))
	if err != nil {
		return
	}
	want := slices.DeleteFunc(strings.Split(strings.TrimSpace(string(b)), "\n"), func(s string) bool { return !strings.HasPrefix(s, "Excluding") })
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("excluded: %s", difference(got, want))
	}
}

func newEnv(t testing.TB) Env {
	t.Helper()
	s, err := store.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return Env{Store: s, CacheDir: t.TempDir(), Workers: 2}
}

func mustLoad(t testing.TB, src Source, env Env) *Set {
	t.Helper()
	set, err := Load(t.Context(), src, env)
	if err != nil {
		t.Fatal(err)
	}
	return set
}
