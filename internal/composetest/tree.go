package composetest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Tree lists what is below a folder, one line each, sorted by path: mode,
// size and digest of a file, target of a link. Of what skip names, by path
// below the folder, only the mode and the path are listed; skip may be nil.
func Tree(t testing.TB, dir string, skip func(path string) bool) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		fi, err := d.Info()
		if err != nil {
			return err
		}
		line, err := describe(path, fi, skip != nil && skip(rel))
		fmt.Fprintf(&b, "%s  %s\n", line, rel)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// describe gives what a line of Tree says before the path.
func describe(path string, fi fs.FileInfo, brief bool) (string, error) {
	mode, size, what := fi.Mode().String(), "-", "-"
	switch {
	case brief || fi.IsDir():
	case fi.Mode()&fs.ModeSymlink != 0:
		to, err := os.Readlink(path)
		if err != nil {
			return "", err
		}
		what = "-> " + to
	default:
		b, err := os.ReadFile(path)
		if err != nil {
			return "", err
		}
		sum := sha256.Sum256(b)
		size, what = fmt.Sprint(len(b)), hex.EncodeToString(sum[:8])
	}
	return fmt.Sprintf("%s %7s %-16s", mode, size, what), nil
}

// NoLeftovers fails the test for every temporary file below the folders, a
// folder that is not there having none. What a compose and a cache may hold
// has names that do not look temporary.
func NoLeftovers(t testing.TB, dirs ...string) {
	t.Helper()
	for _, dir := range dirs {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if os.IsNotExist(err) {
				return nil
			}
			if err == nil && temporary(d.Name()) {
				t.Errorf("left over: %s", path)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
}

// temporary says whether a name is one that programs, ours among them, give
// to files that are not complete.
func temporary(name string) bool {
	switch filepath.Ext(name) {
	case ".part", ".tmp", ".new", ".old":
		return true
	}
	return strings.HasPrefix(name, ".") && name != ".treeinfo" && name != ".discinfo" ||
		strings.HasPrefix(name, "compose-store-") || strings.HasSuffix(name, "~")
}
