package store

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"sync"
	"time"
)

// Store is an open package store. It is safe for concurrent use, and any
// number of processes may have the same folder open.
type Store struct {
	dir   string
	lim   limits
	today uint16

	mu      sync.RWMutex
	packs   []*pack
	index   index
	writers map[*Writer]bool
	broken  []string // packs of another version, and damaged ones
	grown   bool     // a pack was added to the folder
	closed  bool

	notesMu sync.Mutex
	notes   []string
}

// limits are the sizes by which packs are written and merged.
type limits struct {
	pack       int64 // a pack that has reached this is published
	tail       int64 // so is one whose tail has
	small      int64 // a pack below this is small
	smallPacks int   // more small packs than this are merged
	merge      int64 // bytes of packs merged when a store is closed
	total      int64 // see DefaultMaxBytes
}

// DefaultMaxBytes is what a store may grow to by itself. GC can bound it
// lower. Packs used within two days are kept in any case.
const DefaultMaxBytes = 8 << 30

func defaultLimits() limits {
	return limits{pack: 256 << 20, tail: maxTail / 4, small: 32 << 20, smallPacks: 16, merge: 128 << 20, total: DefaultMaxBytes}
}

var errClosed = errors.New("package store: already closed")

// Open opens the store in dir, which is made when absent. A folder that can
// only be read is fine until something is written. Open("") is a store of
// unnamed temporary files, which are gone when it is closed or the process
// ends.
func Open(dir string) (*Store, error) { return openWith(dir, defaultLimits()) }

func openWith(dir string, lim limits) (*Store, error) {
	s := &Store{dir: dir, lim: lim, today: dayOf(time.Now()), writers: map[*Writer]bool{}}
	if dir == "" {
		return s, nil
	}
	err := makeFolders(dir)
	if err == nil {
		err = s.load()
	}
	if err != nil {
		s.closePacks()
		return nil, fmt.Errorf("opening the package store %s: %w", dir, err)
	}
	sweepTemp(dir)
	return s, nil
}

// load opens the packs. One that is gone before it is open was merged into
// another by a different process: then the folder is listed once more.
func (s *Store) load() error {
	names, err := listPacks(s.dir)
	for range 10 {
		if err != nil {
			return err
		}
		if s.openPacks(names) {
			break
		}
		names, err = listPacks(s.dir)
	}
	s.indexPacks()
	return nil
}

// indexPacks enters the keys of all packs; the first that has a key keeps it.
func (s *Store) indexPacks() {
	for i := range s.packs {
		s.index.putAll(s.packs, i)
	}
}

// openPacks opens what can be opened; false when a pack is gone.
func (s *Store) openPacks(names []string) bool {
	s.closePacks()
	s.notes, s.broken = nil, nil
	for _, name := range names[:min(len(names), maxPacks/2)] {
		p, err := openPackFile(s.dir, name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return false
		case errors.Is(err, errVersion):
			s.broken = append(s.broken, name)
		case err != nil:
			if errors.Is(err, ErrDamaged) {
				s.broken = append(s.broken, name)
			}
			s.note(fmt.Sprintf("pack %s of the package store %s is left out: %v", name, s.dir, err))
		default:
			p.report = s.condemned
			s.packs = append(s.packs, p)
		}
	}
	return true
}

func (s *Store) closePacks() {
	for _, p := range s.packs {
		p.close()
	}
	s.packs = nil
}

// condemned removes a pack that was found damaged.
func (s *Store) condemned(p *pack, err error) {
	s.mu.RLock()
	name := p.name
	s.mu.RUnlock()
	if name == "" {
		return
	}
	text := "it is removed"
	if e := removePack(s.dir, name); e != nil {
		text = e.Error()
	}
	s.note(fmt.Sprintf("pack %s of the package store %s is no longer used: %v; %s", name, s.dir, err, text))
}

func (s *Store) note(text string) {
	s.notesMu.Lock()
	defer s.notesMu.Unlock()
	s.notes = append(s.notes, text)
}

// Notes are remarks for the user so far, such as a damaged pack left out.
func (s *Store) Notes() []string {
	s.notesMu.Lock()
	defer s.notesMu.Unlock()
	return slices.Clone(s.notes)
}

// find looks a key up, and the key it is an alias of.
func (s *Store) find(k *Key) (*pack, uint32, bool) {
	for range 2 {
		slot, i, ok := s.index.find(k, s.packs)
		if !ok {
			break
		}
		p := s.packs[slot]
		p.use(i)
		n, target, _ := p.ref(i)
		if target == nil {
			return p, n, int(n) < p.recordCount() && !p.bad.Load()
		}
		k = target
	}
	return nil, 0, false
}

// Close ends the store: what was not committed is forgotten, the use of
// records is noted, and the folder is tidied if packs were added to it; what
// goes wrong with that is a note. Records cannot be read afterwards.
func (s *Store) Close() error {
	s.abortAll()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	if s.dir != "" {
		s.markUsed()
	}
	s.closePacks()
	if s.grown {
		if err := tidy(s.dir, s.lim); err != nil {
			s.note(fmt.Sprintf("tidying the package store %s: %v", s.dir, err))
		}
	}
	return nil
}

func (s *Store) abortAll() {
	s.mu.RLock()
	var open []*Writer
	for w := range s.writers {
		open = append(open, w)
	}
	s.mu.RUnlock()
	for _, w := range open {
		w.Abort()
	}
}

// Dir gives the folder of the store, "" for a temporary one.
func (s *Store) Dir() string { return s.dir }
