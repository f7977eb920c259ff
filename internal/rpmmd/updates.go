package rpmmd

import (
	"bytes"
	"io"
	"slices"

	"compose/internal/rpm"
)

// Update is one advisory of an updateinfo.xml. Its text stays as it came.
type Update struct {
	ID       string
	Packages []UpdatePackage

	xml         []byte
	list        span // what is in its first <pkglist>; empty without one
	collections []collection
}

// UpdatePackage is a package that an advisory names.
type UpdatePackage struct {
	Name, Arch string
	EVR        rpm.EVR

	at span // from the start of its line
}

// collection is a <collection> in a <pkglist> and its packages.
type collection struct {
	at       span
	packages []int // indexes of Update.Packages
}

// UpdatesHead and UpdatesTail stand around the advisories of a file.
const (
	UpdatesHead = xmlDecl + "<updates>\n"
	UpdatesTail = "</updates>\n"
)

// ReadUpdates takes an updateinfo.xml apart. The updates share its memory.
func ReadUpdates(xml []byte) ([]Update, error) {
	s := &scanner{buf: xml, end: len(xml), err: io.EOF}
	if !validText(xml) {
		return nil, s.fail("text that is not UTF-8 or has control characters")
	}
	if err := s.root("updates"); err != nil {
		return nil, err
	}
	var out []Update
	for {
		name, err := s.child()
		if err != nil {
			return nil, err
		}
		if name == nil {
			return out, s.finish()
		}
		if string(name) != "update" {
			if err := s.skip(); err != nil {
				return nil, err
			}
			continue
		}
		u, err := s.update()
		if err != nil {
			return nil, err
		}
		out = append(out, u)
	}
}

func (s *scanner) update() (u Update, err error) {
	from := s.tag
	for {
		name, err := s.child()
		if err != nil {
			return u, err
		}
		if name == nil {
			break
		}
		switch string(name) {
		case "id":
			id, err := s.content()
			if err != nil {
				return u, err
			}
			u.ID = string(bytes.TrimSpace(id))
		case "pkglist":
			err = s.pkglist(&u)
		default:
			err = s.skip()
		}
		if err != nil {
			return u, err
		}
	}
	if u.ID == "" {
		return u, s.fail("an update without an id")
	}
	u.xml = s.buf[from:s.pos]
	u.move(-from)
	return u, s.checkRaw(u.xml)
}

// move makes the places in u relative to the start of its text.
func (u *Update) move(by int) {
	u.list = span{u.list.from + by, u.list.to + by}
	if u.list.from < 0 {
		u.list = span{}
	}
	for i := range u.Packages {
		u.Packages[i].at.from += by
		u.Packages[i].at.to += by
	}
	for i := range u.collections {
		u.collections[i].at.from += by
		u.collections[i].at.to += by
	}
}

func (s *scanner) pkglist(u *Update) error {
	first := u.list == span{} && !s.empty
	if first {
		u.list.from = s.pos
	}
	for {
		name, err := s.child()
		if err != nil {
			return err
		}
		if name == nil {
			break
		}
		if string(name) != "collection" {
			err = s.skip()
		} else {
			err = s.collection(u)
		}
		if err != nil {
			return err
		}
	}
	if first {
		u.list.to = bytes.LastIndex(s.buf[:s.pos], []byte("</"))
	}
	return nil
}

func (s *scanner) collection(u *Update) error {
	c := collection{at: span{from: lineStart(s.buf, s.tag)}}
	for {
		name, err := s.child()
		if err != nil {
			return err
		}
		if name == nil {
			break
		}
		if string(name) == "package" {
			p, err := s.updatePackage()
			if err != nil {
				return err
			}
			c.packages = append(c.packages, len(u.Packages))
			u.Packages = append(u.Packages, p)
			continue
		}
		if err := s.skip(); err != nil {
			return err
		}
	}
	c.at.to = s.lineEnd(c.at.from)
	u.collections = append(u.collections, c)
	return nil
}

