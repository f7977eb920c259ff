package universe

import (
	"hash/maphash"
	"unsafe"
)

// texts are strings, one after the other.
type texts struct {
	all    string
	ends   []uint32
	hashes []uint32 // of each, where the set was built by this process
}

func (t *texts) at(i uint32) string {
	start := uint32(0)
	if i > 0 {
		start = t.ends[i-1]
	}
	return t.all[start:t.ends[i]]
}

// seed is the same for all tables of a process, so that hashes can be taken
// over. No number depends on it: texts are numbered as they come.
var seed = maphash.MakeSeed()

// textTable gives each different text a number.
type textTable struct {
	all    []byte
	ends   []uint32
	hashes []uint32
	slots  []uint32 // hash table: 1 + the number of a text; its length is a power of two
}

func newTextTable() *textTable { return &textTable{slots: make([]uint32, 1<<10)} }

// bytes gives the number of a text.
func (t *textTable) bytes(b []byte) uint32 {
	return t.hashed(unsafe.String(unsafe.SliceData(b), len(b)), uint32(maphash.Bytes(seed, b)))
}

// str is bytes for a string.
func (t *textTable) str(s string) uint32 { return t.hashed(s, uint32(maphash.String(seed, s))) }

// hashed is str for a text whose hash is known. s is not kept.
func (t *textTable) hashed(s string, hash uint32) uint32 {
	mask := uint32(len(t.slots) - 1)
	i := hash & mask
	for ; t.slots[i] != 0; i = (i + 1) & mask {
		if id := t.slots[i] - 1; t.hashes[id] == hash && t.is(id, s) {
			return id
		}
	}
	id := uint32(len(t.ends))
	t.all = append(t.all, s...)
	t.ends = append(t.ends, uint32(len(t.all)))
	t.hashes = append(t.hashes, hash)
	t.slots[i] = id + 1
	if 4*len(t.ends) > 3*len(t.slots) {
		t.slots = rehash(t.hashes, 2*len(t.slots))
	}
	return id
}

func (t *textTable) is(id uint32, s string) bool {
	start := uint32(0)
	if id > 0 {
		start = t.ends[id-1]
	}
	return string(t.all[start:t.ends[id]]) == s
}

// rehash makes a hash table of that size for entries with these hashes.
func rehash(hashes []uint32, size int) []uint32 {
	slots, mask := make([]uint32, size), uint32(size-1)
	for id, hash := range hashes {
		i := hash & mask
		for ; slots[i] != 0; i = (i + 1) & mask {
		}
		slots[i] = uint32(id) + 1
	}
	return slots
}

// texts gives what was collected.
func (t *textTable) texts() texts {
	return texts{all: unsafe.String(unsafe.SliceData(t.all), len(t.all)), ends: t.ends, hashes: t.hashes}
}

// depTable gives each different dependency a number.
type depTable struct {
	rows   []depRow
	hashes []uint32
	slots  []uint32
}

func newDepTable() *depTable { return &depTable{slots: make([]uint32, 1<<10)} }

// add gives the number of a dependency, and whether it is new.
func (t *depTable) add(d depRow) (uint32, bool) {
	hash := (d.name*0x9e3779b1 ^ d.evr*0x85ebca77 ^ d.sense*0xc2b2ae3d)
	hash ^= hash >> 15
	mask := uint32(len(t.slots) - 1)
	i := hash & mask
	for ; t.slots[i] != 0; i = (i + 1) & mask {
		if id := t.slots[i] - 1; t.rows[id] == d {
			return id, false
		}
	}
	id := uint32(len(t.rows))
	t.rows, t.hashes = append(t.rows, d), append(t.hashes, hash)
	t.slots[i] = id + 1
	if 4*len(t.rows) > 3*len(t.slots) {
		t.slots = rehash(t.hashes, 2*len(t.slots))
	}
	return id, true
}
