package fetch

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

const address = "http://host/dir/file"

var content = strings.Repeat("0123456789abcdef", 16<<10) // 256 KiB

// serve answers with content, ranges and a strong ETag.
func serve(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("ETag", `"v1"`)
	http.ServeContent(w, r, "", time.Time{}, strings.NewReader(content))
}

// cut answers properly but breaks the connection after n bytes.
func cut(w http.ResponseWriter, r *http.Request, n int) {
	w.Header().Set("ETag", `"v1"`)
	w.Header().Set("Content-Length", fmt.Sprint(len(content)))
	w.Write([]byte(content[:n]))
	w.(http.Flusher).Flush()
	panic(http.ErrAbortHandler)
}

func request() Request {
	return Request{Mirrors: []string{address}, Size: int64(len(content)), Sum: sum(content)}
}

func TestFileRetriesAndWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		c := start(t, Options{}, func(w http.ResponseWriter, r *http.Request) {
			if n++; n <= 3 {
				w.WriteHeader(http.StatusServiceUnavailable)
				return
			}
			serve(w, r)
		})
		dst := filepath.Join(t.TempDir(), "deep", "file")
		begin := time.Now()
		req := request()
		req.ModTime = time.Unix(1700000000, 0)
		if err := c.File(t.Context(), req, dst); err != nil {
			t.Fatal(err)
		}
		// Waits of 0.5, 1 and 2 s, each less a random part of at most half.
		if d := time.Since(begin); d < 1750*time.Millisecond || d > 3500*time.Millisecond {
			t.Errorf("waited %s", d)
		}
		want(t, dst, content)
		if fi, _ := os.Stat(dst); fi.ModTime().Unix() != 1700000000 || fi.Mode().Perm() != 0o644 {
			t.Errorf("mode %s, time %s", fi.Mode(), fi.ModTime())
		}
	})
}

func TestRetryAfter(t *testing.T) {
	for _, tt := range []struct {
		header string
		want   time.Duration
	}{{"7", 7 * time.Second}, {"3600", 30 * time.Second}, {"-1", 0}, {"soon", 0}} {
		t.Run(tt.header, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := 0
				c := start(t, Options{}, func(w http.ResponseWriter, r *http.Request) {
					if n++; n == 1 {
						w.Header().Set("Retry-After", tt.header)
						w.WriteHeader(http.StatusTooManyRequests)
					}
				})
				begin := time.Now()
				if _, err := c.Bytes(t.Context(), Request{Mirrors: []string{address}}); err != nil {
					t.Fatal(err)
				}
				if d := time.Since(begin); d < tt.want || d > tt.want+500*time.Millisecond {
					t.Errorf("waited %s, want %s", d, tt.want)
				}
			})
		})
	}
	if d := retryAfter("Thu, 01 Jan 1970 00:00:09 GMT", time.Unix(2, 0)); d != 7*time.Second {
		t.Errorf("date: %s", d)
	}
}

func TestFileGivesUp(t *testing.T) {
	for _, tt := range []struct {
		name     string
		answer   func(w http.ResponseWriter, r *http.Request)
		requests int
		text     string
	}{
		{"not found", http.NotFound, 1, `the server says "404 Not Found"`},
		{"forbidden", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(403) }, 1, "403"},
		{"server error", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(500) }, 5, "5 attempts: the server says \"500"},
		{"breaks", func(w http.ResponseWriter, r *http.Request) { panic(http.ErrAbortHandler) }, 5, "5 attempts"},
		{"wrong size", func(w http.ResponseWriter, r *http.Request) { w.Write([]byte("oops")) }, 1, "content has 4 bytes, want 262144"},
		{"wrong content", func(w http.ResponseWriter, r *http.Request) {
			w.Write([]byte(strings.Repeat("x", len(content))))
		}, 2, "sha256 checksum is "},
		{"endless", func(w http.ResponseWriter, r *http.Request) {
			for i := 0; i < 1000 && r.Context().Err() == nil; i++ {
				w.Write([]byte(content))
			}
		}, 1, "content is larger than 262144 bytes"},
		{"short", func(w http.ResponseWriter, r *http.Request) {
			w.Write([]byte("abc"))
			w.(http.Flusher).Flush() // chunked: no length is announced
		}, 5, "content ended after 3 of 262144 bytes"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := 0
				c := start(t, Options{}, func(w http.ResponseWriter, r *http.Request) { n++; tt.answer(w, r) })
				dst := filepath.Join(t.TempDir(), "file")
				err := c.File(t.Context(), request(), dst)
				if err == nil || !strings.Contains(err.Error(), tt.text) || !strings.HasPrefix(err.Error(), "fetching "+address+": ") {
					t.Errorf("error %v, want %q", err, tt.text)
				}
				if n != tt.requests {
					t.Errorf("%d requests, want %d", n, tt.requests)
				}
				if _, err := os.Lstat(dst); err == nil {
					t.Error("the file is there")
				}
			})
		})
	}
}

