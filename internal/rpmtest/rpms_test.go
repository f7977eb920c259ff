package rpmtest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestCommittedRPMs checks the packages of testdata/rpms: small, whole, one
// source package per spec.
func TestCommittedRPMs(t *testing.T) {
	root := RepoRoot(t)
	files, err := filepath.Glob(filepath.Join(root, "testdata/rpms/*.rpm"))
	if err != nil || len(files) < 30 {
		t.Fatal(len(files), err)
	}
	total := int64(0)
	for _, file := range files {
		fi, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		total += fi.Size()
		if fi.Size() > 12<<10 {
			t.Errorf("%s has %d bytes", filepath.Base(file), fi.Size())
		}
	}
	if total > 400<<10 {
		t.Errorf("%d bytes in all", total)
	}
	specs, err := filepath.Glob(filepath.Join(root, "testdata/specs/*.spec"))
	if err != nil || len(specs) == 0 {
		t.Fatal(specs, err)
	}
	for _, spec := range specs {
		name := strings.TrimSuffix(filepath.Base(spec), ".spec")
		found, err := filepath.Glob(filepath.Join(root, "testdata/rpms", name+"-*src.rpm"))
		if err != nil || len(found) != 1 {
			t.Errorf("%s: %d source packages, %v", name, len(found), err)
		}
	}
	NeedProgram(t, "rpm")
	out := run(t, root, append([]string{"rpm", "-K"}, files...)...)
	if n := strings.Count(out, "digests OK\n"); n != len(files) {
		t.Errorf("%d of %d packages have right digests: %s", n, len(files), out)
	}
}

// TestRebuild builds the specs anew and compares, where rpmbuild has the
// version that built the committed files.
func TestRebuild(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	NeedProgram(t, "rpm")
	version, err := exec.Command("rpmbuild", "--version").Output()
	if err != nil || strings.TrimSpace(string(version)) != "RPM version 4.18.0" {
		t.Skip("no rpmbuild 4.18.0")
	}
	root := RepoRoot(t)
	if _, err := os.Stat("/tmp/rpmbuild"); err == nil {
		t.Skip("/tmp/rpmbuild is in use")
	}
	dir := t.TempDir()
	run(t, root, "sh", "testdata/specs/build.sh", dir)
	files, err := filepath.Glob(filepath.Join(dir, "*.rpm"))
	if err != nil || len(files) < 30 {
		t.Fatal(len(files), err)
	}
	for _, file := range files {
		fresh, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		old, err := os.ReadFile(filepath.Join(root, "testdata/rpms", filepath.Base(file)))
		if err != nil || string(old) != string(fresh) {
			t.Errorf("%s differs (%v): run testdata/specs/build.sh", filepath.Base(file), err)
		}
	}
}
