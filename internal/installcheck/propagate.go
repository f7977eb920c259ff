package installcheck

import "compose/internal/universe"

// propagate draws the conclusions of what is on the trail. It gives what was
// broken when that fails.
func (s *search) propagate() (source, bool) {
	for s.next < len(s.trail) && s.steps > 0 {
		l := s.trail[s.next]
		s.next++
		if l.positive() {
			if c, ok := s.follow(l.v()); !ok {
				return c, false
			}
		}
		if c, ok := s.visit(l.not()); !ok {
			return c, false
		}
	}
	return source{}, true
}

// follow draws what follows from a variable that became true.
func (s *search) follow(v int32) (source, bool) {
	if v >= s.n {
		need := v - s.n
		return s.load(need, func() []lit { return clauseOf(no(v), nil, s.providers.row(need)) })
	}
	if c, ok := s.exclude(v); !ok || !s.isNear(v) {
		return c, ok
	}
	for _, need := range s.needs.row(v) {
		if c, ok := s.imply(yes(s.n+need), v); !ok {
			return c, false
		}
	}
	for _, i := range s.watched.row(v) {
		if s.rules.clauses[i].owner != v {
			continue
		}
		c, ok := s.load(int32(len(s.needDeps))+i, func() []lit { return clauseOf(no(v), s.neg.row(i), s.pos.row(i)) })
		if !ok {
			return c, false
		}
	}
	return source{}, true
}

func clauseOf(first lit, neg, pos []int32) []lit {
	lits := make([]lit, 0, 1+len(neg)+len(pos))
	lits = append(lits, first)
	for _, q := range neg {
		lits = append(lits, no(q))
	}
	for _, q := range pos {
		lits = append(lits, yes(q))
	}
	return lits
}

// exclude rules out what cannot be there beside a package.
func (s *search) exclude(p int32) (source, bool) {
	if s.u.Class(p) != universe.Foreign {
		names := s.u.Namesakes(p)
		s.steps -= len(names)
		for _, q := range names {
			if c, ok := s.ruleOut(int32(q), p); !ok {
				return c, false
			}
		}
	}
	for _, lists := range [...]struct{ bars, hit *table }{{&s.bars, &s.members}, {&s.barred, &s.owners}} {
		for _, b := range lists.bars.row(p) {
			row := lists.hit.row(b)
			s.steps -= len(row)
			for _, q := range row {
				if c, ok := s.ruleOut(q, p); !ok {
					return c, false
				}
			}
		}
	}
	return source{}, true
}

func (s *search) ruleOut(q, by int32) (source, bool) {
	if q == by {
		return source{}, true
	}
	return s.imply(no(q), by)
}

// imply makes a literal true because the variable by is.
func (s *search) imply(l lit, by int32) (source, bool) {
	s.steps--
	switch s.truth(l) {
	case 0:
		s.assign(l, because(by))
	case -1:
		return source{clause: -1, a: l, b: no(by)}, false
	}
	return source{}, true
}

// load adds a clause of the rules when it is met for the first time.
func (s *search) load(origin int32, lits func() []lit) (source, bool) {
	if s.loaded[origin] {
		return source{}, true
	}
	s.loaded[origin] = true
	return s.attach(learned{lits: lits(), origin: origin})
}

// attach adds a clause, whatever values its literals have: it watches those
// that will be open again first.
func (s *search) attach(c learned) (source, bool) {
	id := int32(len(s.clauses))
	s.steps -= len(c.lits)
	for i := range min(2, len(c.lits)) {
		best := i
		for j := i + 1; j < len(c.lits); j++ {
			if s.rank(c.lits[j]) > s.rank(c.lits[best]) {
				best = j
			}
		}
		c.lits[i], c.lits[best] = c.lits[best], c.lits[i]
	}
	s.clauses = append(s.clauses, c)
	for _, l := range c.lits[:min(2, len(c.lits))] {
		s.watches[l] = append(s.watches[l], id)
	}
	return s.settle(id)
}

// rank orders literals for watching: true ones, open ones, then those that
// became false last.
func (s *search) rank(l lit) int32 {
	switch s.truth(l) {
	case 1:
		return 1 << 30
	case 0:
		return 1<<30 - 1
	}
	return s.level[l.v()]
}

// settle acts on a clause whose watched literals are the best ones.
func (s *search) settle(id int32) (source, bool) {
	lits := s.clauses[id].lits
	switch {
	case len(lits) == 0 || s.truth(lits[0]) < 0:
		return source{clause: id}, false
	case s.truth(lits[0]) == 0 && (len(lits) == 1 || s.truth(lits[1]) < 0):
		s.assign(lits[0], reason(id))
	}
	return source{}, true
}

// visit looks at the clauses that watch a literal which became false.
func (s *search) visit(l lit) (source, bool) {
	list := s.watches[l]
	kept := list[:0]
	for i, id := range list {
		lits := s.clauses[id].lits
		if lits[0] == l && len(lits) > 1 {
			lits[0], lits[1] = lits[1], lits[0]
		}
		s.steps--
		if s.truth(lits[0]) <= 0 && s.rewatch(id) {
			continue
		}
		kept = append(kept, id)
		if c, ok := s.settle(id); !ok {
			s.watches[l] = append(kept, list[i+1:]...)
			return c, false
		}
	}
	s.watches[l] = kept
	return source{}, true
}

// rewatch replaces the second watched literal by one that is not false.
func (s *search) rewatch(id int32) bool {
	lits := s.clauses[id].lits
	for k := 2; k < len(lits); k++ {
		s.steps--
		if s.truth(lits[k]) >= 0 {
			lits[1], lits[k] = lits[k], lits[1]
			s.watches[lits[1]] = append(s.watches[lits[1]], id)
			return true
		}
	}
	return false
}
