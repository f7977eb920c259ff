package store

import (
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"strings"
	"sync/atomic"
)

// pack is one pack as readers see it: opened from a file, or written by this
// process, when records is nil and the mutex of the store guards the rest.
type pack struct {
	name    string // without its ending; "" for one that has none (yet)
	file    io.ReaderAt
	close   func() error
	size    int64
	dataEnd int64

	offsets     []byte // uint32, of the solver records
	solver      []byte
	keys        []byte // keySize bytes each
	refs        []byte // uint32: what each key stands for
	targets     []byte // keys of records in other packs
	textOffsets []byte // uint32
	texts       string

	records []atomic.Pointer[Record] // what was decoded
	live    []*Record                // of a pack written by this process; nil where Put added one
	written []string                 // of a pack being written: its strings, by number
	shed    bool                     // the solver records and strings are on disk only
	used    []atomic.Uint32          // bits, by key: looked up since Open
	bad     atomic.Bool              // found damaged
	report  func(p *pack, err error) // called when a block turns out to be damaged
}

// openPack reads the tail of a pack of size bytes.
func openPack(r io.ReaderAt, size int64) (*pack, error) {
	f, err := readFooter(r, size)
	if err != nil {
		return nil, err
	}
	p := &pack{file: r, size: size, dataEnd: int64(f.tailOff)}
	meta := make([]byte, f.metaLen())
	if err := readAt(r, meta, int64(f.tailOff)); err != nil {
		return nil, err
	}
	sum, err := p.readTexts(int64(f.tailOff)+int64(len(meta)), int64(f.textLen), addSum(0, meta))
	if err != nil {
		return nil, err
	}
	if sum != f.tailSum {
		return nil, fmt.Errorf("%w: tail checksum differs", ErrDamaged)
	}
	p.split(meta, &f)
	p.records = make([]atomic.Pointer[Record], f.records)
	p.used = make([]atomic.Uint32, (f.keys+31)/32)
	return p, nil
}

// drop lets go of what a pack that was published has on disk as well.
func (p *pack) drop() {
	p.offsets, p.solver, p.written, p.shed = nil, nil, nil, true
}

// take reads again what drop let go of.
func (p *pack) take() error {
	if !p.shed {
		return nil
	}
	q, err := openPack(p.file, p.size)
	if err != nil {
		return err
	}
	p.offsets, p.solver, p.textOffsets, p.texts, p.shed = q.offsets, q.solver, q.textOffsets, q.texts, false
	return nil
}

// openPackFile opens a pack in the store in dir.
func openPackFile(dir, name string) (*pack, error) {
	file, err := os.Open(packPath(dir, name))
	if err != nil {
		return nil, err
	}
	st, err := file.Stat()
	if err == nil {
		var p *pack
		if p, err = openPack(file, st.Size()); err == nil {
			p.name, p.close = name, file.Close
			return p, nil
		}
	}
	file.Close()
	return nil, err
}

// readTexts reads the n bytes of all strings at off and carries on sum.
func (p *pack) readTexts(off, n int64, sum uint32) (uint32, error) {
	var b strings.Builder
	b.Grow(int(n))
	chunk := make([]byte, min(n, 256<<10))
	for n > 0 {
		chunk = chunk[:min(n, int64(len(chunk)))]
		if err := readAt(p.file, chunk, off); err != nil {
			return 0, err
		}
		sum = addSum(sum, chunk)
		b.Write(chunk)
		off, n = off+int64(len(chunk)), n-int64(len(chunk))
	}
	p.texts = b.String()
	return sum, nil
}

// split cuts the tail into its parts, whose sizes the footer has proved.
func (p *pack) split(meta []byte, f *footer) {
	next := func(n uint64) []byte {
		b := meta[:n:n]
		meta = meta[n:]
		return b
	}
	p.offsets = next((uint64(f.records) + 1) * 4)
	p.solver = next(f.solverLen)
	p.keys = next(uint64(f.keys) * uint64(keySize))
	p.refs = next(uint64(f.keys) * 4)
	p.targets = next(uint64(f.targets) * uint64(keySize))
	p.textOffsets = next((uint64(f.strings) + 1) * 4)
}

// span gives the bounds that entry n of a list of offsets has in a text of
// size bytes.
func span(offsets []byte, n uint64, size int) (from, to uint32, ok bool) {
	if n >= uint64(len(offsets)/4-1) {
		return 0, 0, false
	}
	from = binary.LittleEndian.Uint32(offsets[n*4:])
	to = binary.LittleEndian.Uint32(offsets[n*4+4:])
	return from, to, from <= to && uint64(to) <= uint64(size)
}

func (p *pack) solverRecord(n uint32) ([]byte, bool) {
	from, to, ok := span(p.offsets, uint64(n), len(p.solver))
	if !ok {
		return nil, false
	}
	return p.solver[from:to], true
}

// text gives string number id.
func (p *pack) text(id uint64) (string, bool) {
	if p.written != nil {
		if id >= uint64(len(p.written)) {
			return "", false
		}
		return p.written[id], true
	}
	from, to, ok := span(p.textOffsets, id, len(p.texts))
	if !ok {
		return "", false
	}
	return p.texts[from:to], true
}

func (p *pack) keyCount() int { return len(p.keys) / keySize }

func (p *pack) recordCount() int {
	if p.records == nil {
		return len(p.live)
	}
	return len(p.records)
}

func (p *pack) key(i int) *Key { return (*Key)(p.keys[i*keySize:]) }

// ref says what key i stands for: record number n of this pack, or the
// record that has the key target; alias when Alias added the key.
func (p *pack) ref(i int) (n uint32, target *Key, alias bool) {
	v := binary.LittleEndian.Uint32(p.refs[i*4:])
	n, alias = v&refNumber, v&refAlias != 0
	if v&refOutside == 0 {
		return n, nil, alias
	}
	if int(n) >= len(p.targets)/keySize {
		return refNumber, nil, alias
	}
	return 0, (*Key)(p.targets[int(n)*keySize:]), alias
}

// use notes that key i was looked up.
func (p *pack) use(i int) {
	if p.used == nil {
		return
	}
	w, bit := &p.used[i/32], uint32(1)<<(i%32)
	if w.Load()&bit == 0 {
		w.Or(bit)
	}
}
