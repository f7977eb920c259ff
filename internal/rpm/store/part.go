package store

import (
	"bufio"
	"encoding/binary"
	"io"
	"os"
)

// part is a pack being written. It is used by one goroutine at a time; the
// parts of pack that readers see are guarded by the store's mutex.
type part struct {
	pack    *pack
	file    *liveFile
	temp    string // path of the file, "" for one that has none
	end     int64  // of the data
	enc     encoder
	offsets []byte // of the solver records
}

// newPart begins a pack of the store in dir; "" for one without a name.
func newPart(dir string) (*part, error) {
	file, temp, err := createTemp(dir)
	if err != nil {
		return nil, err
	}
	t := &part{file: &liveFile{file: file}, temp: temp, enc: encoder{tab: newTable()}}
	t.offsets = make([]byte, 4)
	t.pack = &pack{file: t.file, close: file.Close}
	if err := t.write(appendHeader(nil)); err != nil {
		t.discard()
		file.Close()
		return nil, err
	}
	return t, nil
}

// write appends to the data.
func (t *part) write(b []byte) error {
	if err := t.file.append(b); err != nil {
		return err
	}
	t.end += int64(len(b))
	return nil
}

// store appends a record whose stored blocks are data. The next key entered
// must be its own. The record is nil when none is wanted.
func (t *part) store(a *addition, data []byte, at place) (*Record, error) {
	at.off = t.end
	if err := t.write(data); err != nil {
		return nil, err
	}
	c := &cell{}
	if a.forget {
		c = t.enc.unwanted()
	}
	t.enc.record(c, a.pkg, at, uint32(t.pack.keyCount()))
	t.offsets = binary.LittleEndian.AppendUint32(t.offsets, uint32(len(t.enc.b)))
	if a.forget {
		return nil, nil
	}
	c.rec.pack = t.pack
	return &c.rec, nil
}

// show lets readers decode what the part holds. The store's mutex is held.
func (t *part) show() {
	p := t.pack
	p.dataEnd, p.offsets, p.solver, p.written = t.end, t.offsets, t.enc.b, t.enc.tab.texts
}

// records is the number of records stored.
func (t *part) records() int { return len(t.offsets)/4 - 1 }

// enter appends a key and gives its entry; ref is a record's number, with
// flags.
func (p *pack) enter(k Key, ref uint32) int {
	p.keys = append(p.keys, k[:]...)
	p.refs = binary.LittleEndian.AppendUint32(p.refs, ref)
	return len(p.refs)/4 - 1
}

// enterOutside appends a key for a record of another pack, known there as
// target.
func (p *pack) enterOutside(k, target Key) int {
	p.targets = append(p.targets, target[:]...)
	return p.enter(k, refAlias|refOutside|uint32(len(p.targets)/keySize-1))
}

// tailSize is the size of the tail so far.
func (t *part) tailSize() int64 {
	p := t.pack
	return int64(len(t.offsets) + len(t.enc.b) + len(p.keys) + len(p.refs) + len(p.targets) +
		4*len(t.enc.tab.texts) + 4 + t.enc.tab.size)
}

// full says whether the pack has become large.
func (t *part) full(lim limits) bool {
	tail := t.tailSize()
	return t.end+tail >= lim.pack || tail >= lim.tail
}

// publish ends the pack and gives it its final name in the folder, which it
// returns; "" for a pack without one. The file stays open.
func (t *part) publish(dir string) (name string, err error) {
	if err := t.finish(); err != nil {
		return "", err
	}
	t.pack.size = t.end + t.tailSize() + footerSize
	if t.temp != "" {
		name = newName()
		if err := os.Rename(t.temp, packPath(dir, name)); err != nil {
			return "", err
		}
		t.temp = ""
	}
	t.enc, t.offsets = encoder{}, nil
	return name, nil
}

// finish writes the tail and the footer.
func (t *part) finish() error {
	if err := t.file.sync(); err != nil {
		return err
	}
	p, tab := t.pack, t.enc.tab
	f := footer{
		tailOff: uint64(t.end), tailLen: uint64(t.tailSize()),
		records: uint32(t.records()), strings: uint32(len(tab.texts)),
		keys: uint32(p.keyCount()), targets: uint32(len(p.targets) / keySize),
		solverLen: uint64(len(t.enc.b)), textLen: uint64(tab.size),
	}
	w := &summing{w: bufio.NewWriterSize(io.NewOffsetWriter(t.file.file, t.end), 256<<10)}
	for _, b := range [...][]byte{t.offsets, t.enc.b, p.keys, p.refs, p.targets, tab.appendOffsets(nil)} {
		w.Write(b)
	}
	if err := tab.writeTo(w); err != nil {
		return err
	}
	f.tailSum = w.sum
	w.Write(f.append(nil))
	return w.w.Flush()
}

// summing is a buffered writer that keeps the checksum of what it is given.
// An error is kept by the buffer until it is flushed.
type summing struct {
	w   *bufio.Writer
	sum uint32
}

func (w *summing) Write(b []byte) (int, error) {
	w.sum = addSum(w.sum, b)
	return w.w.Write(b)
}

// discard removes the file, which stays readable while it is open.
func (t *part) discard() error {
	if t.temp == "" {
		return nil
	}
	err := os.Remove(t.temp)
	t.temp = ""
	return err
}
