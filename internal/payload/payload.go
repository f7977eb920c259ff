// Package payload reads the files that an RPM package carries. It streams:
// what a package holds is not held in memory, and nothing is written. Names
// are hostile until they are checked, which is done here.
package payload

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"compose/internal/rpm/header"
	"compose/internal/rpmmd"
)

// Entry is a file, folder or link in a package.
type Entry struct {
	// Name is its path below the root, without a slash at the beginning.
	Name string
	Mode fs.FileMode
	Size int64 // of a file
	// Inode is the same for hard links to each other; the last of them has the
	// content.
	Inode  uint64
	Target string // of a symbolic link
}

// The bounds of what an entry says.
const (
	maxName   = 4096
	maxTarget = 4096
)

// Reader reads the entries of a package in order.
type Reader struct {
	file  *os.File
	plain io.ReadCloser
	in    *bufio.Reader
	left  int64 // of the entry's content
	pad   int64 // behind it
}

// Open begins to read the files of a package.
func Open(name string) (*Reader, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	r, err := read(f)
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("payload of %s: %w", filepath.Base(name), err)
	}
	return r, nil
}

func read(f *os.File) (*Reader, error) {
	fi, err := f.Stat()
	if err != nil {
		return nil, err
	}
	p, _, err := header.Read(f, fi.Size())
	if err != nil {
		return nil, err
	}
	packed := io.NewSectionReader(f, p.HeaderEnd, fi.Size()-p.HeaderEnd)
	plain, err := rpmmd.Decompress(packed, "payload")
	if err != nil {
		return nil, err
	}
	return &Reader{file: f, plain: plain, in: bufio.NewReaderSize(plain, 128<<10)}, nil
}

// Close ends the reading.
func (r *Reader) Close() error { return errors.Join(r.plain.Close(), r.file.Close()) }

// headerSize is that of an entry of cpio's format newc.
const headerSize = 110

// trailer is the name of the entry behind the last one.
const trailer = "TRAILER!!!"

// Next goes to the next entry; io.EOF is behind the last one.
func (r *Reader) Next() (*Entry, error) {
	if err := r.skip(r.left + r.pad); err != nil {
		return nil, err
	}
	var head [headerSize]byte
	if err := r.full(head[:]); err != nil {
		return nil, err
	}
	switch magic := string(head[:6]); magic {
	case "070701", "070702":
	case "07070X":
		return nil, errors.New("the package has files of more than 4 GiB in an archive format that is not known here")
	default:
		return nil, fmt.Errorf("no entry of a cpio archive: %q", magic)
	}
	var n [13]int64
	for i := range n {
		v, err := strconv.ParseUint(string(head[6+8*i:14+8*i]), 16, 32)
		if err != nil {
			return nil, fmt.Errorf("entry of the archive: %w", err)
		}
		n[i] = int64(v)
	}
	return r.entry(n)
}

// entry reads the name behind a header, and the target of a link.
func (r *Reader) entry(n [13]int64) (*Entry, error) {
	size, length := n[6], n[11]
	if length < 1 || length > maxName {
		return nil, fmt.Errorf("a name of %d bytes", length)
	}
	name := make([]byte, length)
	if err := r.full(name); err != nil {
		return nil, err
	}
	if err := r.skip(padding(headerSize + length)); err != nil {
		return nil, err
	}
	text := strings.TrimRight(string(name), "\x00")
	if text == trailer {
		return nil, io.EOF
	}
	e := &Entry{Mode: modeOf(uint32(n[1])), Size: size, Inode: uint64(n[0]) | uint64(n[7])<<32}
	var err error
	if e.Name, err = clean(text); err != nil {
		return nil, err
	}
	r.left, r.pad = size, padding(size)
	if e.Mode.Type() == fs.ModeSymlink {
		if size > maxTarget {
			return nil, fmt.Errorf("%s: a link to a name of %d bytes", e.Name, size)
		}
		target, err := io.ReadAll(r)
		if err != nil {
			return nil, err
		}
		e.Target, e.Size = string(target), 0
	}
	return e, nil
}

// clean gives a name without what stands for the root, and refuses one that
// leads out of it.
func clean(name string) (string, error) {
	rel := path.Clean(strings.TrimLeft(strings.TrimPrefix(name, "./"), "/"))
	if !filepath.IsLocal(rel) || strings.ContainsRune(rel, 0) {
		return "", fmt.Errorf("the name %q leads out of the package", name)
	}
	return rel, nil
}

// modeOf gives the mode of a file from that of stat.
func modeOf(m uint32) fs.FileMode {
	mode := fs.FileMode(m & 0o777)
	for bit, to := range map[uint32]fs.FileMode{0o4000: fs.ModeSetuid, 0o2000: fs.ModeSetgid, 0o1000: fs.ModeSticky} {
		if m&bit != 0 {
			mode |= to
		}
	}
	switch m & 0o170000 {
	case 0o040000:
		mode |= fs.ModeDir
	case 0o120000:
		mode |= fs.ModeSymlink
	case 0o020000:
		mode |= fs.ModeDevice | fs.ModeCharDevice
	case 0o060000:
		mode |= fs.ModeDevice
	case 0o010000:
		mode |= fs.ModeNamedPipe
	case 0o140000:
		mode |= fs.ModeSocket
	}
	return mode
}

// Read reads the content of the entry.
func (r *Reader) Read(p []byte) (int, error) {
	if r.left == 0 {
		return 0, io.EOF
	}
	n, err := r.in.Read(p[:min(int64(len(p)), r.left)])
	r.left -= int64(n)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// padding is what stands behind n bytes, up to a multiple of four.
func padding(n int64) int64 { return (4 - n%4) % 4 }

func (r *Reader) full(p []byte) error {
	_, err := io.ReadFull(r.in, p)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return err
}

func (r *Reader) skip(n int64) error {
	r.left, r.pad = 0, 0
	if m, err := io.CopyN(io.Discard, r.in, n); err != nil {
		if m < n && err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return err
	}
	return nil
}
