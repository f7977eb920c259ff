package pkgset

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"golang.org/x/sys/unix"

	"compose/internal/fetch"
	"compose/internal/rpm/store"
)

// file is a package file on its way into a tree.
type file struct {
	path       string // where it is now
	rec        *store.Record
	size       int64 // as they were when the file was read
	mtime      int64 // nanoseconds
	link       string
	dest, name string // where it goes
}

func (f *file) target() string { return f.dest + "/" + f.name }

// Linker is shared by the calls of Place of one compose; the zero value is
// ready, and it is safe for concurrent use. It knows which file systems do
// not link to each other, and links further copies of a file to its first
// one.
type Linker struct {
	mu     sync.Mutex
	apart  map[devices]bool
	copied map[copyKey]string
}

type devices struct{ from, to uint64 }

// copyKey is a file and the file system it was copied to.
type copyKey struct {
	from inode
	to   uint64
}

// put brings a file into the tree.
func (l *Linker) put(ctx context.Context, f *file) error {
	var err error
	switch f.link {
	case LinkSymlink, LinkAbspathSymlink:
		return f.symlink()
	case LinkCopy:
		err = l.copy(ctx, f)
	case LinkHardlink:
		err = hardlink(f.path, f.target())
	default:
		err = l.hardlinkOrCopy(ctx, f)
	}
	if errors.Is(err, fs.ErrExist) {
		return f.checkThere(ctx)
	}
	if err != nil {
		return err
	}
	return f.checkUnchanged()
}

// hardlink makes a link to the file itself, also when its path is a
// symbolic link.
func hardlink(from, to string) error {
	for {
		err := unix.Linkat(unix.AT_FDCWD, from, unix.AT_FDCWD, to, unix.AT_SYMLINK_FOLLOW)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return &os.LinkError{Op: "link", Old: from, New: to, Err: err}
		}
		return nil
	}
}

// hardlinkOrCopy copies where a link is not possible: to another file
// system, to a file system without links, beyond the greatest number of
// links, and where the kernel protects the files of others. Pungi copies in
// the first case only.
func (l *Linker) hardlinkOrCopy(ctx context.Context, f *file) error {
	if l.knowsApart(f) {
		return l.copy(ctx, f)
	}
	err := hardlink(f.path, f.target())
	switch {
	case errors.Is(err, unix.EXDEV), errors.Is(err, unix.EOPNOTSUPP), errors.Is(err, unix.ENOSYS):
		l.setApart(f)
	case errors.Is(err, unix.EMLINK), errors.Is(err, unix.EPERM):
	default:
		return err
	}
	return l.copy(ctx, f)
}

// devicesOf asks for the devices only when some are known to be apart, which
// is rare.
func (l *Linker) knowsApart(f *file) bool {
	l.mu.Lock()
	any := len(l.apart) > 0
	l.mu.Unlock()
	if !any {
		return false
	}
	d, err := devicesOf(f)
	l.mu.Lock()
	defer l.mu.Unlock()
	return err == nil && l.apart[d]
}

func (l *Linker) setApart(f *file) {
	d, err := devicesOf(f)
	if err != nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.apart == nil {
		l.apart = map[devices]bool{}
	}
	l.apart[d] = true
}

func devicesOf(f *file) (devices, error) {
	var from, to unix.Stat_t
	if err := unix.Stat(f.path, &from); err != nil {
		return devices{}, err
	}
	err := unix.Stat(f.dest, &to)
	return devices{from.Dev, to.Dev}, err
}

// checkUnchanged makes sure that the file in the tree is the one whose
// record was used, and takes it out otherwise.
func (f *file) checkUnchanged() error {
	var st unix.Stat_t
	if err := unix.Lstat(f.target(), &st); err != nil {
		return &os.PathError{Op: "stat", Path: f.target(), Err: err}
	}
	if st.Size == f.size && st.Mtim.Nano() == f.mtime {
		return nil
	}
	os.Remove(f.target())
	return fmt.Errorf("%s: the file changed since it was read", f.path)
}

// checkThere accepts a file that is in the tree already when it is the same
// file or has the same content.
func (f *file) checkThere(ctx context.Context) error {
	there, err := os.Lstat(f.target())
	if err != nil {
		return err
	}
	from, err := os.Stat(f.path)
	if err != nil {
		return err
	}
	if os.SameFile(there, from) {
		return nil
	}
	if there.Mode().IsRegular() && there.Size() == f.size {
		err := fetch.Digest(f.rec.Pkg.Sum).VerifyFile(ctx, f.target())
		if err == nil {
			f.mtime = there.ModTime().UnixNano()
			return nil
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
	return fmt.Errorf("%s: is there already and is different from %s", f.target(), f.path)
}

// symlink links by a path relative to the folder, or by the absolute one.
func (f *file) symlink() error {
	to, err := filepath.EvalSymlinks(f.path)
	if err != nil {
		return err
	}
	if to, err = filepath.Abs(to); err != nil {
		return err
	}
	if f.link == LinkSymlink {
		dir, err := filepath.EvalSymlinks(f.dest)
		if err != nil {
			return err
		}
		if dir, err = filepath.Abs(dir); err != nil {
			return err
		}
		if to, err = filepath.Rel(dir, to); err != nil {
			return err
		}
	}
	err = os.Symlink(to, f.target())
	if errors.Is(err, fs.ErrExist) {
		if there, err := os.Readlink(f.target()); err == nil && there == to {
			return nil
		}
		return fmt.Errorf("%s: is there already and is no link to %s", f.target(), to)
	}
	return err
}
