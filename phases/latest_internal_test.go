package phases

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// TestLatestIsNeverMissing reads the latest link while it is switched: it
// always leads to a compose that is there.
func TestLatestIsNeverMissing(t *testing.T) {
	target := t.TempDir()
	link := filepath.Join(target, "latest-DP-1")
	dirs := make([]string, 10)
	for i := range dirs {
		dirs[i] = filepath.Join(target, fmt.Sprintf("DP-1-20240309.%d", i))
		if err := os.Mkdir(dirs[i], 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dirs[i], "COMPOSE_ID"), []byte(filepath.Base(dirs[i])), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := switchLatest(link, dirs[0]); err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	var readers sync.WaitGroup
	for range 2 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if b, err := os.ReadFile(filepath.Join(link, "COMPOSE_ID")); err != nil || !strings.HasPrefix(string(b), "DP-1-") {
					t.Errorf("read %q: %v", b, err)
					return
				}
			}
		})
	}
	// Two composes may end at the same time.
	var writers sync.WaitGroup
	for w := range 2 {
		writers.Go(func() {
			for i := range 1000 {
				if err := switchLatest(link, dirs[(2*i+w)%len(dirs)]); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	writers.Wait()
	close(stop)
	readers.Wait()
	if entries, _ := os.ReadDir(target); len(entries) != len(dirs)+1 {
		t.Errorf("the target holds %v", entries)
	}
}
