package store

import (
	"fmt"
	"slices"

	"github.com/klauspost/compress/s2"
)

// appendBlock appends raw in its stored form: an S2 block, or raw itself
// where that is not larger. A block whose stored length is its raw length is
// plain. No block unpacks to more than maxRatio times its size, so that a
// reader can bound what it allocates.
func appendBlock(dst, raw []byte) []byte {
	if len(raw) == 0 {
		return dst
	}
	start := len(dst)
	dst = slices.Grow(dst, s2.MaxEncodedLen(len(raw)))
	packed := s2.Encode(dst[start:cap(dst)], raw)
	if len(packed) >= len(raw) || len(raw)/len(packed) >= maxRatio {
		return append(dst[:start], raw...)
	}
	return dst[:start+len(packed)]
}

// openBlock gives the raw bytes of a stored block: the block itself when it
// is plain, else buf, grown as needed.
func openBlock(buf *[]byte, block []byte, sum uint32, raw int64) ([]byte, error) {
	if addSum(0, block) != sum {
		return nil, fmt.Errorf("%w: checksum differs", ErrDamaged)
	}
	if int64(len(block)) == raw {
		return block, nil
	}
	if len(block) == 0 || raw/int64(len(block)) >= maxRatio {
		return nil, fmt.Errorf("%w: block of %d bytes for %d", ErrDamaged, len(block), raw)
	}
	if n, err := s2.DecodedLen(block); err != nil || int64(n) != raw {
		return nil, fmt.Errorf("%w: block is not %d bytes", ErrDamaged, raw)
	}
	*buf = sized(*buf, int(raw))
	if _, err := s2.Decode(*buf, block); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return *buf, nil
}

// sized gives a slice of n bytes, b itself when it has the room. The content
// is not kept.
func sized(b []byte, n int) []byte {
	if cap(b) < n {
		return make([]byte, n, n+n/4)
	}
	return b[:n]
}
