package phases_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"compose/internal/composetest"
	"compose/phases"
)

// smallDisk mounts a file system of so many KiB in the work folder.
func smallDisk(f *fixture, kib int) string {
	f.t.Helper()
	dir := filepath.Join(f.work, "disk")
	if err := os.Mkdir(dir, 0o755); err != nil {
		f.t.Fatal(err)
	}
	if err := syscall.Mount("compose-test", dir, "tmpfs", 0, fmt.Sprintf("size=%dk", kib)); err != nil {
		f.t.Skipf("mounting a small file system: %v", err)
	}
	f.t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			f.t.Error(err)
		}
	})
	return dir
}

// TestFullDisk composes to disks that are full at the first file, at the
// last one, or in between. The error says so, no file is half there, and
// STATUS, if there is one, is true.
func TestFullDisk(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("mounting needs root")
	}
	ended := map[phases.Status]int{}
	for kib := 4; kib <= 1024; kib += 4 + kib/4 {
		t.Run(fmt.Sprintf("target-%dk", kib), func(t *testing.T) {
			f := newFixture(t, smallPackages)
			f.options.Target = filepath.Join(smallDisk(f, kib), "target")
			r := f.run()
			if r.made == nil {
				ended[""]++
				wantFull(t, r)
				if entries, _ := os.ReadDir(f.options.Target); len(entries) > 0 {
					t.Errorf("%s is left", entries[0].Name())
				}
				return
			}
			ended[r.made.Status]++
			if r.made.Status != phases.Finished {
				wantFull(t, r)
			} else if r.err != nil {
				t.Errorf("finished, and yet: %v", r.err)
			}
		})
	}
	if ended[phases.Finished] == 0 || ended[phases.Doomed] == 0 {
		t.Errorf("ends seen: %v", ended)
	}
}

// TestFullCacheDisk does so with the cache: what cannot be kept must not be
// taken for known later.
func TestFullCacheDisk(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("mounting needs root")
	}
	for _, kib := range []int{4, 16, 40} {
		t.Run(fmt.Sprintf("cache-%dk", kib), func(t *testing.T) {
			f := newFixture(t, smallPackages)
			f.options.CacheDir = filepath.Join(smallDisk(f, kib), "cache")
			if r := f.run(); r.err != nil {
				wantFull(t, r)
			}
		})
	}
}

// TestReadOnlyTarget composes to where nothing can be written.
func TestReadOnlyTarget(t *testing.T) {
	f := newFixture(t, smallPackages)
	if os.Getuid() == 0 { // whom modes do not stop
		f.options.Target = smallDisk(f, 64)
		if err := syscall.Mount("", f.options.Target, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
			t.Fatal(err)
		}
	} else {
		f.options.Target = filepath.Join(f.work, "disk")
		if err := os.Mkdir(f.options.Target, 0o555); err != nil {
			t.Fatal(err)
		}
	}
	r := f.run()
	if r.made != nil || !strings.HasPrefix(r.text(), "making compose folder: mkdir $WORK/disk/DP-1.0-20240309.t.0: ") {
		t.Errorf("made %+v: %s", r.made, r.text())
	}
	var refused *phases.RefusedError
	if errors.As(r.err, &refused) {
		t.Error("it seems to be a mistake of usage")
	}
}

func wantFull(t *testing.T, r *result) {
	t.Helper()
	if !strings.Contains(r.text(), "no space left on device") {
		t.Errorf("the error is %q", r.text())
	}
	if r.made != nil {
		composetest.NoLeftovers(t, r.made.Dir)
	}
}
