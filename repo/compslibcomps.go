package repo

// AsLibcomps gives the comps as a program has them that reads them with
// libcomps up to 0.1.21, as Pungi does: some langpacks get lost when the name
// of one is the beginning of the name of another that stands before it.
func (c *Comps) AsLibcomps() *Comps {
	var tree radixList
	for _, l := range c.Langpacks {
		tree.set(l.Name)
	}
	kept := map[string]bool{}
	tree.names("", kept)
	out := *c
	out.Langpacks = nil
	for _, l := range c.Langpacks {
		if kept[l.Name] {
			out.Langpacks = append(out.Langpacks, l)
		}
	}
	return &out
}

// radixList is a list of branches of libcomps's radix tree of strings. The
// fault is in its list: one that began by inserting an element does not know
// its end, and appending to it drops all others.
type radixList struct {
	nodes    []*radixNode
	knowsEnd bool
}

type radixNode struct {
	part string // of the key
	leaf bool   // a key ends here
	sub  radixList
}

// set adds a key.
func (l *radixList) set(key string) {
	for key != "" {
		i := l.find(key[0])
		if i < 0 {
			l.nodes = append(l.nodes, &radixNode{part: key, leaf: true})
			return
		}
		n := l.nodes[i]
		switch common := commonPrefix(n.part, key); {
		case common == len(key) && common == len(n.part):
			n.leaf = true
			return
		case common == len(key): // the key ends within the part
			l.remove(i)
			n.part = n.part[common:]
			l.append(&radixNode{part: key, leaf: true, sub: radixList{[]*radixNode{n}, true}})
			return
		case common == len(n.part):
			l, key = &n.sub, key[common:]
		default:
			rest := &radixNode{n.part[common:], n.leaf, n.sub}
			*n = radixNode{part: key[:common], sub: radixList{[]*radixNode{rest, {part: key[common:], leaf: true}}, true}}
			return
		}
	}
}

func (l *radixList) find(first byte) int {
	for i, n := range l.nodes {
		if n.part[0] == first {
			return i
		}
	}
	return -1
}

func commonPrefix(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

func (l *radixList) remove(i int) {
	if len(l.nodes) == 1 {
		l.knowsEnd = false
	}
	l.nodes = append(l.nodes[:i:i], l.nodes[i+1:]...)
}

func (l *radixList) append(n *radixNode) {
	if !l.knowsEnd {
		l.nodes = nil
	}
	l.nodes, l.knowsEnd = append(l.nodes, n), true
}

// names notes the keys that are left.
func (l *radixList) names(prefix string, into map[string]bool) {
	for _, n := range l.nodes {
		key := prefix + n.part
		if n.leaf {
			into[key] = true
		}
		n.sub.names(key, into)
	}
}
