package universe

import (
	"bytes"
	"errors"
	"math"

	"compose/internal/rpm"
)

// Builder collects packages for a Set; see NewBuilder. It belongs to one
// goroutine.
type Builder struct {
	set   Set
	text  *textTable
	sums  []byte
	deps  *depTable
	seen  []uint32        // dependency → the package, from 1, and list that had it last
	lists [kinds][]uint32 // of the package being added
	files []uint32
}

// NewBuilder gives an empty builder.
func NewBuilder() *Builder {
	b := &Builder{text: newTextTable(), deps: newDepTable()}
	b.text.str("")
	return b
}

// ErrTooMuch refuses packages whose texts cannot be numbered any more.
var ErrTooMuch = errors.New("more than 2 GiB of names and dependencies")

// Set gives what was added. The builder is of no use afterwards.
func (b *Builder) Set() *Set {
	b.set.texts, b.set.deps = b.text.texts(), b.deps.rows
	b.set.sums.all = string(b.sums)
	return &b.set
}

// check says whether there is room for text of n bytes.
func (b *Builder) check(n int) error {
	if len(b.text.all)+n > math.MaxInt32 || len(b.set.pkgs) > math.MaxInt32/128 {
		return ErrTooMuch
	}
	return nil
}

// maxPackage is what no package's dependencies and paths exceed: neither
// header nor metadata readers accept that much.
const maxPackage = 128 << 20

// Add appends a package with the files that primary.xml lists of it. Of the
// dependencies only name, comparison and EVR count; one that is there twice
// counts once, and an epoch of 0 is no epoch. The only error is ErrTooMuch.
func (b *Builder) Add(p *rpm.Package, files []string) error {
	for k, list := range [kinds][]rpm.Dep{
		p.Provides, p.Requires, p.Conflicts, p.Obsoletes, p.Recommends, p.Suggests, p.Supplements, p.Enhances,
	} {
		for i := range list {
			b.put(Kind(k), b.dep(list[i]))
		}
	}
	for _, f := range files {
		b.files = append(b.files, b.text.str(f))
	}
	return b.end(pkgRow{b.text.str(p.Name), b.text.str(p.Version), b.text.str(p.Release), b.text.str(p.Arch), p.Epoch}, []byte(p.Sum.Hex))
}

// Brief is what a Builder keeps of a package, but for its dependencies and
// files. The bytes are the caller's.
type Brief struct {
	Name, Version, Release, Arch, Sum []byte
	Epoch                             uint32
}

// AddDep adds a dependency of the package that End appends, as Add does. evr
// is empty where no version is named.
func (b *Builder) AddDep(k Kind, name []byte, sense rpm.Sense, evr []byte) {
	row := depRow{name: b.text.bytes(name)}
	if sense = sense.Compare(); sense != 0 && len(evr) > 0 {
		row.sense, row.evr = uint32(sense), b.text.bytes(bytes.TrimPrefix(evr, []byte("0:")))
	}
	b.put(k, b.row(row))
}

// AddFile adds a file of the package that End appends.
func (b *Builder) AddFile(path []byte) { b.files = append(b.files, b.text.bytes(path)) }

// End appends a package with what was added of it before. The only error is
// ErrTooMuch.
func (b *Builder) End(p *Brief) error {
	return b.end(pkgRow{b.text.bytes(p.Name), b.text.bytes(p.Version), b.text.bytes(p.Release), b.text.bytes(p.Arch), p.Epoch}, p.Sum)
}

func (b *Builder) end(p pkgRow, sum []byte) error {
	b.set.pkgs = append(b.set.pkgs, p)
	b.sum(sum)
	for k := range b.lists {
		b.set.lists[k].push(b.lists[k])
		b.lists[k] = b.lists[k][:0]
	}
	b.set.files.push(b.files)
	b.files = b.files[:0]
	return b.check(maxPackage)
}

func (b *Builder) sum(hex []byte) {
	b.sums = append(b.sums, hex...)
	b.set.sums.ends = append(b.set.sums.ends, uint32(len(b.sums)))
}

// put adds a dependency to a list of the package, unless it is there.
func (b *Builder) put(k Kind, dep uint32) {
	if mark := uint32(kinds)*uint32(len(b.set.pkgs)) + uint32(k) + 1; b.seen[dep] != mark {
		b.seen[dep] = mark
		b.lists[k] = append(b.lists[k], dep)
	}
}

// dep gives the number of a dependency.
func (b *Builder) dep(d rpm.Dep) uint32 {
	row := depRow{name: b.text.str(d.Name)}
	if sense := d.Sense.Compare(); sense != 0 && d.EVR != "" {
		row.sense, row.evr = uint32(sense), b.text.str(trimEpoch(d.EVR))
	}
	return b.row(row)
}

// trimEpoch takes an epoch of 0 off.
func trimEpoch(evr string) string {
	if len(evr) > 1 && evr[:2] == "0:" {
		return evr[2:]
	}
	return evr
}

// row gives the number of a dependency; for a rich one it sees to its parts.
func (b *Builder) row(row depRow) uint32 {
	id, isNew := b.deps.add(row)
	if isNew {
		b.seen = append(b.seen, 0)
		if row.sense == 0 {
			b.parts(id, row.name)
		}
	}
	return id
}

// parts numbers the plain dependencies that a rich one consists of. One that
// cannot be parsed has none.
func (b *Builder) parts(id, name uint32) {
	start := uint32(0)
	if name > 0 {
		start = b.text.ends[name-1]
	}
	text := b.text.all[start:b.text.ends[name]]
	if len(text) == 0 || text[0] != '(' {
		return
	}
	r, err := rpm.ParseRich(string(text))
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
		if text := s.texts.at(uint32(i)); s.texts.hashes != nil {
			ids[i] = b.text.hashed(text, s.texts.hashes[i])
		} else {
			ids[i] = b.text.str(text)
		}
	}
	deps := make([]uint32, len(s.deps))
	for i, d := range s.deps {
		deps[i] = b.row(depRow{ids[d.name], ids[d.evr], d.sense})
	}
	for i, p := range s.pkgs {
		b.set.pkgs = append(b.set.pkgs, pkgRow{ids[p.name], ids[p.version], ids[p.release], ids[p.arch], p.epoch})
		b.sum([]byte(s.Sum(int32(i))))
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
