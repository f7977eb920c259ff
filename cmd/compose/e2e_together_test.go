package main

import (
	"os/exec"
	"path/filepath"
	"testing"

	"compose/internal/composetest"
)

// TestTogether starts several composes in one target with one cache at the
// same time: each gets its own number, and all finish.
func TestTogether(t *testing.T) {
	w := newWorkplace(t, "sample")
	var cmds []*exec.Cmd
	for range 4 {
		cmd := w.command("run", "-q", "config.toml")
		start(t, cmd)
		cmds = append(cmds, cmd)
	}
	for _, cmd := range cmds {
		if code := exitOf(t, cmd.Wait()); code != exitFinished {
			t.Errorf("one ended with %d", code)
		}
	}
	var first string
	for _, respin := range []string{"0", "1", "2", "3"} {
		dir := w.path("composes", "Dummy-1-20240309.n."+respin)
		if s := w.status(dir); s != "FINISHED" {
			t.Errorf("respin %s: STATUS is %s", respin, s)
		}
		w.whole(dir)
		tree := composetest.Tree(t, filepath.Join(dir, "compose"), composetest.Listing{Skip: func(path string) bool { return path == "metadata" }})
		if first == "" {
			first = tree
		} else if tree != first {
			t.Errorf("respin %s has other files", respin)
		}
	}
	stats, _ := w.run(exitFinished, "cache", "stats")
	t.Log(stats)
}
