package dag

import (
	"cmp"
	"container/heap"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// governor hands out the units of all pools. A step gets everything it takes
// at once or waits, so that no two steps ever wait for each other. Ready steps
// that take the same form a class: where the first of them does not fit, none
// does, so only the heads are looked at, however many steps are ready.
type governor struct {
	pools   []*pool // by name
	classes []*class
	byTakes map[string]*class
}

// pool is something of which there is a number of units.
type pool struct {
	name       string
	size, free int
	reserved   bool // someone who goes first waits for units of it
}

// share is what a class takes of a pool, at most all of it.
type share struct {
	pool  *pool
	units int
}

// class are the ready steps that take the same.
type class struct {
	shares    []share
	ready     queue
	held      bool // looked at in this round, and does not fit
	overtaken int  // how many steps of other classes started before its head, which goes first
}

// patience is how often a step that goes first is overtaken by steps that
// leave alone what it lacks. After that they leave alone all that it takes.
const patience = 64

func newGovernor(sizes map[string]int) *governor {
	g := &governor{byTakes: map[string]*class{}}
	for _, name := range slices.Sorted(maps.Keys(sizes)) {
		g.pools = append(g.pools, &pool{name: name, size: sizes[name], free: sizes[name]})
	}
	return g
}

// classOf gives the class of a step. A step that takes more than there is
// takes all there is, and so runs alone.
func (g *governor) classOf(s *Step) *class {
	var key strings.Builder
	var shares []share
	for _, p := range g.pools {
		if n := min(s.takes[p.name], p.size); n > 0 {
			shares = append(shares, share{p, n})
			fmt.Fprintf(&key, "%s=%d ", p.name, n)
		}
	}
	c := g.byTakes[key.String()]
	if c == nil {
		c = &class{shares: shares}
		g.byTakes[key.String()] = c
		g.classes = append(g.classes, c)
	}
	return c
}

func (c *class) add(t *task) { heap.Push(&c.ready, t) }

// next gives the step that starts now, with its units taken; nil when none
// can. Of the steps that fit the first one goes first, but nobody takes units
// for which a step before it waits: so a heavy step gets its turn.
func (g *governor) next() *task {
	for _, p := range g.pools {
		p.reserved = false
	}
	for _, c := range g.classes {
		c.held = false
	}
	var before []*class
	for {
		c := g.first()
		if c == nil {
			return nil
		}
		if c.fits() {
			for _, b := range before {
				b.overtaken++
			}
			c.overtaken = 0
			c.take()
			return heap.Pop(&c.ready).(*task)
		}
		c.reserve()
		before = append(before, c)
	}
}

// first is the class with the first ready step, of those that are not held.
func (g *governor) first() *class {
	var first *class
	for _, c := range g.classes {
		if !c.held && len(c.ready) > 0 && (first == nil || c.ready[0].order < first.ready[0].order) {
			first = c
		}
	}
	return first
}

func (c *class) fits() bool {
	for _, s := range c.shares {
		if s.pool.reserved || s.pool.free < s.units {
			return false
		}
	}
	return true
}

func (c *class) reserve() {
	c.held = true
	for _, s := range c.shares {
		if s.pool.free < s.units || c.overtaken >= patience {
			s.pool.reserved = true
		}
	}
}

func (c *class) take() {
	for _, s := range c.shares {
		s.pool.free -= s.units
	}
}

func (c *class) giveBack() {
	for _, s := range c.shares {
		s.pool.free += s.units
	}
}

// clear forgets what is ready.
func (g *governor) clear() {
	for _, c := range g.classes {
		c.ready = nil
	}
}

// queue is a heap of ready tasks by order.
type queue []*task

func (q queue) Len() int           { return len(q) }
func (q queue) Less(i, j int) bool { return cmp.Less(q[i].order, q[j].order) }
func (q queue) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }

// Push is for container/heap.
func (q *queue) Push(x any) { *q = append(*q, x.(*task)) }

// Pop is for container/heap.
func (q *queue) Pop() any {
	old := *q
	t := old[len(old)-1]
	old[len(old)-1] = nil
	*q = old[:len(old)-1]
	return t
}
