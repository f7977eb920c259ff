package pkgset

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"compose/internal/fetch"
	"compose/internal/rpm"
	"compose/internal/rpm/header"
	"compose/internal/rpmmd"
	"compose/internal/rpmtest"
)

// The packages of most tests.
const shelf = `
defaults
    sign rsa v4 00000000aaaaaaaa
build bash 5.2-1 x86_64 aarch64
    requires /etc/passwd, (/usr/share/words or words)
    file /usr/bin/bash 0755
build setup 2-1 noarch
    file /etc/passwd
    file /usr/share/doc/setup
build words 3-1 noarch
    excludearch aarch64
    file /usr/share/words
build kernel 6.1-1 x86_64
    file /boot/vmlinuz 0644 "not a kernel"
`

// writeRepo writes the metadata of the packages below dir, gzipped, without
// any program. edit may change primary.xml.
func writeRepo(t testing.TB, dir string, edit func(primary string) string) {
	t.Helper()
	files, _, err := walk(t.Context(), dir, 1)
	if err != nil {
		t.Fatal(err)
	}
	var xml [3][]byte
	for k := range xml {
		xml[k] = rpmmd.Kind(k).AppendHead(nil, len(files))
	}
	for _, f := range files {
		p, d, err := header.ReadFile(f.path())
		if err != nil {
			t.Fatal(err)
		}
		frag, _ := rpmmd.Render(p, d)
		href, err := filepath.Rel(dir, f.path())
		if err != nil {
			t.Fatal(err)
		}
		for k := range xml {
			xml[k] = rpmmd.Kind(k).AppendPackage(xml[k], p, frag, rpmmd.Place{Href: href, FileTime: f.mtime / 1e9})
		}
	}
	if edit == nil {
		edit = func(s string) string { return s }
	}
	var md rpmmd.Repomd
	for k := range xml {
		text := string(rpmmd.Kind(k).AppendTail(xml[k]))
		if rpmmd.Kind(k) == rpmmd.Primary {
			text = edit(text)
		}
		md.Data = append(md.Data, writeMetadata(t, dir, rpmmd.Kind(k).String(), text))
	}
	os.WriteFile(filepath.Join(dir, "repodata", "repomd.xml"), md.XML(), 0o644)
}

func writeMetadata(t testing.TB, dir, typ, text string) rpmmd.RepomdData {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write([]byte(text))
	z.Close()
	d := rpmmd.RepomdData{Type: typ, Href: "repodata/" + typ + ".xml.gz", Sum: sumOf(b.Bytes()), OpenSum: sumOf([]byte(text)), Size: int64(b.Len()), OpenSize: int64(len(text))}
	file := filepath.Join(dir, filepath.FromSlash(d.Href))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return d
}

func sumOf(b []byte) rpm.Checksum {
	h := sha256.Sum256(b)
	return rpm.Checksum{Type: "sha256", Hex: hex.EncodeToString(h[:])}
}

// server serves a folder and remembers what was asked for.
type server struct {
	*httptest.Server
	dir string

	mu    sync.Mutex
	asked []string
	// before may answer a request itself; n counts those for that path.
	before func(w http.ResponseWriter, r *http.Request, n int) bool
}

func serve(t testing.TB, dir string) *server {
	s := &server{dir: dir}
	files := http.FileServer(http.Dir(dir))
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.asked = append(s.asked, r.URL.Path)
		n := len(slices.DeleteFunc(slices.Clone(s.asked), func(p string) bool { return p != r.URL.Path }))
		before := s.before
		s.mu.Unlock()
		if before == nil || !before(w, r, n) {
			files.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

// take gives the sorted paths that were asked for since the last time.
func (s *server) take() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := s.asked
	s.asked = nil
	slices.Sort(list)
	return list
}

// withFetch adds what repositories need.
func withFetch(t testing.TB, env Env) Env {
	env.Fetch = fetch.New(fetch.Options{Backoff: time.Millisecond, MaxWait: 5 * time.Millisecond, Stall: 200 * time.Millisecond})
	t.Cleanup(env.Fetch.Close)
	return env
}

// shape describes a set: packages, files, keys.
func shape(set *Set) string {
	var b strings.Builder
	for _, e := range set.Entries {
		fmt.Fprintf(&b, "%s %s %s %q %v\n", e.Pkg, e.File, e.Pkg.Sum.Hex, e.SigKey, e.SigOK)
	}
	return b.String()
}

func names(set *Set) []string {
	var list []string
	for _, e := range set.Entries {
		list = append(list, e.Pkg.String())
	}
	return list
}

// wantError fails unless err has all the texts.
func wantError(t *testing.T, err error, texts ...string) {
	t.Helper()
	for _, s := range texts {
		if err == nil || !strings.Contains(err.Error(), s) {
			t.Errorf("error %v, want %q", err, s)
			return
		}
	}
}

func build(t testing.TB, text string) string { return rpmtest.Build(t, text) }
