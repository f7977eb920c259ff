package pkgset

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// copy copies a file, or links to the copy that the same file system has of
// it already.
func (l *Linker) copy(ctx context.Context, f *file) error {
	if _, err := os.Lstat(f.target()); err == nil {
		return os.ErrExist
	}
	in, err := os.Open(f.path)
	if err != nil {
		return err
	}
	defer in.Close()
	var from, to unix.Stat_t
	if err := unix.Fstat(int(in.Fd()), &from); err != nil {
		return &os.PathError{Op: "stat", Path: f.path, Err: err}
	}
	if err := unix.Stat(f.dest, &to); err != nil {
		return &os.PathError{Op: "stat", Path: f.dest, Err: err}
	}
	if from.Size != f.size || from.Mtim.Nano() != f.mtime {
		return fmt.Errorf("%s: the file changed since it was read", f.path)
	}
	key := copyKey{inode{from.Dev, from.Ino}, to.Dev}
	if first := l.firstCopy(key); first != "" {
		if err := hardlink(first, f.target()); err == nil || errors.Is(err, os.ErrExist) {
			return err
		}
	}
	if err := copyTo(ctx, in, f, os.FileMode(from.Mode&0o777)); err != nil {
		return err
	}
	l.setFirstCopy(key, f.target())
	return nil
}

func (l *Linker) firstCopy(key copyKey) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.copied[key]
}

func (l *Linker) setFirstCopy(key copyKey, path string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.copied == nil {
		l.copied = map[copyKey]string{}
	}
	l.copied[key] = path
}

// copyTo makes the copy under a name of its own and gives it the final name
// when it is complete, with the file's mode and times.
func copyTo(ctx context.Context, in *os.File, f *file, mode os.FileMode) error {
	out, err := os.CreateTemp(f.dest, ".copy-*.tmp")
	if err != nil {
		return err
	}
	defer os.Remove(out.Name()) // fails when it has its final name
	err = fill(ctx, out, in, f)
	if err == nil {
		err = out.Chmod(mode)
	}
	if cerr := out.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return fmt.Errorf("copying %s: %w", f.path, err)
	}
	if err := os.Chtimes(out.Name(), time.Time{}, time.Unix(0, f.mtime)); err != nil {
		return err
	}
	return renameNew(out.Name(), f.target())
}

// copyStep is how much is copied between two looks at the context.
const copyStep = 64 << 20

// fill shares the blocks where the file system can, and copies otherwise.
func fill(ctx context.Context, out, in *os.File, f *file) error {
	if unix.IoctlFileClone(int(out.Fd()), int(in.Fd())) == nil {
		return nil
	}
	var n int64
	for n <= f.size {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		m, err := io.CopyN(out, in, copyStep) // copy_file_range where possible
		n += m
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
	}
	if n != f.size {
		return errors.New("the file changed while it was copied")
	}
	return nil
}

// renameNew renames without replacing anything.
func renameNew(from, to string) error {
	err := unix.Renameat2(unix.AT_FDCWD, from, unix.AT_FDCWD, to, unix.RENAME_NOREPLACE)
	if err == nil {
		return nil
	}
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOSYS) { // not every file system can
		if _, err := os.Lstat(to); err == nil {
			return os.ErrExist
		}
		return os.Rename(from, to)
	}
	return &os.LinkError{Op: "rename", Old: from, New: to, Err: err}
}
