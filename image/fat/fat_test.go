package fat

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"compose/internal/rpmtest"
)

func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	rpmtest.NeedProgram(t, name)
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

func sample() []File {
	files := []File{
		{Path: "EFI/BOOT/BOOTX64.EFI", Data: bytes.Repeat([]byte("EFI"), 5000)},
		{Path: "EFI/BOOT/grub.cfg", Data: []byte("search --no-floppy -l 'OLD'\n")},
		{Path: "EFI/BOOT/fonts/unicode.pf2", Data: bytes.Repeat([]byte("f"), 513)},
		{Path: "empty.txt"},
		{Path: "a folder with a long name", Dir: true},
		{Path: "a folder with a long name/ünïcødé name.text", Data: []byte("u")},
		{Path: "mach_kernel", Data: []byte("k")},
		{Path: ".hidden.long", Data: []byte("h")},
	}
	for i := range 60 {
		files = append(files, File{Path: fmt.Sprintf("many/collision-%03d.conf", i), Data: []byte(fmt.Sprint(i))})
	}
	return files
}

func make1(t testing.TB, files []File, opt Options) []byte {
	t.Helper()
	var b bytes.Buffer
	n, err := Write(t.Context(), &b, files, opt)
	if err != nil {
		t.Fatal(err)
	}
	if n != int64(b.Len()) {
		t.Fatalf("%d bytes, said %d", b.Len(), n)
	}
	return b.Bytes()
}

// memory is an image in memory.
type memory struct{ b []byte }

func (m *memory) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 || off >= int64(len(m.b)) {
		return 0, io.EOF
	}
	n := copy(p, m.b[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (m *memory) WriteAt(p []byte, off int64) (int, error) { return copy(m.b[off:], p), nil }

func open(t testing.TB, b []byte) *Image {
	t.Helper()
	m, err := Open(&memory{b}, int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

var kinds = []Options{
	{Label: "ANACONDA", Serial: 0x1234abcd, Time: time.Unix(1700000000, 0)},
	{Kind: FAT12, Size: 1440 * 1024},
	{Kind: FAT16, Spare: 1 << 20},
	{Kind: FAT16, Size: 20 << 20},
	{Kind: FAT32},
	{Kind: FAT32, Size: 40 << 20, Label: "BIG"},
	{Size: 12 << 20},
}

func TestWriteAndRead(t *testing.T) {
	for i, opt := range kinds {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			b := make1(t, sample(), opt)
			if !bytes.Equal(b, make1(t, sample(), opt)) {
				t.Error("two images of the same files differ")
			}
			m := open(t, b)
			if opt.Kind != 0 && m.Kind() != opt.Kind {
				t.Errorf("FAT%d", m.Kind())
			}
			if opt.Size > 0 && int64(len(b)) != opt.Size {
				t.Errorf("%d bytes", len(b))
			}
			for _, f := range sample() {
				if f.Dir {
					continue
				}
				if got, err := m.ReadFile(f.Path, 1<<20); err != nil || !bytes.Equal(got, f.Data) {
					t.Errorf("%s: %d bytes, %v", f.Path, len(got), err)
				}
			}
		})
	}
}

func TestOtherProgramsAccept(t *testing.T) {
	for i, opt := range kinds {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			name := filepath.Join(t.TempDir(), "fat.img")
			if err := os.WriteFile(name, make1(t, sample(), opt), 0o644); err != nil {
				t.Fatal(err)
			}
			if out := run(t, "fsck.fat", "-n", "-v", name); strings.Contains(out, "differ") || strings.Contains(out, "wrong") {
				t.Error(out)
			}
			dir := t.TempDir()
			t.Setenv("LC_ALL", "C.UTF-8")
			run(t, "mcopy", "-s", "-i", name, "::*", dir)
			for _, f := range sample() {
				if f.Dir {
					continue
				}
				if got, err := os.ReadFile(filepath.Join(dir, f.Path)); err != nil || !bytes.Equal(got, f.Data) {
					t.Errorf("%s: %d bytes, %v", f.Path, len(got), err)
				}
			}
			if opt.Label != "" && !strings.Contains(run(t, "mlabel", "-s", "-i", name, "::"), opt.Label) {
				t.Error("the label is not seen")
			}
		})
	}
}

// changed lists the runs of bytes that differ, rounded to sectors.
func changed(a, b []byte) (out []int) {
	for i := 0; i < len(a); i += sectorSize {
		if !bytes.Equal(a[i:i+sectorSize], b[i:i+sectorSize]) {
			out = append(out, i/sectorSize)
		}
	}
	return out
}

func TestReplace(t *testing.T) {
	for i, opt := range kinds {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			if opt.Size == 0 {
				opt.Spare = 1 << 20
			}
			before := make1(t, sample(), opt)
			b := bytes.Clone(before)
			m := open(t, b)
			const name = "efi/boot/GRUB.CFG"
			if err := m.WriteFile(name, []byte("search --no-floppy -l 'NEW'\n")); err != nil {
				t.Fatal(err)
			}
			if c := changed(before, b); len(c) != 1 {
				t.Errorf("sectors %v changed for content of the same length", c)
			}
			img := filepath.Join(t.TempDir(), "fat.img")
			for _, size := range []int{20_000, 100, 0, 511, 512, 513, 40_000, 3} {
				want := bytes.Repeat([]byte{'x'}, size)
				if err := m.WriteFile(name, want); err != nil {
					t.Fatal(err)
				}
				again := open(t, b)
				if got, err := again.ReadFile(name, 1<<20); err != nil || !bytes.Equal(got, want) {
					t.Fatalf("%d bytes: %d, %v", size, len(got), err)
				}
				for _, f := range sample() {
					if f.Dir || strings.EqualFold(f.Path, name) {
						continue
					}
					if got, err := again.ReadFile(f.Path, 1<<20); err != nil || !bytes.Equal(got, f.Data) {
						t.Fatalf("%s was changed: %v", f.Path, err)
					}
				}
			}
			os.WriteFile(img, b, 0o644)
			if _, err := exec.LookPath("fsck.fat"); err == nil {
				run(t, "fsck.fat", "-n", img)
			}
		})
	}
}

