package gather

import (
	"slices"

	"compose/internal/rpm"
)

// tracer notes what a solve asks of the universe, and what it gets to see. A
// nil tracer notes nothing.
type tracer struct {
	asked []uint64 // hashes of questions, unsorted
	seen  []bool   // packages that were an answer, whether or not the tree saw them
}

// The kinds of question: who provides a capability or carries a path, who has
// a name, what was built from a source.
const (
	askedCapability = 'c'
	askedName       = 'n'
	askedSource     = 's'
)

// askedHash is FNV-1a of kind and text. Two questions with one hash make more
// changes count than do, never fewer.
func askedHash(kind byte, text string) uint64 {
	const offset, prime = 14695981039346656037, 1099511628211
	h := (uint64(offset) ^ uint64(kind)) * prime
	for i := range len(text) {
		h = (h ^ uint64(text[i])) * prime
	}
	return h
}

func (t *tracer) ask(kind byte, text string) {
	if t != nil {
		t.asked = append(t.asked, askedHash(kind, text))
	}
}

func (t *tracer) see(ids []int32) {
	if t == nil {
		return
	}
	for _, id := range ids {
		t.seen[id] = true
	}
}

// askDep notes all capabilities that a dependency asks for.
func (t *tracer) askDep(d rpm.Dep) {
	switch {
	case t == nil:
	case !d.IsRich():
		t.ask(askedCapability, d.Name)
	default:
		rich, err := rpm.ParseRich(d.Name)
		if err != nil {
			return // nothing ever provides it
		}
		for leaf := range rich.Leaves() {
			t.ask(askedCapability, leaf.Name)
		}
	}
}

// The questions that a solve asks.

func (v *view) providers(dst []int32, d rpm.Dep) []int32 {
	from := len(dst)
	dst = v.u.providers(dst, d)
	v.trace.askDep(d)
	v.trace.see(dst[from:])
	return dst
}

func (v *view) builtFrom(sourceRPM string) []int32 {
	ids := v.u.builtFrom(sourceRPM)
	v.trace.ask(askedSource, sourceRPM)
	v.trace.see(ids)
	return ids
}

func (v *view) sources(sourceRPM string) []int32 {
	ids := v.u.sources(sourceRPM)
	if name, _, _, ok := splitSource(sourceRPM); ok {
		v.trace.ask(askedName, name)
	}
	v.trace.see(ids)
	return ids
}

// finish adds what follows from the notes: whether the tree sees a package
// depends on the others of its name. It gives the questions sorted.
func (t *tracer) finish(u *Universe) []uint64 {
	for _, n := range u.names {
		run := u.run(n)
		if slices.ContainsFunc(run, func(id int32) bool { return t.seen[id] }) {
			t.see(run)
			t.ask(askedName, n.name)
		}
	}
	slices.Sort(t.asked)
	return slices.Compact(t.asked)
}
