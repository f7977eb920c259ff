package installcheck

import "slices"

// coreSteps and causeSteps bound the work of making a core and the reasons of
// one package as few as possible; beyond it all are kept.
const (
	coreSteps  = 5_000_000
	causeSteps = 200_000
)

// refutes says whether a few clauses do not let a package be installed, by
// trying everything. Of each clause one literal must hold. When the work left
// is used up the clauses are taken not to suffice.
func refutes(clauses [][]literal, p int32, steps *int) bool {
	r := refuter{clauses: clauses, value: map[int32]bool{p: true}, steps: *steps}
	hopeless := r.hopeless() && r.steps > 0
	*steps = r.steps
	return hopeless
}

type refuter struct {
	clauses [][]literal
	value   map[int32]bool // package → is there, is not there
	trail   []int32
	steps   int
}

// hopeless says whether the values so far cannot be completed.
func (r *refuter) hopeless() bool {
	before := len(r.trail)
	defer func() { r.back(before) }()
	open := r.propagate()
	if open == nil {
		return true
	}
	if len(open) == 0 {
		return false
	}
	for _, l := range open { // the first that is there
		r.set(l)
		if !r.hopeless() {
			return false
		}
		r.back(len(r.trail) - 1)
		r.set(-l)
	}
	return true
}

func (r *refuter) set(l literal) {
	r.value[l.pkg()] = l > 0
	r.trail = append(r.trail, l.pkg())
}

func (r *refuter) back(n int) {
	for _, p := range r.trail[n:] {
		delete(r.value, p)
	}
	r.trail = r.trail[:n]
}

// propagate sets what follows, and gives the open literals of the smallest
// clause that asks for something to be there: nil when one cannot be met,
// empty when all are met once what has no value is not there.
func (r *refuter) propagate() []literal {
	for {
		best, again := []literal{}, false
		for _, c := range r.clauses {
			open, met := r.look(c)
			switch {
			case met:
			case len(open) == 0:
				return nil
			case len(open) == 1:
				r.set(open[0])
				again = true
			case slices.ContainsFunc(open, func(l literal) bool { return l < 0 }):
			case len(best) == 0 || len(open) < len(best):
				best = open
			}
		}
		if r.steps <= 0 {
			return []literal{} // not refuted
		}
		if !again {
			return best
		}
	}
}

// look gives the literals of a clause that have no value, and whether one is
// true.
func (r *refuter) look(lits []literal) (open []literal, met bool) {
	r.steps -= len(lits)
	for _, l := range lits {
		switch v, set := r.value[l.pkg()]; {
		case !set:
			open = append(open, l)
		case v == (l > 0):
			return nil, true
		}
	}
	return open, false
}
