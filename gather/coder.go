package gather

import (
	"crypto/sha256"
	"encoding/binary"

	"compose/internal/rpm"
)

// coder writes a result into a footprint, or reads it where in is set; the
// same functions do both, so that they agree. Whatever it reads, its memory
// is bounded by the length of that. Packages are numbers in the universe;
// when reading, now tells what has become of the numbers.
type coder struct {
	u   *Universe
	out []byte
	in  []byte
	now []int32
	bad bool // what was read makes no sense

	texts    []string
	textAt   map[string]int
	patterns []Pattern
	atPlace  map[Pattern]int
}

func (c *coder) reading() bool { return c.out == nil }

func (c *coder) number() uint64 {
	n, w := binary.Uvarint(c.in)
	if w <= 0 {
		c.bad, c.in = true, nil
		return 0
	}
	c.in = c.in[w:]
	return n
}

func (c *coder) bytes(n int) []byte {
	if n < 0 || n > len(c.in) {
		c.bad, c.in = true, nil
		return nil
	}
	b := c.in[:n]
	c.in = c.in[n:]
	return b
}

// count reads how many items of at least size bytes follow.
func (c *coder) count(size int) int {
	n := c.number()
	if n > uint64(len(c.in)/size) {
		c.bad, c.in = true, nil
		return 0
	}
	return int(n)
}

func (c *coder) digest() (d [sha256.Size]byte) {
	copy(d[:], c.bytes(len(d)))
	return d
}

func (c *coder) ascending() []uint64 {
	list := make([]uint64, c.count(1))
	last := uint64(0)
	for i := range list {
		last += c.number()
		list[i] = last
	}
	return list
}

// value codes a number below 1<<31.
func value[T ~int | ~int32 | ~uint32](c *coder, v *T) {
	if c.reading() {
		*v = T(c.number() & 0x7fffffff)
	} else {
		c.out = binary.AppendUvarint(c.out, uint64(*v))
	}
}

// list codes a list, a nil one as an empty one.
func list[T any](c *coder, items *[]T, each func(*T)) {
	if c.reading() {
		if n := c.count(1); n > 0 {
			*items = make([]T, n)
		}
	} else {
		c.out = binary.AppendUvarint(c.out, uint64(len(*items)))
	}
	for i := range *items {
		each(&(*items)[i])
	}
}

// text codes a text: the number of an earlier one, or the next number and the
// text itself.
func (c *coder) text(s *string) {
	if c.reading() {
		n := c.number()
		if n == uint64(len(c.texts)) {
			c.texts = append(c.texts, string(c.bytes(c.count(1))))
		}
		if n >= uint64(len(c.texts)) {
			c.bad, c.in = true, nil
			return
		}
		*s = c.texts[n]
		return
	}
	n, known := c.textAt[*s]
	if known {
		c.out = binary.AppendUvarint(c.out, uint64(n))
		return
	}
	if c.textAt == nil {
		c.textAt = map[string]int{}
	}
	n = len(c.textAt)
	c.textAt[*s] = n
	c.out = binary.AppendUvarint(c.out, uint64(n))
	c.out = binary.AppendUvarint(c.out, uint64(len(*s)))
	c.out = append(c.out, *s...)
}

// pattern codes a pattern, in the manner of text.
func (c *coder) pattern(p *Pattern) {
	fields := func() {
		c.text(&p.Text)
		c.text(&p.Arch)
		c.text(&p.Origin)
	}
	if c.reading() {
		n := c.number()
		switch {
		case n < uint64(len(c.patterns)):
			*p = c.patterns[n]
		case n == uint64(len(c.patterns)):
			fields()
			c.patterns = append(c.patterns, *p)
		default:
			c.bad, c.in = true, nil
		}
		return
	}
	n, known := c.atPlace[*p]
	if !known {
		if c.atPlace == nil {
			c.atPlace = map[Pattern]int{}
		}
		n = len(c.atPlace)
		c.atPlace[*p] = n
	}
	c.out = binary.AppendUvarint(c.out, uint64(n))
	if !known {
		fields()
	}
}

// pkg codes a package, nil as 0.
func (c *coder) pkg(p **rpm.Package) {
	if !c.reading() {
		c.out = binary.AppendUvarint(c.out, uint64(c.u.id(*p)+1))
		return
	}
	n := c.number()
	switch {
	case n == 0:
		*p = nil
	case n <= uint64(len(c.now)) && c.now[n-1] >= 0:
		*p = c.u.pkgs[c.now[n-1]]
	default:
		c.bad, c.in = true, nil
	}
}

// id gives the number of a package, -1 when there is none.
func (u *Universe) id(p *rpm.Package) int32 {
	for _, part := range u.parts {
		if id, ok := part.index.ID(p); ok {
			return part.first + id
		}
	}
	return -1
}

func (c *coder) dep(d *rpm.Dep) {
	c.text(&d.Name)
	value(c, &d.Sense)
	c.text(&d.EVR)
}

func (c *coder) rejected(r *Rejected) {
	c.pkg(&r.Pkg)
	value(c, &r.Cause)
	c.pattern(&r.Filter)
	c.pkg(&r.Than)
}

// yes codes a switch.
func (c *coder) yes(b *bool) {
	var n int32
	if *b {
		n = 1
	}
	value(c, &n)
	*b = n == 1
}

// result codes all of a result but Hidden.
func (c *coder) result(r *Result) {
	list(c, &r.Packages, func(p *Picked) {
		c.pkg(&p.Pkg)
		value(c, &p.Kind)
		list(c, &p.Flags, c.text)
		value(c, &p.Why.Kind)
		c.pattern(&p.Why.Pattern)
		c.pkg(&p.Why.By)
		c.dep(&p.Why.Dep)
		list(c, &p.Why.Over, c.rejected)
	})
	list(c, &r.Missing, func(m *Missing) {
		c.pkg(&m.Pkg)
		c.dep(&m.Requires)
		list(c, &m.Lacks, c.dep)
		list(c, &m.Rejected, c.rejected)
	})
	list(c, &r.Unmatched, func(u *Unmatched) {
		c.pattern(&u.Pattern)
		c.text(&u.Use)
		c.yes(&u.Hidden)
	})
}
