package payload

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
)

// Extract writes those files of a package that want accepts below a folder,
// which must be there, under their names, and gives these in the order of the
// package. Folders above them are made; devices are left out. Nothing is
// written outside of the folder, whatever the package says.
func Extract(ctx context.Context, name, dir string, want func(e *Entry) bool) ([]string, error) {
	r, err := Open(name)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	x := &extractor{root: root, r: r, empty: map[uint64][]string{}}
	for ctx.Err() == nil {
		e, err := r.Next()
		if err == io.EOF {
			return x.names, nil
		}
		if err == nil && want(e) {
			err = x.write(e)
		}
		if err != nil {
			return nil, fmt.Errorf("payload of %s: %w", path.Base(name), err)
		}
	}
	return nil, context.Cause(ctx)
}

type extractor struct {
	root  *os.Root
	r     *Reader
	names []string
	empty map[uint64][]string // files that may be links to one that comes
}

func (x *extractor) write(e *Entry) error {
	if err := x.root.MkdirAll(path.Dir(e.Name), 0o755); err != nil {
		return err
	}
	switch e.Mode.Type() {
	case fs.ModeDir:
		return x.root.MkdirAll(e.Name, 0o755)
	case fs.ModeSymlink:
		if err := x.clear(e.Name); err != nil {
			return err
		}
		x.names = append(x.names, e.Name)
		return x.root.Symlink(e.Target, e.Name)
	case 0:
		x.names = append(x.names, e.Name)
		return x.file(e)
	}
	return nil
}

// clear takes away what an entry before put in its place.
func (x *extractor) clear(name string) error {
	if err := x.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func (x *extractor) file(e *Entry) error {
	if err := x.clear(e.Name); err != nil {
		return err
	}
	f, err := x.root.OpenFile(e.Name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, e.Mode.Perm()|0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, x.r)
	if err = errors.Join(err, f.Close()); err != nil || e.Size == 0 {
		x.empty[e.Inode] = append(x.empty[e.Inode], e.Name)
		return err
	}
	for _, other := range x.empty[e.Inode] {
		if err := errors.Join(x.clear(other), x.root.Link(e.Name, other)); err != nil {
			return err
		}
	}
	delete(x.empty, e.Inode)
	return nil
}
