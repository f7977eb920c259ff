package repo

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"compose/internal/rpm"
	"compose/internal/rpm/store"
	"compose/internal/rpmmd"
	"compose/internal/rpmtest"
)

// madeUp gives n packages with real fragments that no file stands behind.
// The fragments of every 500th are large.
func madeUp(t testing.TB, n int) []Item {
	t.Helper()
	s, err := store.Open("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	w, err := s.Begin()
	if err != nil {
		t.Fatal(err)
	}
	items := make([]Item, n)
	for i := range items {
		sum := sha256.Sum256([]byte{byte(i), byte(i >> 8)})
		p := &rpm.Package{Name: fmt.Sprintf("pkg%05d", i), Version: "1", Release: "1", Arch: "noarch", SourceRPM: "pkg-1-1.src.rpm",
			Sum: rpm.Checksum{Type: "sha256", Hex: hex.EncodeToString(sum[:])}}
		d := &rpm.Details{Files: []rpm.File{{Path: "/usr/bin/" + p.Name}}}
		if i%500 == 499 {
			d.Description = strings.Repeat(p.Name+" is large. ", 200_000)
		}
		f, _ := rpmmd.Render(p, d)
		rec, err := w.Add([]store.Key{store.SumKey(p.Sum)}, p, d, f)
		if err != nil {
			t.Fatal(err)
		}
		items[i] = Item{Rec: rec, Href: "Packages/" + p.FileName(), FileTime: int64(i)}
	}
	if err := w.Commit(); err != nil {
		t.Fatal(err)
	}
	return items
}

// tree gives the names and contents of all files of a directory.
func tree(t testing.TB, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		rel, _ := filepath.Rel(dir, path)
		out[rel] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func names(files map[string]string) string {
	var out []string
	for name := range files {
		if i := strings.Index(name, "-"); i > 60 {
			name = "repodata/SUM" + name[i:]
		}
		out = append(out, name)
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

// The bytes do not depend on the number of workers or the order of items.
func TestWriteSameBytes(t *testing.T) {
	items := madeUp(t, 2000)
	for _, compress := range []string{"gz", "zst", "none"} {
		var want map[string]string
		for _, workers := range []int{1, 2, 7, 64} {
			dir := t.TempDir()
			rand.Shuffle(len(items), func(i, j int) { items[i], items[j] = items[j], items[i] })
			done := 0
			opt := Options{Compress: compress, Workers: workers, Timestamp: 7, Progress: func(n, total int) {
				if n <= done || total != len(items) {
					t.Errorf("progress %d of %d after %d", n, total, done)
				}
				done = n
			}}
			index, err := Write(context.Background(), dir, items, opt)
			if err != nil || index.Packages != len(items) || index.Dir != dir || done != len(items) {
				t.Fatalf("%+v, %v, done %d", index, err, done)
			}
			got := tree(t, dir)
			if index.Repomd != sumOf("sha256", []byte(got["repodata/repomd.xml"])) {
				t.Error("the index has another checksum of repomd.xml")
			}
			if want == nil {
				want = got
				checkPackages(t, dir, len(items))
			}
			if fmt.Sprint(want) != fmt.Sprint(got) {
				t.Errorf("%s: %d workers write other bytes", compress, workers)
			}
		}
	}
}

func checkPackages(t *testing.T, dir string, n int) {
	t.Helper()
	i := 0
	err := rpmmd.ReadPrimary(context.Background(), bytes.NewReader(metadata(t, dir, "primary")), func(e rpmmd.Entry) error {
		if want := fmt.Sprintf("pkg%05d", i); e.Pkg.Name != want || e.FileTime != int64(i) {
			return fmt.Errorf("%s at the place of %s", e.Pkg.Name, want)
		}
		i++
		return nil
	})
	if err != nil || i != n {
		t.Errorf("%d packages, %v", i, err)
	}
}

func TestWriteFiles(t *testing.T) {
	items := madeUp(t, 3)
	for compress, want := range map[string]string{
		"gz":   "repodata/SUM-comps-X.xml repodata/SUM-comps-X.xml.gz repodata/SUM-filelists.xml.gz repodata/SUM-modules.yaml.gz repodata/SUM-other.xml.gz repodata/SUM-primary.xml.gz repodata/SUM-productid.gz repodata/productid repodata/repomd.xml",
		"zst":  "repodata/SUM-comps-X.xml repodata/SUM-comps-X.xml.zst repodata/SUM-filelists.xml.zst repodata/SUM-modules.yaml.zst repodata/SUM-other.xml.zst repodata/SUM-primary.xml.zst repodata/SUM-productid.zst repodata/productid repodata/repomd.xml",
		"none": "repodata/SUM-comps-X.xml repodata/SUM-filelists.xml repodata/SUM-modules.yaml repodata/SUM-other.xml repodata/SUM-primary.xml repodata/SUM-productid repodata/productid repodata/repomd.xml",
	} {
		for _, sum := range []string{"sha256", "sha384", "sha512"} {
			dir := t.TempDir()
			opt := Options{Compress: compress, Checksum: sum, Revision: "r", Comps: []byte("<comps/>\n"), CompsName: "comps-X.xml",
				Extra: []Extra{{Type: "modules", Name: "modules.yaml", Data: []byte("---\n")}, {Type: "productid", Name: "productid", Data: []byte("cert"), Plain: true}}}
			if _, err := Write(context.Background(), dir, items, opt); err != nil {
				t.Fatal(err)
			}
			if got := names(tree(t, dir)); got != want {
				t.Errorf("%s: files\n%s\nwant\n%s", compress, got, want)
			}
			for typ, want := range map[string]string{"group": "<comps/>\n", "modules": "---\n", "productid": "cert"} {
				if got := metadata(t, dir, typ); string(got) != want {
					t.Errorf("%s: %q", typ, got)
				}
			}
			if compress != "none" && string(metadata(t, dir, "group_"+compress)) != "<comps/>\n" {
				t.Errorf("compressed groups")
			}
		}
	}
}

func TestWriteEmpty(t *testing.T) {
	dir := t.TempDir()
	if _, err := Write(context.Background(), dir, nil, Options{}); err != nil {
		t.Fatal(err)
	}
	if got := string(metadata(t, dir, "other")); !strings.HasSuffix(got, "packages=\"0\">\n</otherdata>") {
		t.Errorf("other: %s", got)
	}
}

// A write that fails leaves what was there, and nothing else.
func TestWriteFails(t *testing.T) {
	items := madeUp(t, 600)
	canceled, cancel := context.WithCancel(context.Background())
	cancel()
	midway, stop := context.WithCancel(context.Background())
	noSum := *items[0].Rec
	noSum.Pkg = &rpm.Package{Name: "x"}
	for name, c := range map[string]struct {
		ctx   context.Context
		items []Item
		opt   Options
		want  string
	}{
		"canceled":      {ctx: canceled, items: items, want: "canceled"},
		"midway":        {ctx: midway, items: items, opt: Options{Progress: func(int, int) { stop() }}, want: "canceled"},
		"one path":      {items: append(items[:1:1], items...), want: "two packages at Packages/pkg00000-1-1.noarch.rpm"},
		"no checksum":   {items: []Item{{Rec: &noSum, Href: "x.rpm"}}, want: "x.rpm: no checksum"},
		"no record":     {items: []Item{{Href: "y.rpm"}}, want: "y.rpm: no checksum"},
		"compression":   {opt: Options{Compress: "bz2"}, want: `compression "bz2": only gz, zst, xz and none are written`},
		"checksum":      {opt: Options{Checksum: "sha1"}, want: `checksum "sha1"`},
		"extra name":    {opt: Options{Extra: []Extra{{Type: "x", Name: "../x"}}}, want: "not a plain name"},
		"extra of type": {opt: Options{Extra: []Extra{{Type: "a/b", Name: "x"}}}, want: "not a plain name"},
		"extra twice":   {opt: Options{Extra: []Extra{{Type: "a", Name: "x", Plain: true}, {Type: "b", Name: "repomd.xml", Plain: true}}}, want: "exists"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			os.MkdirAll(filepath.Join(dir, "repodata"), 0o777)
			os.WriteFile(filepath.Join(dir, "repodata/repomd.xml"), []byte("old"), 0o666)
			if c.ctx == nil {
				c.ctx = context.Background()
			}
			_, err := Write(c.ctx, dir, c.items, c.opt)
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "writing repository "+dir) {
				t.Errorf("error %v, want %s", err, c.want)
			}
			if got := fmt.Sprint(tree(t, dir)); got != "map[repodata/repomd.xml:old]" {
				t.Errorf("left: %s", got)
			}
			if left := glob(t, dir+"/.*"); len(left) > 0 {
				t.Errorf("left: %q", left)
			}
		})
	}
}

func TestWriteReplaces(t *testing.T) {
	dir := t.TempDir()
	items := madeUp(t, 10)
	for n := range 3 {
		if _, err := Write(context.Background(), dir, items[n:], Options{}); err != nil {
			t.Fatal(err)
		}
		if got, want := names(tree(t, dir)), "repodata/SUM-filelists.xml.gz repodata/SUM-other.xml.gz repodata/SUM-primary.xml.gz repodata/repomd.xml"; got != want {
			t.Errorf("files %s", got)
		}
	}
	fi, err := os.Stat(filepath.Join(dir, "repodata"))
	if err != nil || fi.Mode().Perm()&0o555 != 0o555 {
		t.Errorf("mode %v, %v", fi.Mode(), err)
	}
	if _, err := Write(context.Background(), filepath.Join(dir, "none"), items, Options{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no directory: %v", err)
	}
}

// File systems without RENAME_EXCHANGE.
func TestPublishInSteps(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a", "b"} {
		tmp := filepath.Join(dir, "tmp")
		os.Mkdir(tmp, 0o777)
		os.WriteFile(filepath.Join(tmp, name), nil, 0o666)
		if err := publishInSteps(tmp, filepath.Join(dir, "repodata")); err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(tree(t, dir)); got != "map[repodata/"+name+":]" {
			t.Errorf("files %s", got)
		}
	}
}

func TestNoteTwice(t *testing.T) {
	items := madeUp(t, 2)
	items = append(items, items[0])
	items[2].Href = "Other/pkg.rpm"
	var notes []string
	if _, err := Write(context.Background(), t.TempDir(), items, Options{Note: func(s string) { notes = append(notes, s) }}); err != nil {
		t.Fatal(err)
	}
	if want := "pkg00000-0:1-1.noarch is there twice: Other/pkg.rpm and Packages/pkg00000-1-1.noarch.rpm"; len(notes) != 1 || notes[0] != want {
		t.Errorf("notes %q", notes)
	}
}

// A repository that changes in one place keeps its other chunks.
func TestChunksStay(t *testing.T) {
	items := madeUp(t, 3000)
	content := func(items []Item) map[string]bool {
		out := map[string]bool{}
		for _, c := range chunkRanges(items) {
			var b strings.Builder
			for _, it := range items[c.from:c.to] {
				b.WriteString(it.Href)
			}
			out[b.String()] = true
		}
		return out
	}
	before, after := content(items), content(slices.Delete(slices.Clone(items), 1500, 1501))
	changed := 0
	for c := range after {
		if !before[c] {
			changed++
		}
	}
	if changed > 2 || len(after) < 10 || len(after) > 120 {
		t.Errorf("%d of %d chunks changed", changed, len(after))
	}
}

// createrepo_c's parser and dnf read what is written.
func TestOthersRead(t *testing.T) {
	rpmtest.NeedProgram(t, "createrepo_c", "/usr/bin/python3")
	if err := exec.Command("/usr/bin/python3", "-c", "import createrepo_c").Run(); err != nil {
		t.Skip("no python3-createrepo-c")
	}
	dir := os.Getenv("COMPOSE_CORPUS")
	if dir == "" {
		dir = filepath.Join(rpmtest.RepoRoot(t), "testdata/rpms")
	}
	items := loadItems(t, dir)
	theirs, ours := t.TempDir(), t.TempDir()
	run(t, "createrepo_c", "--quiet", "--no-database", "--groupfile", filepath.Join(rpmtest.RepoRoot(t), "testdata/rpms/comps.xml"), "--outputdir", theirs, dir)
	if _, err := Write(context.Background(), ours, items, Options{Comps: readFile(t, filepath.Join(rpmtest.RepoRoot(t), "testdata/rpms/comps.xml"))}); err != nil {
		t.Fatal(err)
	}
	out := string(run(t, "/usr/bin/python3", "testdata/compare.py", ours, theirs))
	if want := fmt.Sprintf("%d packages, 34 fields each\n", len(items)); out != want {
		t.Errorf("createrepo_c reads\n%s", out)
	}
}

func TestDnfReads(t *testing.T) {
	rpmtest.NeedProgram(t, "dnf")
	items := madeUp(t, 1200)
	for _, compress := range []string{"gz", "zst", "none"} {
		dir, work := t.TempDir(), t.TempDir()
		if _, err := Write(context.Background(), dir, items, Options{Compress: compress}); err != nil {
			t.Fatal(err)
		}
		args := []string{"-q", "--disableplugin=*", "--setopt=reposdir=" + work, "--setopt=cachedir=" + work, "--setopt=logdir=" + work,
			"--setopt=persistdir=" + work, "--repofrompath=r," + "file://" + dir, "--repo=r", "repoquery", "--qf", "%{name}"}
		if got := strings.Count(string(run(t, "dnf", args...)), "pkg0"); got != len(items) {
			t.Errorf("%s: dnf finds %d packages", compress, got)
		}
		if got := string(run(t, "dnf", append(args, "--file", "/usr/bin/pkg01007")...)); !strings.Contains(got, "pkg01007") {
			t.Errorf("%s: dnf finds no file: %s", compress, got)
		}
	}
}
