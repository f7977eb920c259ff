package phases_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"compose/internal/composetest"
	"compose/internal/rpm/store"
	"compose/pkgset"
	"compose/repo"
)

// writeRepo makes a folder of packages a repository.
func writeRepo(t *testing.T, dir string) {
	t.Helper()
	writeRepoWith(t, dir, "zst")
}

// writeRepoWith compresses the metadata so.
func writeRepoWith(t *testing.T, dir, compress string) {
	t.Helper()
	st, err := store.Open("")
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	set, err := pkgset.Load(context.Background(), pkgset.Source{Tag: "all", Kind: pkgset.KindDir, Path: dir}, pkgset.Env{Store: st})
	if err != nil {
		t.Fatal(err)
	}
	var items []repo.Item
	for _, e := range set.Entries {
		items = append(items, repo.Item{Rec: e.Rec, Href: e.File, FileTime: composetest.FileTime.Unix()})
	}
	if _, err := repo.Write(context.Background(), dir, items, repo.Options{Timestamp: 1, Compress: compress}); err != nil {
		t.Fatal(err)
	}
}

// fromRepo makes the sets of a case repositories: url gives the address of
// each tag's.
func fromRepo(t *testing.T, config string, url func(tag string) string) {
	t.Helper()
	b, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(b), "\n")
	for i, line := range lines {
		if tag, ok := strings.CutPrefix(line, `path = "packages/`); ok {
			lines[i-1] = `source = "repo"`
			lines[i] = `url = "` + url(strings.TrimSuffix(tag, `"`)) + `"`
		}
	}
	if err := os.WriteFile(config, []byte(strings.Join(lines, "\n")), 0o644); err != nil {
		t.Fatal(err)
	}
}

// server serves a folder and remembers what was asked for.
type server struct {
	*httptest.Server
	mu    sync.Mutex
	whole []string // packages that were fetched
	parts []string // packages of which a part was fetched
}

func serve(t *testing.T, dir string) *server {
	s := &server{}
	files := http.FileServer(http.Dir(dir))
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if name := path.Base(r.URL.Path); strings.HasSuffix(name, ".rpm") {
			s.mu.Lock()
			if r.Header.Get("Range") != "" {
				s.parts = append(s.parts, name)
			} else {
				s.whole = append(s.whole, name)
			}
			s.mu.Unlock()
		}
		files.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

// take gives the packages that were fetched since the last call, sorted.
func (s *server) take() (whole, parts []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	whole, parts = s.whole, s.parts
	s.whole, s.parts = nil, nil
	slices.Sort(whole)
	slices.Sort(parts)
	return whole, parts
}

// packagesIn names the packages of a compose, once each.
func packagesIn(t *testing.T, dir string) []string {
	t.Helper()
	var names []string
	for _, line := range strings.Split(composetest.Tree(t, dir, composetest.Listing{}), "\n") {
		if strings.HasSuffix(line, ".rpm") {
			names = append(names, path.Base(line))
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// TestSourcesAgree composes the sample from folders, from repositories on
// disk and from a server: what comes out is the same, byte for byte. From
// the server only what was picked is fetched, and a second time nothing.
func TestSourcesAgree(t *testing.T) {
	config := composetest.Setup(t, "sample")
	work := filepath.Dir(config)
	dir := mustRun(t, load(t, config), runOptions(filepath.Join(work, "dir")))
	want := composetest.Tree(t, dir.made.Dir+"/compose", composetest.Listing{})

	packages := filepath.Join(work, "packages")
	for _, tag := range []string{"dummy", "specs"} {
		writeRepo(t, filepath.Join(packages, tag))
	}
	original, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	fromRepo(t, config, func(tag string) string { return "file://" + packages + "/" + tag })
	file := mustRun(t, load(t, config), runOptions(filepath.Join(work, "file")))
	if d := difference(composetest.Tree(t, file.made.Dir+"/compose", composetest.Listing{}), want); d != "" {
		t.Errorf("from file:// it is different:\n%s", d)
	}

	if err := os.WriteFile(config, original, 0o644); err != nil {
		t.Fatal(err)
	}
	srv := serve(t, packages)
	fromRepo(t, config, func(tag string) string { return srv.URL + "/" + tag + "/" })
	cfg := load(t, config)
	o := runOptions(filepath.Join(work, "http"))
	first := mustRun(t, cfg, o)
	if d := difference(composetest.Tree(t, first.made.Dir+"/compose", composetest.Listing{}), want); d != "" {
		t.Errorf("from http:// it is different:\n%s", d)
	}
	whole, _ := srv.take()
	if picked := packagesIn(t, first.made.Dir); !slices.Equal(whole, picked) {
		t.Errorf("fetched, and not picked or fetched twice:\n%s", difference(strings.Join(whole, "\n"), strings.Join(picked, "\n")))
	}
	o.Target = filepath.Join(work, "http2", "target")
	o.Events = runOptions("").Events
	second := mustRun(t, cfg, o)
	if d := difference(composetest.Tree(t, second.made.Dir+"/compose", composetest.Listing{}), want); d != "" {
		t.Errorf("the second time it is different:\n%s", d)
	}
	if whole, parts := srv.take(); len(whole)+len(parts) > 0 {
		t.Errorf("the second time %v were fetched, and parts of %v", whole, parts)
	}
}
