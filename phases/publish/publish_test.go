package publish

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// write makes files of a folder; names with a slash at the end are folders.
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

// compose makes a folder like a finished compose of one tree, whose
// repomd.xml and .treeinfo name all other files with their checksums.
func compose(t *testing.T, packages map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, map[string]string{"STATUS": "FINISHED\n", "compose/metadata/composeinfo.json": fmt.Sprint(packages)})
	tree := map[string]string{}
	var index strings.Builder
	for name, text := range packages {
		tree[name] = text
		fmt.Fprintf(&index, "%x %s\n", sha256.Sum256([]byte(text)), name)
	}
	tree["repodata/repomd.xml"], tree[".treeinfo"] = index.String(), index.String()
	write(t, filepath.Join(dir, "compose/Server/x86_64/os"), tree)
	return dir
}

// whole checks a published tree as a reader does: repomd.xml first, then what
// it names, and all over again when repomd.xml has changed meanwhile.
func whole(dest string) error {
	index := func() ([]byte, error) {
		return os.ReadFile(filepath.Join(dest, "Server/x86_64/os/repodata/repomd.xml"))
	}
	data, err := index()
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(data)) {
		sum, name, _ := strings.Cut(strings.TrimSpace(line), " ")
		text, err := os.ReadFile(filepath.Join(dest, "Server/x86_64/os", name))
		if err == nil && fmt.Sprintf("%x", sha256.Sum256(text)) != sum {
			err = fmt.Errorf("%s is not what repomd.xml says", name)
		}
		if err != nil {
			if now, _ := index(); !bytes.Equal(now, data) {
				return whole(dest)
			}
			return err
		}
	}
	return nil
}

func tree(t *testing.T, dest string) string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(dest, func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			rel, _ := filepath.Rel(dest, name)
			out = append(out, rel)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(out, " ")
}

const frame = "Server/x86_64/os/.treeinfo %sServer/x86_64/os/repodata/repomd.xml metadata/composeinfo.json"

func TestPublish(t *testing.T) {
	dest := filepath.Join(t.TempDir(), "pub")
	now := time.Unix(1e9, 0)
	publish := func(dir string, o Options) *Result {
		t.Helper()
		o.Now = now
		r, err := Compose(t.Context(), dir, dest, o)
		if err != nil {
			t.Fatal(err)
		}
		if err := whole(dest); err != nil && !o.DryRun {
			t.Fatal(err)
		}
		return r
	}
	first := compose(t, map[string]string{"a.rpm": "a", "b.rpm": "b"})
	if r := publish(first, Options{DryRun: true}); r.Linked != 5 || tree(t, filepath.Dir(dest)) != "" {
		t.Errorf("dry run: %+v", r)
	}
	if r := publish(first, Options{}); r.Linked != 5 || fmt.Sprint(r.Switched) != "[Server/x86_64/os metadata]" {
		t.Errorf("first: %+v", r)
	}
	if r := publish(first, Options{CheckAll: true}); r.Same != 5 || len(r.Switched) != 0 {
		t.Errorf("again: %+v", r)
	}
	// A package changes under its name, one goes: it stays for the time of grace.
	second := compose(t, map[string]string{"a.rpm": "A", "c.rpm": "c"})
	day := Options{Delete: true, Grace: 24 * time.Hour}
	if r := publish(second, day); r.Kept != 1 || len(r.Deleted) != 0 || r.Linked != 5 {
		t.Errorf("second: %+v", r)
	}
	if got, want := tree(t, dest), fmt.Sprintf(frame, "Server/x86_64/os/a.rpm Server/x86_64/os/b.rpm Server/x86_64/os/c.rpm "); got != want {
		t.Errorf("second: got %s\nwant %s", got, want)
	}
	now = now.Add(24 * time.Hour)
	if r := publish(second, day); r.Kept != 0 || fmt.Sprint(r.Deleted) != "[Server/x86_64/os/b.rpm]" {
		t.Errorf("a day later: %+v", r)
	}
	if got, want := tree(t, filepath.Dir(dest)), ".pub.publish.json.lock pub/Server"; !strings.HasPrefix(got, want) {
		t.Errorf("left: %s", got)
	}
}

// Another file system: files are copied with their times, and a second run
// finds them.
func TestPublishCopies(t *testing.T) {
	dest, dir := filepath.Join(t.TempDir(), "pub"), compose(t, map[string]string{"a.rpm": "a"})
	r, err := Compose(t.Context(), dir, dest, Options{Copy: true})
	if err != nil || r.Copied != 4 || r.Linked != 0 {
		t.Fatalf("%+v, %v", r, err)
	}
	if r, err = Compose(t.Context(), dir, dest, Options{Copy: true}); err != nil || r.Same != 4 {
		t.Errorf("%+v, %v", r, err)
	}
}

