package disk

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math"
	"os"

	"golang.org/x/sys/unix"
)

// nextData gives where the next bytes of a file that are not a hole begin;
// math.MaxInt64 where none come.
func nextData(f *os.File, at int64) (int64, error) {
	n, err := unix.Seek(int(f.Fd()), at, unix.SEEK_DATA)
	switch {
	case errors.Is(err, unix.ENXIO):
		return math.MaxInt64, nil
	case errors.Is(err, unix.EINVAL): // a file system without holes
		return at, nil
	}
	return n, err
}

// copySparse writes what r gives into f from a place on, and leaves out zeros:
// f has nothing there yet. It returns the number of bytes.
func copySparse(ctx context.Context, f *os.File, at int64, r io.Reader) (int64, error) {
	b, zeros := make([]byte, 64<<10), make([]byte, 64<<10)
	total := int64(0)
	for {
		if ctx.Err() != nil {
			return total, context.Cause(ctx)
		}
		n, err := io.ReadFull(r, b)
		if n > 0 && !bytes.Equal(b[:n], zeros[:n]) {
			if _, err := f.WriteAt(b[:n], at+total); err != nil {
				return total, err
			}
		}
		total += int64(n)
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return total, nil
		}
		if err != nil {
			return total, err
		}
	}
}
