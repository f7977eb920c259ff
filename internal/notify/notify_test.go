package notify

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func watch(t *testing.T, dir string) *Watcher {
	t.Helper()
	w, err := New(dir, func(rel string) bool { return filepath.Base(rel) == "repodata" })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	return w
}

// told waits for a change.
func told(t *testing.T, w *Watcher, what string) {
	t.Helper()
	select {
	case <-w.Changed():
	case <-time.After(5 * time.Second):
		t.Fatalf("%s: nothing is told", what)
	}
}

func quiet(t *testing.T, w *Watcher, what string) {
	t.Helper()
	select {
	case <-w.Changed():
		t.Errorf("%s is told", what)
	case <-time.After(100 * time.Millisecond):
	}
}

// is waits for the state of a file.
func is(t *testing.T, w *Watcher, rel string, want State) {
	t.Helper()
	for range 100 {
		if w.State(rel) == want {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("%s is %d, want %d", rel, w.State(rel), want)
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestStates(t *testing.T) {
	dir := t.TempDir()
	w := watch(t, dir)
	f, err := os.Create(filepath.Join(dir, "a"))
	if err != nil {
		t.Fatal(err)
	}
	told(t, w, "a new file")
	is(t, w, "a", Unknown)
	f.WriteString("x")
	told(t, w, "a write")
	is(t, w, "a", Writing)
	f.Close()
	is(t, w, "a", Closed)
	w.Forget(time.Now().Add(time.Minute))
	is(t, w, "a", Unknown)
	os.Rename(filepath.Join(dir, "a"), filepath.Join(dir, "b"))
	is(t, w, "b", Closed)
	is(t, w, "a", Unknown)
	os.Remove(filepath.Join(dir, "b"))
	is(t, w, "b", Unknown)
	write(t, filepath.Join(dir, "c"), "x")
	is(t, w, "c", Closed)
	if err := os.Link(filepath.Join(dir, "c"), filepath.Join(dir, "d")); err != nil {
		t.Fatal(err)
	}
	is(t, w, "d", Unknown)
}

func TestTree(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "x/y/old"), "x")
	w := watch(t, dir)
	quiet(t, w, "what was there")
	write(t, filepath.Join(dir, "x/y/new"), "x")
	is(t, w, "x/y/new", Closed)
	// A folder of many levels that appears at once: what is written into it
	// after a while is seen.
	os.MkdirAll(filepath.Join(dir, "p/q/r"), 0o755)
	told(t, w, "new folders")
	time.Sleep(50 * time.Millisecond)
	write(t, filepath.Join(dir, "p/q/r/file"), "x")
	is(t, w, "p/q/r/file", Closed)
	// One that is moved out is not watched any more, one moved in is.
	outside := t.TempDir()
	os.Rename(filepath.Join(dir, "p"), filepath.Join(outside, "p"))
	time.Sleep(50 * time.Millisecond)
	drain(w)
	write(t, filepath.Join(outside, "p/q/r/other"), "x")
	quiet(t, w, "a change outside")
	os.Rename(filepath.Join(outside, "p"), filepath.Join(dir, "s"))
	told(t, w, "a folder that comes back")
	time.Sleep(50 * time.Millisecond)
	write(t, filepath.Join(dir, "s/q/r/third"), "x")
	is(t, w, "s/q/r/third", Closed)
}

func drain(w *Watcher) {
	select {
	case <-w.Changed():
	default:
	}
}

func TestSkip(t *testing.T) {
	dir := t.TempDir()
	w := watch(t, dir)
	write(t, filepath.Join(dir, "repodata/x"), "x")
	write(t, filepath.Join(dir, "repodata/y/x"), "x")
	os.RemoveAll(filepath.Join(dir, "repodata"))
	quiet(t, w, "what is skipped")
}

func TestGone(t *testing.T) {
	top := t.TempDir()
	dir := filepath.Join(top, "d")
	os.Mkdir(dir, 0o755)
	w := watch(t, dir)
	if w.Err() != nil {
		t.Error(w.Err())
	}
	os.Rename(dir, filepath.Join(top, "e"))
	told(t, w, "the end of the folder")
	if err := w.Err(); err == nil || !strings.Contains(err.Error(), "gone") {
		t.Errorf("error %v", err)
	}
	if _, err := New(dir, nil); err == nil {
		t.Error("a folder that is not there is watched")
	}
}

// More events than the system keeps are one change, and nothing stays in the
// state of being written.
func TestMany(t *testing.T) {
	dir := t.TempDir()
	w := watch(t, dir)
	for i := range 8_000 {
		write(t, filepath.Join(dir, fmt.Sprint("f", i%7)), "x")
	}
	told(t, w, "many changes")
	for i := range 7 {
		for range 100 {
			if w.State(fmt.Sprint("f", i)) != Writing {
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
		if w.State(fmt.Sprint("f", i)) == Writing {
			t.Errorf("f%d is still being written", i)
		}
	}
}
