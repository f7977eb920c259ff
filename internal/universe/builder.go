package universe

import (
	"errors"
	"math"
	"strings"

	"compose/internal/rpm"
)

// Builder collects packages for a Set. The zero value is not ready; see
// NewBuilder. It belongs to one goroutine.
type Builder struct {
	set    Set
	text   strings.Builder
	sums   strings.Builder
	ids    map[string]uint32
	depIDs map[depRow]uint32
	seen   []uint32 // dependency → 1 + the list that had it last
	list   uint32   // number of the list being made
	buf    []uint32
}

// NewBuilder gives an empty builder.
func NewBuilder() *Builder {
	b := &Builder{ids: map[string]uint32{}, depIDs: map[depRow]uint32{}}
	b.str("")
	return b
}

// ErrTooMuch refuses packages whose texts cannot be numbered any more.
var ErrTooMuch = errors.New("more than 2 GiB of names and dependencies")

// Set gives what was added. The builder is of no use afterwards.
func (b *Builder) Set() *Set {
	b.set.texts.all, b.set.sums.all = b.text.String(), b.sums.String()
	return &b.set
}

// check says whether there is room for text of n bytes.
func (b *Builder) check(n int) error {
	if b.text.Len()+n > math.MaxInt32 || len(b.set.pkgs) > math.MaxInt32/128 {
		return ErrTooMuch
	}
	return nil
}

// str gives the number of a text.
func (b *Builder) str(s string) uint32 {
	id, ok := b.ids[s]
	if !ok {
		id = uint32(len(b.set.texts.ends))
		b.text.WriteString(s)
		b.set.texts.ends = append(b.set.texts.ends, uint32(b.text.Len()))
		b.ids[s] = id
	}
	return id
}

// Add appends a package with the files that primary.xml lists of it. Of the
// dependencies only name, comparison and EVR count; one that is there twice
// counts once, and an epoch of 0 is no epoch. The only error is ErrTooMuch.
func (b *Builder) Add(p *rpm.Package, files []string) error {
	if err := b.check(maxPackage); err != nil {
		return err
	}
	b.set.pkgs = append(b.set.pkgs, pkgRow{b.str(p.Name), b.str(p.Version), b.str(p.Release), b.str(p.Arch), p.Epoch})
	b.sum(p.Sum.Hex)
	for k, list := range [kinds][]rpm.Dep{
		p.Provides, p.Requires, p.Conflicts, p.Obsoletes, p.Recommends, p.Suggests, p.Supplements, p.Enhances,
	} {
		b.begin()
		for i := range list {
			b.put(b.dep(list[i]))
		}
		b.set.lists[k].push(b.buf)
	}
	b.buf = b.buf[:0]
	for _, f := range files {
		b.buf = append(b.buf, b.str(f))
	}
	b.set.files.push(b.buf)
	return nil
}

// maxPackage is what no package's dependencies and paths exceed: neither
// header nor metadata readers accept that much.
const maxPackage = 128 << 20

func (b *Builder) sum(hex string) {
	b.sums.WriteString(hex)
	b.set.sums.ends = append(b.set.sums.ends, uint32(b.sums.Len()))
}

// begin starts a list of dependencies, put adds one to it.
func (b *Builder) begin() { b.list++; b.buf = b.buf[:0] }

func (b *Builder) put(dep uint32) {
	if b.seen[dep] != b.list {
		b.seen[dep] = b.list
		b.buf = append(b.buf, dep)
	}
}

// dep gives the number of a dependency.
func (b *Builder) dep(d rpm.Dep) uint32 {
	row := depRow{name: b.str(d.Name)}
	if sense := d.Sense.Compare(); sense != 0 && d.EVR != "" {
		row.sense = uint32(sense)
		row.evr = b.str(strings.TrimPrefix(d.EVR, "0:"))
	}
	return b.row(row)
}

// row gives the number of a dependency; for a rich one it sees to its parts.
func (b *Builder) row(row depRow) uint32 {
	id, ok := b.depIDs[row]
	if ok {
		return id
	}
	id = uint32(len(b.set.deps))
	b.set.deps = append(b.set.deps, row)
	b.seen = append(b.seen, 0)
	b.depIDs[row] = id
	if d := b.set.deps[id]; d.sense == 0 {
		b.parts(id)
	}
	return id
}

// parts numbers the plain dependencies that a rich one consists of. One that
// cannot be parsed has none.
func (b *Builder) parts(id uint32) {
	start := uint32(0)
	if name := b.set.deps[id].name; name > 0 {
		start = b.set.texts.ends[name-1]
	}
	text := b.text.String()[start:b.set.texts.ends[b.set.deps[id].name]]
	if text == "" || text[0] != '(' {
		return
	}
	r, err := rpm.ParseRich(text)
	if err != nil {
		return
	}
	var leaves []uint32
	for d := range r.Leaves() {
		leaves = append(leaves, b.dep(d))
	}
	b.set.rich = append(b.set.rich, id)
	b.set.leaves.push(leaves)
}

// AddSet appends the packages of a set. The only error is ErrTooMuch.
func (b *Builder) AddSet(s *Set) error {
	if err := b.check(len(s.texts.all)); err != nil {
		return err
	}
	ids := make([]uint32, len(s.texts.ends))
	for i := range ids {
		ids[i] = b.str(s.texts.at(uint32(i)))
	}
	deps := make([]uint32, len(s.deps))
	for i, d := range s.deps {
		deps[i] = b.row(depRow{ids[d.name], ids[d.evr], d.sense})
	}
	for i, p := range s.pkgs {
		b.set.pkgs = append(b.set.pkgs, pkgRow{ids[p.name], ids[p.version], ids[p.release], ids[p.arch], p.epoch})
		b.sum(s.Sum(int32(i)))
	}
	for k := range s.lists {
		b.set.lists[k].pushAll(&s.lists[k], deps)
	}
	b.set.files.pushAll(&s.files, ids)
	return nil
}

// pushAll appends all lists of o with their numbers replaced.
func (r *rows) pushAll(o *rows, numbers []uint32) {
	from := uint32(len(r.items))
	for _, i := range o.items {
		r.items = append(r.items, numbers[i])
	}
	for _, end := range o.ends {
		r.ends = append(r.ends, from+end)
	}
}
