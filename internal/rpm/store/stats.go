package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// Usage says what a store holds.
type Usage struct {
	Packs   int
	Records int   // a record that is in two packs counts twice
	Blobs   int   // likewise
	Keys    int   // likewise
	Bytes   int64 // of all files
	Damaged int   // packs that are damaged or of another version; GC removes them
	Writing int   // packs being written, or left by a process that died
	// Oldest and Newest are when the least and the most recently used pack
	// were used, to the day; zero for an empty store.
	Oldest, Newest time.Time
}

// Stats counts what the store in dir holds; nothing where there is none.
func Stats(dir string) (Usage, error) {
	u, err := stats(dir)
	if err != nil {
		return u, fmt.Errorf("looking at the package store %s: %w", dir, err)
	}
	return u, nil
}

func stats(dir string) (Usage, error) {
	var u Usage
	if err := u.addFiles(dir); err != nil {
		return u, err
	}
	s := &Store{dir: dir}
	defer s.closePacks()
	if err := s.loadIfAny(); err != nil {
		return u, err
	}
	u.Packs, u.Damaged = len(s.packs), len(s.broken)
	for _, p := range s.packs {
		blobs := p.blobs()
		u.Records += p.recordCount() - blobs
		u.Blobs += blobs
		u.Keys += p.keyCount()
		u.addUse(lastUse(dir, p.name))
	}
	return u, nil
}

// loadIfAny is load for a store that may not exist.
func (s *Store) loadIfAny() error {
	err := s.load()
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// addFiles adds up the files of a store.
func (u *Usage) addFiles(dir string) error {
	for _, sub := range []string{packsDir, tempDir} {
		entries, err := os.ReadDir(filepath.Join(dir, sub))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		for _, e := range entries {
			if st, err := e.Info(); err == nil {
				u.Bytes += st.Size()
			}
			if sub == tempDir {
				u.Writing++
			}
		}
	}
	return nil
}

func (u *Usage) addUse(t time.Time) {
	if u.Oldest.IsZero() || t.Before(u.Oldest) {
		u.Oldest = t
	}
	if t.After(u.Newest) {
		u.Newest = t
	}
}

// lastUse gives when a pack was written or, to the day, used.
func lastUse(dir, name string) time.Time {
	var last time.Time
	for _, path := range []string{packPath(dir, name), usedPath(dir, name)} {
		if st, err := os.Stat(path); err == nil && st.ModTime().After(last) {
			last = st.ModTime()
		}
	}
	return last
}

// Clear empties the store in dir and returns what was there. A pack that
// another process is writing stays; processes that have the store open go on
// reading what they have.
func Clear(dir string) (Usage, error) {
	u, err := clearStore(dir)
	if err != nil {
		return u, fmt.Errorf("clearing the package store %s: %w", dir, err)
	}
	return u, nil
}

func clearStore(dir string) (Usage, error) {
	unlock, err := lockStore(dir, unix.LOCK_EX)
	if errors.Is(err, fs.ErrNotExist) {
		return Usage{}, nil
	}
	if err != nil {
		return Usage{}, err
	}
	defer unlock()
	u, err := stats(dir)
	if err != nil {
		return u, err
	}
	sweepTemp(dir)
	for _, ext := range []string{packExt, usedExt} {
		names, err := listExt(filepath.Join(dir, packsDir), ext)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return u, err
		}
		for _, name := range names {
			if err := removePack(dir, name); err != nil {
				return u, err
			}
		}
	}
	return u, nil
}
