package phases_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"compose/internal/fetch"
	"compose/internal/rpmmd"
	"compose/phases"
)

const lib = "lib-1.0-1.x86_64.rpm"

// handler answers a request for the n-th time, or says false to leave that
// to the server of files.
type handler func(w http.ResponseWriter, r *http.Request, n int) bool

// on answers requests for one file.
func on(name string, h handler) handler {
	return func(w http.ResponseWriter, r *http.Request, n int) bool {
		return strings.HasSuffix(r.URL.Path, name) && h(w, r, n)
	}
}

func status(code int) handler {
	return func(w http.ResponseWriter, r *http.Request, n int) bool { w.WriteHeader(code); return true }
}

// half sends the first half of a file and then does what end does; nil resets
// the connection.
func half(f *fixture, name string, end func(r *http.Request)) handler {
	content, err := os.ReadFile(f.file(name))
	if err != nil {
		f.t.Fatal(err)
	}
	return func(w http.ResponseWriter, r *http.Request, n int) bool {
		w.Header().Set("Content-Length", strconv.Itoa(len(content)))
		w.Write(content[:len(content)/2])
		w.(http.Flusher).Flush()
		if end == nil {
			reset(w)
			return true
		}
		end(r)
		return true
	}
}

// reset ends a connection as a host does that knows nothing of it.
func reset(w http.ResponseWriter) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		tcp.SetLinger(0)
	}
	conn.Close()
}

// raw answers with bytes that need not be HTTP.
func raw(w http.ResponseWriter, text string) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	defer conn.Close()
	conn.Write([]byte(text))
}

// lengthKept is an answer whose length stays what it was set to.
type lengthKept struct{ http.ResponseWriter }

func (l lengthKept) WriteHeader(code int) {
	l.Header().Set("Content-Length", "9999999")
	l.ResponseWriter.WriteHeader(code)
}

func drop(*http.Request)    { panic(http.ErrAbortHandler) }
func stall(r *http.Request) { <-r.Context().Done() }

// once lets only the first request fail.
func once(h handler) handler {
	return func(w http.ResponseWriter, r *http.Request, n int) bool { return n == 1 && h(w, r, n) }
}

// hostile is a fault of a repository: files is done to its files, server to
// requests. The error says all of want, in one line; without want the
// compose must finish all the same.
type hostile struct {
	name   string
	files  func(f *fixture)
	server func(f *fixture) handler
	want   []string
}

// editMetadata changes a file that repomd.xml names, and repomd.xml with it,
// so that only the content is wrong.
func editMetadata(f *fixture, typ string, edit func(string) string) {
	f.t.Helper()
	repodata := filepath.Join(f.packages, "repodata")
	b, err := os.ReadFile(filepath.Join(repodata, "repomd.xml"))
	if err != nil {
		f.t.Fatal(err)
	}
	m, err := rpmmd.ReadRepomd(bytes.NewReader(b))
	if err != nil {
		f.t.Fatal(err)
	}
	d, _ := m.Find(typ)
	old, err := os.ReadFile(filepath.Join(f.packages, d.Href))
	if err != nil {
		f.t.Fatal(err)
	}
	changed := edit(string(old))
	f.write("packages/repodata/changed.xml", []byte(changed))
	text := strings.ReplaceAll(string(b), d.Href, "repodata/changed.xml")
	text = strings.ReplaceAll(text, ">"+strconv.FormatInt(d.Size, 10)+"</", ">"+strconv.Itoa(len(changed))+"</")
	text = strings.ReplaceAll(text, d.Sum.Hex, sumText(changed))
	f.write("packages/repodata/repomd.xml", []byte(text))
}

// truncate cuts a file below the packages in half.
func truncate(pattern string) func(f *fixture) {
	return func(f *fixture) {
		paths, _ := filepath.Glob(filepath.Join(f.packages, pattern))
		if len(paths) != 1 {
			f.t.Fatalf("%s: %v", pattern, paths)
		}
		fi, err := os.Stat(paths[0])
		if err == nil {
			err = os.Truncate(paths[0], fi.Size()/2)
		}
		if err != nil {
			f.t.Fatal(err)
		}
	}
}

var checksumOf = regexp.MustCompile(`pkgid="YES">[0-9a-f]{64}`)

