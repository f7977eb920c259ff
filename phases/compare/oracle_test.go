package compare

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"compose/internal/rpmtest"
)

// TestPungi compares what Pungi left of its composes: its rpms.json, without
// the packages.
func TestPungi(t *testing.T) {
	dir := rpmtest.Shared(t, "oracle/open")
	read := func(name string) string {
		t.Helper()
		data, err := os.ReadFile(filepath.Join(dir, name, "expected", "rpms.json"))
		if err != nil {
			t.Fatal(err)
		}
		text := strings.NewReplacer("@ID@", "DP-1-20240309.t.0", "@DATE@", "20240309").Replace(string(data))
		top := t.TempDir()
		file := filepath.Join(top, "compose", "metadata", "rpms.json")
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
		return top
	}
	build, all := read("greedy-build"), read("greedy-all")
	d, err := Composes(context.Background(), build, all, Options{NoChangelogs: true})
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Trees) == 0 || d.Same() || len(d.Notes) != 2 {
		t.Errorf("%+v", d)
	}
	for _, tree := range d.Trees {
		if tree.Old == nil || tree.New == nil {
			continue
		}
		grown := 0
		for _, c := range tree.Changes {
			switch {
			case c.Category != "binary":
			case c.What == Added:
				grown++
			case c.What == Removed:
				grown--
			}
		}
		if got := tree.New.Packages - tree.Old.Packages; got != grown {
			t.Errorf("%s: %d packages more, of which %d are told", tree.Tree, got, grown)
		}
	}
	if d, err := Composes(context.Background(), all, all, Options{}); err != nil || !d.Same() {
		t.Errorf("%+v, %v", d, err)
	}
}
