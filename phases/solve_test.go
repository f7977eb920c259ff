package phases_test

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"compose/config"
	"compose/phases"
)

// solvePackages are what these tests choose from.
const solvePackages = `
build app 1.0-1 x86_64
    requires lib = 1.0-1, app-data
  sub app-data noarch
build lib 1.0-1 x86_64 i686
    file /usr/%{_lib}/lib.so.1 0755 "lib"
build lib-devel 1.0-1 x86_64 i686
    requires lib, nobody-has-it
build base 1.0-1 x86_64
`

func solve(t *testing.T, o phases.SolveOptions) *phases.Solved {
	t.Helper()
	o.Arch, o.Note = "x86_64", func(text string) { t.Log(text) }
	if o.CacheDir == "" {
		o.CacheDir = t.TempDir()
	}
	s, err := phases.Solve(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// solvedNames are the packages of a solution in one line.
func solvedNames(s *phases.Solved) string {
	var out []string
	for _, p := range s.Packages() {
		if p.Kind == "rpm" {
			out = append(out, p.Name)
		}
	}
	return strings.Join(out, " ")
}

// TestSolve wants the same solution from every kind of place, and the same as
// a compose has.
func TestSolve(t *testing.T) {
	f := newFixture(t, solvePackages)
	f.config = strings.Replace(f.config, `add = ["*"]`, "add = [\"app\", \"lib-devel\"]\nmultilib = [\"devel\"]", 1) + "[gather]\ncheck_deps = false\n"
	r := f.run()
	if r.err != nil {
		t.Fatal(r.err)
	}
	repository := filepath.Join(r.made.Dir, "compose", "Server", "x86_64", "os")
	server := httptest.NewServer(http.FileServer(http.Dir(repository)))
	defer server.Close()
	const want = "app-1.0-1.x86_64 app-data-1.0-1.noarch lib-1.0-1.i686 lib-1.0-1.x86_64 lib-devel-1.0-1.i686 lib-devel-1.0-1.x86_64"
	for _, place := range []string{f.packages, repository, "file://" + repository, server.URL} {
		s := solve(t, phases.SolveOptions{
			Repos: []string{place}, Tree: config.GatherTree{Add: []string{"app", "lib-devel"}, Multilib: []string{"devel"}}, Gather: config.Gather{Method: "deps"},
		})
		if got := solvedNames(s); got != want {
			t.Errorf("%s: %s", place, got)
		}
		if list := s.Unresolved(); len(list) != 2 || list[0] != "lib-devel-1.0-1.i686 needs nobody-has-it: nothing provides it" {
			t.Errorf("%s: %q", place, list)
		}
	}
}

// TestSolveLookaside has a lookaside beside two places with the same package.
func TestSolveLookaside(t *testing.T) {
	f, other := newFixture(t, solvePackages), newFixture(t, "build lib 1.0-1 x86_64\nbuild more 1.0-1 x86_64\n    requires app\n")
	cache := t.TempDir()
	options := phases.SolveOptions{
		CacheDir: cache, Repos: []string{f.packages, other.packages}, Lookaside: []string{other.packages}, Gather: config.Gather{Method: "deps"},
		Tree: config.GatherTree{Add: []string{"app", "nothing", "base"}, Filter: []string{"ba*", "none"}},
	}
	s := solve(t, options)
	if got := solvedNames(s); got != "app-1.0-1.x86_64 app-data-1.0-1.noarch" {
		t.Error(got)
	}
	if got := s.Unmatched(); !slices.Equal(got, []string{`filter "none" matches no package`, `package "nothing" matches no package`, `package "base" matches no package`}) {
		t.Errorf("%q", got)
	}
	if !strings.Contains(s.Count(), "2 more in lookasides") || s.Took.Load <= 0 || s.Took.Solve <= 0 {
		t.Error(s.Count(), s.Took)
	}
	if again := solve(t, options); !bytes.Equal(again.JSON(), s.JSON()) || !bytes.Equal(again.DOT([]string{"rpm"}), s.DOT([]string{"rpm"})) {
		t.Error("the second time is not like the first")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	options.Arch = "x86_64"
	if _, err := phases.Solve(ctx, options); err == nil {
		t.Error("solved after the end")
	}
}
