package installcheck

// search decides exactly whether a package can be there: conflict-driven
// search with learning over the packages that it comes across. Variables are
// the packages and, above them, the needs: a need is true when some package
// that is there has it. What it learns holds for every package, so one search
// serves many questions; it belongs to one goroutine.
type search struct {
	*rules
	near func(pkg int32) bool // packages whose requirements count; nil: all

	value []int8  // variable → 1 true, -1 false, 0 open
	saved []bool  // variable → was true the last time it had a value
	level []int32 // variable → decisions before it had its value
	why   []reason
	seen  []bool // scratch of learn

	trail  []lit
	limits []int // decision → length of the trail before it
	next   int   // on the trail: what is not propagated yet
	scan   int   // on the trail: what pick has not looked at yet

	clauses []learned
	watches [][]int32 // literal → clauses
	loaded  []bool    // need, and above them clause of the rules → is among clauses

	log   bool // keep what clauses were learned from
	steps int  // work left; see maxSteps
}

// learned is a clause of the search. The first two literals are watched.
type learned struct {
	lits   []lit
	origin int32    // need, or above them clause of the rules; -1: learned
	from   []source // what it was learned from, with a log
}

// lit is a variable, 2v, or its negation, 2v+1.
type lit int32

func yes(v int32) lit        { return lit(2 * v) }
func no(v int32) lit         { return lit(2*v + 1) }
func (l lit) v() int32       { return int32(l >> 1) }
func (l lit) not() lit       { return l ^ 1 }
func (l lit) positive() bool { return l&1 == 0 }

// reason is why a variable has its value: a clause, or, as -2-v, that the
// variable v is true, or none.
type reason int32

const none reason = -1

func because(v int32) reason      { return reason(-2 - v) }
func (r reason) variable() int32  { return int32(-2 - r) }
func (r reason) isVariable() bool { return r < none }

// source is a part of a proof: a clause, or a pair of literals of which one
// must hold, or (clause -1) the value that a variable has in any case.
type source struct {
	clause int32
	a, b   lit
}

// verdict is the end of a search.
type verdict int8

const (
	undecided verdict = iota // the work allowed was used up
	possible
	impossible
)

// maxSteps bounds the work of one question, in literals looked at, and
// allSteps that of all together. Only inputs made for it come near.
const (
	maxSteps = 500_000_000
	allSteps = 20_000_000_000
)

func newSearch(r *rules) *search {
	vars := int(r.n) + len(r.needDeps)
	s := &search{
		rules: r, value: make([]int8, vars), saved: make([]bool, vars), level: make([]int32, vars),
		why: make([]reason, vars), seen: make([]bool, vars), watches: make([][]int32, 2*vars),
		loaded: make([]bool, len(r.needDeps)+len(r.clauses)),
	}
	for p, dead := range r.dead {
		if dead {
			s.value[p], s.why[p] = -1, none
		}
	}
	return s
}

// truth gives 1, -1 or 0 for a literal.
func (s *search) truth(l lit) int8 {
	if l.positive() {
		return s.value[l.v()]
	}
	return -s.value[l.v()]
}

// ask decides whether a package can be there, with so much work.
func (s *search) ask(p int32, steps int) verdict {
	s.steps = steps
	s.back(0)
	for s.steps > 0 {
		if c, ok := s.propagate(); !ok {
			s.learn(c)
			continue
		}
		if s.steps <= 0 {
			break
		}
		if len(s.limits) == 0 {
			if s.value[p] < 0 {
				return impossible
			}
			s.decide(yes(p))
			continue
		}
		l, open := s.pick()
		if !open {
			return possible
		}
		s.decide(l)
	}
	return undecided
}

func (s *search) decide(l lit) {
	s.limits = append(s.limits, len(s.trail))
	s.assign(l, none)
}

func (s *search) assign(l lit, why reason) {
	v := l.v()
	s.value[v] = 1
	if !l.positive() {
		s.value[v] = -1
	}
	s.level[v], s.why[v] = int32(len(s.limits)), why
	s.trail = append(s.trail, l)
}

// back takes back all decisions but the first n.
func (s *search) back(n int) {
	s.scan = 0
	if len(s.limits) <= n {
		return
	}
	for _, l := range s.trail[s.limits[n]:] {
		s.saved[l.v()] = l.positive()
		s.value[l.v()] = 0
	}
	s.trail = s.trail[:s.limits[n]]
	s.limits = s.limits[:n]
	s.next = min(s.next, len(s.trail))
}

// pick gives the next thing to decide: a way to do what the packages that
// are there require.
func (s *search) pick() (lit, bool) {
	for ; s.scan < len(s.trail); s.scan++ {
		l := s.trail[s.scan]
		if !l.positive() {
			continue
		}
		if v := l.v(); v >= s.n {
			if q := s.way(s.providers.row(v - s.n)); q >= 0 {
				return yes(q), true
			}
			continue
		}
		for _, c := range s.watched.row(l.v()) {
			if !s.applies(c) {
				continue
			}
			if q := s.way(s.pos.row(c)); q >= 0 {
				return yes(q), true
			}
		}
	}
	return 0, false
}

// applies says whether all that a clause of the rules presupposes is there.
func (s *search) applies(c int32) bool {
	owner := s.rules.clauses[c].owner
	if s.value[owner] <= 0 || !s.isNear(owner) {
		return false
	}
	s.steps -= len(s.neg.row(c))
	for _, q := range s.neg.row(c) {
		if s.value[q] <= 0 {
			return false
		}
	}
	return true
}

func (s *search) isNear(p int32) bool { return s.near == nil || s.near(p) }

// way gives the best open package of a list, -1 when one is there already.
func (s *search) way(list []int32) int32 {
	s.steps -= len(list)
	best := int32(-1)
	for _, q := range list {
		switch {
		case s.value[q] > 0:
			return -1
		case s.value[q] == 0 && (best < 0 || s.saved[q] && !s.saved[best]):
			best = q
		}
	}
	return best
}