func (s *scanner) updatePackage() (p UpdatePackage, err error) {
	p.at.from = lineStart(s.buf, s.tag)
	r := primaryReader{scanner: s, strings: intern{}}
	if p.Name, err = r.keep(s.value("name")); err != nil {
		return p, err
	}
	if p.Arch, err = r.keep(s.value("arch")); err != nil {
		return p, err
	}
	var epoch int64
	if epoch, err = s.number("epoch"); err != nil {
		return p, err
	}
	p.EVR.Epoch = uint32(epoch)
	if p.EVR.Version, err = r.keep(s.value("version")); err != nil {
		return p, err
	}
	if p.EVR.Release, err = r.keep(s.value("release")); err != nil {
		return p, err
	}
	err = s.skip()
	p.at.to = s.lineEnd(p.at.from)
	return p, err
}

// lineEnd gives the end of what begins at from: with the newline after it
// when it has lines of its own.
func (s *scanner) lineEnd(from int) int {
	if (from == 0 || s.buf[from-1] == '\n') && s.pos < len(s.buf) && s.buf[s.pos] == '\n' {
		return s.pos + 1
	}
	return s.pos
}

// checkRaw refuses references that XML does not know in a text that is
// copied as it is.
func (s *scanner) checkRaw(b []byte) error {
	for {
		i := bytes.IndexAny(b, "&<")
		if i < 0 {
			return nil
		}
		b = b[i:]
		n := 1
		for _, skip := range [...][2]string{{"<!--", "-->"}, {"<![CDATA[", "]]>"}} {
			if bytes.HasPrefix(b, []byte(skip[0])) {
				n = max(1, bytes.Index(b, []byte(skip[1])))
			}
		}
		if b[0] == '&' {
			if _, _, err := s.reference(b[1:]); err != nil {
				return err
			}
		}
		b = b[n:]
	}
}

// XML gives the advisory as it came, with a newline.
func (u *Update) XML() []byte { return append(slices.Clip(u.xml), '\n') }

// Filter gives the advisory with those of its packages that keep accepts,
// nil when it is left without any.
func (u *Update) Filter(keep func(UpdatePackage) bool) *Update {
	cuts, left := u.cuts(keep)
	switch {
	case left == 0:
		return nil
	case len(cuts) == 0:
		return u
	}
	return u.rewritten(cut(u.xml, span{0, len(u.xml)}, cuts))
}

// rewritten reads what became of the advisory.
func (u *Update) rewritten(xml []byte) *Update {
	all, err := ReadUpdates(slices.Concat([]byte("<updates>"), xml, []byte("</updates>")))
	if err != nil || len(all) != 1 {
		return u // what was cut was whole elements
	}
	return &all[0]
}

// Join gives the advisory with the packages that other names in addition,
// in collections of their own, and everything else as u has it.
func (u *Update) Join(other *Update) *Update {
	have := map[UpdatePackage]bool{}
	for _, p := range u.Packages {
		p.at = span{}
		have[p] = true
	}
	cuts, left := other.cuts(func(p UpdatePackage) bool {
		p.at = span{}
		return !have[p]
	})
	if left == 0 || u.list == (span{}) || other.list == (span{}) {
		return u
	}
	at := u.list.to
	if start := lineStart(u.xml, at); start >= u.list.from {
		at = start
	}
	more := bytes.TrimRight(cut(other.xml, other.list, cuts), " \t\r\n")
	return u.rewritten(slices.Concat(u.xml[:at], bytes.TrimLeft(more, "\n"), []byte("\n"), u.xml[at:]))
}

// cuts lists what goes when some packages are not kept, and counts the
// packages that stay. A collection goes with the last of its packages.
func (u *Update) cuts(keep func(UpdatePackage) bool) (out []span, left int) {
	for _, c := range u.collections {
		var gone []span
		for _, i := range c.packages {
			if !keep(u.Packages[i]) {
				gone = append(gone, u.Packages[i].at)
			}
		}
		if left += len(c.packages) - len(gone); len(gone) == len(c.packages) {
			gone = []span{c.at}
		}
		out = append(out, gone...)
	}
	return out, left
}

// cut gives a part of b without some spans in it.
func cut(b []byte, part span, cuts []span) (out []byte) {
	from := part.from
	for _, c := range cuts {
		if c.from < from || c.to > part.to {
			continue
		}
		out = append(out, b[from:c.from]...)
		from = c.to
	}
	return append(out, b[from:part.to]...)
}
