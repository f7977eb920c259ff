// Package repotest makes repositories for tests, and serves them.
package repotest

import (
	"context"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"compose/internal/fetch"
	"compose/internal/repository"
	"compose/internal/rpm"
	"compose/internal/rpm/header"
	"compose/internal/rpm/store"
	"compose/internal/rpmmd"
	"compose/internal/rpmtest"
	"compose/repo"
)

// Make builds the packages that text describes (see rpmtest) and writes
// their metadata.
func Make(t testing.TB, text string, opt repo.Options) string {
	t.Helper()
	dir := rpmtest.Build(t, text)
	Write(t, dir, opt)
	return dir
}

// Write writes the metadata of the packages below dir.
func Write(t testing.TB, dir string, opt repo.Options) {
	t.Helper()
	s, err := store.Open("")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	w, err := s.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Abort()
	var items []repo.Item
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".rpm") {
			return err
		}
		p, details, err := header.Options{FileDigests: opt.FilelistsExt}.ReadFile(path)
		if err != nil {
			return err
		}
		f, _ := rpmmd.Render(p, details)
		rec, err := w.Add([]store.Key{store.SumKey(p.Sum)}, p, details, f)
		if err != nil {
			return err
		}
		fi, err := d.Info()
		if err != nil {
			return err
		}
		href, err := filepath.Rel(dir, path)
		source := &withExt{rec: rec}
		if opt.FilelistsExt {
			source.ext = rpmmd.RenderExt(p, details)
		}
		items = append(items, repo.Item{Source: source, Href: href, FileTime: fi.ModTime().Unix()})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := repo.Write(t.Context(), dir, items, opt); err != nil {
		t.Fatal(err)
	}
}

// withExt is a package of which the digests of the files are known too.
type withExt struct {
	rec *store.Record
	ext []byte
}

// Known is repo.Source's.
func (w *withExt) Known() *rpm.Package { return w.rec.Pkg }

// Load is repo.Source's.
func (w *withExt) Load(_ context.Context, buf *store.Buffer) (*rpm.Package, rpm.Fragments, error) {
	f, err := w.rec.Fragments(buf)
	f.FilelistsExt = w.ext
	return w.rec.Pkg, f, err
}

// Server serves a folder and counts what is asked of it.
type Server struct {
	*httptest.Server
	// Answer may take a request over: it gives false to let the file be served.
	Answer func(w http.ResponseWriter, r *http.Request) bool

	mu   sync.Mutex
	hits map[string]int
}

// Serve serves dir until the test ends.
func Serve(t testing.TB, dir string) *Server {
	s := &Server{hits: map[string]int{}}
	files := http.FileServer(http.Dir(dir))
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.hits[r.URL.Path]++
		s.mu.Unlock()
		if s.Answer == nil || !s.Answer(w, r) {
			files.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

// Hits gives how often files whose path ends in suffix were asked for since
// the last call, and forgets them.
func (s *Server) Hits(suffix string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for path, k := range s.hits {
		if strings.HasSuffix(path, suffix) {
			n += k
			delete(s.hits, path)
		}
	}
	return n
}

// Access gives a client without patience and a cache of its own.
func Access(t testing.TB) repository.Access {
	c := fetch.New(fetch.Options{Attempts: 2, Backoff: time.Millisecond, Stall: 2 * time.Second})
	t.Cleanup(c.Close)
	return repository.Access{Fetch: c, Dir: t.TempDir()}
}

// Open opens a repository with Access.
func Open(t testing.TB, address string) *repository.Repository {
	t.Helper()
	r, err := repository.Open(t.Context(), Access(t), address)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Entries gives the packages of a repository in the order of primary.xml.
func Entries(t testing.TB, address string) (out []rpmmd.Entry) {
	t.Helper()
	err := rpmmd.ReadPrimary(t.Context(), strings.NewReader(Content(t, address, "primary")), func(e rpmmd.Entry) error {
		out = append(out, e)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// Content gives the content of a metadata file.
func Content(t testing.TB, address, typ string) string {
	t.Helper()
	r := Open(t, address)
	d, err := r.Find(typ)
	if err != nil {
		t.Fatal(err)
	}
	b, err := r.ReadAll(t.Context(), d, 1<<30)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
