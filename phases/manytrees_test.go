package phases_test

import (
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"compose/phases"
)

// manyTrees is a configuration of n variants on two architectures.
func manyTrees(f *fixture, n int) string {
	var b strings.Builder
	b.WriteString(strings.ReplaceAll(smallConfig, "SOURCE", dirSource))
	for i := range n {
		fmt.Fprintf(&b, "[[variant]]\nid = \"V%d\"\narches = [\"x86_64\", \"aarch64\"]\n", i)
	}
	path := filepath.Join(f.work, "config.toml")
	f.write("config.toml", []byte(b.String()))
	return path
}

// TestManyTrees plans ten thousand trees: time and memory go with their
// number, not with its square.
func TestManyTrees(t *testing.T) {
	f := newFixture(t, smallPackages)
	measure := func(variants int) (time.Duration, uint64, int) {
		path := manyTrees(f, variants)
		began := time.Now()
		cfg := load(t, path)
		loaded := time.Now()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		plan, err := phases.Plan(cfg, f.options.Options)
		if err != nil {
			t.Fatal(err)
		}
		took := time.Since(began)
		runtime.ReadMemStats(&after)
		t.Logf("%d trees: loaded in %v, planned in %v", 2*variants, loaded.Sub(began), time.Since(loaded))
		return took, after.TotalAlloc - before.TotalAlloc, plan.Dag.Len()
	}
	_, few, fewSteps := measure(500)
	took, many, manySteps := measure(5000)
	if manySteps < 50_000 || took > 20*time.Second || many > 30*few {
		t.Errorf("%d steps in %v; %d MiB, and %d MiB for %d steps", manySteps, took, many>>20, few>>20, fewSteps)
	}
}
