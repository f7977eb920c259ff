package store

import (
	"errors"
	"runtime"
	"sync"

	"compose/internal/rpm"
)

// scratch turns one record's fragments and files into stored blocks; it
// keeps its memory for the next.
type scratch struct {
	raw   []byte
	data  []byte // the blocks: fragments, paths
	paths pathPacker
}

// keepScratch is the largest scratch that is kept for the next record.
const keepScratch = 1 << 20

// size is about how much memory it has.
func (s *scratch) size() int {
	return cap(s.raw) + cap(s.data) + s.paths.memory()
}

// scratchPool keeps some for further records. The collector does not empty it.
type scratchPool struct {
	mu   sync.Mutex
	free []*scratch
}

func (p *scratchPool) get() *scratch {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := len(p.free)
	if n == 0 {
		return &scratch{}
	}
	s := p.free[n-1]
	p.free = p.free[:n-1]
	return s
}

func (p *scratchPool) put(s *scratch) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s.size() <= keepScratch && len(p.free) < runtime.GOMAXPROCS(0) {
		p.free = append(p.free, s)
	}
}

var errTooMuch = errors.New("more than 1 GiB of metadata")

// fill makes the blocks and says how long they are; their place is open.
func (s *scratch) fill(d *rpm.Details, f rpm.Fragments) (place, error) {
	var at place
	if int64(len(f.Primary))+int64(len(f.Filelists))+int64(len(f.Other)) > maxRaw {
		return at, errTooMuch
	}
	at.primary, at.filelists, at.other = uint32(len(f.Primary)), uint32(len(f.Filelists)), uint32(len(f.Other))
	all := f.Joined
	if len(all) != len(f.Primary)+len(f.Filelists)+len(f.Other) {
		s.raw = append(append(append(s.raw[:0], f.Primary...), f.Filelists...), f.Other...)
		all = s.raw
	}
	s.data = appendBlock(s.data[:0], all)
	at.frag, at.fragSum = uint32(len(s.data)), addSum(0, s.data)

	s.raw = s.raw[:0]
	if d != nil {
		s.raw = s.paths.pack(s.raw, d.Files)
	}
	if len(s.raw) > maxRaw {
		return at, errTooMuch
	}
	s.data = appendBlock(s.data, s.raw)
	paths := s.data[at.frag:]
	at.paths, at.pathsRaw, at.pathsSum = uint32(len(paths)), uint32(len(s.raw)), addSum(0, paths)
	return at, nil
}