func hostileRepos() []hostile {
	return []hostile{
		{name: "truncated repomd", files: truncate("repodata/repomd.xml"), want: []string{"pkgset/base: repository http://", "reading repomd.xml"}},
		{name: "truncated primary", files: truncate("repodata/*-primary.xml"), want: []string{"reading primary", "bytes, want"}},
		{name: "broken primary", files: func(f *fixture) {
			editMetadata(f, "primary", func(s string) string { return s[:len(s)/2] })
		}, want: []string{"reading primary"}},
		{name: "wrong checksums", files: func(f *fixture) {
			editMetadata(f, "primary", func(s string) string {
				return checksumOf.ReplaceAllString(s, `pkgid="YES">`+strings.Repeat("0", 64))
			})
		}, want: []string{"link/Server.", "sha256 checksum is"}},
		{name: "packages changed", files: func(f *fixture) {
			b := flip(f, lib, func(b []byte) int { return len(b) - 10 })
			f.write("packages/"+lib, b)
		}, want: []string{"link/Server.x86_64: placing lib-1.0-1.x86_64: fetching http://", "sha256 checksum is"}},
		{name: "climbing", files: func(f *fixture) {
			f.write(lib, []byte("beside the repository"))
			editMetadata(f, "primary", func(s string) string {
				return strings.ReplaceAll(s, `href="`+lib, `href="../`+lib)
			})
		}, want: []string{"pkgset/base: ", "../" + lib}},
		{name: "absolute", files: func(f *fixture) {
			editMetadata(f, "primary", func(s string) string {
				return strings.ReplaceAll(s, `href="`+lib, `href="/etc/passwd`)
			})
		}, want: []string{"pkgset/base: ", "/etc/passwd"}},
		{name: "name that climbs", files: func(f *fixture) {
			editMetadata(f, "primary", func(s string) string {
				return strings.ReplaceAll(s, "<name>lib</name>", "<name>../../../lib</name>")
			})
		}, want: []string{"pkgset/base: ", "../../../lib"}},
		{name: "no repository", server: func(*fixture) handler { return status(404) }, want: []string{"repomd.xml", "404"}},
		{name: "404 midway", server: func(*fixture) handler { return on(lib, status(404)) }, want: []string{"placing lib-1.0-1.x86_64: fetching http://", "404"}},
		{name: "500 midway", server: func(*fixture) handler { return on(lib, status(500)) }, want: []string{"placing lib-1.0-1.x86_64: fetching http://", "500"}},
		{name: "500 once", server: func(*fixture) handler { return on(lib, once(status(500))) }},
		{name: "drops once", server: func(f *fixture) handler { return on(lib, once(half(f, lib, drop))) }},
		{name: "drops always", server: func(f *fixture) handler { return on(lib, half(f, lib, drop)) }, want: []string{"placing lib-1.0-1.x86_64: fetching http://", "attempts"}},
		{name: "stalls once", server: func(f *fixture) handler { return on(lib, once(half(f, lib, stall))) }},
		{name: "stalls always", server: func(f *fixture) handler { return on(lib, half(f, lib, stall)) }, want: []string{"placing lib-1.0-1.x86_64: fetching http://", "data for"}},
		{name: "trickles", server: func(f *fixture) handler {
			return on(lib, func(w http.ResponseWriter, r *http.Request, n int) bool {
				for r.Context().Err() == nil {
					w.Write([]byte{'x'})
					w.(http.Flusher).Flush()
					time.Sleep(5 * time.Millisecond)
				}
				return true
			})
		}, want: []string{"placing lib-1.0-1.x86_64: fetching http://", "bytes of data for"}},
		{name: "resets once", server: func(f *fixture) handler { return on(lib, once(half(f, lib, nil))) }},
		{name: "resets always", server: func(f *fixture) handler { return on(lib, half(f, lib, nil)) }, want: []string{"placing lib-1.0-1.x86_64: fetching http://", "connection reset"}},
		{name: "redirects in circles", server: func(f *fixture) handler {
			return on(lib, func(w http.ResponseWriter, r *http.Request, n int) bool {
				http.Redirect(w, r, r.URL.Path, http.StatusFound)
				return true
			})
		}, want: []string{"placing lib-1.0-1.x86_64: fetching http://", "more than 10 redirects"}},
		{name: "redirects repomd in circles", server: func(f *fixture) handler {
			return on("repomd.xml", func(w http.ResponseWriter, r *http.Request, n int) bool {
				http.Redirect(w, r, r.URL.Path, http.StatusMovedPermanently)
				return true
			})
		}, want: []string{"repomd.xml", "more than 10 redirects"}},
		{name: "length too long", server: func(f *fixture) handler {
			return on(lib, func(w http.ResponseWriter, r *http.Request, n int) bool {
				w.Header().Set("Content-Length", "9999999")
				http.ServeContent(lengthKept{w}, r, "", time.Time{}, bytes.NewReader([]byte("short")))
				return true
			})
		}, want: []string{"placing lib-1.0-1.x86_64: fetching http://"}},
		{name: "garbage before the headers", server: func(f *fixture) handler {
			return on(lib, func(w http.ResponseWriter, r *http.Request, n int) bool {
				raw(w, "\x00\xff\x00garbage\r\n\r\n")
				return true
			})
		}, want: []string{"placing lib-1.0-1.x86_64: fetching http://", "malformed HTTP"}},
		{name: "headers without end", server: func(f *fixture) handler {
			return on(lib, func(w http.ResponseWriter, r *http.Request, n int) bool {
				raw(w, "HTTP/1.1 200 OK\r\nX: "+strings.Repeat("x", 1<<20))
				return true
			})
		}, want: []string{"placing lib-1.0-1.x86_64: fetching http://"}},
		{name: "metadata stalls", server: func(f *fixture) handler {
			return on("repomd.xml", half(f, "repodata/repomd.xml", stall))
		}, want: []string{"repomd.xml", "bytes of data for"}},
		{name: "another file", server: func(f *fixture) handler {
			return on(lib, func(w http.ResponseWriter, r *http.Request, n int) bool {
				http.ServeFile(w, r, f.file(app))
				return true
			})
		}, want: []string{"placing lib-1.0-1.x86_64: fetching http://"}},
		{name: "endless", server: func(f *fixture) handler {
			return on(lib, func(w http.ResponseWriter, r *http.Request, n int) bool {
				for r.Context().Err() == nil {
					if _, err := w.Write(make([]byte, 64<<10)); err != nil {
						return true
					}
				}
				return true
			})
		}, want: []string{"placing lib-1.0-1.x86_64: fetching http://"}},
	}
}

