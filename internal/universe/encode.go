package universe

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"slices"
)

// The stored form of a set: magic, digest, then the arrays, each behind its
// length, as 32-bit numbers, and the texts; at the end a CRC-32C of it all.
// All numbers are little-endian.
const magic = "compose packages 1\n"

// Digest identifies the packages of a set: the SHA-256 of their sorted
// checksums, one a line. Their order and where they lie do not matter.
type Digest [sha256.Size]byte

// Digest gives the set's digest.
func (s *Set) Digest() Digest {
	sums := make([]string, s.Len())
	size := 0
	for i := range sums {
		sums[i] = s.Sum(int32(i))
		size += len(sums[i]) + 1
	}
	slices.Sort(sums)
	all := make([]byte, 0, size)
	for _, sum := range sums {
		all = append(append(all, sum...), '\n')
	}
	return sha256.Sum256(all)
}

// HeadSize is how many bytes of a stored set ReadDigest wants.
const HeadSize = len(magic) + sha256.Size

// ReadDigest gives the digest of a stored set from its first bytes.
func ReadDigest(head []byte) (Digest, error) {
	if len(head) < HeadSize || string(head[:len(magic)]) != magic {
		return Digest{}, errNoSet
	}
	return Digest(head[len(magic):HeadSize]), nil
}

// Encode gives the stored form, for Decode.
func (s *Set) Encode() []byte {
	e := encoder{b: make([]byte, 0, len(s.texts.all)+len(s.sums.all)+4*s.numbers()+1<<10)}
	e.b = append(e.b, magic...)
	digest := s.Digest()
	e.b = append(e.b, digest[:]...)
	e.texts(&s.texts)
	e.texts(&s.sums)
	e.length(len(s.deps))
	for _, d := range s.deps {
		e.number(d.name, d.evr, d.sense)
	}
	e.length(len(s.pkgs))
	for _, p := range s.pkgs {
		e.number(p.name, p.version, p.release, p.arch, p.epoch)
	}
	for _, r := range s.rows() {
		e.array(r.ends)
		e.array(r.items)
	}
	e.array(s.rich)
	return binary.LittleEndian.AppendUint32(e.b, checksum(e.b))
}

// rows lists the set's lists in the order of the stored form.
func (s *Set) rows() []*rows {
	all := []*rows{&s.files, &s.leaves}
	for k := range s.lists {
		all = append(all, &s.lists[k])
	}
	return all
}

// numbers gives about how many numbers the stored form has.
func (s *Set) numbers() int {
	n := len(s.texts.ends) + len(s.sums.ends) + 3*len(s.deps) + 5*len(s.pkgs) + len(s.rich)
	for _, r := range s.rows() {
		n += len(r.ends) + len(r.items)
	}
	return n
}

func checksum(b []byte) uint32 { return crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)) }

type encoder struct{ b []byte }

func (e *encoder) number(list ...uint32) {
	for _, n := range list {
		e.b = binary.LittleEndian.AppendUint32(e.b, n)
	}
}

func (e *encoder) length(n int) { e.number(uint32(n)) }

func (e *encoder) array(list []uint32) {
	e.length(len(list))
	for _, n := range list {
		e.b = binary.LittleEndian.AppendUint32(e.b, n)
	}
}

func (e *encoder) texts(t *texts) {
	e.array(t.ends)
	e.length(len(t.all))
	e.b = append(e.b, t.all...)
}

var errNoSet = errors.New("not a stored list of packages, or one of another version")
