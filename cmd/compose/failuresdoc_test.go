package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"compose/internal/rpmtest"
)

// TestFailuresCommands wants the commands of docs/failures.md to be among
// those that the script runs.
func TestFailuresCommands(t *testing.T) {
	root := rpmtest.RepoRoot(t)
	doc, err := os.ReadFile(filepath.Join(root, "docs", "failures.md"))
	if err != nil {
		t.Fatal(err)
	}
	script, err := os.ReadFile(filepath.Join(root, "testdata", "script", "failures.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(string(doc)) {
		command, ok := strings.CutPrefix(line, "    compose ")
		if !ok {
			continue
		}
		n++
		command = strings.ReplaceAll(strings.TrimSpace(command), "COMPOSE", `"$COMPOSE"`)
		if !bytes.Contains(script, []byte("compose "+command)) {
			t.Errorf("the script does not run: compose %s", command)
		}
	}
	if n < 5 {
		t.Errorf("only %d commands are in it", n)
	}
}
