package iso

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"compose/internal/rpmtest"
)

var testTime = time.Unix(1700000000, 0)

// text is a file with content at hand.
func text(path, content string) File {
	return File{Path: path, Data: []byte(content), ModTime: 1600000000}
}

// write makes an image of the files in a new folder.
func write(t *testing.T, files []File, opt Options) (string, Result) {
	t.Helper()
	if opt.Time.IsZero() {
		opt.Time = testTime
	}
	m, err := New(files, opt)
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "test.iso")
	res, err := m.Create(t.Context(), name, Output{Sums: []string{"sha256", "md5"}})
	if err != nil {
		t.Fatal(err)
	}
	return name, res
}

func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	rpmtest.NeedProgram(t, name)
	cmd := exec.Command(name, args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s%s", name, strings.Join(args, " "), err, out, stderr.String())
	}
	return string(out)
}

// variety is files of all sorts.
func variety() []File {
	long := strings.Repeat("long-name.", 25) // 250 bytes
	files := []File{
		text("README", "read me\n"),
		text("Packages/b/bash-5.2-1.x86_64.rpm", strings.Repeat("bash", 5000)),
		text("Packages/"+long+"12345", "longest"),
		text("Packages/"+long+"12346", "longest, another"),
		text("Packages/ünïcødé-😀.txt", "unicode"),
		text("empty", ""),
		text("EFI/BOOT/grub.cfg", "set\n"),
		text("EFI/BOOT/GRUB.CFG", "SET\n"),
		text("odd/a:b?c*.txt", "joliet forbids this"),
		text("odd/a;b?c*.txt", "and this"),
		text(".treeinfo", "[general]\n"),
		{Path: "dir/empty", Mode: fs.ModeDir, ModTime: 1},
		{Path: "link", Mode: fs.ModeSymlink, Target: "Packages/b/../b/bash-5.2-1.x86_64.rpm"},
		{Path: "abs", Mode: fs.ModeSymlink, Target: "/usr/./lib"},
		{Path: "far", Mode: fs.ModeSymlink, Target: strings.Repeat("../"+strings.Repeat("x", 120)+"/", 15) + strings.Repeat("y", 255)},
		{Path: "near", Mode: fs.ModeSymlink, Target: "/" + strings.Repeat("0123456789/", 60) + ".."},
		{Path: "tool", Data: []byte("#!/bin/sh\n"), Mode: 0o700},
	}
	deep := "d1"
	for i := 2; i <= 20; i++ {
		deep += fmt.Sprintf("/d%d", i)
		files = append(files, text(deep+"/file", deep))
	}
	for i := range 300 {
		files = append(files, text(fmt.Sprintf("many/%s%03d.rpm", strings.Repeat("n", 60), i), fmt.Sprint(i)))
	}
	return files
}

// extracted compares what a program extracted with the files.
func extracted(t *testing.T, dir string, files []File) {
	t.Helper()
	seen := 0
	for _, f := range files {
		p := filepath.Join(dir, filepath.FromSlash(f.Path))
		info, err := os.Lstat(p)
		if err != nil {
			t.Errorf("%s is lost: %v", f.Path, err)
			continue
		}
		seen++
		switch f.Mode.Type() {
		case fs.ModeDir:
			if !info.IsDir() {
				t.Errorf("%s is not a folder", f.Path)
			}
		case fs.ModeSymlink:
			if to, _ := os.Readlink(p); to != f.Target {
				t.Errorf("%s -> %.300q, want %.300q", f.Path, to, f.Target)
			}
		default:
			b, err := os.ReadFile(p)
			if err != nil || !bytes.Equal(b, f.Data) {
				t.Errorf("%s: %d bytes, want %d (%v)", f.Path, len(b), len(f.Data), err)
			}
			if want := fs.FileMode(0o444) | f.Mode&0o111; f.Mode&0o111 == 0 && info.Mode().Perm()&^0o222 != want {
				t.Errorf("%s: mode %v, want %v", f.Path, info.Mode(), want)
			}
			if f.ModTime != 0 && info.ModTime().Unix() != f.ModTime {
				t.Errorf("%s: time %v", f.Path, info.ModTime())
			}
		}
	}
	if seen == 0 {
		t.Error("nothing was extracted")
	}
}

func TestBsdtarExtracts(t *testing.T) {
	rpmtest.NeedProgram(t, "bsdtar")
	for _, level := range []Level{LevelFree, Level1, Level2, Level3, Level4} {
		t.Run(fmt.Sprint(level), func(t *testing.T) {
			name, _ := write(t, variety(), Options{VolumeID: "TEST", Level: level})
			dir := t.TempDir()
			run(t, "bsdtar", "-xpf", name, "-C", dir)
			extracted(t, dir, variety())
		})
	}
}

