package image

import (
	"errors"
	"fmt"
	"path"
	"strconv"
)

// MediaFile is a file that goes onto one disc of a set, or onto each.
type MediaFile struct {
	Path   string // below the tree
	Size   int64  // bytes
	Sticky bool   // on every disc
}

// MediaDisc is what one disc of a set holds.
type MediaDisc struct {
	Files []string // sticky ones first, then in the order given
	Size  int64    // in whole blocks
}

// discBlock is the block size of discs, to which sizes are rounded up.
const discBlock = 2048

// SplitMedia distributes files over discs of at most limit bytes, as Pungi's
// MediaSplitter does: files stay in order, each goes onto the disc that was
// begun last or else onto a new one, so the number of discs is not the least
// possible. Limit 0 is one disc for all. No files are no discs.
func SplitMedia(files []MediaFile, limit int64) ([]MediaDisc, error) {
	sizes := map[string]int64{}
	sticky := MediaDisc{}
	var others []MediaFile
	for _, f := range files {
		f.Path = path.Clean(f.Path)
		if f.Size < 0 || limit > 0 && f.Size > limit {
			return nil, fmt.Errorf("splitting media: %s has %d bytes, a disc %d", f.Path, f.Size, limit)
		}
		if old, ok := sizes[f.Path]; ok {
			if old != f.Size {
				return nil, fmt.Errorf("splitting media: %s has %d bytes and %d", f.Path, old, f.Size)
			}
			continue
		}
		sizes[f.Path] = f.Size
		if f.Sticky {
			sticky.add(f)
		} else {
			others = append(others, f)
		}
	}
	var discs []MediaDisc
	for _, f := range others {
		if n := len(discs); n == 0 || limit > 0 && discs[n-1].Size+blocks(f.Size) > limit {
			discs = append(discs, MediaDisc{Files: append([]string(nil), sticky.Files...), Size: sticky.Size})
		}
		discs[len(discs)-1].add(f)
	}
	if len(discs) == 0 && len(sticky.Files) > 0 {
		discs = []MediaDisc{sticky}
	}
	return discs, nil
}

func (d *MediaDisc) add(f MediaFile) {
	d.Files = append(d.Files, f.Path)
	d.Size += blocks(f.Size)
}

func blocks(size int64) int64 { return (size + discBlock - 1) / discBlock * discBlock }

// ParseMediaSize reads a size as iso_size and split_iso_reserve have it: a
// number of bytes, or one of k, M or G behind it, powers of 1024.
func ParseMediaSize(s string) (int64, error) {
	unit := int64(1)
	digits := s
	if s != "" {
		switch s[len(s)-1] {
		case 'b':
		case 'k':
			unit = 1 << 10
		case 'M':
			unit = 1 << 20
		case 'G':
			unit = 1 << 30
		default:
			digits += "b"
		}
		digits = digits[:len(digits)-1]
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	switch {
	case err != nil:
		return 0, fmt.Errorf("media size %q: not a number with b, k, M or G behind it", s)
	case n <= 0:
		return 0, fmt.Errorf("media size %q: not positive", s)
	case n > 1<<62/unit:
		return 0, errors.New("media size " + strconv.Quote(s) + ": too large")
	}
	return n * unit, nil
}
