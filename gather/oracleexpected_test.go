package gather_test

import (
	"fmt"
	"path"
	"slices"
	"sort"
	"strings"
	"testing"

	"compose/gather"
	"compose/internal/oracletest"
)

// nodeps says whether the case's method is nodeps.
func (r *oracleRun) nodeps() bool {
	methods, _ := r.c.Conf["gather_method"].(map[string]any)
	for _, m := range methods {
		return m.(map[string]any)["comps"] == "nodeps"
	}
	return false
}

// shipped lists what is in the trees after trimming.
func (r *oracleRun) shipped() []string {
	var trees []gather.Tree
	for _, v := range r.c.Variants {
		for _, arch := range v.Arches {
			if v.Empty {
				continue
			}
			tree := gather.Tree{Variant: v.UID, Type: gather.VariantType(v.Type), Arch: arch, Packages: r.results[v.UID+"."+arch].Packages}
			if v.Parent != nil {
				tree.Parent = v.Parent.UID
			}
			trees = append(trees, tree)
		}
	}
	trees, _ = gather.Trim(trees, gather.CompatPungi43)
	var list []string
	for _, tree := range trees {
		for _, p := range tree.Packages {
			if !slices.Contains(p.Flags, "lookaside") {
				list = append(list, shippedLine(tree.Variant, tree.Arch, p.Pkg.FileName()))
			}
		}
	}
	return list
}

func shippedLine(variant, arch, file string) string { return variant + "." + arch + " " + file }

// expected is what Pungi gave.
type expected struct {
	trees      map[string]map[string]map[string][]string // tree, kind, file, flags
	unresolved map[string][]string
	shipped    []string // files in the trees at the end
}

func loadExpected(t *testing.T, c *oracletest.Case) *expected {
	e := &expected{unresolved: map[string][]string{}}
	if _, err := c.JSON("expected/gather.json", &e.trees); err != nil {
		t.Fatal(err)
	}
	var list []struct{ Tree, Package, Requirement string }
	if _, err := c.JSON("expected/unresolved.json", &list); err != nil {
		t.Fatal(err)
	}
	for _, u := range list {
		e.unresolved[u.Tree] = append(e.unresolved[u.Tree], u.Package+" needs "+u.Requirement)
	}
	type file struct{ Path string }
	var rpms struct {
		Payload struct {
			Rpms map[string]map[string]map[string]map[string]file // variant, arch, source, package
		}
	}
	if _, err := c.JSON("expected/rpms.json", &rpms); err != nil {
		t.Fatal(err)
	}
	for variant, arches := range rpms.Payload.Rpms {
		for arch, sources := range arches {
			for _, files := range sources {
				for _, f := range files {
					e.shipped = append(e.shipped, shippedLine(variant, arch, path.Base(f.Path)))
				}
			}
		}
	}
	return e
}

func (e *expected) compare(t *testing.T, tree string, r *gather.Result) {
	t.Helper()
	if e.trees[tree] == nil {
		return // the run ended before, or its method is nodeps
	}
	var want, got []string
	for kind, files := range e.trees[tree] {
		for file, flags := range files {
			name, _, _ := strings.Cut(file, " ")
			want = append(want, fmt.Sprint(kind, " ", name, " ", flags))
		}
	}
	for _, p := range r.Packages {
		got = append(got, fmt.Sprint(p.Kind, " ", p.Pkg.FileName(), " ", append([]string{}, p.Flags...)))
	}
	diff(t, tree, got, want)
	var missing []string
	for _, m := range r.Missing {
		missing = append(missing, m.Pkg.Name+"."+m.Pkg.Arch+" needs "+m.Requires.String())
	}
	diff(t, tree, missing, e.unresolved[tree])
}

// diff reports what only one of the lists has.
func diff(t *testing.T, what string, got, want []string) {
	t.Helper()
	sort.Strings(got)
	sort.Strings(want)
	got, want = slices.Compact(got), slices.Compact(want)
	for _, g := range got {
		if !slices.Contains(want, g) {
			t.Errorf("%s: too much: %s", what, g)
		}
	}
	for _, w := range want {
		if !slices.Contains(got, w) {
			t.Errorf("%s: lacking:  %s", what, w)
		}
	}
}
