// Package notify tells that something below a folder changes, and which files
// are being written just now. It is inotify for a whole tree: folders that
// come later are watched too. It does not know what the files are.
package notify

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Watcher watches a folder and all folders below it. It is safe for
// concurrent use.
type Watcher struct {
	dir    string
	skip   func(rel string) bool
	file   *os.File
	fd     int
	signal chan struct{}
	ended  chan struct{}

	mu      sync.Mutex
	folders map[int32]string     // by watch descriptor, relative
	writing map[string]time.Time // files that were written to and not closed: the last write
	closed  map[string]time.Time // files that were closed or moved here complete
	dead    error
}

// mask is what is asked of each folder. Symbolic links are not followed.
const mask = unix.IN_CREATE | unix.IN_MODIFY | unix.IN_ATTRIB | unix.IN_CLOSE_WRITE | unix.IN_MOVED_FROM | unix.IN_MOVED_TO |
	unix.IN_DELETE | unix.IN_DELETE_SELF | unix.IN_MOVE_SELF | unix.IN_ONLYDIR | unix.IN_DONT_FOLLOW | unix.IN_EXCL_UNLINK

// New watches dir. skip, given paths relative to it, leaves out folders and
// files; it may be nil. The system bounds how many folders can be watched
// (fs.inotify.max_user_watches).
func New(dir string, skip func(rel string) bool) (*Watcher, error) {
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		return nil, fmt.Errorf("watching %s: %w", dir, err)
	}
	if skip == nil {
		skip = func(string) bool { return false }
	}
	w := &Watcher{dir: dir, skip: skip, fd: fd, file: os.NewFile(uintptr(fd), "inotify"), signal: make(chan struct{}, 1), ended: make(chan struct{}),
		folders: map[int32]string{}, writing: map[string]time.Time{}, closed: map[string]time.Time{}}
	if err := w.add(""); err != nil {
		w.file.Close()
		return nil, fmt.Errorf("watching %s: %w", dir, err)
	}
	go w.loop()
	return w, nil
}

// Close ends watching.
func (w *Watcher) Close() error {
	err := w.file.Close()
	<-w.ended
	return err
}

// Changed gives a value after something changed; several changes are one.
func (w *Watcher) Changed() <-chan struct{} { return w.signal }

// Err says why the watcher is of no use any more: the folder itself went
// away. nil while it works.
func (w *Watcher) Err() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.dead
}

// State is what is known of a file.
type State int

const (
	Unknown State = iota // nothing happened to it, or nobody noticed
	Writing              // somebody has written to it and not closed it
	Closed               // who wrote it has closed it, or it was moved here
)

// State tells of a file, by its path relative to the folder.
func (w *Watcher) State(rel string) State {
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, ok := w.writing[rel]; ok {
		return Writing
	}
	if _, ok := w.closed[rel]; ok {
		return Closed
	}
	return Unknown
}

// Forget drops what is known of closed files before a time, for whom it is
// old news.
func (w *Watcher) Forget(before time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for rel, t := range w.closed {
		if t.Before(before) {
			delete(w.closed, rel)
		}
	}
}

// add watches a folder and those below it.
func (w *Watcher) add(rel string) error {
	return filepath.WalkDir(filepath.Join(w.dir, rel), func(path string, d fs.DirEntry, err error) error {
		below, relErr := filepath.Rel(w.dir, path)
		if relErr != nil {
			return relErr
		}
		if below == "." {
			below = ""
		}
		switch {
		case below != "" && (errors.Is(err, fs.ErrNotExist) || w.skip(below)):
			if d != nil && d.IsDir() {
				return fs.SkipDir
			}
			return nil // gone meanwhile, or of no interest
		case err != nil:
			return err
		case !d.IsDir():
			return nil
		}
		err = w.addOne(below)
		if below != "" && (errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ENOTDIR)) {
			return fs.SkipDir
		}
		return err
	})
}

func (w *Watcher) addOne(rel string) error {
	m := uint32(mask)
	if rel == "" {
		m &^= unix.IN_DONT_FOLLOW
	}
	wd, err := unix.InotifyAddWatch(w.fd, filepath.Join(w.dir, rel), m)
	if errors.Is(err, unix.ENOSPC) {
		return errors.New("too many folders: raise fs.inotify.max_user_watches")
	}
	if err != nil {
		return err
	}
	w.mu.Lock()
	w.folders[int32(wd)] = rel
	w.mu.Unlock()
	return nil
}

