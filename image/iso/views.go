package iso

import (
	"cmp"
	"io/fs"
	"slices"
	"strconv"
)

// maxDepth is how deep folders may lie in the primary tree, the root at 1.
const maxDepth = 8

// arrange fills the views of all folders: the Joliet tree as it is, the
// primary one with folders that are too deep put into one of their own, as
// Rock Ridge has it.
func (t *tree) arrange(level Level) {
	if level != Level4 {
		t.flatten()
	}
	for _, d := range t.folders() {
		d.list(primary, level.rule())
		d.list(joliet, jolietName)
	}
	if t.deep == nil {
		return
	}
	v := &t.deep.views[primary]
	for _, k := range t.away {
		k.views[primary].parent = t.deep
		v.list = append(v.list, entry{node: k, role: moved})
	}
	level.rule().name(v.list)
}

// flatten notes the folders that lie too deep, and makes the one where their
// records go.
func (t *tree) flatten() {
	t.away = tooDeep(t.root, 1, nil)
	if len(t.away) == 0 {
		return
	}
	name := "rr_moved"
	for i := 0; t.find(name) != nil; i++ {
		name = "rr_moved" + strconv.Itoa(i)
	}
	t.deep = t.dir(name)
	sortKids(t.root)
}

// tooDeep appends the folders below d, which has that depth, that lie too
// deep in the primary tree. What is below such a folder counts from its new
// place.
func tooDeep(d *node, depth int, found []*node) []*node {
	for _, k := range d.kids {
		if !k.isDir() {
			continue
		}
		at := depth + 1
		if at > maxDepth {
			at, k.away = 3, true
			found = append(found, k)
		}
		found = tooDeep(k, at, found)
	}
	return found
}

// list fills one view of a folder. Joliet has no symbolic links.
func (d *node) list(which int, r rule) {
	v := &d.views[which]
	if v.parent == nil {
		v.parent = cmp.Or(d.parent, d)
	}
	for _, k := range d.kids {
		e := entry{node: k}
		if which == joliet && k.mode.Type() == fs.ModeSymlink {
			continue
		}
		if which == primary && k.away {
			e.role = placeholder
		}
		v.list = append(v.list, e)
	}
	r.name(v.list)
}

// folders lists all folders, parents first, in the order of names.
func (t *tree) folders() []*node {
	out := []*node{t.root}
	for i := 0; i < len(out); i++ {
		for _, k := range out[i].kids {
			if k.isDir() {
				out = append(out, k)
			}
		}
	}
	return out
}

// numbered lists the folders of one of the trees in the order of its path
// table, and numbers them.
func (t *tree) numbered(which int) []*node {
	out := []*node{t.root}
	for i := 0; i < len(out); i++ {
		out[i].views[which].num = uint16(i + 1)
		for _, e := range out[i].views[which].list {
			if e.isDir() {
				out = append(out, e.node)
			}
		}
	}
	return out
}

// placed lists the folders of one of the trees in the order in which they lie
// on the image: after the root what is too deep, as readers that only go
// forward need it before they come to where it belongs.
func (t *tree) placed(which int) []*node {
	list := t.numbered(which)
	if which == primary && t.deep != nil {
		slices.SortStableFunc(list[1:], func(a, b *node) int { return t.group(a) - t.group(b) })
	}
	return list
}

// group is 0 for folders that are moved and what is below them, 1 for others.
func (t *tree) group(d *node) int {
	for ; d != t.root; d = d.views[primary].parent {
		if d == t.deep {
			return 0
		}
	}
	return 1
}

// isDir says whether the record is one of a folder.
func (e entry) isDir() bool { return e.node.isDir() && e.role != placeholder }

// name gives each record an identifier that no other has, and sorts them.
// Names that come out unchanged are served first, then the others in their
// order.
func (r rule) name(list []entry) {
	taken := make(map[string]bool, len(list))
	for i := range list {
		if id, exact := r(list[i].node.name, list[i].kind(), ""); exact && !taken[id] {
			list[i].id, taken[id] = id, true
		}
	}
	next := map[string]int64{}
	for i := range list {
		if list[i].id != "" {
			continue
		}
		first, _ := r(list[i].node.name, list[i].kind(), "")
		id := first
		for taken[id] {
			id, _ = r(list[i].node.name, list[i].kind(), strconv.FormatInt(next[first], 36))
			next[first]++
		}
		list[i].id, taken[id] = id, true
	}
	slices.SortFunc(list, func(a, b entry) int { return cmp.Compare(bare(a.id), bare(b.id)) })
}

func (e entry) kind() kind { return kind(e.isDir()) }

// bare gives an identifier without its version, as records are sorted.
func bare(id string) string {
	if n := len(id) - 2; n > 0 && id[n:] == ";1" {
		return id[:n]
	}
	return id
}
