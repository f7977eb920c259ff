package scm

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"compose/internal/rpmtest"
)

func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestCopyFolder(t *testing.T) {
	from := filepath.Join(t.TempDir(), "a[b]*")
	write(t, from, map[string]string{"one.txt": "1", "two.txt": "2", "docs/a/x": "x", "docs/y": "y"})
	for _, c := range []struct {
		want Want
		out  string
	}{
		{Want{Files: []string{"o*.txt", "two.txt"}}, "[one.txt two.txt]"},
		{Want{Dir: "docs"}, "[a/x y]"},
		{Want{Files: []string{"docs/y"}, Dir: "docs/a"}, "[y x]"},
		{Want{Files: []string{"none*"}}, "no such file"},
		{Want{Dir: "none"}, "no such file"},
		{Want{Files: []string{"docs"}}, "docs is no file"},
		{Want{Files: []string{"../a"}}, "leads out"},
	} {
		to := t.TempDir()
		got, err := CopyFolder(t.Context(), from, c.want, to)
		if text := fmt.Sprint(got, err); !strings.Contains(text, c.out) {
			t.Errorf("%+v: %s, want %s", c.want, text, c.out)
		}
		for _, name := range got {
			if _, e := os.Stat(filepath.Join(to, name)); e != nil && err == nil {
				t.Error(e)
			}
		}
	}
}

func TestExtractPackages(t *testing.T) {
	text, err := os.Open("../../testdata/packages/sample.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer text.Close()
	pkgs, err := rpmtest.Parse(text, "sample.txt")
	if err != nil {
		t.Fatal(err)
	}
	paths, err := rpmtest.Write(t.TempDir(), pkgs)
	if err != nil {
		t.Fatal(err)
	}
	to := t.TempDir()
	got, err := ExtractPackages(t.Context(), paths, Want{Dir: "/usr/share"}, to)
	if err != nil || len(got) == 0 {
		t.Fatal(got, err)
	}
	if _, err := ExtractPackages(t.Context(), paths, Want{Files: []string{"/no/such/*"}}, to); err == nil {
		t.Error("a file that no package has was found")
	}
	left, _ := filepath.Glob(filepath.Join(filepath.Dir(to), ".tmp-rpm-*"))
	if left != nil {
		t.Errorf("%s is left", left)
	}
}

// A branch stays what it was when it was first asked for.
func TestGit(t *testing.T) {
	rpmtest.NeedProgram(t, "git")
	repo := t.TempDir()
	git := func(args ...string) {
		t.Helper()
		cmd := exec.Command("git", append([]string{"-c", "user.name=x", "-c", "user.email=x@example.com", "-c", "commit.gpgsign=false"}, args...)...)
		cmd.Dir = repo
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	commit := func(text string) {
		write(t, repo, map[string]string{"file": text})
		git("add", ".")
		git("commit", "-q", "-m", text)
	}
	git("init", "-q", "-b", "main")
	commit("first")
	git("tag", "-a", "v1", "-m", "v1")
	g := &Git{Dir: t.TempDir()}
	read := func(g *Git, ref string) string {
		t.Helper()
		dir, err := g.Folder(t.Context(), "file://"+repo, ref)
		if err != nil {
			return err.Error()
		}
		b, err := os.ReadFile(filepath.Join(dir, "file"))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	if got := read(g, "main"); got != "first" {
		t.Error(got)
	}
	commit("second")
	for ref, want := range map[string]string{"main": "first", "": "second", "v1": "first"} {
		if got := read(g, ref); got != want {
			t.Errorf("%q: %s, want %s", ref, got, want)
		}
	}
	first, err := g.Commit(t.Context(), "file://"+repo, "main")
	if err != nil {
		t.Fatal(err)
	}
	if got := read(&Git{Dir: t.TempDir()}, first); got != "first" {
		t.Error(got)
	}
	for ref, want := range map[string]string{"none": "asking for none", "-x": "no address", strings.Repeat("0", 40): "getting 000"} {
		if got := read(g, ref); !strings.Contains(got, want) {
			t.Errorf("%q: %s, want %s", ref, got, want)
		}
	}
	if dirs, _ := os.ReadDir(g.Dir); len(dirs) != 2 {
		t.Errorf("%d folders are left", len(dirs))
	}
}
