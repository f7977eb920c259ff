package store

import (
	"errors"
	"fmt"

	"compose/internal/rpm"
)

// Record is what the store knows of one package. It is never changed, and
// may be read until the store is closed.
type Record struct {
	// Pkg has the package as it was given to Add.
	Pkg *rpm.Package

	pack *pack
	key  uint32 // number of its first key in the pack
	at   place
}

// Buffer holds the bytes of one record at a time; the zero value is ready.
// One goroutine uses it at a time. It keeps the room that the largest record
// so far needed.
type Buffer struct {
	stored, raw, path []byte

	// Spare is memory for whoever has the same use for the buffer and gets
	// its bytes elsewhere. The store does not touch it.
	Spare []byte
}

// Fragments gives the record's metadata fragments, valid until buf is used
// again.
func (r *Record) Fragments(buf *Buffer) (rpm.Fragments, error) {
	b, err := r.block(buf, block{r.at.off, r.at.frag, r.at.fragSum, r.at.fragRaw()})
	if err != nil {
		return rpm.Fragments{}, err
	}
	p, f := r.at.primary, r.at.primary+r.at.filelists
	return rpm.Fragments{Primary: b[:p:p], Filelists: b[p:f:f], Other: b[f:]}, nil
}

// EachPath calls fn with every path of the package until fn returns false:
// directory by directory, the directories in the order of their first file.
// The path is valid during the call. fn must not use buf.
func (r *Record) EachPath(buf *Buffer, fn func(path []byte) bool) error {
	return r.EachPathIn(buf, func([]byte) bool { return true }, fn)
}

// EachPathIn is EachPath for the paths that lie directly in some directories:
// want is asked once per directory, which it gets with its trailing slash.
// Unwanted directories cost next to nothing.
func (r *Record) EachPathIn(buf *Buffer, want func(dir []byte) bool, fn func(path []byte) bool) error {
	b, err := r.block(buf, block{r.at.off + int64(r.at.frag), r.at.paths, r.at.pathsSum, int64(r.at.pathsRaw)})
	if err != nil {
		return err
	}
	if err := eachPath(b, &buf.path, want, fn); err != nil {
		return r.spoiled(err)
	}
	return nil
}

// block says where a stored block is and what it must be.
type block struct {
	off    int64
	stored uint32
	sum    uint32
	raw    int64
}

// block reads and unpacks a block.
func (r *Record) block(buf *Buffer, b block) ([]byte, error) {
	buf.stored = sized(buf.stored, int(b.stored))
	if err := readAt(r.pack.file, buf.stored, b.off); err != nil {
		return nil, r.spoiled(err)
	}
	raw, err := openBlock(&buf.raw, buf.stored, b.sum, b.raw)
	if err != nil {
		return nil, r.spoiled(err)
	}
	return raw, nil
}

// spoiled makes the error of reading r, and drops a damaged pack.
func (r *Record) spoiled(err error) error {
	if errors.Is(err, ErrDamaged) {
		r.pack.condemn(err)
	}
	return fmt.Errorf("reading what is known of %s: %w", r.Pkg, err)
}