// Somebody who reads all the time never finds a tree that is not whole.
func TestValidAtEveryInstant(t *testing.T) {
	dest := filepath.Join(t.TempDir(), "pub")
	var composes []string
	for i := range 12 {
		packages := map[string]string{"same.rpm": "same", "changing.rpm": fmt.Sprint("content ", i)}
		packages[fmt.Sprintf("new%d.rpm", i)] = "new"
		composes = append(composes, compose(t, packages))
	}
	if _, err := Compose(t.Context(), composes[0], dest, Options{}); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	found := make(chan error, 1)
	reads := 0
	go func() {
		for ctx.Err() == nil {
			if err := whole(dest); err != nil {
				found <- err
				return
			}
			reads++
		}
		found <- nil
	}()
	for _, dir := range composes[1:] {
		if _, err := Compose(t.Context(), dir, dest, Options{Delete: true, Grace: 0}); err != nil {
			t.Error(err)
		}
	}
	stop()
	if err := <-found; err != nil || reads == 0 {
		t.Errorf("after %d readings: %v", reads, err)
	}
}

// A run that was interrupted while it copied goes on.
func TestInterrupted(t *testing.T) {
	dest, dir := filepath.Join(t.TempDir(), "pub"), compose(t, map[string]string{"a.rpm": "a", "b.rpm": "b"})
	ctx, cancel := context.WithCancelCause(t.Context())
	o := Options{Copy: true, Progress: func(p Progress) {
		if p.Files == 2 {
			cancel(errors.New("interrupted"))
		}
	}}
	if _, err := Compose(ctx, dir, dest, o); err == nil || !strings.Contains(err.Error(), "interrupted") {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dest, "Server")); err == nil {
		t.Error("half of a tree is published")
	}
	write(t, filepath.Join(dest, stageDir, "Server/x86_64/os"), map[string]string{"foreign.rpm": "x"})
	if _, err := Compose(t.Context(), dir, dest, Options{Copy: true}); err != nil {
		t.Fatal(err)
	}
	if got, want := tree(t, dest), fmt.Sprintf(frame, "Server/x86_64/os/a.rpm Server/x86_64/os/b.rpm "); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

func TestVariants(t *testing.T) {
	dest, dir := filepath.Join(t.TempDir(), "pub"), compose(t, map[string]string{"a.rpm": "a"})
	write(t, filepath.Join(dir, "compose"), map[string]string{"Other/x86_64/os/x.rpm": "x", "Server/source/tree/s.rpm": "s"})
	r, err := Compose(t.Context(), dir, dest, Options{Variants: []string{"Ser*"}, Arches: []string{"x86_64"}})
	if err != nil || fmt.Sprint(r.Switched) != "[Server/x86_64/os metadata]" {
		t.Errorf("%+v, %v", r, err)
	}
	// What was not chosen is not deleted; what is gone is, folder and all.
	if _, err = Compose(t.Context(), dir, dest, Options{}); err != nil {
		t.Fatal(err)
	}
	os.RemoveAll(filepath.Join(dir, "compose/Other"))
	if _, err = Compose(t.Context(), dir, dest, Options{Variants: []string{"Server"}, Delete: true}); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dest, "Other/x86_64/os/x.rpm")); err != nil {
		t.Error(err)
	}
	if _, err = Compose(t.Context(), dir, dest, Options{Delete: true}); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dest, "Other")); err == nil {
		t.Error("the folder of a variant that is gone is still there")
	}
}

func TestRefused(t *testing.T) {
	dir := compose(t, map[string]string{"a.rpm": "a"})
	doomed := compose(t, nil)
	write(t, doomed, map[string]string{"STATUS": "DOOMED\n"})
	linked, outside := t.TempDir(), t.TempDir()
	if err := os.Symlink(outside, filepath.Join(linked, "Server")); err != nil {
		t.Fatal(err)
	}
	busy := t.TempDir()
	unlock, err := lock(busy)
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	for _, c := range []struct{ dir, dest, want string }{
		{doomed, t.TempDir(), "is DOOMED"},
		{t.TempDir(), t.TempDir(), "is no compose"},
		{dir, linked, "Server is not a file"},
		{dir, busy, "by another run"},
	} {
		if _, err := Compose(t.Context(), c.dir, c.dest, Options{}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %s", err, c.want)
		}
	}
	if tree(t, outside) != "" {
		t.Error("a link led out of the mirror")
	}
}

// A full disk leaves the mirror as it was.
func TestFullDisk(t *testing.T) {
	dest := t.TempDir()
	if err := unix.Mount("none", dest, "tmpfs", 0, "size=64k"); err != nil {
		t.Skipf("no tmpfs can be mounted: %v", err)
	}
	defer unix.Unmount(dest, unix.MNT_DETACH)
	small := compose(t, map[string]string{"a.rpm": "a"})
	if _, err := Compose(t.Context(), small, dest, Options{}); err != nil {
		t.Fatal(err)
	}
	big := compose(t, map[string]string{"a.rpm": "other", "b.rpm": strings.Repeat("x", 100<<10)})
	if _, err := Compose(t.Context(), big, dest, Options{}); !errors.Is(err, unix.ENOSPC) {
		t.Errorf("got %v", err)
	}
	if err := whole(dest); err != nil {
		t.Error(err)
	}
}
