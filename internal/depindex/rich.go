package depindex

import (
	"slices"

	"compose/internal/rpm"
)

// rich gives the packages of a provides query for a rich dependency. libsolv
// assumes the best case: "and" and "or" are both the union of their sides,
// the condition of "if" and "unless" is taken to hold, and an "else" branch
// is joined to the main one.
func (x *Index) rich(r *rpm.Rich) []int32 {
	switch r.Op {
	case rpm.RichLeaf:
		return x.AppendProviders(nil, r.Dep)
	case rpm.RichIf, rpm.RichUnless:
		if len(r.Args) < 3 {
			return x.rich(r.Args[0])
		}
		return union(x.rich(r.Args[0]), x.rich(r.Args[2]))
	}
	result := x.rich(r.Args[0])
	for _, a := range r.Args[1:] {
		switch r.Op {
		case rpm.RichWith:
			result = intersect(result, x.rich(a))
		case rpm.RichWithout:
			result = subtract(result, x.rich(a))
		default:
			result = union(result, x.rich(a))
		}
	}
	return result
}

func union(a, b []int32) []int32 {
	if len(a) == 0 {
		return b
	}
	return unique(append(slices.Clip(a), b...))
}

func intersect(a, b []int32) []int32 {
	return slices.DeleteFunc(a, func(id int32) bool { return !has(b, id) })
}

func subtract(a, b []int32) []int32 {
	return slices.DeleteFunc(a, func(id int32) bool { return has(b, id) })
}

func has(sorted []int32, id int32) bool {
	_, found := slices.BinarySearch(sorted, id)
	return found
}
