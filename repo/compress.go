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

func newCompressor(typ string) (compressor, error) {
	switch typ {
	case "none":
		return plainCompressor{}, nil
	case "gz":
		w, err := gzip.NewWriterLevel(nil, gzip.DefaultCompression)
		return &gzipCompressor{w}, err
	case "zst":
		w, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
		return &zstdCompressor{w}, err
	}
	_, err := suffixOf(typ)
	return nil, err
}

// suffixOf gives the suffix of files of a compression.
func suffixOf(typ string) (string, error) {
	switch typ {
	case "none":
		return "", nil
	case "gz", "zst":
		return "." + typ, nil
	}
	return "", fmt.Errorf("compression %q: only gz, zst and none are written", typ)
}

type plainCompressor struct{}

func (plainCompressor) frame(dst, data []byte) []byte { return append(dst, data...) }

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
