package pkgset

import (
	"net/http"
	"os"
	"runtime"
	"testing"
	"time"
)

// Nothing stays open or running after work that failed in the middle.
func TestNoLeaks(t *testing.T) {
	dir := build(t, shelf)
	writeRepo(t, dir, nil)
	count := func() [2]int {
		list, _ := os.ReadDir("/proc/self/fd")
		return [2]int{len(list), runtime.NumGoroutine()}
	}
	work := func() {
		srv := serve(t, dir)
		defer srv.Close()
		srv.before = func(w http.ResponseWriter, r *http.Request, n int) bool {
			if r.URL.Path == "/kernel-6.1-1.x86_64.rpm" {
				w.Write([]byte("half"))
				panic(http.ErrAbortHandler)
			}
			return false
		}
		env := withFetch(t, newEnv(t))
		defer env.Store.Close()
		defer env.Fetch.Close()
		set := mustLoad(t, Source{Tag: "t", Kind: KindRepo, URL: srv.URL}, env)
		var jobs []Job
		for _, e := range set.Entries {
			jobs = append(jobs, Job{e, t.TempDir()})
		}
		if _, err := Place(t.Context(), jobs, PlaceOptions{}, env); err == nil {
			t.Error("no error")
		}
	}
	work()
	before := count()
	for range 3 {
		work()
	}
	deadline := time.Now().Add(5 * time.Second)
	for now := count(); now[0] > before[0] || now[1] > before[1]; now = count() {
		if time.Now().After(deadline) {
			t.Fatalf("descriptors and goroutines: %v, %v before", now, before)
		}
		time.Sleep(time.Millisecond)
	}
}
