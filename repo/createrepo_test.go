package repo

import (
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"compose/internal/rpm/header"
	"compose/internal/rpm/store"
	"compose/internal/rpmmd"
	"compose/internal/rpmtest"

	"golang.org/x/sync/errgroup"
)

// TestLikeCreaterepo writes a repository of real packages and compares its
// three files with createrepo_c's, byte for byte: the packages of
// testdata/rpms, and those below COMPOSE_CORPUS when that is set.
func TestLikeCreaterepo(t *testing.T) {
	rpmtest.NeedProgram(t, "createrepo_c")
	t.Run("rpms", func(t *testing.T) {
		compareWithCreaterepo(t, filepath.Join(rpmtest.RepoRoot(t), "testdata/rpms"))
	})
	if dir := os.Getenv("COMPOSE_CORPUS"); dir != "" {
		t.Run("corpus", func(t *testing.T) { compareWithCreaterepo(t, dir) })
	}
}

func compareWithCreaterepo(t *testing.T, dir string) {
	t.Helper()
	items := loadItems(t, dir)
	theirs, ours := t.TempDir(), t.TempDir()
	run(t, "createrepo_c", "--quiet", "--no-database", "--workers", "2", "--general-compress-type", "gz", "--outputdir", theirs, dir)
	if _, err := Write(context.Background(), ours, items, Options{Timestamp: 1}); err != nil {
		t.Fatal(err)
	}
	for _, kind := range (&Options{}).kinds() {
		compareFiles(t, kind, metadata(t, ours, kind.String()), metadata(t, theirs, kind.String()))
	}
}

// compareFiles compares package by package; the order may differ.
func compareFiles(t *testing.T, kind rpmmd.Kind, ours, theirs []byte) {
	a, b := splitPackages(ours), splitPackages(theirs)
	if len(a) != len(b) {
		t.Errorf("%s: %d parts, createrepo_c has %d", kind, len(a), len(b))
	}
	bad := 0
	for id, want := range b {
		if got := a[id]; got != want {
			if bad++; bad <= 5 {
				t.Errorf("%s: package differs\n%s", kind, firstDifference(got, want))
			}
		}
	}
	t.Logf("%s: %d packages, %d differ", kind, len(b)-1, bad)
}

// splitPackages gives the packages of a file by checksum, and what is around
// them as "".
func splitPackages(xml []byte) map[string]string {
	out := map[string]string{}
	parts := strings.Split(string(xml), "<package ")
	for i, p := range parts[1:] {
		end := strings.Index(p, "</package>\n") + len("</package>\n")
		if i == len(parts)-2 {
			out[""] = parts[0] + p[end:]
			p = p[:end]
		}
		_, id, ok := strings.Cut(p, `pkgid="YES">`)
		if !ok {
			_, id, _ = strings.Cut(p, `pkgid="`)
		}
		_, href, _ := strings.Cut(p, `href="`) // one package may lie at two places
		href, _, _ = strings.Cut(href, `"`)
		out[id[:64]+href] = p
	}
	return out
}

func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range w {
		if i >= len(g) || g[i] != w[i] {
			line := "nothing"
			if i < len(g) {
				line = g[i]
			}
			return strings.Join(w[:min(2, len(w))], " ") + "\n got " + line + "\nwant " + w[i]
		}
	}
	return "more than expected: " + got
}

// loadItems reads all packages below dir.
func loadItems(t testing.TB, dir string) []Item {
	t.Helper()
	var paths []string
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".rpm") {
			paths = append(paths, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	w, err := s.Begin()
	if err != nil {
		t.Fatal(err)
	}
	items := make([]Item, len(paths))
	var g errgroup.Group
	g.SetLimit(4)
	for i, path := range paths {
		g.Go(func() (err error) {
			items[i], err = loadItem(w, dir, path)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	if err := w.Commit(); err != nil {
		t.Fatal(err)
	}
	return items
}

func loadItem(w *store.Writer, dir, path string) (Item, error) {
	fi, err := os.Stat(path)
	if err != nil {
		return Item{}, err
	}
	p, d, err := header.ReadFile(path)
	if err != nil {
		return Item{}, err
	}
	f, _ := rpmmd.Render(p, d)
	rec, err := w.Add([]store.Key{store.FileKey(fi)}, p, d, f)
	if err != nil {
		return Item{}, err
	}
	href, err := filepath.Rel(dir, path)
	return Item{Rec: rec, Href: href, FileTime: fi.ModTime().Unix()}, err
}

// metadata reads and decompresses one file of a repository, and checks it
// against repomd.xml.
func metadata(t testing.TB, dir, typ string) []byte {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, "repodata/repomd.xml"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	m, err := rpmmd.ReadRepomd(f)
	if err != nil {
		t.Fatal(err)
	}
	d, ok := m.Find(typ)
	if !ok {
		t.Fatalf("no %s in repomd.xml", typ)
	}
	packed, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(d.Href)))
	if err != nil {
		t.Fatal(err)
	}
	r, err := rpmmd.Decompress(bytes.NewReader(packed), d.Href)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	if d.Sum != sumOf(d.Sum.Type, packed) || d.Size != int64(len(packed)) {
		t.Errorf("%s: the file is not what repomd.xml says", typ)
	}
	if d.OpenSum.Hex != "" && (d.OpenSum != sumOf(d.Sum.Type, data) || d.OpenSize != int64(len(data))) {
		t.Errorf("%s: the content is not what repomd.xml says", typ)
	}
	return data
}

func run(t testing.TB, name string, args ...string) []byte {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return out
}
