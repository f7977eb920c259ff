package pkgset

import (
	"os"
	"testing"
	"time"
)

// TestCorpusRepo measures a repository, named by COMPOSE_CORPUS_REPO.
func TestCorpusRepo(t *testing.T) {
	url := os.Getenv("COMPOSE_CORPUS_REPO")
	if url == "" {
		t.Skip("no COMPOSE_CORPUS_REPO")
	}
	env := withFetch(t, newEnv(t))
	for range 2 {
		begin, used := time.Now(), cpu()
		set := mustLoad(t, Source{Tag: "t", Kind: KindRepo, URL: url, Arches: []string{"x86_64"}}, env)
		t.Logf("loaded %d packages in %s, %s of CPU", len(set.Entries), time.Since(begin), cpu()-used)
		useCorpus(t, set, env)
	}
}
