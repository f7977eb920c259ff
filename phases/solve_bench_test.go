package phases_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"compose/config"
	"compose/phases"
	"compose/phases/event"
)

// corpus gives the folder $COMPOSE_CORPUS and a cache that knows its packages
// after the first run; $COMPOSE_CORPUS_CACHE keeps it between benchmarks.
func corpus(b *testing.B) (dir, cache string) {
	dir, cache = os.Getenv("COMPOSE_CORPUS"), os.Getenv("COMPOSE_CORPUS_CACHE")
	if dir == "" {
		b.Skip("COMPOSE_CORPUS names no folder of packages")
	}
	if cache == "" {
		cache = b.TempDir()
	}
	return dir, cache
}

// BenchmarkSolve solves one tree of everything; the goal for 17,000 binary
// packages is 0.3 s once the store is loaded.
func BenchmarkSolve(b *testing.B) {
	dir, cache := corpus(b)
	var last phases.SolveTimes
	best := time.Hour
	for b.Loop() {
		s, err := phases.Solve(context.Background(), phases.SolveOptions{
			CacheDir: cache, Arch: "x86_64", Repos: []string{dir}, Note: func(string) {},
			Tree: config.GatherTree{Add: []string{"*"}}, Gather: config.Gather{Method: "deps"},
		})
		if err != nil {
			b.Fatal(err)
		}
		last = s.Took
		best = min(best, last.Solve)
	}
	b.ReportMetric(last.Load.Seconds()*1000, "ms-load")
	b.ReportMetric(last.Index.Seconds()*1000, "ms-index")
	b.ReportMetric(best.Seconds()*1000, "ms-solve")
}

// BenchmarkTrees gathers 4 variants on 2 architectures in one compose; the
// goal for 108,000 packages is 5 s on two cores, with 1.5 GiB of memory.
func BenchmarkTrees(b *testing.B) {
	dir, cache := corpus(b)
	text := strings.Replace(smallConfig, "SOURCE", fmt.Sprintf("source = \"dir\"\npath = %q", dir), 1)
	text = text[:strings.Index(text, "[[variant]]")] + "[gather]\ncheck_deps = false\n"
	for i, add := range []string{`"*"`, `"lib*", "python*"`, `"*"`, `"a*", "*-devel", "*-dev"`} {
		text += fmt.Sprintf("[[variant]]\nid = \"V%d\"\narches = [\"x86_64\", \"aarch64\"]\n[[gather.tree]]\nvariant = \"V%d\"\nadd = [%s]\n", i, i, add)
	}
	file := filepath.Join(b.TempDir(), "config.toml")
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		b.Fatal(err)
	}
	cfg, err := config.Load(file, nil)
	if err != nil {
		b.Fatal(err)
	}
	best := time.Hour
	for b.Loop() {
		o := runOptions(b.TempDir())
		o.CacheDir, o.Just = cache, []string{"pkgset", "gather"}
		made, err := phases.Run(context.Background(), cfg, o)
		if err != nil || made.Status != phases.Finished {
			b.Fatalf("made %+v: %v", made, err)
		}
		best = min(best, gathering(o.Events.Facts()))
	}
	b.ReportMetric(best.Seconds()*1000, "ms-gather")
	if status, err := os.ReadFile("/proc/self/status"); err == nil {
		_, rest, _ := strings.Cut(string(status), "VmHWM:")
		var kib float64
		if _, err := fmt.Sscan(rest, &kib); err == nil {
			b.ReportMetric(kib/1024, "MiB-peak")
		}
	}
}

// gathering is the time from the start of the first tree to the end of the
// last.
func gathering(facts []event.Event) time.Duration {
	var from, to time.Time
	for _, e := range facts {
		if !strings.HasPrefix(e.Step, "gather/V") {
			continue
		}
		if e.Kind == event.Started && from.IsZero() {
			from = e.Time
		}
		if e.Kind == event.Ended {
			to = e.Time
		}
	}
	return to.Sub(from)
}
