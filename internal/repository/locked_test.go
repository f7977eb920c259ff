package repository

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"compose/internal/inputs"
)

// read gives the content of a repository's primary.xml.
func read(t *testing.T, a Access, address string) (string, error) {
	t.Helper()
	r, err := Open(t.Context(), a, address)
	if err != nil {
		return "", err
	}
	d, err := r.Find("primary")
	if err != nil {
		return "", err
	}
	b, err := r.ReadAll(t.Context(), d, 1000)
	return string(b), err
}

// relock gives the lock that a lock file holds a run to.
func relock(t *testing.T, l *inputs.Lock) *inputs.Lock {
	t.Helper()
	b, err := l.JSON()
	if err != nil {
		t.Fatal(err)
	}
	l, err = inputs.Read(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// A repository that has moved on, or is gone, is read as it was locked, from
// the cache; without the cache it is refused.
func TestLocked(t *testing.T) {
	old, now := makeRepo(t, "<old/>", nil), makeRepo(t, "<new/>", nil)
	dir := old
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.FileServer(http.Dir(dir)).ServeHTTP(w, r)
	}))
	a := access(t)
	a.Inputs = inputs.New()
	if got, err := read(t, a, s.URL); got != "<old/>" || err != nil {
		t.Fatal(got, err)
	}
	dir = now
	a.Inputs = relock(t, a.Inputs)
	if got, err := read(t, a, s.URL); got != "<old/>" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	bare := access(t)
	bare.Inputs = a.Inputs
	if _, err := read(t, bare, s.URL); err == nil || !strings.Contains(err.Error(), "changed since it was locked") {
		t.Errorf("got %v", err)
	}
	s.Close()
	if got, err := read(t, a, s.URL); got != "<old/>" || err != nil {
		t.Errorf("of a server that is gone: %q, %v", got, err)
	}
	// What the cache holds is checked.
	files, err := filepath.Glob(filepath.Join(a.Dir, "metadata", "*", "*"))
	if err != nil || len(files) != 2 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		if err := os.WriteFile(f, []byte("<repomd/>"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := read(t, a, s.URL); err == nil {
		t.Error("a damaged copy was believed")
	}
}
