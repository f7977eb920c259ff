// Package whole writes files that have their names only when they are
// complete: whoever finds one finds all of it, and what is interrupted leaves
// nothing but a name that begins with ".tmp-".
package whole

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Copy copies a regular file, or the one that a link leads to, with its time
// and, beside those of more, its permissions. The folder must be there.
func Copy(ctx context.Context, from, to string, more fs.FileMode) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	fi, err := in.Stat()
	if err != nil {
		return err
	}
	if !fi.Mode().IsRegular() {
		return fmt.Errorf("%s is no file", from)
	}
	return write(to, fi.Mode().Perm()|more, fi.ModTime(), &reader{ctx, in})
}

// Write writes a file that everybody may read. The folder must be there.
func Write(name string, data []byte) error {
	return write(name, 0o644, time.Time{}, bytes.NewReader(data))
}

func write(name string, mode fs.FileMode, at time.Time, content io.Reader) error {
	out, err := os.CreateTemp(filepath.Dir(name), ".tmp-*")
	if err != nil {
		return err
	}
	_, err = io.Copy(out, content)
	err = errors.Join(err, out.Chmod(mode), out.Close())
	if err == nil && !at.IsZero() {
		err = os.Chtimes(out.Name(), at, at)
	}
	if err == nil {
		err = os.Rename(out.Name(), name)
	}
	if err != nil {
		os.Remove(out.Name())
	}
	return err
}

// reader ends when its context does.
type reader struct {
	ctx context.Context
	in  io.Reader
}

// Read is io.Reader's.
func (r *reader) Read(b []byte) (int, error) {
	if r.ctx.Err() != nil {
		return 0, context.Cause(r.ctx)
	}
	return r.in.Read(b)
}
