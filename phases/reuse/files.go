package reuse

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"compose/internal/whole"
)

// rootOf lists a file or folder as it is now.
func rootOf(top, path string) (Root, error) {
	rel, err := filepath.Rel(top, path)
	if err != nil || !filepath.IsLocal(rel) {
		return Root{}, fmt.Errorf("%s is not below %s", path, top)
	}
	root := Root{Path: rel}
	err = filepath.WalkDir(path, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			root.Dir = root.Dir || name == path
			return nil
		}
		f, err := fileOf(name)
		if err == nil && f.Link == "" {
			f.Sum, err = settle(name, f.Size)
		}
		if err == nil && name != path {
			f.Path, err = filepath.Rel(path, name)
		}
		root.Files = append(root.Files, f)
		return err
	})
	return root, err
}

// maxSummed is the size up to which reading a file costs less than waiting for
// the disk.
const maxSummed = 4 << 20

// settle makes sure that a loss of power will not go unnoticed: it gives the
// checksum of a small file, and waits until a large one is on disk.
func settle(name string, size int64) (sum string, err error) {
	if size <= maxSummed {
		return sumOf(name)
	}
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	return "", f.Sync()
}

func sumOf(name string) (string, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:]), nil
}

// same says whether the small files of a root have the content that they had.
func (r Root) same(top string) bool {
	for _, f := range r.Files {
		if f.Link != "" || f.Sum == "" {
			continue
		}
		if sum, err := sumOf(filepath.Join(top, r.Path, f.Path)); err != nil || sum != f.Sum {
			return false
		}
	}
	return true
}

// fileOf describes a file or symbolic link.
func fileOf(name string) (File, error) {
	fi, err := os.Lstat(name)
	if err != nil {
		return File{}, err
	}
	f := File{Size: fi.Size(), MTime: fi.ModTime().UnixNano()}
	switch {
	case fi.Mode().IsRegular():
	case fi.Mode()&fs.ModeSymlink != 0:
		f.Size, f.MTime = 0, 0
		f.Link, err = os.Readlink(name)
	default:
		err = fmt.Errorf("%s is neither a file nor a link", name)
	}
	return f, err
}

// there says whether all files of a root are as they were when the step ended.
func (r Root) there(top string) bool {
	for _, f := range r.Files {
		now, err := fileOf(filepath.Join(top, r.Path, f.Path))
		now.Path, now.Sum = f.Path, f.Sum
		if err != nil || now != f {
			return false
		}
	}
	return true
}

// link brings the files of a root to another place: by hard links, or copies
// where these are not possible.
func (r Root) link(ctx context.Context, top, to string) error {
	if r.Dir {
		if err := os.MkdirAll(to, 0o755); err != nil {
			return err
		}
	}
	for _, f := range r.Files {
		dest := filepath.Join(to, f.Path)
		if err := os.MkdirAll(filepath.Dir(dest), 0o755); err != nil {
			return err
		}
		if err := os.Remove(dest); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if err := linkFile(ctx, filepath.Join(top, r.Path, f.Path), dest, f); err != nil {
			return err
		}
	}
	return nil
}

func linkFile(ctx context.Context, from, to string, f File) error {
	if f.Link != "" {
		return os.Symlink(f.Link, to)
	}
	err := os.Link(from, to)
	if errors.Is(err, syscall.EXDEV) || errors.Is(err, syscall.EMLINK) || errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EOPNOTSUPP) {
		return whole.Copy(ctx, from, to, 0)
	}
	return err
}