// TestReplaceInForeign changes an image that mkfs.fat and mcopy have made.
func TestReplaceInForeign(t *testing.T) {
	dir := t.TempDir()
	cfg := filepath.Join(dir, "grub.cfg")
	os.WriteFile(cfg, []byte("old"), 0o644)
	for size, kind := range map[string]string{"1440": "12", "9000": "16", "40000": "32"} {
		img := filepath.Join(dir, size)
		run(t, "mkfs.fat", "-n", "ANACONDA", "-F", kind, "-C", img, size)
		run(t, "mmd", "-i", img, "::/EFI", "::/EFI/BOOT")
		run(t, "mcopy", "-i", img, cfg, "::/EFI/BOOT/grub.cfg")
		run(t, "mcopy", "-i", img, cfg, "::/EFI/BOOT/other file.conf")
		f, err := os.OpenFile(img, os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		info, _ := f.Stat()
		m, err := Open(f, info.Size())
		if err != nil {
			t.Fatal(err)
		}
		if err := m.WriteFile("EFI/BOOT/grub.cfg", bytes.Repeat([]byte("new"), 10_000)); err != nil {
			t.Fatal(err)
		}
		f.Close()
		if got := run(t, "mtype", "-i", img, "::/EFI/BOOT/grub.cfg"); got != strings.Repeat("new", 10_000) {
			t.Errorf("FAT%s: %d bytes", kind, len(got))
		}
		if got := run(t, "mtype", "-i", img, "::/EFI/BOOT/other file.conf"); got != "old" {
			t.Errorf("FAT%s: the other file is %q", kind, got)
		}
		run(t, "fsck.fat", "-n", img)
	}
}

func TestNoRoom(t *testing.T) {
	b := make1(t, sample(), Options{})
	before := bytes.Clone(b)
	m := open(t, b)
	if err := m.WriteFile("EFI/BOOT/grub.cfg", make([]byte, 1<<20)); err == nil || !strings.Contains(err.Error(), "clusters are needed") {
		t.Error(err)
	}
	if !bytes.Equal(b, before) {
		t.Error("the image was changed")
	}
	if err := m.WriteFile("EFI/BOOT/grub.cfg", []byte("still works")); err != nil {
		t.Error(err)
	}
	if err := m.WriteFile("EFI/none", nil); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	if err := m.WriteFile("EFI/BOOT", nil); err == nil {
		t.Error("a folder was replaced")
	}
}

func TestFaults(t *testing.T) {
	file := func(names ...string) (out []File) {
		for _, n := range names {
			out = append(out, File{Path: n})
		}
		return out
	}
	cases := []struct {
		files []File
		opt   Options
		want  string
	}{
		{file("a", "A"), Options{}, "A comes twice"},
		{file("a", "a/b"), Options{}, "a/b comes twice"},
		{file("a/b", "a"), Options{}, "a comes twice"},
		{file("../a"), Options{}, "not a path"},
		{file("a?"), Options{}, "has characters that FAT does not"},
		{file("a."), Options{}, "ends in a dot"},
		{file(strings.Repeat("n", 300)), Options{}, "a name of 300 bytes"},
		{file("a"), Options{Label: "lower"}, "label"},
		{file("a"), Options{Size: 1000}, "not a multiple"},
		{[]File{{Path: "a", Data: make([]byte, 5000)}}, Options{Size: 4096}, "do not fit into 4096 bytes"},
		{[]File{{Path: "a", From: "/nowhere", Size: 5}}, Options{}, "no such file"},
		{file("a"), Options{Time: time.Unix(0, 0)}, "year 1970"},
	}
	for _, c := range cases {
		if _, err := Write(t.Context(), io.Discard, c.files, c.opt); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
}

func FuzzOpen(f *testing.F) {
	small := []File{{Path: "EFI/BOOT/grub.cfg", Data: []byte("cfg")}, {Path: "a longer name.txt", Data: make([]byte, 1500)}}
	f.Add(make1(f, small, Options{}))
	f.Add(make1(f, small, Options{Kind: FAT16})[:120_000])
	f.Fuzz(func(t *testing.T, b []byte) {
		b = append(bytes.Clone(b), make([]byte, max(40_000-len(b), 0))...)
		m, err := Open(&memory{b}, int64(len(b)))
		if err != nil {
			return
		}
		m.Walk(func(e Entry) error {
			if !fs.ValidPath(e.Path) {
				t.Errorf("%q leads out of the image", e.Path)
			}
			return nil
		})
		m.ReadFile("EFI/BOOT/grub.cfg", 1<<20)
		m.WriteFile("EFI/BOOT/grub.cfg", make([]byte, 3000))
	})
}

// Whatever its size, an image has an entry in its table for every cluster
// that its size makes room for.
func TestSizes(t *testing.T) {
	for size := int64(40 << 20); size < 40<<20+600*sectorSize; size += 7 * sectorSize {
		var b bytes.Buffer
		n, err := Write(t.Context(), &b, nil, Options{Kind: FAT32, Size: size})
		if err != nil || n != size {
			t.Fatalf("%d: %d, %v", size, n, err)
		}
		g, err := parseGeometry(b.Bytes()[:sectorSize], size)
		if err != nil || g.kind != FAT32 {
			t.Errorf("%d: %+v, %v", size, g.kind, err)
		}
	}
}