// loop reads events until the watcher is closed.
func (w *Watcher) loop() {
	defer close(w.ended)
	buf := make([]byte, 64<<10)
	for {
		n, err := w.file.Read(buf)
		if err != nil || n < unix.SizeofInotifyEvent {
			if !errors.Is(err, os.ErrClosed) {
				w.die(errors.Join(errors.New("inotify ended"), err))
			}
			return
		}
		tell := false
		for b := buf[:n]; len(b) >= unix.SizeofInotifyEvent; {
			e := (*unix.InotifyEvent)(unsafe.Pointer(&b[0]))
			end := unix.SizeofInotifyEvent + int(e.Len)
			if end > len(b) {
				break
			}
			name, _, _ := strings.Cut(string(b[unix.SizeofInotifyEvent:end]), "\x00")
			tell = w.event(e, name) || tell
			b = b[end:]
		}
		if tell {
			w.wake()
		}
	}
}

func (w *Watcher) wake() {
	select {
	case w.signal <- struct{}{}:
	default:
	}
}

func (w *Watcher) die(err error) {
	w.mu.Lock()
	w.dead = err
	w.mu.Unlock()
	w.wake()
}

// event takes one in and says whether it is of interest.
func (w *Watcher) event(e *unix.InotifyEvent, name string) bool {
	if e.Mask&unix.IN_Q_OVERFLOW != 0 {
		w.lost()
		return true
	}
	w.mu.Lock()
	dir, ok := w.folders[e.Wd]
	if e.Mask&(unix.IN_IGNORED|unix.IN_DELETE_SELF|unix.IN_UNMOUNT|unix.IN_MOVE_SELF) != 0 {
		delete(w.folders, e.Wd)
	}
	w.mu.Unlock()
	switch {
	case !ok:
		return false
	case name == "" && dir == "" && e.Mask&(unix.IN_DELETE_SELF|unix.IN_MOVE_SELF|unix.IN_UNMOUNT|unix.IN_IGNORED) != 0:
		w.die(errors.New("the folder is gone"))
		return true
	case name == "":
		return false // of the folder itself, which its parent tells too
	}
	rel := filepath.Join(dir, name)
	if w.skip(rel) {
		return false
	}
	if e.Mask&unix.IN_ISDIR != 0 {
		return w.folder(e.Mask, rel)
	}
	w.note(e.Mask, rel)
	return true
}

// folder takes in what happened to a folder.
func (w *Watcher) folder(what uint32, rel string) bool {
	switch {
	case what&(unix.IN_CREATE|unix.IN_MOVED_TO) != 0:
		if err := w.add(rel); err != nil {
			w.die(err)
		}
	case what&unix.IN_MOVED_FROM != 0:
		w.drop(rel)
	case what&unix.IN_DELETE == 0:
		return false // attributes
	}
	return true
}

// drop stops watching folders that moved out of the tree.
func (w *Watcher) drop(rel string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for wd, dir := range w.folders {
		if dir == rel || strings.HasPrefix(dir, rel+"/") {
			_, _ = unix.InotifyRmWatch(w.fd, uint32(wd))
			delete(w.folders, wd)
		}
	}
}

// note keeps the state of a file.
func (w *Watcher) note(what uint32, rel string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	switch {
	case what&(unix.IN_DELETE|unix.IN_MOVED_FROM) != 0:
		delete(w.writing, rel)
		delete(w.closed, rel)
	case what&(unix.IN_CLOSE_WRITE|unix.IN_MOVED_TO) != 0:
		delete(w.writing, rel)
		w.closed[rel] = now
	case what&unix.IN_MODIFY != 0:
		delete(w.closed, rel)
		w.writing[rel] = now
	case what&unix.IN_CREATE != 0:
		delete(w.closed, rel)
	}
}

// lost is for events that were not kept: what is known may be wrong.
func (w *Watcher) lost() {
	w.mu.Lock()
	clear(w.writing)
	clear(w.closed)
	w.mu.Unlock()
	if err := w.add(""); err != nil {
		w.die(err)
	}
}
