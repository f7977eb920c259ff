package header

import (
	"cmp"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"syscall"

	"compose/internal/rpm"
)

// wholeFile is the size up to which a file is read at once; of a longer one
// this much is read at a time.
const wholeFile = 256 << 10

// Options say what is read of a package file. The zero value is what ReadFile
// reads.
type Options struct {
	// Checksum is the type of Sum: sha256 (also ""), sha384 or sha512.
	Checksum string
	// FileDigests fills in Details.FileDigests.
	FileDigests bool
	// Payload compares the payload with its digest in the header, if there is
	// one: what nobody else vouches for may have been damaged. It costs a
	// second digest over the file.
	Payload bool
	// Check, unless nil, is asked about the file when it is open; its error
	// is that of the read.
	Check func(fs.FileInfo) error
}

// ReadFile reads the headers of a package file and its SHA-256 in one pass,
// so Sum, Size and the header's range are set. Errors read "reading PATH:
// cause". A file that changes meanwhile is an error. Safe for concurrent use;
// about half a MiB of buffers per concurrent call is kept for further calls.
func ReadFile(path string) (*rpm.Package, *rpm.Details, error) { return Options{}.ReadFile(path) }

// ReadFile is the function ReadFile with these options.
func (o Options) ReadFile(path string) (*rpm.Package, *rpm.Details, error) {
	p, d, err := o.readFile(path)
	if err != nil {
		var pe *fs.PathError
		if errors.As(err, &pe) {
			err = pe.Err
		}
		return nil, nil, fmt.Errorf("reading %s: %w", path, err)
	}
	return p, d, nil
}

func (o Options) readFile(path string) (*rpm.Package, *rpm.Details, error) {
	// A pipe without a writer would block for ever in a plain open.
	fd, err := open(path, syscall.O_RDONLY|syscall.O_NONBLOCK|syscall.O_CLOEXEC)
	if err != nil {
		return nil, nil, err
	}
	defer syscall.Close(int(fd))
	return o.readStable(fd)
}

// readStable reads a file that must not change meanwhile.
func (o Options) readStable(f statReaderAt) (*rpm.Package, *rpm.Details, error) {
	before, err := f.Stat()
	if err != nil {
		return nil, nil, err
	}
	if !before.Mode().IsRegular() {
		return nil, nil, errors.New("not a regular file")
	}
	if o.Check != nil {
		if err := o.Check(before); err != nil {
			return nil, nil, err
		}
	}
	p, d, err := o.readOpen(f, before.Size())
	if err != nil {
		return nil, nil, err
	}
	after, err := f.Stat()
	if err != nil {
		return nil, nil, err
	}
	if after.Size() != before.Size() || !after.ModTime().Equal(before.ModTime()) {
		return nil, nil, errors.New("the file changed while it was read")
	}
	return p, d, nil
}

// statReaderAt is what of a file is used here.
type statReaderAt interface {
	io.ReaderAt
	Stat() (fs.FileInfo, error)
}

// readOpen reads headers and checksum of a file of the given size.
func (o Options) readOpen(f io.ReaderAt, size int64) (*rpm.Package, *rpm.Details, error) {
	h, err := o.hash()
	if err != nil {
		return nil, nil, err
	}
	s := getScratch()
	defer s.put()
	s.reset(f, size)
	s.digests, s.payloads = o.FileDigests, o.Payload
	if err := s.fill(min(size, wholeFile)); err != nil {
		return nil, nil, err
	}
	p, d, err := s.decode()
	if err != nil {
		return nil, nil, err
	}
	h.Write(s.raw)
	if s.payload != nil {
		s.payload.Write(s.raw[p.HeaderEnd:])
	}
	if err := s.hashRest(h); err != nil {
		return nil, nil, err
	}
	if s.payload != nil {
		if err := s.payload.verify(); err != nil {
			return nil, nil, err
		}
	}
	p.Sum = rpm.Checksum{Type: cmp.Or(o.Checksum, "sha256"), Hex: hex.EncodeToString(h.Sum(nil))}
	return p, d, nil
}

func (o Options) hash() (hash.Hash, error) {
	switch o.Checksum {
	case "", "sha256":
		return sha256.New(), nil
	case "sha384":
		return sha512.New384(), nil
	case "sha512":
		return sha512.New(), nil
	}
	return nil, fmt.Errorf("unknown type of checksum %q", o.Checksum)
}

// hashRest hashes what follows raw in the file, through raw.
func (s *scratch) hashRest(h hash.Hash) error {
	for at := int64(len(s.raw)); at < s.size; {
		buf := s.raw[:min(s.size-at, int64(len(s.raw)))]
		n, err := s.r.ReadAt(buf, at)
		h.Write(buf[:n])
		if s.payload != nil {
			s.payload.Write(buf[:n])
		}
		at += int64(n)
		if n < len(buf) {
			if err == nil || errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return fmt.Errorf("reading byte %d of %d: %w", at, s.size, err)
		}
	}
	return nil
}
