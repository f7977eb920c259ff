package repo

import (
	"bytes"
	"fmt"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// compressor makes one frame (zstd) or member (gzip) at a time: files are
// rows of them, which every decompressor reads as one stream. The bytes
// depend on the data only. One goroutine uses it at a time.
type compressor interface {
	// frame appends the compressed data to dst.
	frame(dst, data []byte) []byte
}

// newCompressor gives nil where files are not made of frames.
func newCompressor(typ string) (compressor, error) {
	switch typ {
	case "gz":
		w, err := gzip.NewWriterLevel(nil, gzip.DefaultCompression)
		return &gzipCompressor{w}, err
	case "zst":
		w, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(pieceSize), zstd.WithLowerEncoderMem(true))
		return &zstdCompressor{w}, err
	}
	_, err := suffixOf(typ)
	return nil, err
}

// framed says whether files of a compression are rows of frames.
func framed(typ string) bool { return typ == "gz" || typ == "zst" }

// suffixOf gives the suffix of files of a compression.
func suffixOf(typ string) (string, error) {
	switch typ {
	case "none":
		return "", nil
	case "gz", "zst", "xz":
		return "." + typ, nil
	}
	return "", fmt.Errorf("compression %q: only gz, zst, xz and none are written", typ)
}

type gzipCompressor struct{ w *gzip.Writer }

func (c *gzipCompressor) frame(dst, data []byte) []byte {
	b := bytes.NewBuffer(dst)
	c.w.Reset(b)
	c.w.Write(data) // to memory: no error
	c.w.Close()
	return b.Bytes()
}

type zstdCompressor struct{ w *zstd.Encoder }

func (c *zstdCompressor) frame(dst, data []byte) []byte { return c.w.EncodeAll(data, dst) }
