package repository

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"compose/internal/fetch"
	"compose/internal/rpm"
	"compose/internal/rpmmd"
)

func access(t testing.TB) Access {
	c := fetch.New(fetch.Options{Attempts: 1, Backoff: time.Millisecond})
	t.Cleanup(c.Close)
	return Access{Fetch: c, Dir: t.TempDir()}
}

// makeRepo has one metadata file with that content, as repomd.xml states it.
func makeRepo(t testing.TB, content string, change func(*rpmmd.RepomdData)) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "a b%41#?ü")
	if err := os.MkdirAll(filepath.Join(dir, "repodata"), 0o755); err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(content))
	d := rpmmd.RepomdData{Type: "primary", Href: "repodata/primary.xml", Sum: rpm.Checksum{Type: "sha256", Hex: hex.EncodeToString(sum[:])}, Size: int64(len(content))}
	if change != nil {
		change(&d)
	}
	m := rpmmd.Repomd{Data: []rpmmd.RepomdData{d}}
	for name, data := range map[string]string{"primary.xml": content, "repomd.xml": string(m.XML())} {
		if err := os.WriteFile(filepath.Join(dir, "repodata", name), []byte(data), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func content(t *testing.T, address string) (string, error) {
	t.Helper()
	r, err := Open(t.Context(), access(t), address)
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

// A repository is found by its folder, by URL, through lists of mirrors and
// through metalinks, and the same is read of it.
func TestOpen(t *testing.T) {
	dir := makeRepo(t, "<metadata/>", nil)
	files := http.FileServer(http.Dir(dir))
	var s *httptest.Server
	s = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		repomd, _ := os.ReadFile(filepath.Join(dir, "repodata/repomd.xml"))
		sum := sha256.Sum256(repomd)
		link := fmt.Sprintf(`<metalink><files><file name="repomd.xml"><size>%d</size><verification><hash type="sha256">%x</hash></verification>
<resources><url>%s/gone/repodata/repomd.xml</url><url>%s/repodata/repomd.xml</url></resources></file></files></metalink>`, len(repomd), sum, s.URL, s.URL)
		switch r.URL.Path {
		case "/mirrors":
			fmt.Fprintf(w, "# mirrors\n%s/gone/\n%s/\n", s.URL, s.URL)
		case "/link":
			io.WriteString(w, link)
		case "/badlink":
			io.WriteString(w, strings.Replace(link, fmt.Sprintf("%x", sum), strings.Repeat("0", 64), 1))
		default:
			files.ServeHTTP(w, r)
		}
	}))
	defer s.Close()
	for _, address := range []string{dir, dir + "/", FileURL(dir), s.URL, s.URL + "/", "mirrorlist:" + s.URL + "/mirrors", "metalink:" + s.URL + "/link"} {
		if got, err := content(t, address); got != "<metadata/>" || err != nil {
			t.Errorf("%s: %q, %v", address, got, err)
		}
	}
	for address, want := range map[string]string{
		"metalink:" + s.URL + "/badlink": "none of those that the metalink allows",
		"mirrorlist:" + s.URL + "/none":  "404",
		s.URL + "/none":                  "404",
		"/nowhere/at/all":                "no such file",
		"ftp://example/":                 "not an absolute http, https or file URL",
		"http://user:secret@127.0.0.1:1": "refused",
	} {
		if _, err := content(t, address); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v, want %s", address, err, want)
		}
	}
	r, err := Open(t.Context(), access(t), s.URL)
	if err != nil {
		t.Fatal(err)
	}
	if b, err := r.Bytes(t.Context(), "repodata/repomd.xml.asc"); b != nil || err != nil {
		t.Errorf("a signature that is not there: %q %v", b, err)
	}
}

