package pkgset

import (
	"bytes"
	"encoding/binary"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// dirReader reads one folder after another with few system calls: it takes
// the types from the folder itself and asks for the state of RPM files only.
type dirReader struct {
	buf  []byte
	also func(name string) bool
	kept *folders // nil: no listings are kept
	slab slab

	dir  string
	fd   int
	dirs []string // folders in dir
	list []byte   // its entries, where they are to be kept
	odd  bool     // it has entries whose type the file system does not tell

	// Of all folders read so far.
	found  []found
	links  []string
	others []string
	bad    []BrokenFile
	lists  []folder
}

func (r *dirReader) reset(dir string) {
	r.dir, r.dirs, r.list, r.odd = dir, r.dirs[:0], r.list[:0], false
}

func (r *dirReader) read(w *walker) error {
	rel := "."
	if len(r.dir) > w.topLen {
		rel = r.dir[w.topLen:]
	}
	if r.kept != nil {
		if f, st, ok := r.kept.known(rel); ok {
			r.lists = append(r.lists, f)
			if !w.enter(inode{st.Dev, st.Ino}) {
				return nil
			}
			return r.replay(&f)
		}
	}
	fd, err := openRetry(r.dir)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	r.fd = fd
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return err
	}
	if !w.enter(inode{st.Dev, st.Ino}) {
		return nil
	}
	for w.ctx.Err() == nil {
		n, err := unix.Getdents(fd, r.buf)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return err
		}
		if n <= 0 {
			if r.kept != nil && !r.odd && r.kept.keeps(&st) {
				r.lists = append(r.lists, folder{rel, st.Ino, st.Ctim.Nano(), st.Mtim.Nano(), string(r.list)})
			}
			return nil
		}
		if err := r.entries(r.buf[:n]); err != nil {
			return err
		}
	}
	return nil
}

// replay does what read does, with the listing that is kept of a folder.
func (r *dirReader) replay(f *folder) error {
	return f.each(func(kind byte, name string) error {
		switch kind {
		case entryFolder:
			r.dirs = append(r.dirs, r.slab.join(r.dir, "/", name))
		case entryLink:
			r.links = append(r.links, r.dir+"/"+name)
		default:
			path := name
			if f.rel != "." {
				path = r.slab.join(f.rel, "/", name)
			}
			return r.examine(r.kept.top, path, path[len(path)-len(name):])
		}
		return nil
	})
}

// note adds an entry to the listing that is kept.
func (r *dirReader) note(kind byte, name string) {
	if r.kept != nil {
		r.list = appendEntry(r.list, kind, name)
	}
}

func openRetry(dir string) (int, error) {
	for {
		fd, err := unix.Open(dir, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
		if err != unix.EINTR {
			return fd, err
		}
	}
}

// The layout of struct linux_dirent64.
const (
	direntReclen = 16
	direntType   = 18
	direntName   = 19
)

func (r *dirReader) entries(b []byte) error {
	for len(b) > direntName {
		size := int(binary.NativeEndian.Uint16(b[direntReclen:]))
		if size <= direntName || size > len(b) {
			return unix.EIO
		}
		name := b[direntName:size]
		if i := bytes.IndexByte(name, 0); i >= 0 {
			name = name[:i]
		}
		if err := r.entry(name, b[direntType]); err != nil {
			return err
		}
		b = b[size:]
	}
	return nil
}

func (r *dirReader) entry(raw []byte, typ byte) error {
	if string(raw) == "." || string(raw) == ".." {
		return nil
	}
	switch typ {
	case unix.DT_DIR:
		r.note(entryFolder, string(raw))
		r.dirs = append(r.dirs, r.slab.join(r.dir, "/", string(raw)))
		return nil
	case unix.DT_LNK:
		r.note(entryLink, string(raw))
		r.links = append(r.links, r.dir+"/"+string(raw))
		return nil
	case unix.DT_UNKNOWN:
		r.odd = true
	default:
		if !bytes.HasSuffix(raw, []byte(".rpm")) && !r.wants(string(raw)) {
			return nil
		}
	}
	name := r.slab.join(string(raw))
	r.note(entryFile, name)
	return r.examine(r.fd, name, name)
}

func isRPM(name string) bool { return strings.HasSuffix(name, ".rpm") }

// wants says whether a file of another name is wanted.
func (r *dirReader) wants(name string) bool { return r.also != nil && r.also(name) }

// examine asks for the state of an RPM file, or of an entry whose folder
// does not tell its type: of path as seen from the folder that is open as fd.
func (r *dirReader) examine(fd int, path, name string) error {
	var st unix.Stat_t
	switch err := unix.Fstatat(fd, path, &st, unix.AT_SYMLINK_NOFOLLOW); {
	case err == unix.ENOENT:
		return nil // removed meanwhile
	case err != nil:
		return err
	}
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFDIR:
		r.dirs = append(r.dirs, r.slab.join(r.dir, "/", name))
	case unix.S_IFLNK:
		r.links = append(r.links, r.dir+"/"+name)
	case unix.S_IFREG:
		switch {
		case isRPM(name):
			r.found = append(r.found, newFound(r.dir, name, &st))
		case r.wants(name):
			r.others = append(r.others, r.dir+"/"+name)
		}
	default:
		if isRPM(name) {
			r.bad = append(r.bad, BrokenFile{r.dir + "/" + name, errNotRegular})
		}
	}
	return nil
}

// sysStat gives the fields that identify a file in the type that os uses.
func sysStat(st *unix.Stat_t) *syscall.Stat_t {
	return &syscall.Stat_t{Dev: st.Dev, Ino: st.Ino}
}
