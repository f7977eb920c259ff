package store

import (
	"fmt"

	"compose/internal/rpm"
)

// Add stores a record under all its keys, of which there must be one; it is
// found by Get, and readable, at once. Of d only the files are looked at; it
// may be nil. Nothing of the arguments is kept: the returned record's Pkg
// equals *p but shares its strings with the other records, so let p go. A
// record that this process added under the first key before is returned
// instead, known under the other keys as well.
func (w *Writer) Add(keys []Key, p *rpm.Package, d *rpm.Details, f rpm.Fragments) (*Record, error) {
	a := addition{keys: keys, pkg: p, details: d, fragments: f}
	return a.to(w)
}

// Put is Add for who does not want the record now: the store does not keep it
// in memory. It costs less.
func (w *Writer) Put(keys []Key, p *rpm.Package, d *rpm.Details, f rpm.Fragments) error {
	a := addition{keys: keys, pkg: p, details: d, fragments: f, forget: true}
	_, err := a.to(w)
	return err
}

// addition is what Add and Put are given. forget says that no record is
// wanted.
type addition struct {
	keys      []Key
	pkg       *rpm.Package
	details   *rpm.Details
	fragments rpm.Fragments
	forget    bool
}

func (a *addition) to(w *Writer) (*Record, error) {
	if len(a.keys) == 0 {
		return nil, fmt.Errorf("package store: adding %s: no key", a.pkg)
	}
	sc := w.scratch.get()
	defer w.scratch.put(sc)
	at, err := sc.fill(a.details, a.fragments)
	if err != nil {
		return nil, fmt.Errorf("package store: adding %s: %w", a.pkg, err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return nil, w.err
	}
	if p, n := w.s.added(&a.keys[0]); p != nil {
		r := w.s.revive(p, n)
		return r, w.aliases(a.keys[1:], r)
	}
	r, err := w.part.store(a, sc.data, at)
	if err != nil {
		return nil, w.fail(err)
	}
	w.s.enter(w, r, a.keys)
	return r, w.roll()
}

// added finds what this process added under k; a nil pack means nothing.
func (s *Store) added(k *Key) (*pack, uint32) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if p, n, ok := s.find(k); ok && p.records == nil {
		return p, n
	}
	return nil, 0
}

// enter makes what the writer's part holds since the last call known under
// its keys. r is nil when it is not to be kept in memory.
func (s *Store) enter(w *Writer, r *Record, keys []Key) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.packs[w.slot]
	n := uint32(len(p.live))
	p.live = append(p.live, r)
	w.part.show()
	for _, k := range keys {
		s.index.put(s.packs, w.slot, p.enter(k, n))
	}
}
