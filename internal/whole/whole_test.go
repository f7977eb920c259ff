package whole

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestCopy(t *testing.T) {
	dir := t.TempDir()
	from, to := filepath.Join(dir, "from"), filepath.Join(dir, "to")
	at := time.Unix(1e9, 5000)
	if err := errors.Join(Write(from, []byte("text")), os.Chmod(from, 0o700), os.Chtimes(from, at, at), os.Symlink(from, filepath.Join(dir, "link"))); err != nil {
		t.Fatal(err)
	}
	if err := Copy(t.Context(), filepath.Join(dir, "link"), to, 0o044); err != nil {
		t.Fatal(err)
	}
	fi, err := os.Lstat(to)
	if err != nil || fi.Mode() != 0o744 || !fi.ModTime().Equal(at) || fi.Size() != 4 {
		t.Errorf("%v, %v", fi, err)
	}
	if err := Copy(t.Context(), dir, to, 0); err == nil {
		t.Error("a folder was copied")
	}
}

// What is interrupted leaves the old file, and nothing else.
func TestInterrupted(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "name")
	if err := Write(name, []byte("old")); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	stopped := errors.New("stopped")
	cancel(stopped)
	if err := Copy(ctx, name, name, 0); !errors.Is(err, stopped) {
		t.Error(err)
	}
	if b, err := os.ReadFile(name); string(b) != "old" || err != nil {
		t.Errorf("%q, %v", b, err)
	}
	if list, _ := os.ReadDir(dir); len(list) != 1 {
		t.Errorf("%d files are left", len(list))
	}
}
