package fat

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// table is a file allocation table: for each cluster the next one of its
// file.
type table struct {
	kind     Kind
	b        []byte
	clusters uint32
}

// endOfFile is a mark that no kind takes for a cluster.
const endOfFile = 0x0fffffff

// get gives the next cluster: 0 for a free one.
func (t *table) get(n uint32) uint32 {
	le := binary.LittleEndian
	switch t.kind {
	case FAT12:
		v := uint32(le.Uint16(t.b[n*3/2:]))
		if n%2 == 1 {
			return v >> 4
		}
		return v & 0xfff
	case FAT16:
		return uint32(le.Uint16(t.b[n*2:]))
	}
	return le.Uint32(t.b[n*4:]) & 0x0fffffff
}

// set notes the next cluster; endOfFile ends a file.
func (t *table) set(n, next uint32) {
	le := binary.LittleEndian
	switch t.kind {
	case FAT12:
		at := n * 3 / 2
		v := le.Uint16(t.b[at:])
		if n%2 == 1 {
			v = v&0x000f | uint16(next&0xfff)<<4
		} else {
			v = v&0xf000 | uint16(next&0xfff)
		}
		le.PutUint16(t.b[at:], v)
	case FAT16:
		le.PutUint16(t.b[n*2:], uint16(next))
	default:
		le.PutUint32(t.b[n*4:], le.Uint32(t.b[n*4:])&0xf0000000|next&0x0fffffff)
	}
}

// isCluster says whether n is the number of a cluster and no mark.
func (t *table) isCluster(n uint32) bool { return n >= 2 && n-2 < t.clusters }

// chain lists the clusters of a file.
func (t *table) chain(first uint32) ([]uint32, error) {
	var out []uint32
	for n := first; ; n = t.get(n) {
		if !t.isCluster(n) {
			if n < 2 && n != first || len(out) == 0 && n != 0 {
				return nil, fmt.Errorf("a file goes on in cluster %d", n)
			}
			return out, nil
		}
		if out = append(out, n); uint32(len(out)) > t.clusters {
			return nil, errors.New("a file goes round in a circle")
		}
	}
}

// resize makes a chain n clusters long, and gives it: clusters that are not
// needed are freed, free ones are taken in their order.
func (t *table) resize(chain []uint32, n int) ([]uint32, error) {
	for _, c := range chain[min(n, len(chain)):] {
		t.set(c, 0)
	}
	out := append([]uint32(nil), chain[:min(n, len(chain))]...)
	for c := uint32(2); len(out) < n; c++ {
		if !t.isCluster(c) {
			return nil, fmt.Errorf("%d clusters are needed, %d fewer are free", n, n-len(out))
		}
		if t.get(c) == 0 {
			t.set(c, endOfFile)
			out = append(out, c)
		}
	}
	for i, c := range out {
		next := uint32(endOfFile)
		if i+1 < len(out) {
			next = out[i+1]
		}
		t.set(c, next)
	}
	return out, nil
}

// free counts the free clusters.
func (t *table) free() uint32 {
	n := uint32(0)
	for c := range t.clusters {
		if t.get(c+2) == 0 {
			n++
		}
	}
	return n
}
