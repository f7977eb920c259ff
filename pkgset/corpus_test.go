package pkgset

import (
	"os"
	"syscall"
	"testing"
	"time"

	"compose/internal/rpm/store"
)

// The corpus is a folder with many RPMs, named by COMPOSE_CORPUS.
func TestCorpus(t *testing.T) {
	dir := os.Getenv("COMPOSE_CORPUS")
	if dir == "" {
		t.Skip("no COMPOSE_CORPUS")
	}
	cache := t.TempDir()
	for _, name := range []string{"cold", "warm", "warm"} {
		begin := time.Now()
		s, err := store.Open(cache)
		if err != nil {
			t.Fatal(err)
		}
		opened := time.Since(begin)
		begin, used := time.Now(), cpu()
		files, _, err := walk(t.Context(), dir, 2)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: opened in %s; walked %d files in %s, %s of CPU", name, opened, len(files), time.Since(begin), cpu()-used)
		begin, used = time.Now(), cpu()
		set, err := Load(t.Context(), Source{Tag: "t", Kind: KindDir, Path: dir, Arches: []string{"x86_64"}}, Env{Store: s})
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: loaded %d packages in %s, %s of CPU", name, len(set.Entries), time.Since(begin), cpu()-used)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// cpu is the processor time that the process has used.
func cpu() time.Duration {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
func BenchmarkWalk(b *testing.B) {
	dir := os.Getenv("COMPOSE_CORPUS")
	if dir == "" {
		b.Skip("no COMPOSE_CORPUS")
	}
	for b.Loop() {
		if _, _, err := walk(b.Context(), dir, 2); err != nil {
			b.Fatal(err)
		}
	}
}
