package repository

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"time"

	"compose/internal/fetch"
	"compose/internal/inputs"
	"compose/internal/whole"
)

// locked gives the repomd.xml that the repository has to have, when an earlier
// run kept it: a repository that has moved on is then read as it was, as far
// as the cache or a mirror has its files. It is nil otherwise.
func (r *Repository) locked() []byte {
	sum := r.access.Inputs.Wanted(inputs.Repo, r.Name)
	if digest := (fetch.Digest{Type: "sha256", Hex: sum}); r.access.Dir == "" || digest.Check() != nil {
		return nil
	}
	file := r.access.kept(sum)
	data, err := os.ReadFile(file)
	if err != nil || sumOf(data) != sum || r.access.Inputs.Note(inputs.Repo, r.Name, sum) != nil {
		return nil
	}
	os.Chtimes(file, time.Time{}, time.Now()) // used: see pkgset's cache
	return data
}

// take notes which repomd.xml was read, and keeps it for a run that is locked
// to it.
func (r *Repository) take() error {
	in := r.access.Inputs
	if !in.Records() {
		return nil
	}
	sum := sumOf(r.XML)
	if err := in.Note(inputs.Repo, r.Name, sum); err != nil {
		return err
	}
	if r.access.Dir == "" || r.Dir != "" {
		return nil
	}
	file := r.access.kept(sum)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return whole.Write(file, r.XML)
}

// kept is where a repomd.xml is kept.
func (a Access) kept(sum string) string { return filepath.Join(a.Dir, "metadata", sum[:2], sum) }

func sumOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
