package pkgset

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"compose/internal/rpm/store"
)

// found is a file named *.rpm.
type found struct {
	dir, name string
	key       store.Key
	ino       inode
	mtime     int64 // nanoseconds
	size      int64
}

func (f *found) path() string { return f.dir + "/" + f.name }

type inode struct{ dev, ino uint64 }

// walker looks for RPM files below a folder. Real folders come first, by
// several goroutines; symbolic links are kept for later and followed one
// after another in the order of their paths, so that a file or folder that
// can be reached in several ways is always found in the same way.
type walker struct {
	ctx    context.Context
	policy Links
	also   func(name string) bool // other files that are wanted; nil: none
	kept   *folders               // listings of the last time; nil: none
	topLen int                    // of the path of the folder above all, with a slash

	mu     sync.Mutex
	idle   *sync.Cond
	dirs   []string // still to be read
	busy   int      // goroutines that read one
	seen   map[inode]bool
	found  []found
	links  []string
	others []string
	bad    []BrokenFile
	lists  []folder // to be kept
	err    error
	where  string // the path that err speaks of
}

// walk is walker.walk with links followed once.
func walk(ctx context.Context, top string, workers int) ([]found, []BrokenFile, error) {
	return newWalker(ctx, LinksOnce).walk(top, workers)
}

func newWalker(ctx context.Context, policy Links) *walker {
	w := &walker{ctx: ctx, policy: policy, seen: map[inode]bool{}}
	w.idle = sync.NewCond(&w.mu)
	return w
}

// walk gives the files sorted by folder and name.
func (w *walker) walk(top string, workers int) ([]found, []BrokenFile, error) {
	top = strings.TrimRight(top, "/")
	if top == "" {
		top = "/."
	}
	w.topLen = len(top) + 1
	if err := w.tree(top, workers); err != nil {
		return nil, nil, err
	}
	if err := w.follow(workers); err != nil {
		return nil, nil, err
	}
	if w.kept != nil {
		w.kept.save(w.lists)
		w.lists = nil
	}
	slices.SortFunc(w.found, func(a, b found) int {
		return cmp.Or(strings.Compare(a.dir, b.dir), strings.Compare(a.name, b.name))
	})
	return w.found, w.bad, nil
}

// tree reads a folder and all real folders below it.
func (w *walker) tree(top string, workers int) error {
	w.dirs = append(w.dirs, top)
	var wg sync.WaitGroup
	for range workers {
		wg.Go(w.work)
	}
	wg.Wait()
	if w.ctx.Err() != nil {
		return context.Cause(w.ctx)
	}
	return w.err
}

func (w *walker) work() {
	r := dirReader{buf: make([]byte, 32<<10), also: w.also, kept: w.kept}
	for {
		dir, ok := w.next()
		if !ok {
			break
		}
		r.reset(dir)
		err := r.read(w)
		w.done(&r, err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.found = append(w.found, r.found...)
	w.links = append(w.links, r.links...)
	w.others = append(w.others, r.others...)
	w.bad = append(w.bad, r.bad...)
	w.lists = append(w.lists, r.lists...)
}

// next gives a folder to read, waiting for one while others may find some.
func (w *walker) next() (string, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for len(w.dirs) == 0 && w.busy > 0 {
		w.idle.Wait()
	}
	if len(w.dirs) == 0 || w.err != nil || w.ctx.Err() != nil {
		w.dirs = nil
		return "", false
	}
	dir := w.dirs[len(w.dirs)-1]
	w.dirs = w.dirs[:len(w.dirs)-1]
	w.busy++
	return dir, true
}

func (w *walker) done(r *dirReader, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.busy--
	w.dirs = append(w.dirs, r.dirs...)
	if err != nil && (w.err == nil || r.dir < w.where) {
		w.err, w.where = fmt.Errorf("reading folder %s: %w", r.dir, err), r.dir
	}
	if len(r.dirs) > 0 || w.busy == 0 {
		w.idle.Broadcast()
	}
}

// enter marks a folder as read; false when it was before.
func (w *walker) enter(id inode) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.seen[id] {
		return false
	}
	w.seen[id] = true
	return true
}

// follow looks behind the symbolic links, also behind those found on the way.
func (w *walker) follow(workers int) error {
	var files map[inode]bool
	for len(w.links) > 0 {
		links := w.links
		w.links = nil
		slices.Sort(links)
		if files == nil {
			files = make(map[inode]bool, len(w.found))
		}
		for _, link := range links {
			for i := len(files); i < len(w.found); i++ {
				files[w.found[i].ino] = true
			}
			if err := w.followOne(link, files, workers); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *walker) followOne(link string, files map[inode]bool, workers int) error {
	i := strings.LastIndexByte(link, '/')
	dir, name := link[:i], link[i+1:]
	var st unix.Stat_t
	err := unix.Stat(link, &st)
	switch {
	case err == nil && st.Mode&unix.S_IFMT == unix.S_IFDIR:
		return w.tree(link, workers)
	case !strings.HasSuffix(name, ".rpm") || w.policy == LinksNone:
		return nil
	case err != nil:
		w.bad = append(w.bad, BrokenFile{link, fmt.Errorf("following the symbolic link: %w", err)})
	case st.Mode&unix.S_IFMT != unix.S_IFREG:
		w.bad = append(w.bad, BrokenFile{link, errNotRegular})
	case w.policy == LinksAll || !files[inode{st.Dev, st.Ino}]:
		w.found = append(w.found, newFound(dir, name, &st))
	}
	return nil
}

var errNotRegular = errors.New("not a regular file")

func newFound(dir, name string, st *unix.Stat_t) found {
	return found{dir, name, store.FileKey(fileInfo{name, st}), inode{st.Dev, st.Ino}, st.Mtim.Nano(), st.Size}
}

// foundAt looks at the file at a path, and follows a link.
func foundAt(path string) (found, error) {
	var st unix.Stat_t
	if err := unix.Stat(path, &st); err != nil {
		return found{}, &fs.PathError{Op: "stat", Path: path, Err: err}
	}
	if st.Mode&unix.S_IFMT != unix.S_IFREG {
		return found{}, fmt.Errorf("%s: %w", path, errNotRegular)
	}
	i := strings.LastIndexByte(path, '/')
	return newFound(path[:i], path[i+1:], &st), nil
}

// fileInfo is a unix.Stat_t as an fs.FileInfo, as far as store.FileKey looks
// at it.
type fileInfo struct {
	name string
	st   *unix.Stat_t
}

func (f fileInfo) Name() string       { return f.name }
func (f fileInfo) Size() int64        { return f.st.Size }
func (f fileInfo) Mode() fs.FileMode  { return fs.FileMode(f.st.Mode & 0o777) }
func (f fileInfo) ModTime() time.Time { return time.Unix(f.st.Mtim.Unix()) }
func (f fileInfo) IsDir() bool        { return false }
func (f fileInfo) Sys() any           { return sysStat(f.st) }

var _ fs.FileInfo = fileInfo{}

// fileKey gives the store's key for what is at path now.
func fileKey(path string) (store.Key, error) {
	fi, err := os.Stat(path)
	if err != nil {
		return store.Key{}, err
	}
	return store.FileKey(fi), nil
}
