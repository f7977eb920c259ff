package dag

import (
	"fmt"
	"slices"
	"strings"
)

// CheckError lists everything that is wrong with a plan.
type CheckError struct{ Faults []string }

func (e *CheckError) Error() string {
	return "plan: " + strings.Join(e.Faults, "\nplan: ")
}

// Steps returns the steps in an order in which they could run one after
// another: the order of Do. Steps without work come last.
func (p *Plan) Steps() []*Step {
	out := slices.Clone(p.steps)
	slices.SortStableFunc(out, func(a, b *Step) int {
		return p.position(a) - p.position(b)
	})
	return out
}

func (p *Plan) position(s *Step) int {
	if s.rank < 0 {
		return len(p.steps)
	}
	return s.rank
}

// Check reports everything that is wrong with the plan at once, as a
// *CheckError: names used twice, steps without work, unknown pools, required
// steps that need an optional one, steps that need a skipped one. pools has
// the number of places of each pool.
func (p *Plan) Check(pools map[string]int) error {
	faults := slices.Clone(p.faults)
	for _, s := range p.Steps() {
		faults = append(faults, s.faults(pools)...)
	}
	if len(faults) > 0 {
		return &CheckError{faults}
	}
	return nil
}

func (s *Step) faults(pools map[string]int) []string {
	if s.skipped {
		return nil
	}
	var out []string
	complain := func(format string, args ...any) {
		out = append(out, s.name+": "+fmt.Sprintf(format, args...))
	}
	if s.run == nil {
		complain("has no work")
	}
	switch n, ok := pools[s.pool]; {
	case !ok:
		complain("unknown pool %q", s.pool)
	case n < 1:
		complain("pool %q has no place", s.pool)
	}
	for _, e := range s.needs {
		if !e.must {
			continue
		}
		if e.to.skipped {
			complain("needs %s, which is skipped: %s", e.to.name, e.to.reason)
		}
		if e.to.optional && !s.optional {
			complain("is required but needs %s, which may fail", e.to.name)
		}
	}
	return out
}