func TestWrongMetadata(t *testing.T) {
	for want, change := range map[string]func(*rpmmd.RepomdData){
		"checksum is":     func(d *rpmmd.RepomdData) { d.Sum.Hex = strings.Repeat("0", 64) },
		"too weak":        func(d *rpmmd.RepomdData) { d.Sum = rpm.Checksum{Type: "md5", Hex: strings.Repeat("0", 32)} },
		"longer than 3":   func(d *rpmmd.RepomdData) { d.OpenSum, d.OpenSize = d.Sum, 3 },
		"no such file":    func(d *rpmmd.RepomdData) { d.Href = "repodata/other.xml" },
		"names no":        func(d *rpmmd.RepomdData) { d.Type = "other" },
		"leads out":       func(d *rpmmd.RepomdData) { d.Href = "repodata/%2e%2e/../x" },
		"is not .gz data": func(d *rpmmd.RepomdData) { d.Href = "repodata/../repodata/primary.xml.gz" },
	} {
		dir := makeRepo(t, "<metadata/>", change)
		os.Link(filepath.Join(dir, "repodata/primary.xml"), filepath.Join(dir, "repodata/primary.xml.gz"))
		_, err := content(t, dir)
		if want == "is not .gz data" {
			want = "leads out"
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	dir := makeRepo(t, strings.Repeat("x", 2000), nil)
	if _, err := content(t, dir); !errors.As(err, new(rpmmd.ErrTooLong)) {
		t.Errorf("error %v", err)
	}
}

func TestLocate(t *testing.T) {
	local := &Repository{Name: "l", Mirrors: []string{"file:///srv/r"}, Dir: "/srv/r"}
	remote := &Repository{Name: "r", Mirrors: []string{"https://m/r"}}
	for _, c := range []struct {
		r          *Repository
		base, href string
		want       string // the address; with "!" the error
	}{
		{local, "", "a/b.rpm", "/srv/r/a/b.rpm"},
		{local, "sub/", "b.rpm", "/srv/r/sub/b.rpm"},
		{local, "file:///other", "b.rpm", "/other/b.rpm"},
		{local, "http://x/y/", "b.rpm", "http://x/y/b.rpm"},
		{remote, "", "a/b.rpm", "r/a/b.rpm"},
		{remote, "https://u:p@x/y", "b.rpm", "https://x/y/b.rpm"},
		{remote, "file:///etc", "b.rpm", "!lies on this machine"},
		{remote, "http://x", "b.rpm", "!from https to http"},
		{remote, "ftp://x", "b.rpm", "!not usable"},
		{remote, "https://x/../..", "b.rpm", "!not usable"},
		{remote, "..", "b.rpm", "!leads out"},
		{remote, "", "a/..%2fb.rpm", "!leads out"},
		{remote, "", "a/b\\c.rpm", "!characters"},
		{remote, "", "a/", "!"},
		{remote, "", "https://x/b.rpm", "!not a relative path"},
		{remote, "", "%2fetc/b.rpm", "!not a relative path"},
		{remote, "", "a/" + strings.Repeat("b", 300), "!file name"},
	} {
		l, err := c.r.Locate(&rpmmd.Entry{Base: c.base, Href: c.href})
		if bad, ok := strings.CutPrefix(c.want, "!"); ok {
			if err == nil && bad != "" || err != nil && !strings.Contains(err.Error(), bad) {
				t.Errorf("%q %q: %v, want %s", c.base, c.href, err, bad)
			}
		} else if err != nil || l.String() != c.want {
			t.Errorf("%q %q: %v, %v, want %s", c.base, c.href, l, err, c.want)
		}
	}
}

// What CheckHref lets pass stays below the folder, in either spelling.
func FuzzHref(f *testing.F) {
	for _, s := range []string{"a/b.rpm", "a%2e%2e/b", "%2e%2e/x", "a/./b", "..", "a/%2F../..", "%", "a%25b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, href string) {
		if CheckHref(href) != nil {
			return
		}
		for _, path := range []string{filepath.Clean(LocalFile("/srv/x", href)), filepath.Join("/srv/x", Plain(href))} {
			if path != "/srv/x" && !strings.HasPrefix(path, "/srv/x/") {
				t.Errorf("%q leads to %q", href, path)
			}
		}
	})
}
