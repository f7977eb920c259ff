package installcheck_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"compose/internal/installcheck"
	"compose/internal/rpm"
)

// TestAnswersAreThoseOfLibsolv compares with libsolv's installcheck on random
// universes: with and without source packages, rich dependencies, lookasides.
func TestAnswersAreThoseOfLibsolv(t *testing.T) {
	run := program(t)
	dir := t.TempDir()
	problems := 0
	for seed := range uint64(400) {
		r := random{Rand: rand.New(rand.NewPCG(seed, 5)), names: 3 + int(seed%40), rich: int(seed%6) * 12}
		pkgs := r.packages(5 + r.IntN(3*r.names))
		aside := len(pkgs)
		if seed%3 == 0 {
			aside = r.IntN(len(pkgs) + 1)
		}
		u := universeOf(t, pkgs)
		o := installcheck.Options{Lookaside: make([]bool, len(pkgs))}
		for i := aside; i < len(pkgs); i++ {
			o.Lookaside[i] = true
		}
		args := []string{"x86_64", write(t, dir, fmt.Sprint("a", seed), pkgs[:aside])}
		if aside < len(pkgs) {
			args = append(args, "--nocheck", write(t, dir, fmt.Sprint("b", seed), pkgs[aside:]))
		}
		if seed%2 == 0 {
			o.Sources = installcheck.WithSources
			args = append(args, "--withsrc")
		}
		got := check(t, u, o)
		want := broken(run(args...))
		problems += len(want)
		if !slices.Equal(keys(got), want) {
			t.Errorf("seed %d: got\n%s\nwant\n%s", seed, strings.Join(keys(got), "\n"), strings.Join(want, "\n"))
			for _, p := range pkgs {
				t.Log(p, p.Provides, p.Requires, p.Conflicts, p.Obsoletes, p.Recommends, p.Suggests, p.Supplements, p.Enhances)
			}
			return
		}
	}
	if problems < 1000 {
		t.Errorf("only %d problems compared", problems)
	}
}

func write(t testing.TB, dir, name string, pkgs []*rpm.Package) string {
	file := filepath.Join(dir, name+"-primary.xml")
	if err := os.WriteFile(file, primary(pkgs), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}
