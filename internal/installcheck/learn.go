package installcheck

// learn finds the reason of a conflict, adds it as a clause, and goes back to
// where the clause has one open literal, which it makes true. There is a
// decision on the trail.
func (s *search) learn(c source) {
	now := int32(len(s.limits))
	l := learner{search: s, now: now, lits: []lit{0}}
	l.resolve(c, -1)
	at := len(s.trail)
	for {
		at--
		for !s.seen[s.trail[at].v()] {
			at--
		}
		v := s.trail[at].v()
		s.seen[v] = false
		if l.open--; l.open == 0 {
			l.lits[0] = s.trail[at].not()
			break
		}
		l.resolve(s.reasonOf(v), v)
	}
	level := int32(0)
	for _, q := range l.lits[1:] {
		s.seen[q.v()] = false
		level = max(level, s.level[q.v()])
	}
	s.back(int(level))
	s.attach(learned{lits: l.lits, origin: -1, from: l.from})
}

// learner collects the literals of a clause.
type learner struct {
	*search
	now  int32
	lits []lit // those of earlier decisions, behind a place for one of the last
	open int   // variables of the last decision that are still to be resolved
	from []source
}

// resolve takes the literals of a source but that of variable v.
func (l *learner) resolve(c source, v int32) {
	if l.log {
		l.from = append(l.from, c)
	}
	if c.clause < 0 {
		l.take(c.a, v)
		l.take(c.b, v)
		return
	}
	for _, q := range l.clauses[c.clause].lits {
		l.take(q, v)
	}
}

func (l *learner) take(q lit, v int32) {
	l.steps--
	x := q.v()
	switch {
	case x == v || l.seen[x]:
	case l.level[x] == 0: // it has that value in any case
		if l.log {
			l.from = append(l.from, source{clause: -1, a: q, b: q})
		}
	default:
		l.seen[x] = true
		if l.level[x] == l.now {
			l.open++
		} else {
			l.lits = append(l.lits, q)
		}
	}
}

// reasonOf gives why a variable has its value.
func (s *search) reasonOf(v int32) source {
	why := s.why[v]
	if !why.isVariable() {
		return source{clause: int32(why)}
	}
	l := yes(v)
	if s.value[v] < 0 {
		l = no(v)
	}
	return source{clause: -1, a: l, b: no(why.variable())}
}
