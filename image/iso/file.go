package iso

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// File is one name on an image: a file, a folder or a symbolic link. Folders
// above a file need no entry of their own.
type File struct {
	Path string // on the image: relative, slashes, no "." or ".."
	// Mode says by its type bits what it is: fs.ModeDir, fs.ModeSymlink, or
	// none for a file. All may read and nobody may write what is on an image,
	// so of the permissions only the executable ones count, as with
	// mkisofs -rational-rock.
	Mode    fs.FileMode
	ModTime int64  // seconds since the epoch; Options.Time at the latest
	Target  string // of a symbolic link
	// From is the file that has the content, of Size bytes. Files with the
	// same From share their place on the image, as hard links do.
	From string
	Size int64
	Data []byte // the content where From is empty
}

// length gives the number of bytes of the content.
func (f *File) length() int64 {
	if f.From == "" {
		return int64(len(f.Data))
	}
	return f.Size
}

// inode identifies a file on this machine.
type inode struct{ dev, ino uint64 }

// Walk lists what is below a folder, sorted by name in each folder. Hard
// links among them have the same From. Devices, sockets and pipes are
// refused.
func Walk(dir string) ([]File, error) {
	var out []File
	seen := map[inode]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		f, err := fileOf(path, info, seen)
		f.Path = filepath.ToSlash(rel)
		out = append(out, f)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("listing %s: %w", dir, err)
	}
	return out, nil
}

// fileOf describes one file on this machine; seen has the hard links met so
// far.
func fileOf(path string, info fs.FileInfo, seen map[inode]string) (File, error) {
	f := File{Mode: info.Mode(), ModTime: info.ModTime().Unix()}
	switch info.Mode().Type() {
	case fs.ModeDir:
	case fs.ModeSymlink:
		target, err := os.Readlink(path)
		if err != nil {
			return f, err
		}
		f.Target = target
	case 0:
		f.From, f.Size = path, info.Size()
		if st, ok := info.Sys().(*syscall.Stat_t); ok && st.Nlink > 1 {
			id := inode{st.Dev, st.Ino}
			if first, ok := seen[id]; ok {
				f.From = first
			} else {
				seen[id] = path
			}
		}
	default:
		return f, fmt.Errorf("%s: neither file, folder nor symbolic link", path)
	}
	return f, nil
}
