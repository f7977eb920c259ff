package rpmtest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Build writes the packages that text describes into a new folder, which is
// gone after the test, and gives the folder.
func Build(t testing.TB, text string) string {
	t.Helper()
	pkgs, err := Parse(strings.NewReader(text), t.Name())
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if _, err := Write(dir, pkgs); err != nil {
		t.Fatal(err)
	}
	return dir
}

// BuildFile writes the packages that a file below the repository's
// testdata/packages describes, as Build does.
func BuildFile(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(RepoRoot(t), "testdata", "packages", name))
	if err != nil {
		t.Fatal(err)
	}
	return Build(t, string(b))
}

// RepoRoot gives the folder that holds go.mod, above the test's own.
func RepoRoot(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		up := filepath.Dir(dir)
		if up == dir {
			t.Fatal("no go.mod above the test's folder")
		}
		dir = up
	}
}

// Shared gives the path of sub in the material that lies outside of the
// repository: below $COMPOSE_SHARED, or in ../shared beside the repository.
// The test is skipped where it is absent.
func Shared(t testing.TB, sub string) string {
	t.Helper()
	base := os.Getenv("COMPOSE_SHARED")
	if base == "" {
		base = filepath.Join(filepath.Dir(RepoRoot(t)), "shared")
	}
	path := filepath.Join(base, filepath.FromSlash(sub))
	if _, err := os.Stat(path); err != nil {
		t.Skipf("no shared material %s", sub)
	}
	return path
}

// NeedProgram skips the test where a program is missing; with
// COMPOSE_REQUIRE_TOOLS=1 it fails.
func NeedProgram(t testing.TB, names ...string) {
	t.Helper()
	for _, name := range names {
		if _, err := exec.LookPath(name); err == nil {
			continue
		}
		if os.Getenv("COMPOSE_REQUIRE_TOOLS") == "1" {
			t.Fatalf("no %s, and COMPOSE_REQUIRE_TOOLS=1", name)
		}
		t.Skipf("no %s", name)
	}
}
