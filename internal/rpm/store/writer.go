package store

import (
	"errors"
	"fmt"
	"sync"
)

// Writer adds records to a store. It is safe for concurrent use, and ends
// with Commit or Abort. The first error that concerns the folder, such as a
// full disk, is returned by every call after it.
type Writer struct {
	s       *Store
	dir     string // "" for a temporary one
	lim     limits
	scratch scratchPool

	mu   sync.Mutex
	part *part
	slot int // of the part's pack in the store
	err  error
}

var errEnded = errors.New("package store: writing has ended")

// Begin starts writing. A folder that cannot be written is an error; the
// caller may go on with BeginTemporary.
func (s *Store) Begin() (*Writer, error) { return s.begin(s.dir) }

// BeginTemporary starts writing records that last until the store is closed,
// in an unnamed file in the system's folder for temporary files.
func (s *Store) BeginTemporary() (*Writer, error) { return s.begin("") }

// BeginLean is Begin for a writer that needs little memory however much is
// written: it makes smaller packs, and of a finished one the store keeps the
// keys alone in memory until it is asked for a record. It is for Put.
func (s *Store) BeginLean() (*Writer, error) {
	w := &Writer{s: s, dir: s.dir, lim: s.lim}
	w.lim.tail = min(w.lim.tail, leanTail)
	return w.start()
}

// leanTail is where a lean writer ends a pack: large enough for packs that
// are not small.
const leanTail = 7 << 19

func (s *Store) begin(dir string) (*Writer, error) {
	w := &Writer{s: s, dir: dir, lim: s.lim}
	return w.start()
}

func (w *Writer) start() (*Writer, error) {
	if err := w.nextPart(); err != nil {
		return nil, w.fail(err)
	}
	w.s.mu.Lock()
	w.s.writers[w] = true
	w.s.mu.Unlock()
	return w, nil
}

// nextPart begins a pack.
func (w *Writer) nextPart() error {
	t, err := newPart(w.dir)
	if err != nil {
		return err
	}
	t.pack.report = w.s.condemned
	if w.slot, err = w.s.register(t.pack); err != nil {
		t.discard()
		t.pack.close()
		return err
	}
	w.part = t
	return nil
}

// register makes a pack known and gives its slot.
func (s *Store) register(p *pack) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return 0, errClosed
	}
	if len(s.packs) >= maxPacks {
		return 0, errors.New("too many packs")
	}
	s.packs = append(s.packs, p)
	return len(s.packs) - 1, nil
}

// fail ends the writer with an error.
func (w *Writer) fail(err error) error {
	where := w.dir
	if where == "" {
		where = "(temporary)"
	}
	w.err = fmt.Errorf("writing the package store %s: %w", where, err)
	return w.err
}

// roll publishes a part that has become large and begins the next: what it
// holds is true whatever becomes of this run.
func (w *Writer) roll() error {
	if !w.part.full(w.lim) {
		return nil
	}
	if err := w.publish(); err != nil {
		return w.fail(err)
	}
	if err := w.nextPart(); err != nil {
		return w.fail(err)
	}
	return nil
}

func (w *Writer) publish() error {
	name, err := w.part.publish(w.dir)
	if err != nil {
		return err
	}
	w.s.mu.Lock()
	defer w.s.mu.Unlock()
	if name != "" {
		w.part.pack.name = name
		w.s.grown = true
	}
	if w.lim.tail <= leanTail {
		w.part.pack.drop()
	}
	return nil
}

// Alias makes a known record known under another key as well, such as that
// of the same file under a new inode. A key that is known keeps its record.
func (w *Writer) Alias(k Key, r *Record) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return w.err
	}
	return w.aliases([]Key{k}, r)
}

func (w *Writer) aliases(keys []Key, r *Record) error {
	w.s.mu.Lock()
	for _, k := range keys {
		w.s.alias(w.slot, k, r)
	}
	w.s.mu.Unlock()
	return w.roll()
}

// alias enters k for r in the pack in a slot.
func (s *Store) alias(slot int, k Key, r *Record) {
	if _, _, ok := s.find(&k); ok {
		return
	}
	p := s.packs[slot]
	if r.pack == p {
		n, _, _ := p.ref(int(r.key))
		s.index.put(s.packs, slot, p.enter(k, n|refAlias))
		return
	}
	s.index.put(s.packs, slot, p.enterOutside(k, *r.pack.key(int(r.key))))
}

// Commit publishes what was added, for this and every other process. It
// survives the death of the process from here on. After an error nothing
// more than Abort leaves is there.
func (w *Writer) Commit() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		err := w.err
		w.end()
		return err
	}
	if w.part.pack.keyCount() == 0 {
		return w.end()
	}
	if err := w.publish(); err != nil {
		err = w.fail(err)
		w.end()
		return err
	}
	return w.end()
}

// Abort leaves no trace in the folder of what was not published: Commit
// publishes, and so does a pack that has become full. What was added can
// still be read until the store is closed. After Commit it does nothing.
func (w *Writer) Abort() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if errors.Is(w.err, errEnded) {
		return nil
	}
	return w.end()
}

// end removes the temporary file, if there is one.
func (w *Writer) end() error {
	var err error
	if w.part != nil {
		err = w.part.discard()
		w.part.enc = encoder{}
	}
	w.err = errEnded
	w.s.mu.Lock()
	delete(w.s.writers, w)
	w.s.mu.Unlock()
	return err
}
