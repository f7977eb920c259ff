package universe

import (
	"slices"

	"compose/internal/rpm"
)

// Rich is a parsed rich dependency as rpm.Rich has it; the plain parts are
// dependencies of the set.
type Rich struct {
	Op   rpm.RichOp
	Dep  uint32
	Args []*Rich
}

// Rich gives a rich dependency taken apart, nil for any other one and for
// one that cannot be parsed.
func (u *Universe) Rich(dep uint32) *Rich { return u.parsed[dep] }

// IsRich says whether a dependency is written as a rich one.
func (s *Set) IsRich(dep uint32) bool {
	return s.deps[dep].sense == 0 && rpm.Dep{Name: s.texts.at(s.deps[dep].name)}.IsRich()
}

// indexRich parses the rich dependencies.
func (u *Universe) indexRich() {
	for i, dep := range u.Set.rich {
		r, err := rpm.ParseRich(u.texts.at(u.deps[dep].name))
		if err != nil {
			continue
		}
		leaves := u.leaves.at(int32(i))
		if n := u.number(r, &leaves); n != nil && len(leaves) == 0 && u.deps[dep].sense == 0 {
			u.parsed[dep] = n
		}
	}
}

// number replaces the plain parts by their numbers, which it takes from the
// front of leaves.
func (u *Universe) number(r *rpm.Rich, leaves *[]uint32) *Rich {
	n := &Rich{Op: r.Op}
	if r.Op == rpm.RichLeaf {
		if len(*leaves) == 0 || u.IsRich((*leaves)[0]) {
			return nil
		}
		n.Dep, *leaves = (*leaves)[0], (*leaves)[1:]
		return n
	}
	for _, a := range r.Args {
		arg := u.number(a, leaves)
		if arg == nil {
			return nil
		}
		n.Args = append(n.Args, arg)
	}
	return n
}

// rich gives the packages of a provides query for a rich dependency. libsolv
// assumes the best case: "and" and "or" are both the union of their sides,
// the condition of "if" and "unless" is taken to hold, and an "else" branch
// is joined to the main one.
func (u *Universe) rich(r *Rich) []int32 {
	switch r.Op {
	case rpm.RichLeaf:
		return u.Providers(nil, r.Dep)
	case rpm.RichIf, rpm.RichUnless:
		if len(r.Args) < 3 {
			return u.rich(r.Args[0])
		}
		return union(u.rich(r.Args[0]), u.rich(r.Args[2]))
	}
	result := u.rich(r.Args[0])
	for _, a := range r.Args[1:] {
		switch r.Op {
		case rpm.RichWith:
			result = intersect(result, u.rich(a))
		case rpm.RichWithout:
			result = subtract(result, u.rich(a))
		default:
			result = union(result, u.rich(a))
		}
	}
	return result
}

// satisfied says whether rich gives anything.
func (u *Universe) satisfied(r *Rich) bool {
	switch r.Op {
	case rpm.RichLeaf:
		return !u.IsRpmlib(r.Dep) && u.Satisfied(r.Dep)
	case rpm.RichIf, rpm.RichUnless:
		return u.satisfied(r.Args[0]) || len(r.Args) > 2 && u.satisfied(r.Args[2])
	case rpm.RichAnd, rpm.RichOr:
		return slices.ContainsFunc(r.Args, u.satisfied)
	}
	return len(u.rich(r)) > 0
}

func union(a, b []int32) []int32 {
	if len(a) == 0 {
		return b
	}
	a = append(slices.Clip(a), b...)
	slices.Sort(a)
	return slices.Compact(a)
}

func intersect(a, b []int32) []int32 {
	return slices.DeleteFunc(a, func(p int32) bool { return !has(b, p) })
}

func subtract(a, b []int32) []int32 {
	return slices.DeleteFunc(a, func(p int32) bool { return has(b, p) })
}

func has(sorted []int32, p int32) bool {
	_, found := slices.BinarySearch(sorted, p)
	return found
}

// ProvidersOf gives the packages of a provides query for a parsed dependency
// or a part of one; see Providers.
func (u *Universe) ProvidersOf(r *Rich) []int32 { return u.rich(r) }
