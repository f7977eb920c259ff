package pkgset

import (
	"context"
	"errors"
	"io"
	"os"

	"compose/internal/fetch"
	"compose/internal/rpm"
	"compose/internal/rpm/header"
)

// maxHeader bounds what is read at once of a remote package.
const maxHeader = 64 << 20

// readHeader reads the header of a package of a repository and no more of
// it. bad says that the header is no good, err that it could not be had.
func readHeader(ctx context.Context, c *fetch.Client, e *Entry) (p *rpm.Package, bad, err error) {
	if e.remote.Local != "" {
		return readLocalHeader(e.remote.Local)
	}
	at := &source{ReaderAt: c.Ranges(ctx, e.remote.Request(e.Pkg))}
	size := e.Pkg.Size
	// Where the metadata says how long the header is, one request is enough.
	if end := e.Pkg.HeaderEnd; end > 0 && end <= min(size, maxHeader) {
		b := make([]byte, end)
		if _, err := at.ReadAt(b, 0); err != nil {
			return nil, nil, err
		}
		if p, _, err := header.Read(prefix(b), size); err == nil {
			return p, nil, nil
		}
	}
	p, _, bad = header.Read(at, size)
	if at.err != nil {
		return nil, nil, at.err
	}
	return p, bad, nil
}

func readLocalHeader(path string) (p *rpm.Package, bad, err error) {
	fi, bad := os.Stat(path)
	if bad == nil && !fi.Mode().IsRegular() {
		bad = errNotRegular
	}
	if bad != nil {
		return nil, bad, nil
	}
	f, bad := os.Open(path)
	if bad != nil {
		return nil, bad, nil
	}
	defer f.Close()
	p, _, bad = header.Read(f, fi.Size())
	return p, bad, nil
}

// source keeps the error of fetching apart from that of parsing.
type source struct {
	io.ReaderAt
	err error
}

func (s *source) ReadAt(p []byte, off int64) (int, error) {
	n, err := s.ReaderAt.ReadAt(p, off)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

// prefix is the beginning of a file, with zeros for the rest: reading a
// header takes more than the header at once, but does not look at it.
type prefix []byte

func (b prefix) ReadAt(p []byte, off int64) (int, error) {
	n := copy(p, b[min(off, int64(len(b))):])
	clear(p[n:])
	return len(p), nil
}
