package repo

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// tempDir is a folder beside the repodata to be, whose maker holds a lock on
// it (flock) as long as it lives. One that nobody holds was left by a process
// that was killed.
type tempDir struct {
	path string
	lock *os.File
}

// staleTemp is how old a folder must be to be removed where the file system
// has no locks to tell whether it is in use.
const staleTemp = 48 * time.Hour

// tempName is what such folders are called. oldSuffix comes behind it for the
// old repodata while the new one takes its place in steps.
var tempName = regexp.MustCompile(`^\.repodata-[0-9a-f]{8}$`)

const oldSuffix = ".old"

// makeTemp makes a folder in dir, after it has removed those that are left
// over. Unlike os.MkdirTemp's its mode is that of any new folder.
func makeTemp(dir string) (*tempDir, error) {
	sweepTemp(dir)
	for {
		t := &tempDir{path: filepath.Join(dir, fmt.Sprintf(".repodata-%08x", rand.Uint32()))}
		err := os.Mkdir(t.path, 0o777)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if t.lock, err = os.Open(t.path); err != nil {
			if errors.Is(err, fs.ErrNotExist) {
				continue // swept before it was locked
			}
			return nil, err
		}
		_ = flock(t.lock, unix.LOCK_EX) // without locks its age protects it
		mine, err := t.lock.Stat()
		if now, e := os.Stat(t.path); err == nil && e == nil && os.SameFile(mine, now) {
			return t, nil
		}
		t.lock.Close()
	}
}

// close gives the folder up, wherever it lies by then.
func (t *tempDir) close() { t.lock.Close() }

// remove removes the folder.
func (t *tempDir) remove() error { return os.RemoveAll(t.path) }

// sweepTemp removes the folders that killed processes left in dir. What
// cannot be removed stays: it is in nobody's way.
func sweepTemp(dir string) {
	d, err := os.Open(dir)
	if err != nil {
		return
	}
	defer d.Close()
	names, err := d.Readdirnames(-1)
	if err != nil {
		return
	}
	for _, name := range names {
		if name = strings.TrimSuffix(name, oldSuffix); tempName.MatchString(name) {
			sweepOne(dir, filepath.Join(dir, name))
		}
	}
}

// sweepOne removes a folder that nobody holds, and the old repodata beside
// it. That is the repository when its successor did not come to its place.
func sweepOne(dir, path string) {
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW, 0)
	if err == nil {
		defer f.Close()
	}
	if err == nil && !abandoned(f) || err != nil && !errors.Is(err, fs.ErrNotExist) {
		return
	}
	old := path + oldSuffix
	if _, err := os.Lstat(filepath.Join(dir, "repodata")); errors.Is(err, fs.ErrNotExist) {
		_ = os.Rename(old, filepath.Join(dir, "repodata"))
	}
	os.RemoveAll(old)
	os.RemoveAll(path)
}

// abandoned says whether nobody holds a folder, and takes it if so.
func abandoned(f *os.File) bool {
	switch err := flock(f, unix.LOCK_EX|unix.LOCK_NB); err {
	case nil:
		return true
	case unix.EWOULDBLOCK:
		return false
	}
	fi, err := f.Stat()
	return err == nil && time.Since(fi.ModTime()) > staleTemp
}

func flock(f *os.File, how int) error {
	for {
		if err := unix.Flock(int(f.Fd()), how); err != unix.EINTR {
			return err
		}
	}
}