func TestXorrisoExtracts(t *testing.T) {
	rpmtest.NeedProgram(t, "xorriso")
	for _, level := range []Level{LevelFree, Level1, Level3, Level4} {
		t.Run(fmt.Sprint(level), func(t *testing.T) {
			files := slices.DeleteFunc(variety(), func(f File) bool { return f.Path == "far" }) // xorriso stops at 1024 bytes
			name, _ := write(t, files, Options{VolumeID: "TEST", Level: level, Implant: ImplantPlain})
			dir := t.TempDir()
			run(t, "xorriso", "-abort_on", "WARNING", "-osirrox", "on", "-indev", name, "-extract", "/", dir)
			extracted(t, dir, files)
			run(t, "chmod", "-R", "u+w", dir)
		})
	}
}

func TestIsoinfoLists(t *testing.T) {
	rpmtest.NeedProgram(t, "isoinfo")
	var files []File // isoinfo itself gets lost in long names
	for _, f := range variety() {
		if f.Path != "far" && len(f.Path) < 200 && !strings.HasPrefix(f.Path, "d1/") {
			files = append(files, f)
		}
	}
	name, _ := write(t, files, Options{VolumeID: "TEST DISC"})
	got := strings.Split(strings.TrimSpace(run(t, "isoinfo", "-R", "-f", "-i", name)), "\n")
	for _, f := range files {
		if !slices.Contains(got, "/"+f.Path) {
			t.Errorf("isoinfo -R does not list %s", f.Path)
		}
	}
	j := run(t, "isoinfo", "-J", "-f", "-i", name)
	for _, want := range []string{"/Packages/b/bash-5.2-1.x86_64.rpm", "/odd/a_b_c_.txt", "/odd/a_b_c_0.txt", "/EFI/BOOT/grub.cfg", "/EFI/BOOT/GRUB.CFG"} {
		if !strings.Contains(j, want+"\n") {
			t.Errorf("isoinfo -J does not list %s:\n%s", want, j)
		}
	}
	if info := run(t, "isoinfo", "-d", "-i", name); !strings.Contains(info, "Volume id: TEST DISC\n") || !strings.Contains(info, "Joliet with UCS level 3 found") {
		t.Error(info)
	}
}

func Test7zSeesJoliet(t *testing.T) {
	rpmtest.NeedProgram(t, "7z")
	files := variety()
	name, _ := write(t, files, Options{VolumeID: "TEST"})
	run(t, "7z", "t", name)
	list := run(t, "7z", "l", "-slt", name)
	if !strings.Contains(list, "ünïcødé-😀.txt") || !strings.Contains(list, "d19/d20/file") {
		t.Error(list[:min(len(list), 3000)])
	}
}

func TestCheckisomd5Accepts(t *testing.T) {
	rpmtest.NeedProgram(t, "checkisomd5", "implantisomd5")
	for _, size := range []int{0, 1, 300_000, 700_000, 5_000_000} {
		files := []File{text("a", strings.Repeat("x", size)), text("b", "b")}
		name, res := write(t, files, Options{Implant: ImplantPlain})
		run(t, "checkisomd5", name)
		if out := run(t, "checkisomd5", "--md5sumonly", name); !strings.Contains(out, res.ImplantMD5) {
			t.Errorf("%s, want %s", out, res.ImplantMD5)
		}
		ours, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		run(t, "implantisomd5", "--force", name)
		theirs, _ := os.ReadFile(name)
		if !bytes.Equal(ours, theirs) {
			t.Errorf("%d bytes: implantisomd5 writes something else:\n%q\n%q", size, ours[33651:33651+512], theirs[33651:33651+512])
		}
	}
	name, _ := write(t, variety(), Options{Implant: ImplantSupported})
	ours, _ := os.ReadFile(name)
	run(t, "implantisomd5", "--force", "--supported-iso", name)
	if theirs, _ := os.ReadFile(name); !bytes.Equal(ours, theirs) {
		t.Error("supported: differs from implantisomd5")
	}
}

func TestSumsAreOfTheFile(t *testing.T) {
	name, res := write(t, variety(), Options{Implant: ImplantPlain})
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(b)
	if res.Sums["sha256"] != hex.EncodeToString(sum[:]) || res.Size != int64(len(b)) {
		t.Errorf("%+v", res)
	}
	again, _ := write(t, variety(), Options{Implant: ImplantPlain})
	if c, _ := os.ReadFile(again); !bytes.Equal(b, c) {
		t.Error("two images of the same files differ")
	}
	run(t, "isoinfo", "-d", "-i", name)
}

