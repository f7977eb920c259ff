package header

import (
	"io"
	"io/fs"
	"syscall"
	"time"
)

// descriptor is an open file. What os.File does beyond that (a poller, a
// finalizer, a look at the type) takes time where a file is read with one
// system call.
type descriptor int

func open(path string, flags int) (descriptor, error) {
	for {
		fd, err := syscall.Open(path, flags, 0)
		if err != syscall.EINTR {
			return descriptor(fd), err
		}
	}
}

// ReadAt is io.ReaderAt's.
func (d descriptor) ReadAt(b []byte, off int64) (n int, err error) {
	for n < len(b) {
		m, err := syscall.Pread(int(d), b[n:], off+int64(n))
		switch {
		case err == syscall.EINTR:
		case err != nil:
			return n, err
		case m == 0:
			return n, io.EOF
		default:
			n += m
		}
	}
	return n, nil
}

// Stat is os.File's, without a name.
func (d descriptor) Stat() (fs.FileInfo, error) {
	i := &info{}
	for {
		if err := syscall.Fstat(int(d), &i.st); err != syscall.EINTR {
			return i, err
		}
	}
}

// info is what Fstat says.
type info struct{ st syscall.Stat_t }

func (i *info) Name() string       { return "" }
func (i *info) Size() int64        { return i.st.Size }
func (i *info) ModTime() time.Time { return time.Unix(i.st.Mtim.Unix()) }
func (i *info) IsDir() bool        { return i.st.Mode&syscall.S_IFMT == syscall.S_IFDIR }
func (i *info) Sys() any           { return &i.st }

// Mode tells regular files from others, whose kind does not matter here.
func (i *info) Mode() fs.FileMode {
	mode := fs.FileMode(i.st.Mode & 0o777)
	if i.st.Mode&syscall.S_IFMT != syscall.S_IFREG {
		mode |= fs.ModeIrregular
	}
	return mode
}
