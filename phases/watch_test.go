package phases_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"compose/internal/rpmtest"
	"compose/phases"
)

// watching runs WatchDir on a folder until the test ends.
type watching struct {
	t      *testing.T
	dir    string
	cancel context.CancelFunc
	ended  chan error

	mu     sync.Mutex
	events []phases.WatchEvent
}

func startWatch(t *testing.T, dir string, set func(*phases.WatchDir)) *watching {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	w := &watching{t: t, dir: dir, cancel: cancel, ended: make(chan error, 1)}
	d := phases.WatchDir{Settle: 100 * time.Millisecond, Tell: func(e phases.WatchEvent) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.events = append(w.events, e)
	}}
	d.Dir, d.Checksum, d.ChangelogLimit, d.Repo.Compress = dir, "sha256", phases.MaxChangelog, "gz"
	if set != nil {
		set(&d)
	}
	go func() { w.ended <- d.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-w.ended; err != nil {
			t.Errorf("ended with %v", err)
		}
		if t.Failed() {
			t.Logf("%+v", w.events)
		}
		left, _ := filepath.Glob(filepath.Join(dir, ".repodata*"))
		if len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
	})
	return w
}

// has waits until the repository lists so many packages.
func (w *watching) has(n int, what string) {
	w.t.Helper()
	for range 100 {
		if w.packages() == n {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	w.t.Fatalf("%s: %d packages, want %d", what, w.packages(), n)
}

// packages is the number that the last event tells.
func (w *watching) packages() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := len(w.events) - 1; i >= 0; i-- {
		if e := w.events[i]; e.Kind == "written" || e.Kind == "unchanged" {
			return e.Packages
		}
	}
	return -1
}

func (w *watching) kinds() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []string
	for _, e := range w.events {
		out = append(out, e.Kind)
	}
	return strings.Join(out, " ")
}

func (w *watching) put(name string, data []byte) {
	w.t.Helper()
	if err := os.WriteFile(filepath.Join(w.dir, name), data, 0o644); err != nil {
		w.t.Fatal(err)
	}
}

// madePackages gives three files.
func madePackages(t *testing.T) (names []string, data [][]byte) {
	t.Helper()
	dir := rpmtest.Build(t, "build a 1-1 noarch\nbuild b 1-1 noarch\n    noise /usr/share/b 100000\nbuild c 1-1 noarch\n")
	for _, name := range []string{"a-1-1.noarch.rpm", "b-1-1.noarch.rpm", "c-1-1.noarch.rpm"} {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		names, data = append(names, name), append(data, b)
	}
	return names, data
}

func TestWatch(t *testing.T) {
	names, data := madePackages(t)
	dir := t.TempDir()
	w := startWatch(t, dir, nil)
	w.has(0, "an empty folder")
	w.put(names[0], data[0])
	w.has(1, "a package came")

	// One that is written in two parts is not there in between, though others
	// come.
	f, err := os.Create(filepath.Join(dir, names[1]))
	if err != nil {
		t.Fatal(err)
	}
	f.Write(data[1][:50_000])
	os.Mkdir(filepath.Join(dir, "sub"), 0o755)
	w.put("sub/"+names[2], data[2])
	w.has(2, "one is whole, one is not")
	time.Sleep(300 * time.Millisecond)
	w.put("other", nil)
	time.Sleep(300 * time.Millisecond)
	w.has(2, "one is not whole yet")
	f.Write(data[1][50_000:])
	f.Close()
	w.has(3, "all are whole")

	os.Remove(filepath.Join(dir, names[0]))
	w.has(2, "one went")
	os.Rename(filepath.Join(dir, "sub"), filepath.Join(t.TempDir(), "sub"))
	w.has(1, "a folder went")
	kinds := w.kinds()
	time.Sleep(300 * time.Millisecond)
	if now := w.kinds(); now != kinds {
		t.Errorf("without a change it went on: %s, then %s", kinds, now)
	}
	if !strings.HasPrefix(kinds, "watching written") || strings.Contains(kinds, "failed") {
		t.Errorf("events %s", kinds)
	}
}

// Where nobody tells of changes, a file has to stay the same for a while.
func TestWatchPoll(t *testing.T) {
	names, data := madePackages(t)
	dir := t.TempDir()
	w := startWatch(t, dir, func(d *phases.WatchDir) { d.Poll, d.Rescan = true, 50*time.Millisecond })
	w.has(0, "an empty folder")
	f, err := os.Create(filepath.Join(dir, names[1]))
	if err != nil {
		t.Fatal(err)
	}
	for i := range 10 {
		f.Write(data[1][i*100 : i*100+100])
		time.Sleep(60 * time.Millisecond)
		if n := w.packages(); n != 0 {
			t.Fatalf("%d packages while it is written", n)
		}
	}
	f.Write(data[1][1000:])
	f.Close()
	w.has(1, "it is whole")
	if !strings.HasPrefix(w.kinds(), "polling written") {
		t.Errorf("events %s", w.kinds())
	}
}

// A folder that goes away is a failure that is told, and over when it is back.
func TestWatchFails(t *testing.T) {
	names, data := madePackages(t)
	top := t.TempDir()
	dir := filepath.Join(top, "d")
	d := phases.WatchDir{}
	d.Dir = dir
	if err := d.Run(t.Context()); err == nil {
		t.Error("a folder that is not there is watched")
	}
	os.Mkdir(dir, 0o755)
	w := startWatch(t, dir, func(d *phases.WatchDir) { d.Rescan = 200 * time.Millisecond })
	w.put(names[0], data[0])
	w.has(1, "a package")
	os.Rename(dir, filepath.Join(top, "away"))
	for range 100 {
		if strings.Contains(w.kinds(), "failed") {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	os.Rename(filepath.Join(top, "away"), dir)
	w.put(names[2], data[2])
	w.has(2, "it is back")
	if k := w.kinds(); !strings.Contains(k, "failed") {
		t.Errorf("events %s", k)
	}
}
