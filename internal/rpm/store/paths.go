package store

import (
	"encoding/binary"
	"fmt"
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
	dirs  map[string]int
	names []dirNames
	heads []byte
}

type dirNames struct {
	dir   string
	count int
	names []byte
}

// pack appends the packed paths of files to b.
func (k *pathPacker) pack(b []byte, files []rpm.File) []byte {
	if len(files) == 0 {
		return b
	}
	if k.dirs == nil {
		k.dirs = map[string]int{}
	}
	clear(k.dirs)
	n, last := 0, 0
	for i := range files {
		n, last = k.add(files[i].Path, n, last)
	}
	k.heads = k.heads[:0]
	for _, d := range k.names[:n] {
		k.heads = appendText(k.heads, d.dir)
		k.heads = binary.AppendUvarint(k.heads, uint64(d.count))
		k.heads = binary.AppendUvarint(k.heads, uint64(len(d.names)))
	}
	b = binary.AppendUvarint(b, uint64(len(k.heads)))
	b = append(b, k.heads...)
	for _, d := range k.names[:n] {
		b = append(b, d.names...)
	}
	return b
}

// add notes a path; n is the number of directories so far, last that of the
// path before.
func (k *pathPacker) add(path string, n, last int) (dirs, at int) {
	cut := strings.LastIndexByte(path, '/') + 1
	at = last
	if n == 0 || k.names[last].dir != path[:cut] {
		at, n = k.dir(path[:cut], n)
	}
	d := &k.names[at]
	d.count++
	d.names = appendText(d.names, path[cut:])
	return n, at
}

// dir gives the number of a directory, and how many there are now.
func (k *pathPacker) dir(dir string, n int) (at, dirs int) {
	if at, ok := k.dirs[dir]; ok {
		return at, n
	}
	k.dirs[dir] = n
	if n == len(k.names) {
		k.names = append(k.names, dirNames{})
	}
	k.names[n] = dirNames{dir: dir, names: k.names[n].names[:0]}
	return n, n + 1
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
