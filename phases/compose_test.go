// Package phases_test makes whole composes of the cases in testdata/composes
// and compares what comes out with their goldens.
package phases_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"compose/config"
	"compose/internal/composetest"
	"compose/internal/rpmtest"
	"compose/phases"
	"compose/phases/event"
)

func TestMain(m *testing.M) {
	phases.SandboxMain()
	syscall.Umask(0o022) // the goldens show modes
	os.Exit(m.Run())
}

// composeTime is the time of every compose of these tests.
var composeTime = time.Unix(1710000000, 0).UTC()

// result is a compose that was made and what was said meanwhile.
type result struct {
	work  string // the folder above everything
	cache string
	made  *phases.Made
	err   error
	facts []event.Event
}

// target is the folder that the compose got a folder in.
func (r *result) target() string { return filepath.Join(r.work, "target") }

// runOptions are those of all runs here. Each run has a work folder of its
// own, so that each compose is the first of its day.
func runOptions(work string) phases.RunOptions {
	return phases.RunOptions{
		Options: phases.Options{Version: "test", Time: composeTime, CacheDir: filepath.Join(work, "cache")},
		Target:  filepath.Join(work, "target"),
		Latest:  phases.Latest{Components: -1},
		Events:  event.New(nil),
	}
}

// load reads the configuration of a case that was set up.
func load(t *testing.T, path string, defines ...string) *config.Config {
	t.Helper()
	cfg, err := config.Load(path, defines)
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// run makes a compose.
func run(t *testing.T, cfg *config.Config, o phases.RunOptions) *result {
	t.Helper()
	r := &result{work: filepath.Dir(o.Target), cache: o.CacheDir}
	r.made, r.err = phases.Run(context.Background(), cfg, o)
	r.facts = o.Events.Facts()
	if r.made != nil {
		checkFacts(t, r.facts)
	}
	composetest.NoLeftovers(t, o.Target)
	composetest.NoLeftovers(t, o.CacheDir, ".part")
	return r
}

// mustRun makes a compose that must finish.
func mustRun(t *testing.T, cfg *config.Config, o phases.RunOptions) *result {
	t.Helper()
	r := run(t, cfg, o)
	if r.err != nil || r.made == nil || r.made.Status != phases.Finished {
		t.Fatalf("made %+v: %v", r.made, r.err)
	}
	return r
}

// TestComposes makes every case with one place in each pool, with eight, and
// with eight once more from what the store then knows. All must leave the
// same bytes, and the same as the goldens say.
func TestComposes(t *testing.T) {
	cases, err := os.ReadDir(filepath.Join(rpmtest.RepoRoot(t), "testdata", "composes"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		t.Run(c.Name(), func(t *testing.T) { testCase(t, c.Name()) })
	}
}

func testCase(t *testing.T, name string) {
	path := composetest.Setup(t, name)
	cfg := load(t, path)
	work := filepath.Dir(path)
	compose := func(how string, jobs int, cache string) golden {
		o := runOptions(filepath.Join(work, how))
		o.Jobs, o.CacheDir = jobs, cache
		r := mustRun(t, cfg, o)
		r.work = work
		plan, err := phases.Plan(cfg, o.Options)
		if err != nil {
			t.Fatal(err)
		}
		return goldenOf(t, plan.Dag, r)
	}
	cache := filepath.Join(work, "cache")
	one := compose("one", 1, cache)
	one.same(t, "eight places, no cache", compose("eight", 8, ""))
	one.same(t, "eight places, everything known", compose("again", 8, cache))
	one.check(t, name)
}

// TestGoldensAreUsed finds goldens of files that no case has any more.
func TestGoldensAreUsed(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(rpmtest.RepoRoot(t), "testdata", "composes", "*", "golden", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !slices.Contains([]string{"plan.txt", "events.txt", "tree.txt", "gather.txt", "composeinfo.json", "rpms.json", "modules.json"}, filepath.Base(f)) {
			t.Errorf("%s is compared with nothing", f)
		}
	}
}
