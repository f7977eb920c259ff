package repo

import (
	"errors"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// publish gives tmp its final name. What had the name before changes places
// with it in the same instant and is then removed.
func publish(tmp, final string) error {
	err := unix.Renameat2(unix.AT_FDCWD, tmp, unix.AT_FDCWD, final, unix.RENAME_NOREPLACE)
	if err == unix.EEXIST {
		if err = unix.Renameat2(unix.AT_FDCWD, tmp, unix.AT_FDCWD, final, unix.RENAME_EXCHANGE); err == nil {
			return os.RemoveAll(tmp)
		}
	}
	if err == unix.EINVAL || err == unix.ENOSYS {
		return publishInSteps(tmp, final) // the file system knows no such renames
	}
	if err != nil {
		return &os.LinkError{Op: "renameat2", Old: tmp, New: final, Err: err}
	}
	return nil
}

// publishInSteps does it with two renames. Between them there is no
// repository, and when the second fails the old one comes back.
func publishInSteps(tmp, final string) error {
	old := tmp + oldSuffix
	err := os.Rename(final, old)
	if errors.Is(err, fs.ErrNotExist) {
		return os.Rename(tmp, final)
	}
	if err != nil {
		return err
	}
	if err := os.Rename(tmp, final); err != nil {
		return errors.Join(err, os.Rename(old, final))
	}
	return os.RemoveAll(old)
}
