package header_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"compose/internal/rpm/header"
)

// corpus gives the packages below $COMPOSE_CORPUS.
func corpus(tb testing.TB) []string {
	dir := os.Getenv("COMPOSE_CORPUS")
	if dir == "" {
		tb.Skip("COMPOSE_CORPUS is not set")
	}
	return rpmsBelow(tb, dir)
}

func rpmsBelow(tb testing.TB, dir string) []string {
	var files []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && filepath.Ext(path) == ".rpm" {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return files
}

func BenchmarkReadFile(b *testing.B) {
	files := corpus(b)
	b.ReportAllocs()
	b.ResetTimer()
	for i := 0; b.Loop(); i++ {
		if _, _, err := header.ReadFile(files[i%len(files)]); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRead(b *testing.B) {
	files := corpus(b)
	files = files[:min(len(files), 3000)]
	var all [][]byte
	for _, f := range files {
		x, err := os.ReadFile(f)
		if err != nil {
			b.Fatal(err)
		}
		all = append(all, x)
	}
	b.ReportAllocs()
	b.ResetTimer()
	for i := 0; b.Loop(); i++ {
		x := all[i%len(all)]
		if _, _, err := header.Read(bytes.NewReader(x), int64(len(x))); err != nil {
			b.Fatal(err)
		}
	}
}
