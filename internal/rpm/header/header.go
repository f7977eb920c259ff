// Package header reads RPM package files into rpm.Package and rpm.Details.
//
// A guard (guard.go) checks the bytes before they are decoded, and only the
// tags that are wanted are, so time and memory are bounded by the size of the
// file on any input. The package knows nothing of
// repositories: how a header is rendered is for internal/rpmmd.
//
// What it refuses, each as one error: files that are not RPM packages, are
// truncated or contradict themselves; a header whose own SHA-256 or SHA-1
// does not match; a name, version, release or architecture that could not be
// part of a file name (empty, ".", "..", with "/" or a control character); a
// signature that cannot be parsed, because a package must not pass as
// unsigned by having a broken signature. Signatures are not verified, the
// payload is not unpacked, and it is compared with its digest on demand only. Paths in the file list are data, not names of
// files here, and are taken as they are; they cannot hold a NUL, but may hold
// any other byte, line breaks included.
package header

import (
	"io"

	"compose/internal/rpm"
)

// firstRead is how much Read asks for at once: the headers of nearly every
// package fit, so reading over HTTP ranges takes one request.
const firstRead = 64 << 10

// Read reads the headers of the package that r gives; size is that of the
// whole file. It makes one ReadAt of up to 64 KiB and further ones only when
// the headers are longer. Sum stays empty. Errors name no file.
func Read(r io.ReaderAt, size int64) (*rpm.Package, *rpm.Details, error) {
	s := getScratch()
	defer s.put()
	s.reset(r, size)
	if err := s.fill(min(size, firstRead)); err != nil {
		return nil, nil, err
	}
	return s.decode()
}

// decode makes the records of what s.raw begins with, reading more as needed.
func (s *scratch) decode() (*rpm.Package, *rpm.Details, error) {
	lay, err := s.layout()
	if err != nil {
		return nil, nil, err
	}
	t, err := s.headers(lay)
	if err != nil {
		return nil, nil, err
	}
	if err := s.verify(lay, t); err != nil {
		return nil, nil, err
	}
	p, d, err := t.records()
	if err != nil {
		return nil, nil, err
	}
	if s.digests {
		if err := t.digests(d); err != nil {
			return nil, nil, err
		}
	}
	if s.payloads {
		s.payload = t.payload()
	}
	p.Size, p.HeaderStart, p.HeaderEnd = s.size, int64(lay.main.start), int64(lay.main.end)
	return p, d, nil
}
