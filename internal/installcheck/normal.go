package installcheck

import (
	"errors"
	"slices"

	"compose/internal/rpm"
	"compose/internal/universe"
)

// A literal is a package that is installed, +(1+p), or not, -(1+p). A form
// is a rich dependency as blocks of literals, each sorted without doubles:
// conjunctive (every block has a true literal), or disjunctive (some block
// has only true ones).
type (
	literal int32
	block   []literal
)

func (l literal) pkg() int32 {
	if l < 0 {
		return int32(-l) - 1
	}
	return int32(l) - 1
}

func installed(pkg int32) literal { return literal(pkg + 1) }

// shape is the kind of a form.
type shape bool

const (
	conjunctive shape = false
	disjunctive shape = true
)

// form is a list of blocks.
type form struct {
	shape  shape
	blocks []block
}

// never is the form of what does not hold. A conjunction of nothing holds and
// a disjunction of nothing does not; an empty block means the opposite.
func never(s shape) form {
	if s == conjunctive {
		return form{s, []block{{}}}
	}
	return form{shape: s}
}

// maxForm bounds the literals of a form. Rich dependencies of distributions
// stay far below it.
const maxForm = 1 << 20

var errForm = errors.New("rich dependency of too many combinations")

// normalizer turns one rich dependency into a form, as libsolv's
// pool_normalize_complex_dep does. err is set when it is too large.
type normalizer struct {
	u    *universe.Universe
	size int // literals made
	err  error
}

// grow counts literals and says whether there are too many.
func (n *normalizer) grow(literals int) bool {
	if n.size += literals; n.size > maxForm {
		n.err = errForm
	}
	return n.err != nil
}

// isComplex says whether the dependency is more than a list of packages.
func isComplex(r *universe.Rich) bool {
	switch r.Op {
	case rpm.RichAnd, rpm.RichIf, rpm.RichUnless:
		return true
	case rpm.RichOr:
		return slices.ContainsFunc(r.Args, isComplex)
	}
	return false
}

func (n *normalizer) form(r *universe.Rich, s shape) form {
	if !isComplex(r) {
		return n.list(r, s)
	}
	arg := func(i int) form { return n.form(r.Args[i], s) }
	not := func(i int) form { return n.form(r.Args[i], !s).negated() }
	switch r.Op {
	case rpm.RichIf: // A if B else C: (A or not B) and (C or B)
		f := n.or(arg(0), not(1))
		if len(r.Args) > 2 {
			f = n.and(f, n.or(arg(1), arg(2)))
		}
		return f
	case rpm.RichUnless: // A unless B else C: (A and not B) or (C and B)
		f := n.and(arg(0), not(1))
		if len(r.Args) > 2 {
			f = n.or(f, n.and(arg(1), arg(2)))
		}
		return f
	}
	join := n.or
	if r.Op == rpm.RichAnd {
		join = n.and
	}
	f := arg(0)
	for i := 1; i < len(r.Args) && n.err == nil; i++ {
		f = join(f, arg(i))
	}
	return f
}

// list gives the form of "one of the providers".
func (n *normalizer) list(r *universe.Rich, s shape) form {
	pkgs := n.u.ProvidersOf(r)
	if len(pkgs) == 0 || n.grow(len(pkgs)) {
		return never(s)
	}
	f := form{shape: s}
	if s == disjunctive {
		for _, p := range pkgs {
			f.blocks = append(f.blocks, block{installed(p)})
		}
		return f
	}
	one := make(block, len(pkgs))
	for i, p := range pkgs {
		one[i] = installed(p)
	}
	f.blocks = []block{one}
	return f
}

// negated inverts all literals, which turns one shape into the other.
func (f form) negated() form {
	for _, b := range f.blocks {
		for i := range b {
			b[i] = -b[i]
		}
		slices.Sort(b)
	}
	return form{!f.shape, f.blocks}
}

func (n *normalizer) and(a, b form) form {
	if a.shape == conjunctive {
		return concat(a, b)
	}
	return n.product(a, b)
}

func (n *normalizer) or(a, b form) form {
	if a.shape == disjunctive {
		return concat(a, b)
	}
	return n.product(a, b)
}

// concat joins the blocks of both. An empty block decides alone.
func concat(a, b form) form {
	for _, f := range []form{a, b} {
		if len(f.blocks) == 1 && len(f.blocks[0]) == 0 {
			return f
		}
	}
	return form{a.shape, append(a.blocks, b.blocks...)}
}

// product joins each block of a with each of b. A block with a literal and
// its opposite says nothing and is left out.
func (n *normalizer) product(a, b form) form {
	f := form{shape: a.shape}
	for _, x := range a.blocks {
		for _, y := range b.blocks {
			if n.grow(len(x) + len(y) + 1) {
				return f
			}
			z := slices.Concat(x, y)
			slices.Sort(z)
			z = slices.Compact(z)
			if len(z) == 0 {
				return form{a.shape, []block{z}}
			}
			if !contradicts(z) {
				f.blocks = append(f.blocks, z)
			}
		}
	}
	return f
}

// contradicts says whether a sorted block has a literal and its opposite.
func contradicts(b block) bool {
	for i, j := 0, len(b)-1; i < j && b[i] < 0 && b[j] > 0; {
		switch {
		case -b[i] == b[j]:
			return true
		case -b[i] > b[j]:
			i++
		default:
			j--
		}
	}
	return false
}
