package iso

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"compose/internal/rpmtest"
)

// readBack compares what the reader finds in an image with the files.
func readBack(t *testing.T, b []byte, files []File) {
	t.Helper()
	x, err := Open(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]*Entry{}
	err = x.Walk(TreeRockRidge, func(e *Entry) error {
		if got[e.Path] != nil {
			t.Errorf("%s comes twice", e.Path)
		}
		got[e.Path] = e
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		e := got[f.Path]
		if e == nil {
			t.Errorf("%s is lost", f.Path)
			continue
		}
		content, err := io.ReadAll(x.Content(e))
		if f.Mode.Type() != fs.ModeDir && (err != nil || !bytes.Equal(content, f.Data)) {
			t.Errorf("%s: %d bytes, want %d (%v)", f.Path, len(content), len(f.Data), err)
		}
		if e.Mode.Type() != f.Mode.Type() || e.Target != f.Target || f.ModTime != 0 && e.ModTime != f.ModTime {
			t.Errorf("%s: %v %q %d", f.Path, e.Mode, e.Target, e.ModTime)
		}
	}
}

func image(t testing.TB, files []File, opt Options) []byte {
	t.Helper()
	if opt.Time.IsZero() {
		opt.Time = testTime
	}
	m, err := New(files, opt)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if _, err := m.Write(t.Context(), &b, Output{}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func check(b []byte) (*Report, error) { return Check(bytes.NewReader(b), int64(len(b))) }

func TestReaderReadsOurs(t *testing.T) {
	for level := LevelFree; level <= Level4; level++ {
		b := image(t, variety(), Options{VolumeID: "OURS", Level: level, Implant: ImplantPlain})
		readBack(t, b, variety())
		rep, err := check(b)
		if err != nil {
			t.Fatalf("level %d: %v", level, err)
		}
		if rep.VolumeID != "OURS" || rep.Bootable() || rep.Files < 350 {
			t.Errorf("%+v", rep)
		}
		x, _ := Open(bytes.NewReader(b), int64(len(b)))
		if err := x.VerifyMD5(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

func TestJolietTree(t *testing.T) {
	b := image(t, variety(), Options{})
	x, _ := Open(bytes.NewReader(b), int64(len(b)))
	names := map[string]int64{}
	if err := x.Walk(TreeJoliet, func(e *Entry) error { names[e.Path] = e.Size; return nil }); err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("long-name.", 25)
	for name, size := range map[string]int64{
		"Packages/" + long[:97] + "0":  -1,
		"Packages/ünïcødé-😀.txt":       7,
		"odd/a_b_c_.txt":               19,
		"odd/a_b_c_0.txt":              8,
		"EFI/BOOT/GRUB.CFG":            4,
		"d1/d2/d3/d4/d5/d6/d7/d8/file": 23,
	} {
		if got, ok := names[name]; size >= 0 && (!ok || got != size) {
			t.Errorf("%s: %d bytes, %v", name, got, ok)
		}
	}
	if _, ok := names["link"]; ok {
		t.Error("a symbolic link in the Joliet tree")
	}
	count := 0
	for n := range names {
		if strings.HasPrefix(n, "Packages/long") {
			count++
			if r := []rune(filepath.Base(n)); len(r) > 103 {
				t.Errorf("%d characters: %s", len(r), n)
			}
		}
	}
	if count != 2 {
		t.Errorf("%d of the long names", count)
	}
}

// TestPrimaryNames looks at the plain ISO 9660 names.
func TestPrimaryNames(t *testing.T) {
	files := []File{text("a.long.name.html", ""), text("a_long_name.htm", ""), text("README", ""), text("readme", ""), text("Read me", ""), text("dir.d/x", "")}
	cases := map[Level]string{
		LevelFree: "README|Read me|a.long.name.html|a_long_name.htm|dir.d|readme",
		Level1:    "A_LONG_0.HTM;1|A_LONG_N.HTM;1|DIR_D|README.;1|README0.;1|READ_ME.;1",
		Level2:    "A_LONG_NAME.HTM;1|A_LONG_NAME.HTML;1|DIR_D|README.;1|README0.;1|READ_ME.;1",
	}
	for level, want := range cases {
		m, err := New(files, Options{Level: level})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range m.tree.root.views[primary].list {
			got = append(got, e.id)
		}
		if s := strings.Join(got, "|"); s != want {
			t.Errorf("level %d: %s\nwant %s", level, s, want)
		}
	}
}

func TestManifestAndWarnings(t *testing.T) {
	files := []File{text("b", ""), text("B/x", ""), text("B.x", ""), text(strings.Repeat("n", 254), ""), text(strings.Repeat("m", 253), "")}
	for i := range 12 {
		files = append(files, text(strings.Repeat("deep/", i)+"f", ""))
	}
	m, err := New(files, Options{})
	if err != nil {
		t.Fatal(err)
	}
	b := image(t, files, Options{})
	x, _ := Open(bytes.NewReader(b), int64(len(b)))
	theirs, err := x.Manifest()
	if ours := m.Manifest(); err != nil || !bytes.Equal(ours, theirs) || !bytes.HasPrefix(ours, []byte("/B\n/B.x\n/B/x\n/b\n/deep\n")) {
		t.Errorf("%s\n%s %v", ours, theirs, err)
	}
	if w := m.Warnings(); len(w) != 1 || !strings.HasPrefix(w[0], "nnn") {
		t.Error(w)
	}
}

// TestManyCollisions has names that are the same up to the limit.
func TestManyCollisions(t *testing.T) {
	var files []File
	for i := range 3000 {
		files = append(files, text(fmt.Sprintf("d/%s%05d.rpm", strings.Repeat("same-", 30), i), fmt.Sprint(i)))
	}
	for _, level := range []Level{LevelFree, Level1, Level2} {
		b := image(t, files, Options{Level: level})
		readBack(t, b, files)
		x, _ := Open(bytes.NewReader(b), int64(len(b)))
		n := 0
		x.RockRidge = false
		seen := map[string]bool{}
		x.Walk(TreeRockRidge, func(e *Entry) error { n++; seen[e.Path] = true; return nil })
		if n != 3001 || len(seen) != n {
			t.Errorf("level %d: %d names, %d different", level, n, len(seen))
		}
	}
}

// TestReaderReadsOthers reads images of the programs that are used today.
func TestReaderReadsOthers(t *testing.T) {
	files := variety()
	dir := t.TempDir()
	for _, f := range files {
		if f.Path == "far" {
			continue
		}
		p := filepath.Join(dir, f.Path)
		os.MkdirAll(filepath.Dir(p), 0o755)
		var err error
		switch f.Mode.Type() {
		case fs.ModeDir:
			err = os.MkdirAll(p, 0o755)
		case fs.ModeSymlink:
			err = os.Symlink(f.Target, p)
		default:
			err = os.WriteFile(p, f.Data, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{
		{"genisoimage", "-quiet", "-R", "-U", "-V", "OTHER"},
		{"xorrisofs", "-quiet", "-J", "-joliet-long", "-R", "-V", "OTHER"},
		{"xorrisofs", "-quiet", "-R", "-iso-level", "3", "-V", "OTHER"},
	} {
		t.Run(args[0], func(t *testing.T) {
			rpmtest.NeedProgram(t, args[0])
			name := filepath.Join(t.TempDir(), "o.iso")
			if out, err := exec.Command(args[0], append(args[1:len(args):len(args)], "-o", name, dir)...).CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			b, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			var want []File
			for _, f := range files {
				f.ModTime = 0
				if f.Path != "far" && (f.Path != "near" || args[0] != "genisoimage") { // which cuts it
					want = append(want, f)
				}
			}
			readBack(t, b, want)
			if rep, err := check(b); err != nil || rep.VolumeID != "OTHER" {
				t.Errorf("%+v %v", rep, err)
			}
			x, _ := Open(bytes.NewReader(b), int64(len(b)))
			if err := x.VerifyMD5(t.Context()); err != ErrNoImplant {
				t.Error(err)
			}
		})
	}
}

func TestDamageIsSeen(t *testing.T) {
	files := append(variety(), text("big", strings.Repeat("0123456789", 200_000)))
	whole := image(t, files, Options{Implant: ImplantPlain})
	verify := func(b []byte) error {
		if _, err := check(b); err != nil {
			return err
		}
		x, err := Open(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			return err
		}
		return x.VerifyMD5(t.Context())
	}
	if err := verify(whole); err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{0, 100, 32768, 40000, len(whole) / 2, len(whole) - 1} {
		if _, err := check(whole[:n]); err == nil {
			t.Errorf("cut to %d of %d bytes: no error", n, len(whole))
		}
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		at := r.IntN(len(whole) - skipSectors*sectorSize)
		if i := at - (systemSectors*sectorSize + atApplication); i >= 0 && i < applicationSz {
			continue
		}
		bit := byte(1) << r.IntN(8)
		whole[at] ^= bit
		if err := verify(whole); err == nil {
			t.Errorf("bit %#x of byte %d turned: no error", bit, at)
		}
		whole[at] ^= bit
	}
}

// TestSeveralExtents has files in several extents, as large ones are.
func TestSeveralExtents(t *testing.T) {
	big := strings.Repeat("0123456789abcdef", 1000)
	files := []File{text("a", "a"), text("big", big), text("exact", big[:8192]), text("z", "z")}
	m, err := New(files, Options{Time: testTime})
	if err != nil {
		t.Fatal(err)
	}
	m.tree.section = 4096
	if err := m.layout(); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "t.iso")
	if _, err := m.Create(t.Context(), name, Output{}); err != nil {
		t.Fatal(err)
	}
	b, _ := os.ReadFile(name)
	readBack(t, b, files)
	x, _ := Open(bytes.NewReader(b), int64(len(b)))
	if e, err := x.Find("big"); err != nil || len(e.spans) != 4 {
		t.Errorf("%+v %v", e, err)
	}
	if e, err := x.Find("exact"); err != nil || len(e.spans) != 2 {
		t.Errorf("%+v %v", e, err)
	}
	if rep, err := check(b); err != nil || rep.Files != 4 {
		t.Errorf("%+v %v", rep, err)
	}
	dir := t.TempDir()
	run(t, "bsdtar", "-xf", name, "-C", dir)
	extracted(t, dir, files)
}

// TestHugeFile has one of more than 4 GiB.
func TestHugeFile(t *testing.T) {
	m, err := New([]File{{Path: "huge", From: "/nowhere", Size: 3<<32 + 1}, text("z", "z")}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	w := m.tree.encode(m.tree.root, joliet)
	var got []span
	for b := w.records; b[0] > 0; b = b[b[0]:] {
		r, err := parseRecord(b)
		if err != nil {
			t.Fatal(err)
		}
		if r.id == "\x00h\x00u\x00g\x00e" {
			got = append(got, r.span())
		}
	}
	if len(got) != 4 || got[3].size != 3<<32+1-3*maxSection || got[3].at != got[0].at+3*maxSection {
		t.Errorf("%+v", got)
	}
}

func FuzzCheck(f *testing.F) {
	f.Add(image(f, []File{text("a", "a"), text("d/b", "b")}, Options{})[:70_000])
	f.Add(image(f, bootFiles(), bootOptions(TableMBR))[:100_000])
	f.Fuzz(func(t *testing.T, b []byte) {
		const size = 2 << 20
		b = append(b[:min(len(b), size)], make([]byte, max(size-len(b), 0))...)
		check(b)
		if x, err := Open(bytes.NewReader(b), size); err == nil {
			n := 0
			x.Walk(TreeRockRidge, func(e *Entry) error {
				if strings.Contains(e.Path, "..") && !fs.ValidPath(e.Path) {
					t.Errorf("%q leads out of the image", e.Path)
				}
				if n++; n > 100 {
					return errStop
				}
				_, err := io.Copy(io.Discard, io.LimitReader(x.Content(e), 1<<20))
				return err
			})
			x.VerifyMD5(t.Context())
		}
	})
}
