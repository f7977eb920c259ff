package phases

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"compose/internal/rpmtest"
	"compose/pkgset"
)

// gitRepository makes a git repository with a branch main.
func gitRepository(t *testing.T) string {
	t.Helper()
	rpmtest.NeedProgram(t, "git")
	dir := t.TempDir()
	for _, args := range [][]string{
		{"init", "-q", "-b", "main"}, {"-c", "user.name=x", "-c", "user.email=x@example.com", "commit", "-q", "--allow-empty", "-m", "x"},
	} {
		cmd := exec.Command("git", args...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v: %s", args, err, out)
		}
	}
	return dir
}

// smallMount mounts a file system of so many KiB.
func smallMount(t *testing.T, kib int) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("compose-test", dir, "tmpfs", 0, fmt.Sprintf("size=%dk", kib)); err != nil {
		t.Skipf("mounting a small file system: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// TestPreflight spoils everything that is looked at, and wants all of it to
// be told, with what to do.
func TestPreflight(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	dead := httptest.NewServer(nil)
	dead.Close()
	git := gitRepository(t)
	p := toyPlan(t, "[link]\ntype = \"hardlink\"\n")
	c := &checker{cfg: p.cfg, built: p.built, o: RunOptions{Target: filepath.Join(smallMount(t, 64), "target")}}
	c.cfg.Pkgsets[0].Path.Abs = t.TempDir()
	if err := os.WriteFile(filepath.Join(c.cfg.Pkgsets[0].Path.Abs, "a-1-1.noarch.rpm"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	c.o.CacheDir = filepath.Join(file, "cache")
	c.o.Fetch.Backoff = time.Millisecond
	c.cfg.Comps.Text, c.cfg.Comps.Abs = "comps.xml", filepath.Join(file, "comps.xml")
	for i, url := range []string{server.URL + "/repo", dead.URL} {
		c.built.sources = append(c.built.sources, pkgset.Source{Tag: fmt.Sprint("s", i), Kind: pkgset.KindRepo, URL: url, Arches: []string{"x86_64"}})
	}
	iso := p.Add("createiso/Server.x86_64", "cpu")
	p.uses(iso, "no-such-xorriso", "sh")
	p.usesGit(iso, git, "main")
	p.usesGit(iso, git, "nowhere")
	p.usesGit(iso, git, "0123456789abcdef0123456789abcdef01234567")
	p.usesGit(iso, git+"/nothing", "main")
	left := p.Add("task/KDE.x86_64", "cpu").Skip("--skip-phase task")
	p.uses(left, "no-such-image-builder")

	got := map[string]string{}
	for _, look := range []func() []Finding{
		func() []Finding { return c.programs(t.Context()) }, func() []Finding { return c.files(t.Context()) },
		func() []Finding { return c.folders(t.Context()) }, func() []Finding { return c.links(t.Context()) },
		func() []Finding { return c.room(t.Context()) }, func() []Finding { return c.repositories(t.Context()) },
		func() []Finding { return c.gitRefs(t.Context()) },
	} {
		for _, f := range look() {
			if f.Warning || f.Advice == "" {
				t.Errorf("%+v", f)
			}
			got[f.About] += f.Problem + "; "
		}
	}
	for about, want := range map[string]string{
		"program no-such-xorriso":            "is not found, and createiso/Server.x86_64 needs it",
		"file " + c.cfg.Comps.Abs:            "not a directory",
		"cache folder " + c.o.CacheDir:       "not a directory",
		"packages in " + c.sources()[0]:      "invalid cross-device link",
		"target folder " + c.o.Target:        "the compose needs about 2.0 MiB, and 64.0 KiB are free",
		"package set s0":                     "404 Not Found",
		"package set s1":                     "connection refused",
		"git repository " + git:              "has no branch or tag nowhere",
		"git repository " + git + "/nothing": "running git: exit status 128",
	} {
		if !strings.Contains(got[about], want) {
			t.Errorf("%s: %q, want %s", about, got[about], want)
		}
		delete(got, about)
	}
	if len(got) > 0 {
		t.Errorf("found beside: %v", got)
	}
}

// TestPreflightClean finds nothing where all is well, and leaves nothing.
func TestPreflightClean(t *testing.T) {
	p := toyPlan(t, "")
	work := t.TempDir()
	o := RunOptions{Options: Options{CacheDir: filepath.Join(work, "cache")}, Target: filepath.Join(work, "a", "target")}
	found, err := Preflight(t.Context(), p.cfg, o)
	if err != nil || len(found) > 0 {
		t.Errorf("%v, %v", found, err)
	}
	if entries, _ := os.ReadDir(work); len(entries) > 0 {
		t.Errorf("left: %v", entries)
	}
	if err := Judge([]Finding{{Warning: true}}); err != nil {
		t.Error(err)
	}
}

// TestImageBytes adds up what an images.json lists.
func TestImageBytes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "images.json")
	text := `{"payload": {"images": {"Server": {"x86_64": [{"path": "a.iso", "size": 5}, {"path": "s.iso", "size": 7}], "aarch64": [{"path": "s.iso", "size": 7}]}}}}`
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if got := imageBytes(path); got != 12 {
		t.Errorf("%d bytes", got)
	}
}

// TestFirstPackage finds a package in a folder of a folder.
func TestFirstPackage(t *testing.T) {
	dir := t.TempDir()
	if got := firstPackage(dir); got != "" {
		t.Errorf("found %s", got)
	}
	want := filepath.Join(dir, "x", "y", "a.rpm")
	for _, d := range []string{filepath.Dir(want), filepath.Join(dir, "other.rpm")} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(want, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if got := firstPackage(dir); got != want {
		t.Errorf("found %s", got)
	}
}

// TestClock tells of a last compose that ended in the future.
func TestClock(t *testing.T) {
	p := toyPlan(t, "")
	target := t.TempDir()
	l := Layout{Top: filepath.Join(target, "DP-1.0-20990101.t.0")}
	info := `{"header": {"type": "productmd.composeinfo", "version": "1.2"}, "payload": {"compose": {"id": "DP-1.0-20990101.t.0", "date": "20990101", "respin": 0, "type": "test"},
		"release": {"name": "Dummy Product", "short": "DP", "version": "1.0", "type": "ga", "is_layered": false, "internal": false}, "variants": {}}}`
	for path, text := range map[string]string{l.Status(): "FINISHED\n", l.Metadata("composeinfo.json"): info} {
		if err := writeFile(path, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	c := &checker{cfg: p.cfg, built: p.built, o: RunOptions{Target: target}}
	if found := c.clock(t.Context()); len(found) > 0 {
		t.Errorf("%v", found)
	}
	future := time.Now().Add(time.Hour)
	if err := os.Chtimes(l.Status(), future, future); err != nil {
		t.Fatal(err)
	}
	found := c.clock(t.Context())
	if len(found) != 1 || !found[0].Warning || !strings.Contains(found[0].Problem, "DP-1.0-20990101.t.0 ended at") {
		t.Errorf("%v", found)
	}
}
