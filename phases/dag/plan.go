// Package dag builds a graph of steps with typed results and runs it. Whoever
// reads the result of a step gets the reader only in exchange for an edge, so
// an undeclared read does not compile; edges come before Do and promises after
// it, so cycles cannot exist. The package knows nothing of composes.
//
//	s := p.Add("createiso/Server.x86_64", "cpu")
//	index, boot := dag.Need(s, repo), dag.Want(s, bootTree) // must succeed; may fail
//	iso := dag.Do(s, func(ctx context.Context, ev *event.Scope) (ISO, error) { … })
//
// A plan is built by one goroutine, checked, and run once.
package dag

import (
	"fmt"
	"strings"
	"time"
)

// Plan is a graph of steps.
type Plan struct {
	steps  []*Step // in the order of Add
	byName map[string]*Step
	done   int      // how many steps have their Do
	faults []string // found while building
	ran    bool
}

// New returns an empty plan.
func New() *Plan { return &Plan{byName: map[string]*Step{}} }

// Add adds a step. The name ("phase/tree") must be unique in the plan; pool
// names where the step takes a unit while it runs.
func (p *Plan) Add(name, pool string) *Step {
	s := &Step{plan: p, name: name, pool: pool, takes: map[string]int{pool: 1}, added: len(p.steps), rank: -1}
	if name == "" {
		p.fault("a step has no name")
	}
	if p.byName[name] != nil {
		p.fault("%s: two steps have this name", name)
	}
	p.byName[name] = s
	p.steps = append(p.steps, s)
	return s
}

// Only leaves every step out of the run that keep is false for and that no
// kept step waits for, for the given reason. It says how many are kept for
// their own sake.
func (p *Plan) Only(keep func(*Step) bool, reason string) int {
	kept, wanted := 0, map[*Step]bool{}
	var want func(*Step)
	want = func(s *Step) {
		if !wanted[s] {
			wanted[s] = true
			for _, e := range s.needs {
				want(e.to)
			}
		}
	}
	for _, s := range p.steps {
		if keep(s) {
			kept++
			want(s)
		}
	}
	for _, s := range p.steps {
		if !wanted[s] {
			s.Skip(reason)
		}
	}
	return kept
}

// Len is the number of steps.
func (p *Plan) Len() int { return len(p.steps) }

// Step returns the step of that name, or nil.
func (p *Plan) Step(name string) *Step { return p.byName[name] }

func (p *Plan) fault(format string, args ...any) {
	p.faults = append(p.faults, fmt.Sprintf(format, args...))
}

// Step is one unit of work of a plan.
type Step struct {
	plan     *Plan
	name     string
	pool     string
	added    int // place in Plan.steps
	rank     int // place in the order of Do, which is topological; -1 before
	needs    []edge
	takes    map[string]int // units of pools; one of pool unless Takes says more
	timeout  time.Duration
	run      work
	optional bool
	files    []string
	priority int
	ifFailed string
	skipped  bool
	reason   string
}

// edge says that a step waits for the end of another one.
type edge struct {
	to   *Step
	must bool // Need, not Want
}

// Name is the name given to Add.
func (s *Step) Name() string { return s.name }

// Pool is the pool given to Add.
func (s *Step) Pool() string { return s.pool }

// Optional lets the step fail without failing the run (Pungi: failable). What
// needs its result must be optional too; what only wants it need not.
func (s *Step) Optional() *Step {
	s.optional = true
	return s
}

// Makes notes the images that the step will make for publishing, as absolute
// paths; who follows the run is told with the plan.
func (s *Step) Makes(files ...string) *Step {
	s.files = append(s.files, files...)
	return s
}

// IfFailed gives what is said, as a warning, when an optional step has failed.
func (s *Step) IfFailed(text string) *Step {
	s.ifFailed = text
	return s
}

// IsOptional reports whether the step may fail.
func (s *Step) IsOptional() bool { return s.optional }

// Takes says how many units of a pool the step takes while it runs, beside
// those of other pools. It gets all of them at once. Of a pool with fewer units
// it takes all; of one that Options does not have it takes none, unless it is
// the step's own.
func (s *Step) Takes(pool string, units int) *Step {
	s.takes[pool] = units
	return s
}

// Units is how many units of a pool the step takes.
func (s *Step) Units(pool string) int { return s.takes[pool] }

// Timeout bounds how long the step may run; 0 is no bound. When it is over
// the context of the step ends with a *TimeoutError as its cause.
func (s *Step) Timeout(d time.Duration) *Step {
	s.timeout = d
	return s
}

// TimeoutError is why a step failed that ran for too long.
type TimeoutError struct{ After time.Duration }

func (e *TimeoutError) Error() string { return "timeout of " + plain(e.After) }

// plain spells a duration without the units that are zero: 2h, not 2h0m0s.
func plain(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// Priority lets the step take its units before all ready steps with a lower
// priority. The default is 0; among equals the step with the
// longest chain of steps behind it goes first.
func (s *Step) Priority(n int) *Step {
	s.priority = n
	return s
}

// Skip leaves the step out of the run for the given reason. Who wants its
// result goes without; the plan check refuses a step that needs it.
func (s *Step) Skip(reason string) *Step {
	s.skipped, s.reason = true, reason
	return s
}

// IsSkipped returns the reason of Skip, and whether there was one.
func (s *Step) IsSkipped() (string, bool) { return s.reason, s.skipped }

// Needs lists the steps whose end this one waits for, each once, in the order
// in which they were declared.
func (s *Step) Needs() []*Step {
	out := make([]*Step, 0, len(s.needs))
	for _, e := range s.needs {
		out = append(out, e.to)
	}
	return out
}

// Must reports whether s needs, rather than only wants, the result of t.
func (s *Step) Must(t *Step) bool {
	for _, e := range s.needs {
		if e.to == t {
			return e.must
		}
	}
	return false
}
