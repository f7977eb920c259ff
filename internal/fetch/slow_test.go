package fetch

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestSlowLoris meets a server that sends a byte now and then, for ever.
func TestSlowLoris(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t, Options{Attempts: 1}, func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				w.Write([]byte{'x'})
				w.(http.Flusher).Flush()
				select {
				case <-time.After(10 * time.Second):
				case <-r.Context().Done():
				}
			}
		})
		began := time.Now()
		err := c.File(t.Context(), request(), filepath.Join(t.TempDir(), "file"))
		if err == nil || !strings.Contains(err.Error(), " bytes of data for 30s") {
			t.Errorf("error %v", err)
		}
		if took := time.Since(began); took > time.Minute {
			t.Errorf("it took %v", took)
		}
	})
}

// TestSlowServer is patient with one that is slow, but gets there.
func TestSlowServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t, Options{Attempts: 1}, func(w http.ResponseWriter, r *http.Request) {
			for rest := content; rest != ""; {
				n := min(len(rest), 8<<10)
				w.Write([]byte(rest[:n]))
				w.(http.Flusher).Flush()
				rest = rest[n:]
				time.Sleep(20 * time.Second)
			}
		})
		dst := filepath.Join(t.TempDir(), "file")
		if err := c.File(t.Context(), request(), dst); err != nil {
			t.Fatal(err)
		}
		want(t, dst, content)
	})
}
