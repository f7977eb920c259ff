package fetch

import (
	"bytes"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

func TestRedirects(t *testing.T) {
	plain := httptest.NewServer(http.HandlerFunc(serve))
	defer plain.Close()
	mux := http.NewServeMux()
	srv := httptest.NewTLSServer(mux)
	defer srv.Close()
	mux.HandleFunc("/file", serve)
	mux.HandleFunc("/moved", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/file", 302) })
	mux.HandleFunc("/loop", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/loop", 302) })
	mux.HandleFunc("/down", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, plain.URL, 302) })
	mux.HandleFunc("/local", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "file:///etc/passwd", 302) })
	c := New(Options{TLS: srv.Client().Transport.(*http.Transport).TLSClientConfig, Backoff: time.Millisecond})
	defer c.Close()
	for path, text := range map[string]string{
		"/moved": "", "/loop": "more than 10 redirects", "/down": "redirect from https to http://",
		"/local": "redirect from https to file:///etc/passwd refused",
	} {
		_, err := c.Bytes(t.Context(), Request{Mirrors: []string{srv.URL + path}})
		if (err == nil) != (text == "") || err != nil && !strings.Contains(err.Error(), text) {
			t.Errorf("%s: error %v, want %q", path, err, text)
		}
		if err != nil && strings.Contains(err.Error(), "attempts") {
			t.Errorf("%s was retried: %v", path, err)
		}
	}
}

func TestBadCertificate(t *testing.T) {
	srv := httptest.NewUnstartedServer(http.HandlerFunc(serve))
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.StartTLS()
	defer srv.Close()
	c := New(Options{})
	defer c.Close()
	_, err := c.Bytes(t.Context(), Request{Mirrors: []string{srv.URL}})
	if err == nil || !strings.Contains(err.Error(), "certificate") || strings.Contains(err.Error(), "attempts") {
		t.Errorf("error %v", err)
	}
}

func TestCredentialsStaySecret(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		user, pass := "", ""
		c := start(t, Options{}, func(w http.ResponseWriter, r *http.Request) {
			user, pass, _ = r.BasicAuth()
			w.WriteHeader(http.StatusUnauthorized)
		})
		for _, u := range []string{
			"http://joe:hunter2@host/a?token=hunter2&arch=x86_64", "http://joe:hunter2@host:99999999/", "ftp://joe:hunter2@host/",
			"http://joe:hunter2@ho st/", "http://joe:hunter2@%zz/", "http://x/?X-Amz-Signature=hunter2&X-Amz-Credential=joe%2F1",
		} {
			_, err := c.Bytes(t.Context(), Request{Mirrors: []string{u}})
			if err == nil || strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "joe") {
				t.Errorf("%s: %v", u, err)
			}
			if strings.Contains(u, "arch=") && !strings.Contains(err.Error(), "arch=x86_64") {
				t.Errorf("says too little: %v", err)
			}
			if user != "" && (user != "joe" || pass != "hunter2") {
				t.Errorf("%s: sent %q %q", u, user, pass)
			}
			user = ""
		}
	})
}

// Mirrors are asked in order, and one that failed comes last from then on.
func TestMirrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked []string
		status := map[string]int{"a": 404, "b": 503}
		c := start(t, Options{}, func(w http.ResponseWriter, r *http.Request) {
			asked = append(asked, r.Host)
			if s := status[r.Host]; s != 0 {
				w.WriteHeader(s)
			}
			io.WriteString(w, r.URL.Path)
		})
		req := Request{Mirrors: []string{"http://a/1", "http://b/2/", "http://c/3"}, Path: "x/y.rpm"}
		begin := time.Now()
		b, err := c.Bytes(t.Context(), req)
		if err != nil || string(b) != "/3/x/y.rpm" || strings.Join(asked, "") != "abc" || time.Since(begin) != 0 {
			t.Errorf("%q, error %v, asked %q, after %s", b, err, asked, time.Since(begin))
		}
		asked = nil
		if _, err := c.Bytes(t.Context(), req); err != nil || strings.Join(asked, "") != "c" {
			t.Errorf("error %v, asked %q", err, asked)
		}
		asked, status["c"] = nil, 404
		_, err = c.Bytes(t.Context(), req)
		if err == nil || strings.Join(asked, "") != "cabbbbb" {
			t.Errorf("error %v, asked %q", err, asked)
		}
		for _, s := range []string{"fetching x/y.rpm: 7 attempts: ", `http://a/1/x/y.rpm: the server says "404`, `http://b/2/x/y.rpm: the server says "503`} {
			if !strings.Contains(err.Error(), s) {
				t.Errorf("error %v, want %q", err, s)
			}
		}
		status["b"] = 404
		_, err = c.Bytes(t.Context(), req)
		var e *Error
		if !errors.As(err, &e) || !e.NotFound() {
			t.Errorf("error %v should be not found", err)
		}
	})
}

