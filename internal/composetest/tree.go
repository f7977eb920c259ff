package composetest

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// Listing says what Tree leaves out; paths are below its folder, and the
// functions may be nil.
type Listing struct {
	Brief func(path string) bool // only mode and path are listed
	Skip  func(path string) bool // nothing is, nor of what is below
}

// Tree lists what is below a folder, one line each, sorted by path: mode,
// size and digest of a file, target of a link.
func Tree(t testing.TB, dir string, l Listing) string {
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
		if l.Skip != nil && l.Skip(rel) {
			if d.IsDir() {
				return filepath.SkipDir
			}
			return nil
		}
		fi, err := d.Info()
		if err != nil {
			return err
		}
		line, err := describe(path, fi)
		if l.Brief != nil && l.Brief(rel) {
			line, err = columns(fi, "-", "-"), nil
		}
		fmt.Fprintf(&b, "%s  %s\n", line, rel)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// describe gives what a line of Tree says before the path.
func describe(path string, fi fs.FileInfo) (string, error) {
	switch {
	case fi.Mode()&fs.ModeSymlink != 0:
		to, err := os.Readlink(path)
		return columns(fi, "-", "-> "+to), err
	case !fi.Mode().IsRegular():
		return columns(fi, "-", "-"), nil
	}
	b, err := os.ReadFile(path)
	sum := sha256.Sum256(b)
	return columns(fi, fmt.Sprint(len(b)), hex.EncodeToString(sum[:8])), err
}

func columns(fi fs.FileInfo, size, what string) string {
	return fmt.Sprintf("%s %7s %-16s", fi.Mode(), size, what)
}

// NoLeftovers fails the test for every temporary file below a folder; one
// that is not there has none. Names with one of the extensions are allowed:
// in a cache ".part" is a download that a later run goes on with.
func NoLeftovers(t testing.TB, dir string, allowed ...string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if os.IsNotExist(err) || errors.Is(err, syscall.ENOTDIR) {
			return nil
		}
		if err == nil && temporary(d.Name()) && !slices.Contains(allowed, filepath.Ext(path)) {
			t.Errorf("left over: %s", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
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
