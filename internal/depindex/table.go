package depindex

// table keeps a list per key in one array: the entries of key k are
// items[start[k]:start[k+1]].
type table[T any] struct {
	start []int32
	items []T
}

// newTable sorts entries 0…len(keys)-1 by key, keeping their order within a
// key; item gives the content of an entry.
func newTable[T any](keys int, of []int32, item func(i int) T) table[T] {
	t := table[T]{start: make([]int32, keys+1), items: make([]T, len(of))}
	for _, k := range of {
		t.start[k+1]++
	}
	for k := range keys {
		t.start[k+1] += t.start[k]
	}
	next := append([]int32(nil), t.start...)
	for i, k := range of {
		t.items[next[k]] = item(i)
		next[k]++
	}
	return t
}

func (t *table[T]) row(key int32) []T { return t.items[t.start[key]:t.start[key+1]] }