func TestBytes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t, Options{}, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "hello") })
		bad := errors.New("not what was meant")
		for _, tt := range []struct {
			req  Request
			text string
		}{
			{Request{}, ""},
			{Request{Size: 5, Sum: sum("hello")}, ""},
			{Request{Size: 4}, "larger than 4 bytes"},
			{Request{Size: 6}, "content has 5 bytes, want 6"},
			{Request{Max: 4}, "larger than 4 bytes"},
			{Request{Sum: sum("hullo")}, "checksum is"},
			{Request{Sum: Digest{"md5", "00"}}, "md5 is too weak"},
			{Request{Sum: Digest{"sha256", "00"}}, "malformed"},
			{Request{Sum: Digest{"crc", "00"}}, "unknown checksum type"},
			{Request{Check: func([]byte) error { return bad }}, bad.Error()},
		} {
			tt.req.Mirrors = []string{address}
			b, err := c.Bytes(t.Context(), tt.req)
			if err == nil && (string(b) != "hello" || tt.text != "") || err != nil && (tt.text == "" || !strings.Contains(err.Error(), tt.text)) {
				t.Errorf("%+v: %q, error %v", tt.req, b, err)
			}
		}
	})
}

func TestLocal(t *testing.T) {
	dir := t.TempDir()
	src, dst := filepath.Join(dir, "a b#1.rpm"), filepath.Join(dir, "out", "x")
	os.WriteFile(src, []byte(content), 0o600)
	c := New(Options{})
	req := Request{Mirrors: []string{"file://" + dir}, Path: "a b#1.rpm", Sum: sum(content)}
	if err := c.File(t.Context(), req, dst); err != nil {
		t.Fatal(err)
	}
	want(t, dst, content)
	if b, err := c.Bytes(t.Context(), req); err != nil || string(b) != content {
		t.Errorf("%d bytes, error %v", len(b), err)
	}
	p := make([]byte, 10)
	req.Size = int64(len(content))
	if _, err := c.Ranges(t.Context(), req).ReadAt(p, 5); err != nil || string(p) != content[5:15] {
		t.Errorf("%q, error %v", p, err)
	}
	for _, path := range []string{"none", "out"} {
		req.Path = path
		if err := c.File(t.Context(), req, dst+"2"); err == nil {
			t.Errorf("%s: no error", path)
		}
	}
	only(t, dst)
	if _, ok := LocalPath("file://otherhost/x"); ok {
		t.Error("a file of another host")
	}
}

func TestRanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		c := start(t, Options{}, func(w http.ResponseWriter, r *http.Request) {
			if n++; n == 1 {
				panic(http.ErrAbortHandler)
			}
			switch r.URL.Path {
			case "/none":
				w.Write([]byte(content))
			case "/other":
				r.Header.Set("Range", "bytes=7-9")
				serve(w, r)
			default:
				serve(w, r)
			}
		})
		size := int64(len(content))
		at := c.Ranges(t.Context(), Request{Mirrors: []string{"http://host/file"}, Size: size})
		all, err := io.ReadAll(io.NewSectionReader(at, 0, size))
		if err != nil || !bytes.Equal(all, []byte(content)) {
			t.Errorf("%d bytes, error %v", len(all), err)
		}
		p := make([]byte, 10)
		if n, err := at.ReadAt(p, size-4); n != 4 || err != io.EOF || string(p[:4]) != content[size-4:] {
			t.Errorf("at the end: %d, %v", n, err)
		}
		if n, err := at.ReadAt(p, size); n != 0 || err != io.EOF {
			t.Errorf("behind the end: %d, %v", n, err)
		}
		_, err = c.Ranges(t.Context(), Request{Mirrors: []string{"http://host/none"}, Size: size}).ReadAt(p, 0)
		if !errors.Is(err, ErrNoRanges) {
			t.Errorf("error %v", err)
		}
		_, err = c.Ranges(t.Context(), Request{Mirrors: []string{"http://host/other"}, Size: size}).ReadAt(p, 0)
		if err == nil || !strings.Contains(err.Error(), `range "bytes 7-9/262144" instead of 0-9`) {
			t.Errorf("error %v", err)
		}
	})
}

func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=64k"); err != nil {
		t.Skipf("no tmpfs of our own: %v", err)
	}
	defer syscall.Unmount(dir, syscall.MNT_DETACH)
	synctest.Test(t, func(t *testing.T) {
		n := 0
		c := start(t, Options{}, func(w http.ResponseWriter, r *http.Request) { n++; serve(w, r) })
		req := request()
		req.Mirrors = append(req.Mirrors, "http://other/file")
		dst := filepath.Join(dir, "file")
		err := c.File(t.Context(), req, dst)
		if !errors.Is(err, syscall.ENOSPC) || n != 1 {
			t.Errorf("error %v after %d requests", err, n)
		}
		if list, _ := os.ReadDir(dir); len(list) > 0 {
			t.Errorf("left behind: %v", list)
		}
	})
}

func TestNoDescriptorLeaks(t *testing.T) {
	count := func() int { l, _ := os.ReadDir("/proc/self/fd"); return len(l) }
	n := 0
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch n++; n % 3 {
		case 0:
			cut(w, r, 70000)
		case 1:
			w.WriteHeader(404)
		default:
			serve(w, r)
		}
	}))
	before := count()
	c := New(Options{Backoff: time.Millisecond})
	for range 12 {
		req := request()
		req.Mirrors = []string{srv.URL}
		c.File(t.Context(), req, filepath.Join(t.TempDir(), "file"))
		c.Bytes(t.Context(), Request{Mirrors: []string{srv.URL}})
	}
	c.Close()
	srv.CloseClientConnections()
	deadline := time.Now().Add(5 * time.Second)
	for count() > before && time.Now().Before(deadline) {
		time.Sleep(time.Millisecond)
	}
	if after := count(); after > before {
		t.Errorf("%d descriptors, %d before", after, before)
	}
	srv.Close()
}
