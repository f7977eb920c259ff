package composetest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"compose/internal/rpmmd"
)

// Listing says what Tree leaves out; paths are below its folder, and the
// functions may be nil.
type Listing struct {
	Brief func(path string) bool // only mode and path are listed
	Skip  func(path string) bool // nothing is, nor of what is below
	// Open lists the metadata of repositories as it is uncompressed, without
	// the digest in the name, and of repomd.xml, which speaks of the
	// compressed files, only mode and path.
	Open bool
}

// Tree lists what is below a folder, one line each, sorted by path: mode,
// size and digest of a file, target of a link.
func Tree(t testing.TB, dir string, l Listing) string {
	t.Helper()
	var lines []string
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
		line, err := l.describe(path, rel, fi)
		lines = append(lines, line)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if l.Open { // names without digests are in another order
		slices.SortStableFunc(lines, func(a, b string) int { return strings.Compare(pathOf(a), pathOf(b)) })
	}
	return strings.Join(append(lines, ""), "\n")
}

// pathOf gives the path in a line; it is all that follows the last column.
func pathOf(line string) string {
	i := strings.LastIndex(line, "  ")
	return line[i+2:]
}

// describe gives the line of one file.
func (l Listing) describe(path, rel string, fi fs.FileInfo) (string, error) {
	inRepo := l.Open && filepath.Base(filepath.Dir(path)) == "repodata"
	switch {
	case l.Brief != nil && l.Brief(rel), inRepo && fi.Name() == "repomd.xml":
		return columns(fi, "-", "-") + rel, nil
	case inRepo:
		b, err := open(path)
		dir, name := filepath.Split(rel)
		if sum, rest, ok := strings.Cut(name, "-"); ok && len(sum) >= 64 {
			name = rest
		}
		return columns(fi, fmt.Sprint(len(b)), digest(b)) + dir + name, err
	case fi.Mode()&fs.ModeSymlink != 0:
		to, err := os.Readlink(path)
		return columns(fi, "-", "-> "+to) + rel, err
	case !fi.Mode().IsRegular():
		return columns(fi, "-", "-") + rel, nil
	}
	b, err := os.ReadFile(path)
	return columns(fi, fmt.Sprint(len(b)), digest(b)) + rel, err
}

// open reads a file that may be compressed.
func open(path string) ([]byte, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	r, err := rpmmd.Decompress(bytes.NewReader(b), path)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:8])
}

func columns(fi fs.FileInfo, size, what string) string {
	return fmt.Sprintf("%s %7s %-16s  ", fi.Mode(), size, what)
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
