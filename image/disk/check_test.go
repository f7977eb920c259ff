package disk_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"compose/image/disk"
)

// TestDamage changes bytes of a disk that firmware and kernels look at, and
// cuts images short.
func TestDamage(t *testing.T) {
	need(t, "mke2fs", "debugfs")
	name := raw(t, disk.Options{Root: root(t), Name: "x", Identity: "one"})
	if err := disk.CheckRaw(name); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	size := info.Size()
	for _, at := range []int64{512, 512 + 60, 1024, 1024 + 33, size - 512, size - 33*512, 1<<20 + 1024 + 56, 1<<20 + 1024 + 4} {
		flip(t, name, at)
		if err := disk.CheckRaw(name); err == nil {
			t.Errorf("a change at %d is not missed", at)
		}
		flip(t, name, at)
	}
	if err := disk.CheckRaw(name); err != nil {
		t.Fatal(err)
	}
	qcow := filepath.Join(t.TempDir(), "qcow2")
	in, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	for _, c := range []disk.QcowCompression{disk.Plain, disk.Zlib} {
		out, err := os.Create(qcow)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(disk.Qcow2(context.Background(), out, in, c), out.Close(), disk.CheckQcow2(qcow, size)); err != nil {
			t.Fatal(err)
		}
		if err := disk.CheckQcow2(qcow, size+512); err == nil {
			t.Error("another disk's size is taken")
		}
		for _, cut := range []int64{50, 70000} {
			if err := os.Truncate(qcow, cut); err != nil {
				t.Fatal(err)
			}
			if err := disk.CheckQcow2(qcow, size); err == nil {
				t.Errorf("%d bytes are taken for all of it", cut)
			}
		}
	}
	if err := os.Truncate(name, size-512); err != nil {
		t.Fatal(err)
	}
	if err := disk.CheckRaw(name); err == nil {
		t.Error("a disk without its end is taken")
	}
}

func flip(t *testing.T, name string, at int64) {
	t.Helper()
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 1)
	_, err = f.ReadAt(b, at)
	b[0] ^= 1
	_, err2 := f.WriteAt(b, at)
	if err := errors.Join(err, err2, f.Close()); err != nil {
		t.Fatal(err)
	}
}
