package header

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"syscall"

	"compose/internal/rpm"
)

// wholeFile is the size up to which a file is read at once; of a longer one
// this much is read at a time.
const wholeFile = 1 << 20

// ReadFile reads the headers of a package file and its SHA-256 in one pass,
// so Sum, Size and the header's range are set. Errors read "reading PATH:
// cause". A file that changes meanwhile is an error. Safe for concurrent use;
// about 1 MiB of buffers per concurrent call is kept for further calls.
func ReadFile(path string) (*rpm.Package, *rpm.Details, error) {
	p, d, err := readFile(path)
	if err != nil {
		var pe *fs.PathError
		if errors.As(err, &pe) {
			err = pe.Err
		}
		return nil, nil, fmt.Errorf("reading %s: %w", path, err)
	}
	return p, d, nil
}

func readFile(path string) (*rpm.Package, *rpm.Details, error) {
	// A pipe without a writer would block for ever in a plain open.
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	return readStable(f)
}

// readStable reads a file that must not change meanwhile.
func readStable(f statReaderAt) (*rpm.Package, *rpm.Details, error) {
	before, err := f.Stat()
	if err != nil {
		return nil, nil, err
	}
	if !before.Mode().IsRegular() {
		return nil, nil, errors.New("not a regular file")
	}
	p, d, err := readOpen(f, before.Size())
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
func readOpen(f io.ReaderAt, size int64) (*rpm.Package, *rpm.Details, error) {
	s := getScratch()
	defer s.put()
	s.reset(f, size)
	if err := s.fill(min(size, wholeFile)); err != nil {
		return nil, nil, err
	}
	p, d, err := s.decode()
	if err != nil {
		return nil, nil, err
	}
	h := sha256.New()
	h.Write(s.raw)
	if err := s.hashRest(h); err != nil {
		return nil, nil, err
	}
	p.Sum = rpm.Checksum{Type: "sha256", Hex: hex.EncodeToString(h.Sum(nil))}
	return p, d, nil
}

// hashRest hashes what follows raw in the file, through raw.
func (s *scratch) hashRest(h hash.Hash) error {
	for at := int64(len(s.raw)); at < s.size; {
		buf := s.raw[:min(s.size-at, int64(len(s.raw)))]
		n, err := s.r.ReadAt(buf, at)
		h.Write(buf[:n])
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
