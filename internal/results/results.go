// Package results keeps small answers in a folder, each under a key that
// stands for everything the answer depends on, so that what was decided once
// is not decided again. Several processes may use a folder at once. What is
// lost or damaged is only decided again: keeping is never a reason to fail.
package results

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Key makes a key of the parts an answer depends on. Their order counts, and
// so do their borders.
func Key(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d:%s", len(p), p)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Store is a folder of answers; the empty name keeps nothing.
type Store struct{ Dir string }

// Get reads the answer of a key into to, and says whether there was one.
func (s Store) Get(key string, to any) bool {
	b, ok := s.GetBytes(key)
	return ok && json.Unmarshal(b, to) == nil
}

// Put keeps an answer.
func (s Store) Put(key string, answer any) {
	if b, err := json.Marshal(answer); err == nil {
		s.PutBytes(key, b)
	}
}

// maxAge is how long what nobody asks for is kept.
const maxAge = 30 * 24 * time.Hour

// GetBytes is Get for bytes.
func (s Store) GetBytes(key string) ([]byte, bool) {
	file, ok := s.File(key)
	if !ok {
		return nil, false
	}
	b, err := os.ReadFile(file)
	return b, err == nil
}

// File gives the file of a key, and whether it is there.
func (s Store) File(key string) (string, bool) {
	if s.Dir == "" {
		return "", false
	}
	file := filepath.Join(s.Dir, key)
	fi, err := os.Stat(file)
	if err != nil || !fi.Mode().IsRegular() {
		return file, false
	}
	if time.Since(fi.ModTime()) > 24*time.Hour {
		os.Chtimes(file, time.Time{}, time.Now()) // used
	}
	return file, true
}

// PutBytes is Put for bytes. The file appears complete or not at all.
func (s Store) PutBytes(key string, b []byte) {
	if s.Dir == "" || os.MkdirAll(s.Dir, 0o755) != nil {
		return
	}
	f, err := os.CreateTemp(s.Dir, ".new-*")
	if err != nil {
		return
	}
	defer os.Remove(f.Name()) // fails when it has its final name
	_, err = f.Write(b)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		os.Rename(f.Name(), filepath.Join(s.Dir, key))
	}
	s.tidy()
}

// tidy removes what was not used for long.
func (s Store) tidy() {
	entries, _ := os.ReadDir(s.Dir)
	for _, e := range entries {
		if fi, err := e.Info(); err == nil && fi.Mode().IsRegular() && time.Since(fi.ModTime()) > maxAge {
			os.Remove(filepath.Join(s.Dir, e.Name()))
		}
	}
}

// Clear removes all answers.
func (s Store) Clear() error {
	if s.Dir == "" {
		return nil
	}
	entries, err := os.ReadDir(s.Dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, e := range entries {
		if !e.Type().IsRegular() {
			continue
		}
		if err := os.Remove(filepath.Join(s.Dir, e.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}
