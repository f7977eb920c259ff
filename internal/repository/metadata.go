package repository

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"time"

	"compose/internal/fetch"
	"compose/internal/rpmmd"
)

// The bounds of metadata whose size is not stated.
const (
	maxMetadata = 4 << 30  // a file
	maxOpen     = 16 << 30 // what it decompresses to
)

// Find gives the entry of a type in repomd.xml.
func (r *Repository) Find(typ string) (rpmmd.RepomdData, error) {
	d, ok := r.Repomd.Find(typ)
	if !ok {
		return d, fmt.Errorf("repository %s: repomd.xml names no %s", r.Name, typ)
	}
	return d, nil
}

// File gives the path of a metadata file whose size and checksum are those
// that repomd.xml states. A remote file is kept in the cache.
func (r *Repository) File(ctx context.Context, d rpmmd.RepomdData) (string, error) {
	file, err := r.file(ctx, d)
	return file, r.Reading(d.Type, err)
}

func (r *Repository) file(ctx context.Context, d rpmmd.RepomdData) (string, error) {
	if err := CheckHref(d.Href); err != nil {
		return "", err
	}
	sum := fetch.Digest(d.Sum)
	if err := sum.Check(); err != nil {
		return "", err
	}
	if r.Dir != "" {
		file := LocalFile(r.Dir, d.Href)
		return file, sum.VerifyFile(ctx, file)
	}
	file := filepath.Join(r.access.Dir, "metadata", sum.Hex[:2], sum.Hex)
	if sum.VerifyFile(ctx, file) == nil {
		os.Chtimes(file, time.Time{}, time.Now()) // used: see pkgset's cache
		return file, nil
	}
	return file, r.access.Fetch.File(ctx, r.MetadataRequest(d), file)
}

// MetadataRequest asks for a metadata file as it is.
func (r *Repository) MetadataRequest(d rpmmd.RepomdData) fetch.Request {
	return fetch.Request{Mirrors: r.Mirrors, Path: d.Href, Size: d.Size, Max: maxMetadata, Sum: fetch.Digest(d.Sum)}
}

// Open gives the content of a metadata file, verified and decompressed. It
// ends with an error when there is more than repomd.xml states.
func (r *Repository) Open(ctx context.Context, d rpmmd.RepomdData) (io.ReadCloser, error) {
	file, err := r.File(ctx, d)
	if err != nil {
		return nil, err
	}
	s, err := OpenFile(file, d)
	return s, r.Reading(d.Type, err)
}

// OpenFile decompresses a file that holds the metadata d, within the size
// that d states.
func OpenFile(file string, d rpmmd.RepomdData) (io.ReadCloser, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	z, err := rpmmd.Decompress(f, path.Base(d.Href))
	if err != nil {
		f.Close()
		return nil, err
	}
	limit := d.OpenSize
	if limit <= 0 {
		limit = maxOpen
	}
	return &stream{rpmmd.Bounded(z, limit), z, f}, nil
}

// ReadAll gives the whole content of a metadata file of at most max bytes.
func (r *Repository) ReadAll(ctx context.Context, d rpmmd.RepomdData, max int64) ([]byte, error) {
	s, err := r.Open(ctx, d)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	b, err := io.ReadAll(rpmmd.Bounded(s, max))
	return b, r.Reading(d.Type, err)
}

// Reading says in which file of the repository an error was met; nil stays
// nil.
func (r *Repository) Reading(typ string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("repository %s: reading %s: %w", r.Name, typ, err)
}

// stream reads a decompressed file and closes what is below.
type stream struct {
	io.Reader
	z io.Closer
	f *os.File
}

func (s *stream) Close() error { return errors.Join(s.z.Close(), s.f.Close()) }