func TestHardLinksShare(t *testing.T) {
	dir := t.TempDir()
	big := strings.Repeat("0123456789abcdef", 100_000)
	if err := os.WriteFile(filepath.Join(dir, "one"), []byte(big), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(filepath.Join(dir, "one"), filepath.Join(dir, "two")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("one", filepath.Join(dir, "three")); err != nil {
		t.Fatal(err)
	}
	files, err := Walk(dir)
	if err != nil {
		t.Fatal(err)
	}
	name, res := write(t, files, Options{})
	if res.Size > int64(len(big))+700_000 {
		t.Errorf("%d bytes for one file of %d", res.Size, len(big))
	}
	to := t.TempDir()
	run(t, "bsdtar", "-xf", name, "-C", to)
	for _, n := range []string{"one", "two", "three"} {
		if b, err := os.ReadFile(filepath.Join(to, n)); err != nil || string(b) != big {
			t.Errorf("%s: %d bytes, %v", n, len(b), err)
		}
	}
}

func TestRefusals(t *testing.T) {
	ok := text("a", "a")
	cases := []struct {
		name  string
		files []File
		opt   Options
		want  string
	}{
		{"name of 300 bytes", []File{text("d/"+strings.Repeat("n", 300), "")}, Options{}, "a name of 300 bytes, at most 255"},
		{"volume id of 40", []File{ok}, Options{VolumeID: strings.Repeat("V", 40)}, "40 characters, at most 32"},
		{"volume id in Unicode", []File{ok}, Options{VolumeID: "DISÇ"}, "not printable ASCII"},
		{"twice", []File{ok, ok}, Options{}, "a comes twice"},
		{"file and folder", []File{ok, text("a/b", "")}, Options{}, "a comes twice"},
		{"up", []File{text("../a", "")}, Options{}, "not a path on an image"},
		{"absolute", []File{text("/a", "")}, Options{}, "not a path on an image"},
		{"dot", []File{text("./a", "")}, Options{}, "not a path on an image"},
		{"newline", []File{text("a\nb", "")}, Options{}, "control characters"},
		{"device", []File{{Path: "d", Mode: fs.ModeDevice}}, Options{}, "neither file, folder"},
		{"empty link", []File{{Path: "l", Mode: fs.ModeSymlink}}, Options{}, "not the target"},
		{"large at level 2", []File{{Path: "big", From: "/dev/null", Size: 1 << 32}}, Options{Level: Level2}, "at most 4294965248 at level 2"},
		{"level", []File{ok}, Options{Level: 7}, "level 7"},
		{"boot image", []File{ok}, Options{Boot: []BootImage{{Path: "isolinux/isolinux.bin"}}}, "boot image isolinux/isolinux.bin is not among the files"},
		{"boot table", []File{ok}, Options{Boot: []BootImage{{Path: "a", Table: TableInfo}}}, "a table needs"},
		{"hybrid", []File{ok}, Options{Hybrid: &Hybrid{EFI: "images/efiboot.img"}}, `boot image "images/efiboot.img" is not among the files`},
		{"hybrid code", []File{ok}, Options{Hybrid: &Hybrid{Loader: LoaderGRUB2}}, "go together"},
		{"year", []File{ok}, Options{Time: time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)}, "year 2200"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := New(c.files, c.opt)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}

func TestFailureLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	src := filepath.Join(dir, "src")
	if err := os.WriteFile(src, make([]byte, 3<<20), 0o644); err != nil {
		t.Fatal(err)
	}
	file := func(size int64) []File { return []File{{Path: "f", From: src, Size: size}} }
	out := filepath.Join(dir, "out.iso")
	check := func(t *testing.T, ctx context.Context, files []File, want string) {
		m, err := New(files, Options{Implant: ImplantPlain})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := m.Create(ctx, out, Output{Sums: []string{"sha256"}}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
		if left, _ := filepath.Glob(out + "*"); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
	}
	t.Run("size", func(t *testing.T) {
		check(t, t.Context(), file(100), "the file was changed: 3145728 bytes instead of 100")
	})
	t.Run("missing", func(t *testing.T) {
		check(t, t.Context(), []File{{Path: "f", From: src + "x", Size: 5}}, "srcx: no such file")
	})
	t.Run("cancelled", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		check(t, ctx, file(3<<20), "context canceled")
	})
	t.Run("changed", func(t *testing.T) {
		m, err := New(file(3<<20), Options{Implant: ImplantPlain})
		if err != nil {
			t.Fatal(err)
		}
		touched := false
		_, err = m.Create(t.Context(), out, Output{Progress: func(done, total int64) {
			if done >= total/2 && !touched {
				touched = true
				os.Chtimes(src, testTime, testTime)
			}
		}})
		if err == nil || !strings.Contains(err.Error(), "was changed") {
			t.Error(err)
		}
	})
	t.Run("checksum", func(t *testing.T) {
		m, _ := New(file(3<<20), Options{})
		if _, err := m.Create(t.Context(), out, Output{Sums: []string{"crc32"}}); err == nil {
			t.Error("no error")
		}
	})
}
