package pkgset

import (
	"os"
	"path/filepath"
	"runtime"
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
		useCorpus(t, set, Env{Store: s})
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// useCorpus measures what comes after loading.
func useCorpus(t *testing.T, set *Set, env Env) {
	begin, used := time.Now(), cpu()
	sub := NewSubset([]*Set{set}, "x86_64", SubsetOptions{Multilib: true, InheritExclusiveArch: true})
	t.Logf("subset of %d packages in %s, %s of CPU", len(sub.Packages), time.Since(begin), cpu()-used)

	begin, used = time.Now(), cpu()
	paths, err := RequiredPaths(t.Context(), []*Set{set}, env)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d required paths in %s, %s of CPU", len(paths), time.Since(begin), cpu()-used)

	// Beside the packages, so that links are possible.
	dest, err := os.MkdirTemp(filepath.Dir(os.Getenv("COMPOSE_CORPUS")), "place-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dest)
	var jobs []Job
	for _, e := range set.Entries {
		jobs = append(jobs, Job{e, dest + "/Packages/" + e.Pkg.Name[:1]})
	}
	begin, used = time.Now(), cpu()
	placed, err := Place(t.Context(), jobs, PlaceOptions{}, env)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("placed %d packages in %s, %s of CPU", len(placed), time.Since(begin), cpu()-used)
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	t.Logf("%d MiB of heap, %d MiB from the system", m.HeapAlloc>>20, m.Sys>>20)
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
func BenchmarkPlace(b *testing.B) {
	dir := os.Getenv("COMPOSE_CORPUS")
	if dir == "" {
		b.Skip("no COMPOSE_CORPUS")
	}
	env := newEnv(b)
	set := mustLoad(b, Source{Tag: "t", Kind: KindDir, Path: dir}, env)
	for b.Loop() {
		b.StopTimer()
		dest, err := os.MkdirTemp(filepath.Dir(dir), "place-")
		if err != nil {
			b.Fatal(err)
		}
		var jobs []Job
		for _, e := range set.Entries {
			jobs = append(jobs, Job{e, dest + "/Packages/" + e.Pkg.Name[:1]})
		}
		b.StartTimer()
		if _, err := Place(b.Context(), jobs, PlaceOptions{}, env); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		os.RemoveAll(dest)
		b.StartTimer()
	}
}
