package store

// Get finds the record of a key, whoever added it: an earlier process, or
// this one, committed or not. The same record comes back each time. The only
// error is that the store is closed.
func (s *Store) Get(k Key) (*Record, bool, error) {
	p, n, r, err := s.look(&k)
	switch {
	case err != nil || p == nil || r != nil:
	case p.records == nil:
		r = s.revive(p, n)
	default:
		r = p.record(n)
	}
	return r, r != nil, err
}

// GetBrief is Get for who needs to know which package it is and its
// fragments: of the package in the record only name, epoch, version, release,
// architecture, source package and checksum are sure to be set. It takes a
// fraction of the time, and the store does not keep the record in memory.
func (s *Store) GetBrief(k Key) (*Record, bool, error) {
	p, n, r, err := s.look(&k)
	switch {
	case err != nil || p == nil || r != nil:
	case p.records == nil:
		r = s.briefLive(p, n)
	default:
		if r, err = p.decodeBrief(n); err != nil {
			p.condemn(err)
			return nil, false, nil
		}
	}
	return r, r != nil, err
}

// look finds pack and number of the record of a key, and the record where it
// is in memory. A nil pack means that there is none.
func (s *Store) look(k *Key) (*pack, uint32, *Record, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return nil, 0, nil, errClosed
	}
	p, n, ok := s.find(k)
	if !ok {
		return nil, 0, nil, nil
	}
	if p.records == nil {
		return p, n, p.live[n], nil
	}
	return p, n, p.records[n].Load(), nil
}

// revive decodes record n of a pack that this process wrote, which Put did
// not keep.
func (s *Store) revive(p *pack, n uint32) *Record {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p.live[n] == nil && p.take() == nil {
		p.live[n], _ = p.decode(n)
	}
	return p.live[n]
}

// briefLive is decodeBrief for such a pack.
func (s *Store) briefLive(p *pack, n uint32) *Record {
	s.mu.RLock()
	shed := p.shed
	var r *Record
	if !shed {
		r, _ = p.decodeBrief(n)
	}
	s.mu.RUnlock()
	if !shed {
		return r
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if p.take() == nil {
		r, _ = p.decodeBrief(n)
	}
	return r
}

// record decodes record n of an opened pack once.
func (p *pack) record(n uint32) *Record {
	if r := p.records[n].Load(); r != nil {
		return r
	}
	r, err := p.decode(n)
	if err != nil {
		p.condemn(err)
		return nil
	}
	p.records[n].CompareAndSwap(nil, r)
	return p.records[n].Load()
}

// condemn stops the use of a pack that turned out to be damaged.
func (p *pack) condemn(err error) {
	if !p.bad.Swap(true) && p.report != nil {
		p.report(p, err)
	}
}
