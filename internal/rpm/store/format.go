package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// Generation numbers what the records say. Raise it whenever internal/rpm,
// its header reader or internal/rpmmd say something else for the same RPM
// than before: older packs are then ignored and every package is read again.
const Generation = 1

const (
	layout      = 1 // of a pack; raise when the format changes
	packVersion = layout<<16 | Generation
	packMagic   = "composeP"
	headerSize  = 16
	footerSize  = 72
	keySize     = len(Key{})
	maxTail     = 1 << 30 // bytes of one pack's tail
	maxRaw      = 1 << 30 // bytes of one record's fragments or paths, unpacked
	maxRatio    = 256     // a block that packs better than this is stored plain
)

// What a key stands for is a number with flags.
const (
	refAlias   = 1 << 31 // the key was added by Alias
	refOutside = 1 << 30 // the number is that of a target, not of a record
	refNumber  = refOutside - 1
)

// ErrDamaged says that bytes are not those that were written. Where a record
// turns out to be damaged, its pack is no longer used and gone from the disk:
// the next Get of its packages misses.
var ErrDamaged = errors.New("damaged")

// errVersion marks a pack that another version of the program wrote.
var errVersion = errors.New("written by another version")

// addSum carries the checksum on over b; it starts at 0.
func addSum(sum uint32, b []byte) uint32 {
	return crc32.Update(sum, crc32.MakeTable(crc32.Castagnoli), b)
}

// footer says where everything in a pack is.
type footer struct {
	tailOff   uint64
	tailLen   uint64
	records   uint32
	strings   uint32
	keys      uint32
	targets   uint32
	solverLen uint64
	textLen   uint64
	tailSum   uint32
}

func appendHeader(b []byte) []byte {
	b = append(b, packMagic...)
	b = binary.LittleEndian.AppendUint32(b, packVersion)
	return binary.LittleEndian.AppendUint32(b, 0)
}

func (f *footer) append(b []byte) []byte {
	le, start := binary.LittleEndian, len(b)
	b = le.AppendUint64(b, f.tailOff)
	b = le.AppendUint64(b, f.tailLen)
	b = le.AppendUint32(b, f.records)
	b = le.AppendUint32(b, f.strings)
	b = le.AppendUint32(b, f.keys)
	b = le.AppendUint32(b, f.targets)
	b = le.AppendUint64(b, f.solverLen)
	b = le.AppendUint64(b, f.textLen)
	b = le.AppendUint32(b, f.tailSum)
	b = le.AppendUint32(b, 0)
	b = le.AppendUint32(b, addSum(0, b[start:]))
	b = le.AppendUint32(b, packVersion)
	return append(b, packMagic...)
}

// readFooter reads and checks the footer of a pack of size bytes. What it
// returns is consistent: the parts fill the file exactly.
func readFooter(r io.ReaderAt, size int64) (footer, error) {
	var f footer
	if size < headerSize+footerSize {
		return f, fmt.Errorf("%w: %d bytes are too few", ErrDamaged, size)
	}
	var b [footerSize]byte
	if err := readAt(r, b[:], size-footerSize); err != nil {
		return f, err
	}
	le := binary.LittleEndian
	if string(b[64:]) != packMagic {
		return f, fmt.Errorf("%w: no footer", ErrDamaged)
	}
	if le.Uint32(b[60:]) != packVersion {
		return f, errVersion
	}
	if le.Uint32(b[56:]) != addSum(0, b[:56]) {
		return f, fmt.Errorf("%w: footer checksum differs", ErrDamaged)
	}
	f = footer{
		tailOff: le.Uint64(b[0:]), tailLen: le.Uint64(b[8:]),
		records: le.Uint32(b[16:]), strings: le.Uint32(b[20:]), keys: le.Uint32(b[24:]), targets: le.Uint32(b[28:]),
		solverLen: le.Uint64(b[32:]), textLen: le.Uint64(b[40:]), tailSum: le.Uint32(b[48:]),
	}
	return f, f.check(uint64(size))
}

func (f *footer) check(size uint64) error {
	if f.tailLen > maxTail || f.solverLen > maxTail || f.textLen > maxTail {
		return fmt.Errorf("%w: tail too long", ErrDamaged)
	}
	if f.tailOff < headerSize || f.tailOff > size || f.tailOff+f.tailLen+footerSize != size {
		return fmt.Errorf("%w: tail not where the footer says", ErrDamaged)
	}
	if f.metaLen()+f.textLen != f.tailLen {
		return fmt.Errorf("%w: parts do not fill the tail", ErrDamaged)
	}
	return nil
}

// metaLen is the size of the tail without the strings.
func (f *footer) metaLen() uint64 {
	return (uint64(f.records)+1)*4 + f.solverLen + uint64(f.keys)*(uint64(keySize)+4) +
		uint64(f.targets)*uint64(keySize) + (uint64(f.strings)+1)*4
}

// readAt fills b from r at off; a file that ends early is damaged.
func readAt(r io.ReaderAt, b []byte, off int64) error {
	n, err := r.ReadAt(b, off)
	if n == len(b) {
		return nil
	}
	if err == io.EOF {
		return fmt.Errorf("%w: file ends early", ErrDamaged)
	}
	return err
}
