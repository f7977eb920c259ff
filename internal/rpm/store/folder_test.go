package store

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// nosys is a FileInfo that does not come from the operating system.
type nosys struct{ fs.FileInfo }

func (nosys) Sys() any { return nil }

func TestUnwritableFolder(t *testing.T) {
	if _, err := Open("/proc/no/such"); err == nil || !strings.HasPrefix(err.Error(), "opening the package store /proc/no/such: ") {
		t.Fatal(err)
	}
	dir := t.TempDir()
	fillStore(t, dir, 0, 3)
	done(t, os.RemoveAll(filepath.Join(dir, tempDir)))
	done(t, os.WriteFile(filepath.Join(dir, tempDir), nil, 0o644)) // stops root as well
	s := open(t, dir)
	checkStore(t, s, 0, 3)
	if _, err := s.Begin(); err == nil || !strings.HasPrefix(err.Error(), "writing the package store "+dir) {
		t.Fatal(err)
	}
	w, err := s.BeginTemporary()
	done(t, err)
	synth(3).add(t, w)
	done(t, w.Commit())
	checkStore(t, s, 0, 4)
	done(t, s.Close())
	missing(t, open(t, dir), 3)
}

func TestFullDisk(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("mounting needs root")
	}
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=256k"); err != nil {
		t.Skip("mount:", err)
	}
	t.Cleanup(func() { unix.Unmount(dir, unix.MNT_DETACH) })
	s := open(t, dir)
	w := begin(t, s)
	var err error
	n := 0
	for ; err == nil && n < 10000; n++ {
		e := synth(n)
		_, err = w.Add(e.keys, e.pkg, e.details(), e.frag)
	}
	if !errors.Is(err, unix.ENOSPC) || !strings.HasPrefix(err.Error(), "writing the package store "+dir+": ") {
		t.Fatal(err)
	}
	checkStore(t, s, 0, n-1)
	if again := w.Commit(); !errors.Is(again, unix.ENOSPC) {
		t.Fatal(again)
	}
	empty(t, filepath.Join(dir, packsDir))
	empty(t, filepath.Join(dir, tempDir))
	done(t, s.Close())
	fillStore(t, dir, 0, 10)
	checkStore(t, open(t, dir), 0, 10)
}

func TestLeftOverFilesAreSwept(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	w := begin(t, s)
	e := synth(1)
	e.add(t, w)
	alive := w.part.temp
	dead := filepath.Join(dir, tempDir, "x"+tempExt)
	done(t, os.WriteFile(dead, nil, 0o644))
	open(t, dir)
	if _, err := os.Stat(dead); !errors.Is(err, fs.ErrNotExist) {
		t.Fatal("the file of a dead process is still there")
	}
	if _, err := os.Stat(alive); err != nil {
		t.Fatal(err)
	}
	done(t, w.Commit())
	checkStore(t, open(t, dir), 1, 2)
}

func TestOtherFilesAreIgnored(t *testing.T) {
	dir := t.TempDir()
	fillStore(t, dir, 0, 2)
	packs := filepath.Join(dir, packsDir)
	done(t, unix.Mkfifo(filepath.Join(packs, "fifo"+packExt), 0o644))
	done(t, os.Mkdir(filepath.Join(packs, "dir"+packExt), 0o755))
	done(t, os.Symlink("nowhere", filepath.Join(packs, "link"+packExt)))
	done(t, os.WriteFile(filepath.Join(packs, "note.txt"), nil, 0o644))
	s := open(t, dir)
	checkStore(t, s, 0, 2)
	if n := s.Notes(); len(n) > 0 {
		t.Fatal(n)
	}
}
