package installcheck_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"compose/internal/fetch"
	"compose/internal/repoclosure"
	"compose/internal/rpm"
)

// BenchmarkCheck asks libsolv's installcheck and this program which packages
// of a repository can be installed, both from its primary.xml on. The
// repository is COMPOSE_CORPUS, for x86_64.
func BenchmarkCheck(b *testing.B) {
	dir, err := filepath.Abs(os.Getenv("COMPOSE_CORPUS"))
	if os.Getenv("COMPOSE_CORPUS") == "" || err != nil {
		b.Skip("COMPOSE_CORPUS names no repository")
	}
	files, _ := filepath.Glob(filepath.Join(dir, "repodata", "*primary.xml*"))
	if len(files) != 1 {
		b.Fatalf("%d primary.xml in %s", len(files), dir)
	}
	b.Run("libsolv", func(b *testing.B) {
		run := program(b)
		for b.Loop() {
			run("x86_64", files[0])
		}
	})
	b.Run("compose", func(b *testing.B) {
		client := fetch.New(fetch.Options{})
		for b.Loop() {
			_, err := repoclosure.Run(context.Background(), client, repoclosure.Options{
				Repos: []repoclosure.Repo{{ID: "r", Address: dir}}, Accepted: rpm.AcceptedArches("x86_64"), Installable: true,
			})
			if err != nil {
				b.Fatal(err)
			}
		}
	})
}
