package phases_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"compose/internal/rpmtest"
	"compose/phases"
	"compose/phases/event"
)

// keptConfig has a tree of a few packages, one that looks aside to it, and one
// of everything.
const keptConfig = `
[release]
name = "Dummy Product"
short = "DP"
version = "1.0"

[[pkgset]]
tag = "base"
source = "dir"
path = "packages"

[[variant]]
id = "Server"
arches = ["x86_64"]

[[variant]]
id = "Client"
arches = ["x86_64"]

[[variant]]
id = "Everything"
arches = ["x86_64"]

[[gather.tree]]
variant = "Server"
add = ["app"]

[[gather.tree]]
variant = "Client"
add = ["other"]
lookaside_variants = ["Server"]

[[gather.tree]]
variant = "Everything"
add = ["*"]
`

const keptPackages = `
build app 2.0-1 x86_64
    requires lib

build lib 1.0-1 x86_64

build other 1.0-1 x86_64
    requires lib, tool

build tool 1.0-1 noarch
`

// TestGatherKept changes packages from compose to compose: trees that cannot
// change are not solved again, and what is made is what a full solve makes.
func TestGatherKept(t *testing.T) {
	work := t.TempDir()
	file := filepath.Join(work, "config.toml")
	if err := os.WriteFile(file, []byte(keptConfig), 0o644); err != nil {
		t.Fatal(err)
	}
	steps := []string{"gather/Server.x86_64", "gather/Client.x86_64", "gather/Everything.x86_64"}
	for i, c := range []struct{ what, packages, reused string }{
		{"the first compose", keptPackages, ""},
		{"nothing changed", keptPackages, "Server Client Everything"},
		{"one more", keptPackages + "\nbuild more 1-1 noarch\n", "Server Client"},
		{"what Client needs is newer", strings.Replace(keptPackages, "tool 1.0-1", "tool 1.0-2", 1), "Server"},
		{"another one has it too", keptPackages + "\nbuild t 1-1 noarch\n    provides tool\n", "Server"},
		{"as at first", keptPackages, "Server Client Everything"},
	} {
		writePackages(t, filepath.Join(work, "packages"), c.packages)
		cfg := load(t, file)
		o := runOptions(work)
		again := mustRun(t, cfg, o)
		o.NoReuse, o.Target, o.Events = true, filepath.Join(work, fmt.Sprint("full-", i)), event.New(nil)
		full := mustRun(t, cfg, o)
		var reused []string
		for _, step := range steps {
			if stateOf(again.facts, step) == event.Reused {
				reused = append(reused, strings.TrimSuffix(strings.TrimPrefix(step, "gather/"), ".x86_64"))
			}
			if stateOf(full.facts, step) != event.OK {
				t.Errorf("%s: %s is %s without reuse", c.what, step, stateOf(full.facts, step))
			}
		}
		if got := strings.Join(reused, " "); got != c.reused {
			t.Errorf("%s: not solved again are %q, want %q", c.what, got, c.reused)
		}
		for _, step := range steps {
			tree := phases.Tree{Variant: strings.TrimSuffix(strings.TrimPrefix(step, "gather/"), ".x86_64"), Arch: "x86_64"}
			a, b := readResult(t, again, tree), readResult(t, full, tree)
			if a != b {
				t.Errorf("%s: %s differs from a full solve:\n%s\n%s", c.what, tree, a, b)
			}
		}
	}
}

func writePackages(t *testing.T, dir, text string) {
	t.Helper()
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	list, err := rpmtest.Parse(strings.NewReader(text), "packages")
	if err == nil {
		_, err = rpmtest.Write(dir, list)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func readResult(t *testing.T, r *result, tree phases.Tree) string {
	t.Helper()
	b, err := os.ReadFile(phases.Layout{Top: r.made.Dir}.GatherResult(tree))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// stateOf is how a step ended.
func stateOf(facts []event.Event, step string) event.State {
	for _, e := range facts {
		if e.Kind == event.Ended && e.Step == step {
			return e.State
		}
	}
	return ""
}
