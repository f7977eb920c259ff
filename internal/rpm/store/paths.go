package store

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"compose/internal/rpm"
)

// A list of paths is kept by directory, so that a reader can step over the
// directories it does not want: for each directory its name with the trailing
// slash, the number of its entries and the bytes they take, all this preceded
// by its length; then the entries of all, in the order of the directories.
// Strings are preceded by their length; numbers are varints.

// pathPacker turns file lists into that form; it keeps its memory.
type pathPacker struct {
	at   map[string]int // number of a directory
	dirs []packedDir
	of   []int32 // the directory of each file
}

type packedDir struct {
	dir         string
	count, size int // of the entries; size is in bytes
}

// pack appends the packed paths of files to b.
func (k *pathPacker) pack(b []byte, files []rpm.File) []byte {
	if len(files) == 0 {
		return b
	}
	defer k.forget()
	if k.at == nil {
		k.at = map[string]int{}
	}
	last := -1
	for i := range files {
		last = k.add(files[i].Path, last)
		k.of = append(k.of, int32(last))
	}
	heads, names := 0, 0
	for _, d := range k.dirs {
		heads += textSize(len(d.dir)) + varintSize(d.count) + varintSize(d.size)
		names += d.size
	}
	b = slices.Grow(b, varintSize(heads)+heads+names)
	b = binary.AppendUvarint(b, uint64(heads))
	for _, d := range k.dirs {
		b = appendText(b, d.dir)
		b = binary.AppendUvarint(b, uint64(d.count))
		b = binary.AppendUvarint(b, uint64(d.size))
	}
	return k.names(b, files)
}

// names appends the names, each where those of its directory are.
func (k *pathPacker) names(b []byte, files []rpm.File) []byte {
	end := len(b)
	for i := range k.dirs {
		d := &k.dirs[i]
		end, d.size = end+d.size, end // from here on, where the next name goes
	}
	b = b[:end]
	for i := range files {
		d := &k.dirs[k.of[i]]
		d.size = len(appendText(b[:d.size], files[i].Path[len(d.dir):]))
	}
	return b
}

// add notes a path and gives the number of its directory; last is that of the
// path before, -1 for the first.
func (k *pathPacker) add(path string, last int) int {
	cut := strings.LastIndexByte(path, '/') + 1
	if last < 0 || k.dirs[last].dir != path[:cut] {
		var ok bool
		if last, ok = k.at[path[:cut]]; !ok {
			last = len(k.dirs)
			k.at[path[:cut]] = last
			k.dirs = append(k.dirs, packedDir{dir: path[:cut]})
		}
	}
	d := &k.dirs[last]
	d.count++
	d.size += textSize(len(path) - cut)
	return last
}

// forget lets go of the paths. A map that has become large is dropped, since
// to clear it takes time for each package that follows.
func (k *pathPacker) forget() {
	if len(k.at) > 1000 {
		k.at = nil
	}
	clear(k.at)
	clear(k.dirs)
	k.dirs, k.of = k.dirs[:0], k.of[:0]
}

// memory is about how much it keeps.
func (k *pathPacker) memory() int { return cap(k.dirs)*32 + cap(k.of)*4 }

// textSize is the size of a string of n bytes with its length before it.
func textSize(n int) int { return varintSize(n) + n }

func varintSize(n int) int {
	size := 1
	for ; n >= 0x80; n >>= 7 {
		size++
	}
	return size
}

func appendText(b []byte, s string) []byte {
	b = binary.AppendUvarint(b, uint64(len(s)))
	return append(b, s...)
}

var errPaths = fmt.Errorf("%w: list of paths does not decode", ErrDamaged)

// eachPath calls fn with the paths in b whose directory is wanted, until fn
// returns false. The path lies in *buf.
func eachPath(b []byte, buf *[]byte, want, fn func([]byte) bool) error {
	if len(b) == 0 {
		return nil
	}
	names := decoder{b: b}
	heads := decoder{b: names.bytes()}
	for len(heads.b) > 0 {
		dir, count, size := heads.bytes(), heads.number(), heads.number()
		block := decoder{b: names.take(size)}
		if heads.bad || names.bad {
			return errPaths
		}
		if count == 0 || !want(dir) {
			continue
		}
		if more, err := block.eachName(buf, dir, count, fn); !more || err != nil {
			return err
		}
	}
	return nil
}

// eachName goes through the names of one directory; false ends the walk.
func (d *decoder) eachName(buf *[]byte, dir []byte, count uint64, fn func([]byte) bool) (bool, error) {
	path := append((*buf)[:0], dir...)
	for range count {
		name := d.bytes()
		if d.bad {
			return false, errPaths
		}
		path = append(path[:len(dir)], name...)
		*buf = path
		if !fn(path) {
			return false, nil
		}
	}
	if len(d.b) > 0 {
		return false, errPaths
	}
	return true, nil
}

// bytes reads a string that is preceded by its length.
func (d *decoder) bytes() []byte { return d.take(d.number()) }

// take takes the next n bytes.
func (d *decoder) take(n uint64) []byte {
	if n > uint64(len(d.b)) {
		d.fail()
		return nil
	}
	b := d.b[:n]
	d.b = d.b[n:]
	return b
}
