package rpmmd

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"errors"
	"fmt"
	"io"
	"path"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/xi2/xz"
)

// maxWindow bounds the memory that a compressed file may ask for. It is what
// the zstd and xz programs accept without being told.
const maxWindow = 128 << 20

// format is a compression by its suffix and its first bytes.
type format struct {
	suffix string
	magic  string
	open   func(r io.Reader) (io.ReadCloser, error)
}

func formats() []format {
	return []format{
		{".gz", "\x1f\x8b", openGzip},
		{".zst", "\x28\xb5\x2f\xfd", openZstd},
		{".xz", "\xfd7zXZ\x00", openXZ},
		{".bz2", "BZh", openBzip2},
		{".zck", "\x00ZCK1", nil},
	}
}

// Decompress reads what a file holds: gz, zst, xz and bz2, each also as a
// row of several streams, and plain files. The suffix of name decides, and
// what it says must be true; for any other name the first bytes decide. Close
// frees the decoder and does not close r.
//
// The length of the result is bounded by nothing; see Bounded.
func Decompress(r io.Reader, name string) (io.ReadCloser, error) {
	br := bufio.NewReaderSize(r, firstBuffer)
	start, err := br.Peek(8)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	suffix := path.Ext(name)
	for _, f := range formats() {
		is := bytes.HasPrefix(start, []byte(f.magic))
		switch {
		case f.suffix == suffix && !is:
			return nil, fmt.Errorf("%s: is not %s data", path.Base(name), f.suffix[1:])
		case is && f.open == nil:
			return nil, fmt.Errorf("%s: zchunk is not supported", path.Base(name))
		case is:
			return f.open(br)
		}
	}
	return io.NopCloser(br), nil
}

func openGzip(r io.Reader) (io.ReadCloser, error) { return gzip.NewReader(r) }

func openZstd(r io.Reader) (io.ReadCloser, error) {
	d, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderMaxMemory(1<<62))
	if err != nil {
		return nil, err
	}
	return d.IOReadCloser(), nil
}

func openXZ(r io.Reader) (io.ReadCloser, error) {
	x, err := xz.NewReader(r, maxWindow)
	if err != nil {
		return nil, err
	}
	return io.NopCloser(x), nil
}

func openBzip2(r io.Reader) (io.ReadCloser, error) { return io.NopCloser(bzip2.NewReader(r)), nil }
