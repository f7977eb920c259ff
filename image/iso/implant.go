package iso

import (
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"hash"
	"strings"
)

// How isomd5sum computes what it implants. The sum covers the volume without
// its last sectors, with blanks where it is implanted itself. After the first
// block of each fragment but the first, the running sum gives that fragment's
// digits.
const (
	skipSectors    = 15
	fragments      = 20
	fragmentDigits = 3
	blockSize      = 32768
)

// implanter computes the MD5 to implant: all of an image is written to it.
type implanter struct {
	hash   hash.Hash
	total  int64 // bytes that are covered
	offset int64
	last   int64 // fragment
	block  []byte
	parts  strings.Builder
}

func newImplanter(size int64) *implanter {
	return &implanter{hash: md5.New(), total: size - skipSectors*sectorSize, block: make([]byte, 0, blockSize)}
}

// Write takes the next bytes. Blocks are cut here: the caller need not.
func (m *implanter) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 {
		if len(m.block) == 0 && len(p) >= blockSize {
			m.add(p[:blockSize])
			p = p[blockSize:]
			continue
		}
		take := min(blockSize-len(m.block), len(p))
		m.block = append(m.block, p[:take]...)
		p = p[take:]
		if len(m.block) == blockSize {
			m.add(m.block)
			m.block = m.block[:0]
		}
	}
	return n, nil
}

// add hashes one block, or as much of it as is covered.
func (m *implanter) add(block []byte) {
	if left := m.total - m.offset; left < int64(len(block)) {
		block = block[:max(left, 0)]
	}
	if len(block) == 0 {
		return
	}
	m.hash.Write(block)
	if at := m.offset * (fragments + 1) / m.total; at != m.last {
		m.last = at
		sum := m.hash.Sum(nil)
		for _, b := range sum[:fragmentDigits] {
			m.parts.WriteByte(fmt.Sprintf("%x", b)[0]) // not padded: that is how isomd5sum has it
		}
	}
	m.offset += int64(len(block))
}

// sums gives the MD5 and the digits of the fragments, in hex.
func (m *implanter) sums() (whole, parts string) {
	m.add(m.block)
	m.block = m.block[:0]
	return hex.EncodeToString(m.hash.Sum(nil)), m.parts.String()
}

// implantText is what is implanted.
func implantText(whole, parts string, kind Implant) string {
	status := 0
	if kind == ImplantSupported {
		status = 1
	}
	return fmt.Sprintf("ISO MD5SUM = %s;SKIPSECTORS = %d;RHLISOSTATUS=%d;FRAGMENT SUMS = %s;FRAGMENT COUNT = %d;"+
		"THIS IS NOT THE SAME AS RUNNING MD5SUM ON THIS ISO!!", whole, skipSectors, status, parts, fragments)
}