func TestFileResumes(t *testing.T) {
	for _, name := range []string{"drop", "stall", "no validator", "no checksum"} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var ranges []string
				c := start(t, Options{}, func(w http.ResponseWriter, r *http.Request) {
					ranges = append(ranges, r.Header.Get("Range")+" "+r.Header.Get("If-Range"))
					switch {
					case len(ranges) > 1:
						serve(w, r)
					case name == "stall":
						w.Header().Set("ETag", `"v1"`)
						w.Write([]byte(content[:70000]))
						w.(http.Flusher).Flush()
						<-r.Context().Done()
					case name == "no validator":
						w.Write([]byte(content[:70000]))
						w.(http.Flusher).Flush()
						panic(http.ErrAbortHandler)
					default:
						cut(w, r, 70000)
					}
				})
				req := request()
				wantRange := `bytes=70000- "v1"`
				switch name {
				case "no validator":
					wantRange = "bytes=70000- "
				case "no checksum":
					req.Sum = Digest{}
				}
				dst := filepath.Join(t.TempDir(), "file")
				if err := c.File(t.Context(), req, dst); err != nil {
					t.Fatal(err)
				}
				want(t, dst, content)
				if len(ranges) != 2 || ranges[1] != wantRange {
					t.Errorf("ranges %q, want second %q", ranges, wantRange)
				}
			})
		})
	}
}

// A part that an earlier run left is used when the checksum proves the whole,
// and thrown away otherwise.
func TestFileOldPart(t *testing.T) {
	for name, part := range map[string]string{
		"good": content[:1000], "complete": content, "wrong": strings.Repeat("z", 1000),
		"wrong complete": strings.Repeat("z", len(content)), "too long": content + "x",
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := 0
				c := start(t, Options{}, func(w http.ResponseWriter, r *http.Request) { n++; serve(w, r) })
				dst := filepath.Join(t.TempDir(), "file")
				os.WriteFile(dst+".part", []byte(part), 0o644)
				if err := c.File(t.Context(), request(), dst); err != nil {
					t.Fatal(err)
				}
				want(t, dst, content)
				if wantN := map[string]int{"good": 1, "wrong": 2, "wrong complete": 1, "too long": 1}[name]; n != wantN {
					t.Errorf("%d requests, want %d", n, wantN)
				}
			})
		})
	}
}

// A server without ranges answers 200 with everything.
func TestFileNoRanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		c := start(t, Options{}, func(w http.ResponseWriter, r *http.Request) {
			if n++; n == 1 {
				cut(w, r, 70000)
			}
			w.Write([]byte(content))
		})
		dst := filepath.Join(t.TempDir(), "file")
		if err := c.File(t.Context(), request(), dst); err != nil {
			t.Fatal(err)
		}
		want(t, dst, content)
	})
}

// An interrupted transfer leaves its part, and the next run goes on with it.
func TestFileCancelAndResume(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ranges []string
		c := start(t, Options{}, func(w http.ResponseWriter, r *http.Request) {
			if ranges = append(ranges, r.Header.Get("Range")); len(ranges) > 1 {
				serve(w, r)
				return
			}
			w.Header().Set("Content-Length", fmt.Sprint(len(content)))
			w.Write([]byte(content[:70000]))
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		})
		ctx, cancel := context.WithCancelCause(t.Context())
		why := errors.New("somebody pressed a key")
		time.AfterFunc(5*time.Second, func() { cancel(why) })
		dst := filepath.Join(t.TempDir(), "file")
		begin := time.Now()
		err := c.File(ctx, request(), dst)
		if !errors.Is(err, why) || time.Since(begin) != 5*time.Second {
			t.Errorf("error %v after %s", err, time.Since(begin))
		}
		if err := c.File(t.Context(), request(), dst); err != nil {
			t.Fatal(err)
		}
		want(t, dst, content)
		if ranges[1] != "bytes=70000-" {
			t.Errorf("ranges %q", ranges)
		}
	})
}

func TestCancelDuringPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t, Options{Backoff: time.Hour, MaxWait: time.Hour}, func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(500) })
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		begin := time.Now()
		_, err := c.Bytes(ctx, Request{Mirrors: []string{address}})
		if err == nil || time.Since(begin) != 3*time.Second {
			t.Errorf("error %v after %s", err, time.Since(begin))
		}
	})
}

func TestFileOncePerDestination(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n atomic.Int32
		c := start(t, Options{}, func(w http.ResponseWriter, r *http.Request) {
			n.Add(1)
			time.Sleep(time.Second)
			serve(w, r)
		})
		dst := filepath.Join(t.TempDir(), "file")
		errs := make(chan error)
		for range 5 {
			go func() { errs <- c.File(t.Context(), request(), dst) }()
		}
		for range 5 {
			if err := <-errs; err != nil {
				t.Error(err)
			}
		}
		want(t, dst, content)
		if n.Load() != 1 {
			t.Errorf("%d requests", n.Load())
		}
	})
}

// The part of another process is left alone.
func TestFileOtherProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t, Options{}, serve)
		dst := filepath.Join(t.TempDir(), "file")
		other, err := lockPart(dst + ".part")
		if err != nil {
			t.Fatal(err)
		}
		defer other.Close()
		other.Write([]byte("theirs"))
		if err := c.File(t.Context(), request(), dst); err != nil {
			t.Fatal(err)
		}
		if b, _ := os.ReadFile(dst + ".part"); string(b) != "theirs" {
			t.Errorf("their part: %q", b)
		}
		os.Remove(dst + ".part")
		want(t, dst, content)
	})
}

func TestPerHost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var now, most atomic.Int32
		c := start(t, Options{PerHost: 3}, func(w http.ResponseWriter, r *http.Request) {
			if n := now.Add(1); n > most.Load() {
				most.Store(n)
			}
			time.Sleep(time.Second)
			now.Add(-1)
		})
		done := make(chan bool)
		for range 20 {
			go func() { c.Bytes(t.Context(), Request{Mirrors: []string{address}}); done <- true }()
		}
		for range 20 {
			<-done
		}
		if most.Load() > 3 {
			t.Errorf("%d requests at once", most.Load())
		}
	})
}
