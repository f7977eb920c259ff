package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"compose/internal/rpmtest"
)

// sessionOf is how a document names the script that runs its commands.
var sessionOf = regexp.MustCompile(`run by .(testdata/script/[a-z]+\.txtar)`)

// TestDocSessions wants the commands of documents to be run by the script that
// they name.
func TestDocSessions(t *testing.T) {
	root := rpmtest.RepoRoot(t)
	docs, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, name := range docs {
		doc, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		m := sessionOf.FindSubmatch(doc)
		if m == nil {
			continue
		}
		session, err := os.ReadFile(filepath.Join(root, string(m[1])))
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(doc)) {
			if command, ok := strings.CutPrefix(line, "$ compose "); ok {
				found++
				if !bytes.Contains(session, []byte("exec compose "+command)) {
					t.Errorf("%s: the script does not run: compose %s", filepath.Base(name), command)
				}
			}
		}
	}
	if found == 0 {
		t.Error("no document has a session")
	}
}