// TestHostileRepositories composes from repositories that are wrong, and
// from servers that are.
func TestHostileRepositories(t *testing.T) {
	for _, c := range hostileRepos() {
		t.Run(strings.ReplaceAll(c.name, " ", "-"), c.test)
	}
}

func (c hostile) test(t *testing.T) {
	t.Parallel()
	f := newFixture(t, smallPackages)
	writeRepoWith(t, f.packages, "none")
	if c.files != nil {
		c.files(f)
	}
	var h handler
	if c.server != nil {
		h = c.server(f)
	}
	f.from(`source = "repo"` + "\n" + `url = "` + serveWith(t, f.packages, h) + `"`)
	f.options.Fetch = fetch.Options{Attempts: 3, Backoff: time.Millisecond, Stall: 100 * time.Millisecond}
	r := f.run()
	if c.want == nil {
		if r.err != nil {
			t.Error(r.err)
		}
		return
	}
	if r.made == nil || r.made.Status != phases.Doomed || r.err == nil {
		t.Fatalf("made %+v, error %v", r.made, r.err)
	}
	text := r.text()
	for _, want := range append(c.want, "") {
		if !strings.Contains(text, want) {
			t.Errorf("the error is %q and does not say %q", text, want)
		}
	}
	if strings.Contains(text, "\n") {
		t.Errorf("the error is more than one line: %s", text)
	}
}

// serveWith serves a folder; h may answer first.
func serveWith(t *testing.T, dir string, h handler) string {
	files := http.FileServer(http.Dir(dir))
	var mu sync.Mutex
	asked := map[string]int{}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		asked[r.URL.Path]++
		n := asked[r.URL.Path]
		mu.Unlock()
		if h == nil || !h(w, r, n) {
			files.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(srv.Close)
	return srv.URL
}

func sumText(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}
