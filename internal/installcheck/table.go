package installcheck

// table keeps a list of numbers per key in one array.
type table struct {
	ends  []uint32
	items []int32
}

func (t *table) row(key int32) []int32 {
	start := uint32(0)
	if key > 0 {
		start = t.ends[key-1]
	}
	return t.items[start:t.ends[key]]
}

// push appends the list of the next key.
func (t *table) push(items ...int32) {
	t.items = append(t.items, items...)
	t.close()
}

// close ends the list of the current key, whose items were appended to items.
func (t *table) close() { t.ends = append(t.ends, uint32(len(t.items))) }

func (t *table) keys() int32 { return int32(len(t.ends)) }

// inverse gives, for each of n items, the keys that have it, ascending.
func (t *table) inverse(n int) table {
	starts := make([]uint32, n+1)
	for _, i := range t.items {
		starts[i+1]++
	}
	for k := range n {
		starts[k+1] += starts[k]
	}
	inv := table{ends: starts[:n], items: make([]int32, len(t.items))}
	for key := range t.keys() {
		for _, i := range t.row(key) { // what was the start of a row becomes its end
			inv.items[inv.ends[i]] = key
			inv.ends[i]++
		}
	}
	return inv
}

// numbers gives dependencies numbers of their own, in the order in which
// they come.
type numbers struct {
	of   []int32 // dependency → 1 + its number
	list []uint32
}

func newNumbers(deps int) *numbers { return &numbers{of: make([]int32, deps)} }

func (n *numbers) add(dep uint32) int32 {
	if n.of[dep] == 0 {
		n.list = append(n.list, dep)
		n.of[dep] = int32(len(n.list))
	}
	return n.of[dep] - 1
}
