package disk_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"compose/image/disk"
	"compose/internal/rpmtest"
	"compose/internal/sandbox"
)

func TestMain(m *testing.M) {
	sandbox.Main(disk.Hooks())
	os.Exit(m.Run())
}

// need skips where programs are missing, or the kernel has no namespaces for us.
func need(t *testing.T, programs ...string) {
	t.Helper()
	rpmtest.NeedProgram(t, programs...)
	err := sandbox.Run(context.Background(), sandbox.Command{Args: []string{"true"}, Env: []string{"PATH=/usr/bin"}})
	if u := (*sandbox.UnavailableError)(nil); errors.As(err, &u) && os.Getenv("COMPOSE_REQUIRE_TOOLS") != "1" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// root makes a small root file system.
func root(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"boot/vmlinuz-1.2": "old", "boot/vmlinuz-1.10": "kernel", "boot/initramfs-1.10.img": "ramdisk",
		"etc/os-release": "NAME=x\n", "bin/a": "a", "bin/c": "c", "bin/b": strings.Repeat("b", 3000000),
	} {
		name := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o755), os.WriteFile(name, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("a", filepath.Join(dir, "bin/link")); err != nil {
		t.Fatal(err)
	}
	// Time stamps as rootfs.Install leaves them.
	if out, err := exec.Command("find", dir, "-exec", "touch", "-h", "-d", "@1700000000", "{}", "+").CombinedOutput(); err != nil {
		t.Fatalf("%s", out)
	}
	return dir
}

func raw(t *testing.T, o disk.Options) string {
	t.Helper()
	o.File, o.Arch, o.Epoch = filepath.Join(t.TempDir(), "disk.raw"), "x86_64", 1700000001
	if err := disk.Raw(context.Background(), o); err != nil {
		t.Fatal(err)
	}
	if list, _ := os.ReadDir(filepath.Dir(o.File)); len(list) != 1 {
		t.Errorf("more than the image is left: %v", list)
	}
	return o.File
}

func command(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.Command(args[0], args[1:]...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %v\n%s", args, err, out)
	}
	return string(out)
}

var both = []disk.Platform{disk.BIOSPlatform, disk.UEFIPlatform}

// TestRaw looks at a disk with the programs that others have for that.
func TestRaw(t *testing.T) {
	need(t, "mke2fs", "debugfs", "grub-mkimage", "sfdisk", "e2fsck", "dumpe2fs", "fsck.fat", "mtype")
	o := disk.Options{Root: root(t), Name: "Base x", Identity: "one", Platforms: both, Timeout: 1}
	name := raw(t, o)
	if out := command(t, "sfdisk", "--verify", name); !strings.Contains(out, "No errors detected") {
		t.Error(out)
	}
	if out := command(t, "sfdisk", "-d", name); !strings.Contains(out, "start=        2048, size=        2048, type=21686148") || !strings.Contains(out, "name=\"root\"") {
		t.Error(out)
	}
	part := filepath.Join(t.TempDir(), "part")
	command(t, "dd", "status=none", "bs=1M", "if="+name, "of="+part, "skip=66")
	command(t, "truncate", "-s", "-1M", part)
	command(t, "e2fsck", "-fn", part)
	if out := command(t, "dumpe2fs", "-h", part); !strings.Contains(out, "Base_x") || !strings.Contains(out, "Filesystem created:       Tue Nov 14 22:13:21 2023") {
		t.Error(out)
	}
	if out := command(t, "debugfs", "-R", "cat /boot/vmlinuz-1.10", part); !strings.Contains(out, "kernel") {
		t.Error(out)
	}
	efi := name + "@@2097152"
	command(t, "mtype", "-i", efi, "::EFI/BOOT/BOOTX64.EFI")
	menu := command(t, "mtype", "-i", efi, "::grub/grub.cfg")
	for _, want := range []string{"menuentry 'Base x'", "linux /boot/vmlinuz-1.10 root=PARTUUID=", "initrd /boot/initramfs-1.10.img"} {
		if !strings.Contains(menu, want) {
			t.Errorf("no %q in\n%s", want, menu)
		}
	}
	var st os.FileInfo
	st, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	if used := strings.Fields(command(t, "du", "-k", name))[0]; len(used) > 5 || st.Size() < 130<<20 {
		t.Errorf("%s KiB of %d bytes are used", used, st.Size())
	}
	o.Root = root(t)
	a, err := os.ReadFile(name)
	b, err2 := os.ReadFile(raw(t, o))
	if err != nil || err2 != nil || !bytes.Equal(a, b) {
		t.Error("two disks differ", err, err2)
	}
}

func TestQcow2(t *testing.T) {
	need(t, "mke2fs", "debugfs", "qemu-img")
	name := raw(t, disk.Options{Root: root(t), Name: "x", Identity: "one"})
	for _, c := range []disk.QcowCompression{disk.Plain, disk.Zlib} {
		compare(t, name, c)
	}
}

// TestQcow2Sizes has disks of odd sizes, of nothing but zeros, and full ones.
func TestQcow2Sizes(t *testing.T) {
	rpmtest.NeedProgram(t, "qemu-img")
	noise := make([]byte, 5<<20)
	x := uint32(1)
	for i := range noise {
		x = x*1664525 + 1013904223
		noise[i] = byte(x >> 24)
	}
	for _, size := range []int64{512, 65536, 65536 + 512, 5 << 20, 600 << 20} {
		for _, data := range [][]byte{nil, noise, bytes.Repeat([]byte("text "), 1<<18)} {
			name := filepath.Join(t.TempDir(), "raw")
			if err := os.WriteFile(name, data[:min(int64(len(data)), size)], 0o644); err != nil {
				t.Fatal(err)
			}
			if err := os.Truncate(name, size); err != nil {
				t.Fatal(err)
			}
			if size > 65536 && data != nil {
				f, err := os.OpenFile(name, os.O_WRONLY, 0)
				if err == nil {
					_, err = f.WriteAt([]byte("end"), size-3)
				}
				if err != nil || f.Close() != nil {
					t.Fatal(err)
				}
			}
			compare(t, name, disk.Plain)
			compare(t, name, disk.Zlib)
		}
	}
}

func compare(t *testing.T, raw string, c disk.QcowCompression) {
	t.Helper()
	in, err := os.Open(raw)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	name := filepath.Join(t.TempDir(), "disk.qcow2")
	out, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(disk.Qcow2(context.Background(), out, in, c), out.Close()); err != nil {
		t.Fatal(err)
	}
	if out := command(t, "qemu-img", "check", "-f", "qcow2", name); !strings.Contains(out, "No errors were found") {
		t.Error(out)
	}
	if out := command(t, "qemu-img", "compare", "-f", "raw", "-F", "qcow2", raw, name); !strings.Contains(out, "Images are identical") {
		t.Error(out)
	}
}

func TestFailures(t *testing.T) {
	need(t, "mke2fs", "debugfs")
	empty := t.TempDir()
	for _, c := range []struct {
		o    disk.Options
		want string
	}{
		{disk.Options{Root: empty, Arch: "x86_64", Platforms: both}, "no installed package has a kernel"},
		{disk.Options{Root: root(t), Arch: "s390x", Platforms: both}, "only of x86_64"},
		{disk.Options{Root: root(t), Arch: "x86_64", Size: 1 << 20}, "root file system of 1 MiB for 2 MiB: running mke2fs: exit status"},
	} {
		c.o.File = filepath.Join(t.TempDir(), "disk")
		if err := disk.Raw(context.Background(), c.o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want %q", err, c.want)
		}
		if list, _ := os.ReadDir(filepath.Dir(c.o.File)); len(list) > 0 {
			t.Errorf("left: %v", list)
		}
	}
}
