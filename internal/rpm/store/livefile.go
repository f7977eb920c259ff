package store

import (
	"os"
	"sync"
)

// liveFile is the file of a pack being written. Records are small and many,
// so they are written together; until then they are read from memory.
type liveFile struct {
	file *os.File

	mu      sync.RWMutex
	written int64  // what is in the file
	pending []byte // what follows
}

// liveBatch is how much is written at once.
const liveBatch = 128 << 10

// append adds b to the end.
func (f *liveFile) append(b []byte) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.pending)+len(b) > liveBatch {
		if err := f.flush(); err != nil {
			return err
		}
	}
	if len(b) > liveBatch {
		n, err := f.file.WriteAt(b, f.written)
		if err == nil {
			f.written += int64(n)
		}
		return err
	}
	f.pending = append(f.pending, b...)
	return nil
}

// flush writes what waits. The mutex is held.
func (f *liveFile) flush() error {
	_, err := f.file.WriteAt(f.pending, f.written)
	if err == nil {
		f.written += int64(len(f.pending))
		f.pending = f.pending[:0]
	}
	return err
}

// sync writes what waits.
func (f *liveFile) sync() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	err := f.flush()
	if err == nil {
		f.pending = nil
	}
	return err
}

// ReadAt is io.ReaderAt's.
func (f *liveFile) ReadAt(b []byte, off int64) (int, error) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if at := off - f.written; at >= 0 && at+int64(len(b)) <= int64(len(f.pending)) {
		return copy(b, f.pending[at:]), nil
	}
	return f.file.ReadAt(b, off) // a record is wholly here or there
}
