package store

import "sync"

// Filler is a writer of a store that begins when there is something to
// write, so that work that finds all it needs leaves the folder alone. It is
// safe for concurrent use.
type Filler struct {
	s *Store

	mu sync.Mutex
	w  *Writer
}

// NewFiller gives a filler of the store.
func NewFiller(s *Store) *Filler { return &Filler{s: s} }

// Store gives the store.
func (f *Filler) Store() *Store { return f.s }

// Writer gives the writer, which it begins when there is none yet.
func (f *Filler) Writer() (*Writer, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.w != nil {
		return f.w, nil
	}
	w, err := f.s.BeginLean()
	if err == nil {
		f.w = w
	}
	return w, err
}

// Commit commits the writer if it has begun; what is written afterwards
// begins a new one.
func (f *Filler) Commit() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.w == nil {
		return nil
	}
	w := f.w
	f.w = nil
	return w.Commit()
}

// Blob is the store's Blob.
func (f *Filler) Blob(k Key, buf *Buffer) ([]byte, bool) { return f.s.Blob(k, buf) }

// PutBlob is the writer's PutBlob.
func (f *Filler) PutBlob(k Key, data []byte) error {
	w, err := f.Writer()
	if err != nil {
		return err
	}
	return w.PutBlob(k, data)
}
