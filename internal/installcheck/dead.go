package installcheck

// spreadDeath takes out the packages of which a requirement has no provider
// left, and what follows from that. The packages in dead are known to be out
// already.
func (r *rules) spreadDeath() {
	d := dying{rules: r, left: make([]int32, r.providers.keys()), posLeft: make([]int32, r.pos.keys())}
	d.requirers = r.needs.inverse(len(r.needDeps))
	for n := range d.left {
		d.left[n] = int32(len(r.providers.row(int32(n))))
		if d.left[n] == 0 {
			d.kill(d.requirers.row(int32(n))...)
		}
	}
	for c := range d.posLeft {
		d.posLeft[c] = int32(len(r.pos.row(int32(c))))
		d.clauseLost(int32(c))
	}
	for p, dead := range r.dead {
		if dead {
			d.work = append(d.work, int32(p))
		}
	}
	d.spread()
}

// dying is the state of spreadDeath.
type dying struct {
	*rules
	requirers table   // need → packages
	left      []int32 // need → providers that are not out
	posLeft   []int32 // clause → the same of its pos
	work      []int32 // packages that are out, but not acted on
	acted     []bool
}

func (d *dying) kill(pkgs ...int32) {
	for _, p := range pkgs {
		if !d.dead[p] {
			d.dead[p] = true
			d.work = append(d.work, p)
		}
	}
}

func (d *dying) spread() {
	d.acted = make([]bool, d.n)
	for len(d.work) > 0 {
		p := d.work[len(d.work)-1]
		d.work = d.work[:len(d.work)-1]
		if d.acted[p] {
			continue
		}
		d.acted[p] = true
		for _, n := range d.answers.row(p) {
			if d.left[n]--; d.left[n] == 0 {
				d.kill(d.requirers.row(n)...)
			}
		}
		for _, c := range d.posOf.row(p) {
			d.posLeft[c]--
			d.clauseLost(c)
		}
	}
}

// clauseLost takes out the owner of a clause that nothing can fulfil.
func (d *dying) clauseLost(c int32) {
	if d.posLeft[c] == 0 && len(d.neg.row(c)) == 0 {
		d.kill(d.clauses[c].owner)
	}
}
