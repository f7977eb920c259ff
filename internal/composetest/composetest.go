// Package composetest sets up the cases of testdata/composes for tests, and
// looks at what a compose left on disk. It knows files and packages and
// nothing of how composes are made.
//
// A case is a folder with config.toml, what that file names beside it, and a
// file "packages". Each line of packages is a folder below packages/ and
// where its RPMs come from: a text description (see package rpmtest) or a
// folder of RPM files, relative to the case.
package composetest

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"compose/internal/rpmtest"
)

// FileTime is the modification time of every package of a case; it shows in
// the repositories.
var FileTime = time.Unix(1700000000, 0)

// Dir is the folder of a case in the repository.
func Dir(root, name string) string {
	return filepath.Join(root, "testdata", "composes", name)
}

// Setup makes a case in a folder that is gone after the test, and gives the
// path of its configuration.
func Setup(t testing.TB, name string) string {
	t.Helper()
	dir := t.TempDir()
	if err := Make(rpmtest.RepoRoot(t), name, dir); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "config.toml")
}

// Make copies the files of a case from the repository at root to dir, and
// builds its packages there.
func Make(root, name, dir string) error {
	from := Dir(root, name)
	entries, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Name() == "golden" || e.Name() == "packages" {
			continue
		}
		if e.IsDir() {
			if err := os.CopyFS(filepath.Join(dir, e.Name()), os.DirFS(filepath.Join(from, e.Name()))); err != nil {
				return err
			}
			continue
		}
		if err := copyFile(filepath.Join(from, e.Name()), filepath.Join(dir, e.Name())); err != nil {
			return err
		}
	}
	list, err := os.ReadFile(filepath.Join(from, "packages"))
	if err != nil {
		return err
	}
	sc := bufio.NewScanner(strings.NewReader(string(list)))
	for sc.Scan() {
		words := strings.Fields(sc.Text())
		if len(words) == 0 || words[0][0] == '#' {
			continue
		}
		if len(words) != 2 {
			return fmt.Errorf("%s/packages: want FOLDER SOURCE: %q", from, sc.Text())
		}
		if err := MakePackages(filepath.Join(from, words[1]), filepath.Join(dir, "packages", words[0])); err != nil {
			return err
		}
	}
	return sc.Err()
}

// MakePackages fills dir with the RPMs of a text description or of a folder.
func MakePackages(source, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	paths, err := filepath.Glob(filepath.Join(source, "*.rpm"))
	if err != nil {
		return err
	}
	for i, path := range paths {
		paths[i] = filepath.Join(dir, filepath.Base(path))
		if err := copyFile(path, paths[i]); err != nil {
			return err
		}
	}
	if len(paths) == 0 {
		if paths, err = write(source, dir); err != nil {
			return err
		}
	}
	for _, path := range paths {
		if err := os.Chtimes(path, FileTime, FileTime); err != nil {
			return err
		}
	}
	return nil
}

func write(source, dir string) ([]string, error) {
	f, err := os.Open(source)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	pkgs, err := rpmtest.Parse(f, filepath.Base(source))
	if err != nil {
		return nil, err
	}
	return rpmtest.Write(dir, pkgs)
}

func copyFile(from, to string) error {
	b, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, b, 0o644)
}
