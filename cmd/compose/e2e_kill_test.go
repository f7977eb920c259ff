package main

import (
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// discsForKill makes the compose of the sample longer, with images and files
// of all kinds.
const discsForKill = `
[createiso]
skip = false

[[createiso.tree]]
arch = "src"
skip = false

[[extra_files]]
folder = "."
files = ["config.toml"]
target = "etc"
`

// TestKilledAnywhere kills the program at random moments, also while it writes the
// package store, and resumes: in the end the compose is like one that nothing
// happened to, and nothing half-made is left. COMPOSE_KILLS is how many kills;
// COMPOSE_SEED repeats a run.
func TestKilledAnywhere(t *testing.T) {
	kills := 10
	if n, err := strconv.Atoi(os.Getenv("COMPOSE_KILLS")); err == nil {
		kills = n
	}
	seed := rand.Uint64()
	if n, err := strconv.ParseUint(os.Getenv("COMPOSE_SEED"), 10, 64); err == nil {
		seed = n
	}
	t.Logf("COMPOSE_SEED=%d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	w := newWorkplace(t, "sample")
	f, err := os.OpenFile(w.path("config.toml"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(discsForKill); err != nil {
		t.Fatal(err)
	}
	f.Close()
	start := time.Now()
	w.run(0, "run", "-q", "config.toml")
	took := time.Since(start)
	undisturbed := w.path("undisturbed")
	if err := os.Rename(w.compose(), undisturbed); err != nil {
		t.Fatal(err)
	}
	for left := kills; left > 0; {
		os.RemoveAll(w.path("composes"))
		if r.IntN(2) == 0 {
			os.RemoveAll(w.path("cache")) // so that the store is written
		}
		args := []string{"run", "-q", "config.toml"}
		for n := 1 + r.IntN(3); n > 0 && left > 0; n, left = n-1, left-1 {
			w.kill(time.Duration(r.Int64N(int64(took))), args...)
			w.run(0, "cache", "stats")
			args = w.next()
		}
		w.run(0, args...)
		dir := w.compose()
		if out, err := exec.Command("diff", "-r", filepath.Join(undisturbed, "compose"), filepath.Join(dir, "compose")).CombinedOutput(); err != nil {
			t.Fatalf("the compose differs: %v\n%s", err, out)
		}
		if got := w.status(dir); got != "FINISHED" {
			t.Fatalf("STATUS is %s", got)
		}
		w.whole(dir)
	}
}

// kill starts the program and kills its group after a time, if it has not
// ended by then.
func (w *workplace) kill(after time.Duration, args ...string) {
	w.t.Helper()
	cmd := w.command(args...)
	if err := cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	time.Sleep(after)
	syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	cmd.Wait()
}

// next are the arguments that finish what was begun: a compose is resumed
// unless it had not really begun, or had finished.
func (w *workplace) next() []string {
	begun, _ := filepath.Glob(w.path("composes", "*", "work", "global", "begun.json"))
	for _, name := range begun {
		dir := filepath.Dir(filepath.Dir(filepath.Dir(name)))
		if fi, err := os.Lstat(dir); err == nil && fi.IsDir() {
			if word, _ := os.ReadFile(filepath.Join(dir, "STATUS")); !strings.HasPrefix(string(word), "FINISHED") {
				return []string{"run", "-q", "--resume", dir}
			}
		}
	}
	os.RemoveAll(w.path("composes")) // one that finished in time, or whose folder is all there is
	return []string{"run", "-q", "config.toml"}
}
