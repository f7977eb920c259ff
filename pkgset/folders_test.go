package pkgset

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"compose/internal/results"
)

// walkedWith is what a walk finds, with listings that are kept or without. It
// takes every folder for one that has been at rest.
func walkedWith(t *testing.T, top string, keep results.Store) (string, int) {
	t.Helper()
	w := newWalker(context.Background(), LinksAll)
	w.also = func(name string) bool { return name == "also" }
	if w.kept = openFolders(keep, top, "also"); w.kept != nil {
		defer w.kept.close()
		w.kept.now = time.Now().Add(time.Hour).UnixNano()
	}
	all, bad, err := w.walk(top, 3)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, f := range all {
		fmt.Fprintln(&b, f.path(), f.key, f.mtime, f.size)
	}
	slices.Sort(w.others)
	fmt.Fprintln(&b, w.others, len(bad))
	n := 0
	if w.kept != nil {
		n = len(w.kept.old)
	}
	return b.String(), n
}

// Whatever happens to folders and files, what is found with listings of the
// last time is what is found without.
func TestKeptFolders(t *testing.T) {
	top, out := t.TempDir(), t.TempDir()
	keep := results.Store{Dir: t.TempDir()}
	if f := openFolders(keep, top, "also"); f == nil {
		t.Skip("the file system of the temporary folder is not one whose folders can be believed")
	} else {
		f.close()
	}
	r := rand.New(rand.NewPCG(1, 2))
	folder := func() string {
		return filepath.Join(top, [...]string{"", "a", "b", "a/c", "a/c/d", "b/e"}[r.IntN(6)])
	}
	file := func() string {
		return filepath.Join(folder(), [...]string{"x.rpm", "y.rpm", "also", "other"}[r.IntN(4)])
	}
	known := 0
	for range 300 {
		for range 1 + r.IntN(3) {
			switch r.IntN(9) {
			case 0, 1:
				os.MkdirAll(folder(), 0o777)
			case 2, 3:
				os.WriteFile(file(), fmt.Append(nil, r.IntN(1000)), 0o666)
			case 4:
				os.Remove(file())
			case 5:
				os.Rename(file(), file())
			case 6:
				os.Symlink([...]string{"a", "x.rpm", "../b", out}[r.IntN(4)], filepath.Join(folder(), "link"+[...]string{"", ".rpm"}[r.IntN(2)]))
			case 7:
				if f := folder(); f != top {
					os.Rename(f, filepath.Join(top, "b", "e"))
				}
			case 8:
				now := time.Now().Add(-time.Hour)
				os.Chtimes(folder(), now, now) // rsync does so
			}
		}
		want, _ := walkedWith(t, top, results.Store{})
		got, n := walkedWith(t, top, keep)
		if got != want {
			t.Fatalf("found\n%s\nwant\n%s", got, want)
		}
		known += n
		time.Sleep(5 * time.Millisecond) // the ticks of the file system's clock
	}
	if known < 300 {
		t.Errorf("only %d folders were known", known)
	}
}

// Damaged listings are made anew, and a folder that changed lately is not
// kept.
func TestFoldersDamage(t *testing.T) {
	all := []folder{{".", 1, -2, 3, string(appendEntry(nil, entryFile, "x.rpm"))}, {"a", 4, 5, 6, ""}}
	b := appendFolders(nil, 7, all)
	got, err := readFolders(string(b), 7)
	if err != nil || len(got) != 2 || got["."] != all[0] || got["a"] != all[1] {
		t.Fatal(got, err)
	}
	if _, err := readFolders(string(b), 8); err == nil {
		t.Error("listings of another file system are taken")
	}
	for i := range b {
		bad := append([]byte{}, b...)
		bad[i] ^= 0x10
		if _, err := readFolders(string(bad), 7); err == nil {
			t.Errorf("damage of byte %d is not seen", i)
		}
		if _, err := readFolders(string(b[:i]), 7); err == nil {
			t.Errorf("an end at byte %d is not seen", i)
		}
	}
	top, keep := t.TempDir(), results.Store{Dir: t.TempDir()}
	for range 2 {
		if _, err := ListFiles(t.Context(), top, ListOptions{Keep: keep}); err != nil {
			t.Fatal(err)
		}
	}
	if f := openFolders(keep, top, ""); f != nil {
		defer f.close()
		if len(f.old) != 0 {
			t.Error("the listing of a folder that was made just now is kept")
		}
	}
}
