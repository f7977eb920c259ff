package composetest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"compose/internal/rpmmd"
)

// Whole looks at what a compose left, however it ended, and fails the test
// for everything half-written: a package that is not, byte for byte, one of
// those below packages, a repository that lacks a file or has one too many,
// metadata that cannot be read. A compose that is not there is whole, and
// temporary files are for NoLeftovers.
func Whole(t testing.TB, compose, packages string) {
	t.Helper()
	sums := sumsBelow(t, packages)
	err := filepath.WalkDir(compose, func(path string, d fs.DirEntry, err error) error {
		if os.IsNotExist(err) {
			return nil
		}
		if err != nil {
			return err
		}
		switch {
		case temporary(d.Name()) && d.IsDir():
			return filepath.SkipDir
		case temporary(d.Name()):
		case d.Name() == "repodata" && d.IsDir():
			wholeRepo(t, path)
		case d.IsDir():
		case strings.HasSuffix(path, ".rpm"):
			if sum := sumOf(t, path); sums[sum] != d.Name() {
				t.Errorf("%s is not one of the packages", path)
			}
		case strings.HasSuffix(path, ".json"):
			if b := read(t, path); !json.Valid(b) {
				t.Errorf("%s is no JSON", path)
			}
		case len(read(t, path)) == 0:
			t.Errorf("%s is empty", path)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// sumsBelow gives the names of the packages below a folder by their digests.
func sumsBelow(t testing.TB, dir string) map[string]string {
	t.Helper()
	sums := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".rpm") && d.Type().IsRegular() {
			sums[sumOf(t, path)] = d.Name()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return sums
}

// wholeRepo wants the files that repomd.xml names to be there, and no others.
func wholeRepo(t testing.TB, dir string) {
	t.Helper()
	m, err := rpmmd.ReadRepomd(bytes.NewReader(read(t, filepath.Join(dir, "repomd.xml"))))
	if err != nil {
		t.Errorf("%s: %v", dir, err)
		return
	}
	names := []string{"repomd.xml"}
	for _, d := range m.Data {
		path := filepath.Join(filepath.Dir(dir), filepath.FromSlash(d.Href))
		names = append(names, filepath.Base(path))
		if d.Sum.Type == "sha256" && sumOf(t, path) != d.Sum.Hex {
			t.Errorf("%s is not what repomd.xml says", path)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Error(err)
	}
	for _, e := range entries {
		if !slices.Contains(names, e.Name()) {
			t.Errorf("%s is not in repomd.xml", filepath.Join(dir, e.Name()))
		}
	}
}

func sumOf(t testing.TB, path string) string {
	sum := sha256.Sum256(read(t, path))
	return hex.EncodeToString(sum[:])
}

func read(t testing.TB, path string) []byte {
	b, err := os.ReadFile(path)
	if err != nil {
		t.Error(err)
	}
	return b
}
