package installcheck

import (
	"cmp"
	"container/heap"
	"math"
	"slices"
)

// explainer finds for each package that cannot be installed the least reason:
// one requirement none of whose providers can be installed, with the reasons
// of these, the fewest in all; where no requirement alone does, a core of
// requirements and conflicts that has no solution.
type explainer struct {
	*rules
	low       []bool // of inferior architecture
	requirers table
	left      []int32 // need → providers without a reason yet
	posLeft   []int32 // clause → the same of its pos
	sum       []int64 // need → reasons of its providers
	posSum    []int64

	known []bool // packages with a reason
	how   []how
	cores [][]fact
	queue costs
	steps int // of root
}

// how is the reason of a package.
type how struct {
	kind howKind
	id   int32 // need, clause of the rules, or core
	cost int64
}

type howKind int8

const (
	byNothing howKind = iota // not explained
	byArch
	byNeed
	byPairs // a need all of whose providers do not go together with the package
	byClause
	byCore
)

func newExplainer(r *rules, low []bool) *explainer {
	e := &explainer{
		rules: r, low: low, requirers: r.needs.inverse(len(r.needDeps)),
		left: make([]int32, len(r.needDeps)), sum: make([]int64, len(r.needDeps)),
		posLeft: make([]int32, len(r.clauses)), posSum: make([]int64, len(r.clauses)),
		known: make([]bool, r.n), how: make([]how, r.n),
	}
	return e
}

// run finds the reasons of all packages in dead.
func (e *explainer) run() {
	for p := range e.n {
		if e.low[p] {
			e.offer(p, how{byArch, 0, 1})
		}
	}
	for n := range e.left {
		if e.left[n] = int32(len(e.providers.row(int32(n)))); e.left[n] == 0 {
			e.needLost(int32(n))
		}
	}
	for c := range e.posLeft {
		if e.posLeft[c] = int32(len(e.pos.row(int32(c)))); e.posLeft[c] == 0 {
			e.clauseLost(int32(c))
		}
	}
	e.pairs()
	e.spread()
	for range maxRoots {
		p := e.root()
		if p < 0 {
			return
		}
		e.explainRoot(p)
		e.spread()
	}
}

// maxRoots bounds for how many packages a core is looked for.
const maxRoots = 2000

// offer proposes a reason for a package.
func (e *explainer) offer(p int32, h how) {
	if e.dead[p] && !e.known[p] && (e.how[p].kind == byNothing || h.cost < e.how[p].cost) {
		e.how[p] = h
		heap.Push(&e.queue, costOf{h.cost, p})
	}
}

// pairs finds the packages that require what does not go together with them.
func (e *explainer) pairs() {
	for p := range e.n {
		if e.dead[p] {
			e.selfDefeating(p, func(need int32) {
				e.offer(p, how{byPairs, need, int64(1 + len(e.providers.row(need)))})
			})
		}
	}
}

func (e *explainer) needLost(n int32) {
	for _, p := range e.requirers.row(n) {
		e.offer(p, how{byNeed, n, e.sum[n] + 1})
	}
}

func (e *explainer) clauseLost(c int32) {
	if len(e.neg.row(c)) == 0 {
		e.offer(e.clauses[c].owner, how{byClause, c, e.posSum[c] + 1})
	}
}

// spread settles the cheapest reasons first, as Dijkstra's algorithm does.
func (e *explainer) spread() {
	for len(e.queue) > 0 {
		p := heap.Pop(&e.queue).(costOf).pkg
		if e.known[p] {
			continue
		}
		e.known[p] = true
		for _, n := range e.answers.row(p) {
			e.sum[n] = plus(e.sum[n], e.how[p].cost)
			if e.left[n]--; e.left[n] == 0 {
				e.needLost(n)
			}
		}
		for _, c := range e.posOf.row(p) {
			e.posSum[c] = plus(e.posSum[c], e.how[p].cost)
			if e.posLeft[c]--; e.posLeft[c] == 0 {
				e.clauseLost(c)
			}
		}
	}
}

// plus adds costs, which stop growing at a bound.
func plus(a, b int64) int64 { return min(a+b, math.MaxInt64/4) }

// rootSteps bounds the work of choosing among packages without a reason.
const rootSteps = 50_000_000

// root gives the package without a reason from which the fewest others can be
// come to, so that what only depends on it is explained by it; -1 for none.
func (e *explainer) root() int32 {
	best, size := int32(-1), int32(math.MaxInt32)
	for p := range e.n {
		if !e.dead[p] || e.known[p] {
			continue
		}
		if best < 0 {
			best = p
		}
		if e.steps > rootSteps {
			break
		}
		d := e.distances(p, size)
		e.steps += len(d)
		if n := int32(len(d)); n < size {
			best, size = p, n
		}
	}
	return best
}

// distances gives, for what can be come to from a package, in how many steps,
// once more than most packages are found not all of it.
func (e *explainer) distances(p int32, most int32) map[int32]int32 {
	dist := map[int32]int32{p: 0}
	work := []int32{p}
	visit := func(d int32, list []int32) {
		for _, q := range list {
			if _, seen := dist[q]; !seen && !e.known[q] {
				dist[q] = d
				work = append(work, q)
			}
		}
	}
	for len(work) > 0 && int32(len(dist)) <= most {
		q := work[0]
		work = work[1:]
		for _, n := range e.needs.row(q) {
			visit(dist[q]+1, e.providers.row(n))
		}
		for _, c := range e.watched.row(q) {
			if e.clauses[c].owner == q {
				visit(dist[q]+1, e.pos.row(c))
			}
		}
	}
	return dist
}

// explainRoot finds a core for a package.
func (e *explainer) explainRoot(p int32) {
	dist := e.distances(p, math.MaxInt32)
	facts := e.core(p, dist)
	cost := int64(max(1, len(facts)))
	for _, f := range facts {
		if f.kind == deadFact {
			cost = plus(cost, e.how[f.pkg].cost)
		}
	}
	e.cores = append(e.cores, facts)
	e.offer(p, how{byCore, int32(len(e.cores) - 1), cost})
}

// costs is a heap of packages by the cost of their reasons.
type costs []costOf

type costOf struct {
	cost int64
	pkg  int32
}

func (c costs) Len() int { return len(c) }
func (c costs) Less(i, j int) bool {
	return cmp.Or(cmp.Compare(c[i].cost, c[j].cost), cmp.Compare(c[i].pkg, c[j].pkg)) < 0
}
func (c costs) Swap(i, j int) { c[i], c[j] = c[j], c[i] }
func (c *costs) Push(x any)   { *c = append(*c, x.(costOf)) }
func (c *costs) Pop() any {
	last := len(*c) - 1
	x := (*c)[last]
	*c = slices.Delete(*c, last, last+1)
	return x
}
