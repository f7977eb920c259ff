package rpm

import (
	"cmp"
	"iter"
	"strings"
)

// RichOp is the operator of a node of a rich dependency.
type RichOp uint8

// The operators; RichLeaf marks a node that is a plain dependency.
const (
	RichLeaf RichOp = iota
	RichAnd
	RichOr
	RichIf
	RichUnless
	RichWith
	RichWithout
)

var richOpNames = [...]string{"", "and", "or", "if", "unless", "with", "without"}

// String gives the operator's word, empty for RichLeaf.
func (o RichOp) String() string { return richOpNames[o] }

// Rich is a node of a parsed rich dependency. A leaf has Dep and nothing
// else. And, Or and With have two or more Args, Without has two. If and
// Unless read "Args[0] if Args[1] else Args[2]", where the third may be
// missing. Redundant parentheses leave no node.
type Rich struct {
	Op   RichOp
	Dep  Dep
	Args []*Rich
}

// String gives the dependency in rpm's syntax, with single spaces. A leaf
// gives "name" or "name >= version", all else stands in parentheses. A word
// with a "(" that is not closed keeps a space behind it.
func (r *Rich) String() string {
	var b strings.Builder
	r.write(&b)
	return b.String()
}

func (r *Rich) write(b *strings.Builder) {
	if r.Op == RichLeaf {
		b.WriteString(r.Dep.String())
		last := cmp.Or(r.Dep.EVR, r.Dep.Name)
		if strings.Count(last, "(") > strings.Count(last, ")") {
			b.WriteByte(' ') // else the next ")" would close that one
		}
		return
	}
	b.WriteByte('(')
	for i, a := range r.Args {
		if i > 0 {
			b.WriteByte(' ')
			b.WriteString(r.word(i))
			b.WriteByte(' ')
		}
		a.write(b)
	}
	b.WriteByte(')')
}

// word gives the word before argument i.
func (r *Rich) word(i int) string {
	if i == 2 && (r.Op == RichIf || r.Op == RichUnless) {
		return "else"
	}
	return r.Op.String()
}

// Leaves gives the plain dependencies from left to right, conditions
// included.
func (r *Rich) Leaves() iter.Seq[Dep] {
	return func(yield func(Dep) bool) { r.each(yield) }
}

func (r *Rich) each(yield func(Dep) bool) bool {
	if r.Op == RichLeaf {
		return yield(r.Dep)
	}
	for _, a := range r.Args {
		if !a.each(yield) {
			return false
		}
	}
	return true
}
