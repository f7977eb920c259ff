package repoclosure_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"compose/internal/repoclosure"
	"compose/internal/rpmtest"
)

// corpus gives a repository to measure with: COMPOSE_CORPUS.
func corpus(b *testing.B) string {
	dir := os.Getenv("COMPOSE_CORPUS")
	if dir == "" {
		b.Skip("COMPOSE_CORPUS names no repository")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		b.Fatal(err)
	}
	return dir
}

// BenchmarkClosure measures this program and dnf on the same repository: with
// nothing kept, with the metadata kept, and with the answer kept.
func BenchmarkClosure(b *testing.B) { measure(b, repoclosure.Options{}) }

// BenchmarkInstallable measures the question what can be installed.
func BenchmarkInstallable(b *testing.B) { measure(b, repoclosure.Options{Installable: true}) }

func measure(b *testing.B, o repoclosure.Options) {
	dir := corpus(b)
	o.Accepted, o.Repos = machine, []repoclosure.Repo{{ID: "r", Address: dir}}
	check := func(b *testing.B) {
		if _, err := repoclosure.Run(context.Background(), client(), o); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("nothing-kept", func(b *testing.B) {
		for b.Loop() {
			o.CacheDir = b.TempDir()
			check(b)
		}
	})
	b.Run("metadata-kept", func(b *testing.B) {
		o.CacheDir = b.TempDir()
		check(b)
		for i := 0; b.Loop(); i++ {
			o.Packages = nil
			if i%2 == 0 {
				o.Packages = []string{"*"} // another question, the same answer
			}
			removeAnswers(b, o.CacheDir)
			check(b)
		}
		o.Packages = nil
	})
	b.Run("answer-kept", func(b *testing.B) {
		o.CacheDir = b.TempDir()
		check(b)
		for b.Loop() {
			check(b)
		}
	})
}

// removeAnswers leaves packages and removes answers.
func removeAnswers(b *testing.B, cache string) {
	files, err := filepath.Glob(filepath.Join(cache, "repoclosure", "*"))
	if err != nil {
		b.Fatal(err)
	}
	for _, f := range files {
		head := make([]byte, 1)
		if h, err := os.Open(f); err == nil {
			h.Read(head)
			h.Close()
		}
		if head[0] == '{' || head[0] == '[' {
			os.Remove(f)
		}
	}
}

// BenchmarkDnf is dnf repoclosure without and with its cache.
func BenchmarkDnf(b *testing.B) {
	dir := corpus(b)
	dnf := rpmtest.DnfRepoclosure(b)
	args := []string{"--forcearch=x86_64", "--repofrompath=r,file://" + dir, "--repo=r", "--check=r"}
	b.Run("without-cache", func(b *testing.B) {
		for b.Loop() {
			dnf(append(args, "--setopt=cachedir="+b.TempDir())...)
		}
	})
	b.Run("with-cache", func(b *testing.B) {
		cache := "--setopt=cachedir=" + b.TempDir()
		dnf(append(args, cache)...)
		for b.Loop() {
			dnf(append(args, cache)...)
		}
	})
}
