package store

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// The folders and endings of a store.
const (
	packsDir = "packs"
	tempDir  = "tmp"
	lockName = "lock"
	packExt  = ".pack"
	usedExt  = ".used"
	tempExt  = ".tmp"
)

// staleUnlocked is how old a temporary file must be to be taken for one whose
// writer is gone, where the file system has no locks to tell.
const staleUnlocked = 48 * time.Hour

// newName gives a pack a name: names sort by age, and never repeat.
func newName() string {
	var r [6]byte
	rand.Read(r[:])
	return fmt.Sprintf("%016x-%s", time.Now().UnixNano(), hex.EncodeToString(r[:]))
}

func packPath(dir, name string) string { return filepath.Join(dir, packsDir, name+packExt) }
func usedPath(dir, name string) string { return filepath.Join(dir, packsDir, name+usedExt) }

// removePack removes a pack and what is noted of its use.
func removePack(dir, name string) error {
	err := os.Remove(packPath(dir, name))
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	os.Remove(usedPath(dir, name))
	return err
}

// makeFolders makes the folders of a store. A store that exists may be
// read-only.
func makeFolders(dir string) error {
	err := os.MkdirAll(filepath.Join(dir, packsDir), 0o755)
	if err == nil {
		err = os.MkdirAll(filepath.Join(dir, tempDir), 0o755)
	}
	if err != nil {
		if st, e := os.Stat(filepath.Join(dir, packsDir)); e == nil && st.IsDir() {
			return nil
		}
	}
	return err
}

// createTemp makes a file to write a pack in: locked, in the store's folder,
// or, when dir is "", without a name in the system's folder for such files.
func createTemp(dir string) (*os.File, string, error) {
	if dir == "" {
		f, err := os.CreateTemp("", "compose-store-")
		if err != nil {
			return nil, "", err
		}
		return f, "", os.Remove(f.Name())
	}
	for {
		path := filepath.Join(dir, tempDir, newName()+tempExt)
		f, err := createLocked(path)
		if err != nil {
			return nil, "", err
		}
		var st unix.Stat_t
		if err := unix.Fstat(int(f.Fd()), &st); err != nil || st.Nlink > 0 {
			return f, path, nil
		}
		f.Close() // swept before it was locked
	}
}

func createLocked(path string) (*os.File, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return nil, err
	}
	if err := flock(f, unix.LOCK_EX); err != nil && !noLocks(err) {
		f.Close()
		os.Remove(path)
		return nil, &fs.PathError{Op: "lock", Path: path, Err: err}
	}
	return f, nil
}

func flock(f *os.File, how int) error {
	for {
		if err := unix.Flock(int(f.Fd()), how); err != unix.EINTR {
			return err
		}
	}
}

// noLocks says whether err means that the file system cannot lock.
func noLocks(err error) bool {
	return errors.Is(err, unix.ENOTSUP) || errors.Is(err, unix.ENOLCK) || errors.Is(err, unix.ENOSYS)
}

// lockStore takes the lock of the store; how is LOCK_EX, with LOCK_NB not to
// wait for another process.
func lockStore(dir string, how int) (unlock func(), err error) {
	path := filepath.Join(dir, lockName)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	if err := flock(f, how); err != nil {
		f.Close()
		return nil, &fs.PathError{Op: "lock", Path: path, Err: err}
	}
	return func() { f.Close() }, nil
}

// listPacks gives the names of all packs, the newest first.
func listPacks(dir string) ([]string, error) {
	all, err := listExt(filepath.Join(dir, packsDir), packExt)
	slices.Reverse(all)
	return all, err
}

// listExt gives the names, without their ending, of the regular files in a
// folder that end so, sorted.
func listExt(dir, ext string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e.Name(), ext); ok && e.Type().IsRegular() {
			names = append(names, name)
		}
	}
	return names, nil
}

// sweepTemp removes the temporary files that dead processes left.
func sweepTemp(dir string) {
	dir = filepath.Join(dir, tempDir)
	names, _ := listExt(dir, tempExt)
	for _, name := range names {
		path := filepath.Join(dir, name+tempExt)
		if st, err := os.Stat(path); err == nil {
			sweepFile(path, time.Since(st.ModTime()))
		}
	}
}

func sweepFile(path string, age time.Duration) {
	f, err := os.OpenFile(path, os.O_RDWR|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if err != nil {
		return
	}
	defer f.Close()
	err = flock(f, unix.LOCK_EX|unix.LOCK_NB)
	if err == nil || noLocks(err) && age > staleUnlocked {
		os.Remove(path)
	}
}
