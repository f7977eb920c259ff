package retain

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

var now = time.Date(2026, 3, 31, 12, 0, 0, 0, time.UTC)

// make makes a compose that ended so many days ago.
func makeCompose(t *testing.T, target, id, status string, days int) string {
	t.Helper()
	dir := filepath.Join(target, id)
	files := map[string]string{"COMPOSE_ID": id, "STATUS": status + "\n", "compose/a.rpm": strings.Repeat(id, 1000)}
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	at := now.AddDate(0, 0, -days)
	if err := os.Chtimes(filepath.Join(dir, "STATUS"), at, at); err != nil {
		t.Fatal(err)
	}
	return dir
}

// kept says why each compose stays, "-" for those that go.
func kept(r *Result) string {
	var out []string
	for _, c := range r.Composes {
		why := c.Keep
		if why == "" {
			why = "-"
		}
		out = append(out, c.ID+": "+why)
	}
	return strings.Join(out, "\n")
}

func run(t *testing.T, target string, o Options) *Result {
	t.Helper()
	o.Now = now
	r, err := Run(t.Context(), target, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestWhatStays(t *testing.T) {
	target := t.TempDir()
	makeCompose(t, target, "DP-1-20260301.n.0", "FINISHED", 30)
	makeCompose(t, target, "DP-1-20260302.n.0", "DOOMED", 29)
	pinned := makeCompose(t, target, "DP-1-20260303.n.0", "FINISHED", 28)
	makeCompose(t, target, "DP-1-20260304.n.0", "FINISHED", 27)
	makeCompose(t, target, "DP-1-20260305.n.0", "FINISHED_INCOMPLETE", 26)
	makeCompose(t, target, "DP-1-20260306.n.0", "STARTED", 25)
	makeCompose(t, target, "DP-1-20260307.0", "FINISHED", 24) // of another type
	makeCompose(t, target, "XY-1-20260330.n.0", "DOOMED", 1)
	other := makeCompose(t, t.TempDir(), "DP-1-20260101.n.0", "FINISHED", 90)
	if err := Pin(pinned, "shipped"); err != nil {
		t.Fatal(err)
	}
	for link, to := range map[string]string{
		"latest-DP-1": "DP-1-20260301.n.0", "DP-1-20260101.n.0": other, "loop": "loop", "up": "../..",
	} {
		if err := os.Symlink(to, filepath.Join(target, link)); err != nil {
			t.Fatal(err)
		}
	}
	makeCompose(t, target, "DP-1-20260102.n.0", "FINISHED", 90)
	odd := makeCompose(t, target, "DP-1-20260103.n.0", "FINISHED", 90)
	if err := os.WriteFile(filepath.Join(odd, "COMPOSE_ID"), []byte("DP-1-20260104.n.0"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(target, "stuff"), 0o755); err != nil {
		t.Fatal(err)
	}
	want := `DP-1-20260102.n.0: -
DP-1-20260301.n.0: latest-DP-1 leads to it
DP-1-20260302.n.0: -
DP-1-20260303.n.0: pinned: shipped
DP-1-20260304.n.0: -
DP-1-20260305.n.0: one of the last 1
DP-1-20260306.n.0: nothing has ended well since
DP-1-20260307.0: one of the last 1
XY-1-20260330.n.0: nothing has ended well since`
	r := run(t, target, Options{Keep: 1, DryRun: true})
	if got := kept(r); got != want || r.Removed != 3 || fmt.Sprint(r.Ignored) != "[DP-1-20260103.n.0: it holds another compose than its name says]" {
		t.Errorf("%d, %v\n%s\nwant\n%s", r.Removed, r.Ignored, got, want)
	}
	if r := run(t, target, Options{KeepFor: 29*24*time.Hour + time.Hour, DryRun: true}); r.Removed != 1 {
		t.Errorf("by age:\n%s", kept(r))
	}
	dry := r.Freed
	if r = run(t, target, Options{Keep: 1}); r.Removed != 3 || r.Freed != dry {
		t.Errorf("removed %d, %d bytes; by a dry run %d", r.Removed, r.Freed, dry)
	}
	for _, id := range []string{"DP-1-20260102.n.0", "DP-1-20260302.n.0", "DP-1-20260304.n.0"} {
		if _, err := os.Lstat(filepath.Join(target, id)); err == nil {
			t.Errorf("%s is still there", id)
		}
	}
	for _, dir := range []string{odd, other, pinned} {
		if _, err := os.Stat(filepath.Join(dir, "compose/a.rpm")); err != nil {
			t.Error(err)
		}
	}
	if err := Unpin(pinned); err != nil {
		t.Fatal(err)
	}
	if r = run(t, target, Options{Keep: 1}); r.Removed != 1 {
		t.Errorf("after unpin:\n%s", kept(r))
	}
}

// A compose that somebody works on stays, and so do those that it may take
// from.
func TestLive(t *testing.T) {
	target := t.TempDir()
	makeCompose(t, target, "DP-1-20260301.n.0", "FINISHED", 30)
	makeCompose(t, target, "XY-1-20260301.n.0", "FINISHED", 30)
	live := makeCompose(t, target, "DP-1-20260302.n.0", "STARTED", 29)
	f, err := os.Open(filepath.Join(live, "COMPOSE_ID"))
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	r := run(t, target, Options{KeepFor: time.Hour})
	want := `DP-1-20260301.n.0: a compose that is being made may take from it
XY-1-20260301.n.0: -
DP-1-20260302.n.0: a process works on it`
	if got := kept(r); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	f.Close()
	// Somebody, of whom nothing is seen here, takes from it.
	use, err := os.Create(filepath.Join(target, "DP-1-20260301.n.0", "in-use"))
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Flock(int(use.Fd()), unix.LOCK_SH); err != nil {
		t.Fatal(err)
	}
	want = `DP-1-20260301.n.0: a compose that is being made takes from it
DP-1-20260302.n.0: -`
	if r = run(t, target, Options{KeepFor: time.Hour, InUse: "in-use"}); kept(r) != want {
		t.Errorf("got\n%s\nwant\n%s", kept(r), want)
	}
	use.Close()
	if r = run(t, target, Options{KeepFor: time.Hour, InUse: "in-use"}); r.Removed != 1 {
		t.Errorf("got\n%s", kept(r))
	}
}

// Disk use knows hard links: the sizes are those of du, and what becomes free
// is what df sees.
func TestDiskUse(t *testing.T) {
	target, outside := t.TempDir(), t.TempDir()
	a := makeCompose(t, target, "DP-1-20260301.n.0", "FINISHED", 30)
	b := makeCompose(t, target, "DP-1-20260302.n.0", "FINISHED", 29)
	write := func(name string, size int) {
		t.Helper()
		if err := os.WriteFile(name, []byte(strings.Repeat("x", size)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	link := func(from, to string) {
		t.Helper()
		if err := os.Link(from, to); err != nil {
			t.Fatal(err)
		}
	}
	write(filepath.Join(a, "shared"), 100<<10)
	link(filepath.Join(a, "shared"), filepath.Join(a, "twice"))
	link(filepath.Join(a, "shared"), filepath.Join(b, "shared"))
	write(filepath.Join(a, "published"), 200<<10)
	link(filepath.Join(a, "published"), filepath.Join(outside, "published"))
	r := run(t, target, Options{Keep: 5, DryRun: true})
	for _, c := range r.Composes {
		out, err := exec.Command("du", "-s", "-B1", filepath.Join(target, c.ID)).Output()
		if err != nil {
			t.Fatal(err)
		}
		du, err := strconv.ParseInt(strings.Fields(string(out))[0], 10, 64)
		if err != nil || du != c.Bytes {
			t.Errorf("%s: %d bytes, du says %s", c.ID, c.Bytes, out)
		}
		if c.Free > c.Bytes-100<<10 {
			t.Errorf("%s: %d of %d become free, with a file that both have", c.ID, c.Free, c.Bytes)
		}
	}
	r = run(t, target, Options{KeepFor: time.Hour, DryRun: true})
	all := r.Composes[0].Bytes + r.Composes[1].Bytes
	if want := all - 100<<10 - 200<<10; r.Freed != want {
		t.Errorf("%d become free of %d, want %d", r.Freed, all, want)
	}
}

// What cannot be removed is told, and the others are removed. Links in a
// compose lead nobody out of it.
func TestHostile(t *testing.T) {
	target, outside := t.TempDir(), t.TempDir()
	a := makeCompose(t, target, "DP-1-20260301.n.0", "FINISHED", 30)
	precious := filepath.Join(outside, "precious")
	if err := os.WriteFile(precious, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for link, to := range map[string]string{"out": outside, "up": "../..", "compose/dir": outside} {
		if err := os.Symlink(to, filepath.Join(a, link)); err != nil {
			t.Fatal(err)
		}
	}
	fake := filepath.Join(target, "DP-1-20260302.n.0")
	if err := os.Mkdir(fake, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/etc/hostname", filepath.Join(fake, "COMPOSE_ID")); err != nil {
		t.Fatal(err)
	}
	left := filepath.Join(target, goneName+"DP-1-20260101.n.0", "compose")
	if err := os.MkdirAll(left, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(left, "link")); err != nil {
		t.Fatal(err)
	}
	r := run(t, target, Options{KeepFor: time.Hour})
	if r.Removed != 1 || len(r.Ignored) != 1 {
		t.Errorf("%+v", r)
	}
	entries, _ := os.ReadDir(target)
	if _, err := os.Stat(precious); err != nil || len(entries) != 1 {
		t.Errorf("%v, left %v", err, entries)
	}
	if err := Pin(fake, "x\ny"); err == nil {
		t.Error("a reason of two lines")
	}
	if err := Pin(t.TempDir(), ""); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("pinned what is no compose: %v", err)
	}
}
