package rpmmd

import (
	"bytes"
	"io"
)

// root opens the document's root element, whose local name must be want.
func (s *scanner) root(want string) error {
	if b, err := s.peek(3); err == nil && bytes.Equal(b, []byte("\ufeff")) {
		s.pos += 3
	}
	name, err := s.child()
	if err != nil {
		return err
	}
	if string(name) != want {
		return s.fail("the root element is <%s>, not <%s>", name, want)
	}
	return nil
}

// finish checks that nothing but comments and blanks follow the root.
func (s *scanner) finish() error {
	for {
		s.pos += blanks(s.buf[s.pos:s.end])
		switch {
		case s.pos == s.end && s.err == io.EOF:
			return nil
		case s.pos == s.end:
			if err := s.fill(s.pos); err != nil && s.err != io.EOF {
				return err
			}
		case s.buf[s.pos] != '<':
			return s.fail("text after the root element")
		default:
			m, err := s.next()
			if err != nil {
				return err
			}
			if m != other {
				return s.fail("an element after the root element")
			}
		}
	}
}

// child opens the next child of the open element and gives its local name,
// or closes the element and gives nil. Text between is skipped.
func (s *scanner) child() ([]byte, error) {
	if s.empty {
		s.empty = false
		s.pop()
		return nil, nil
	}
	for {
		n, err := s.find("<", 0)
		if err != nil {
			return nil, err
		}
		s.pos += n
		m, err := s.next()
		if err != nil {
			return nil, err
		}
		switch m {
		case startTag:
			return s.open()
		case endTag:
			return nil, s.close()
		case cdata:
			if err := s.skipPast("]]>"); err != nil {
				return nil, err
			}
		}
	}
}

// skip closes the open element with all that is in it.
func (s *scanner) skip() error {
	depth := len(s.starts)
	for len(s.starts) >= depth {
		if _, err := s.child(); err != nil {
			return err
		}
	}
	return nil
}

// open reads the start tag at pos and its attributes.
func (s *scanner) open() ([]byte, error) {
	for {
		n, ok, err := s.parseTag(s.buf[s.pos:s.end])
		if err != nil {
			return nil, err
		}
		if ok {
			name := s.tagName(s.buf[s.pos+1 : s.end])
			if len(s.starts) == maxDepth {
				return nil, s.fail("elements nested deeper than %d", maxDepth)
			}
			s.starts = append(s.starts, len(s.names))
			s.names = append(s.names, name...)
			s.tag = s.pos
			s.pos += n
			return local(name), nil
		}
		if err := s.fill(s.pos); err != nil {
			return nil, err
		}
	}
}

// tagName gives the name that b begins with.
func (s *scanner) tagName(b []byte) []byte {
	for n, c := range b {
		if nameEnds[c] {
			return b[:n]
		}
	}
	return b
}

var nameEnds = [256]bool{' ': true, '\n': true, '\r': true, '\t': true, '/': true, '>': true, '=': true, '<': true}

// parseTag reads attributes up to the tag's end. It gives the length of the
// tag, or not ok when b ends too early.
func (s *scanner) parseTag(b []byte) (n int, ok bool, err error) {
	s.attrs, s.empty = s.attrs[:0], false
	n = 1 + len(s.tagName(b[1:]))
	if n == 1 && len(b) > 1 {
		return 0, false, s.fail("a tag without a name")
	}
	for {
		n += blanks(b[n:])
		switch {
		case n+1 >= len(b) && (n >= len(b) || b[n] != '>'):
			return 0, false, nil
		case b[n] == '>':
			return n + 1, true, nil
		case b[n] == '/' && b[n+1] == '>':
			s.empty = true
			return n + 2, true, nil
		}
		m, ok, err := s.parseAttr(b[n:])
		if !ok || err != nil {
			return 0, false, err
		}
		n += m
	}
}

func (s *scanner) parseAttr(b []byte) (n int, ok bool, err error) {
	name := s.tagName(b)
	n = len(name) + blanks(b[len(name):])
	if n >= len(b) {
		return 0, false, nil
	}
	if len(name) == 0 || b[n] != '=' {
		return 0, false, s.fail("an attribute without a value")
	}
	n++
	n += blanks(b[n:])
	if n >= len(b) {
		return 0, false, nil
	}
	quote := b[n]
	if quote != '"' && quote != '\'' {
		return 0, false, s.fail("an attribute without quotes")
	}
	n++
	end := bytes.IndexByte(b[n:], quote)
	if end < 0 {
		return 0, false, nil
	}
	if len(s.attrs) == maxAttrs {
		return 0, false, s.fail("more than %d attributes", maxAttrs)
	}
	s.attrs = append(s.attrs, attribute{name, b[n : n+end]})
	return n + end + 1, true, nil
}

// close reads the end tag at pos, which must match the open element.
func (s *scanner) close() error {
	if len(s.starts) == 0 {
		return s.fail("an end tag closes nothing")
	}
	open := s.names[s.starts[len(s.starts)-1]:]
	if b := s.buf[s.pos+2 : s.end]; len(b) > len(open) && b[len(open)] == '>' && bytes.Equal(b[:len(open)], open) {
		s.pos += 2 + len(open) + 1
		s.pop()
		return nil
	}
	end, err := s.find(">", 0)
	if err != nil {
		return err
	}
	name := bytes.TrimRight(s.buf[s.pos+2:s.pos+end], " \t\r\n")
	if !bytes.Equal(open, name) {
		return s.fail("</%.80s> closes <%.80s>", name, open)
	}
	s.pos += end + 1
	s.pop()
	return nil
}

func (s *scanner) pop() {
	last := len(s.starts) - 1
	s.names = s.names[:s.starts[last]]
	s.starts = s.starts[:last]
}

// attr gives the raw value of an attribute of the element just opened, nil
// when it has none. A name without a colon matches any prefix but xml's.
func (s *scanner) attr(name string) []byte {
	for _, a := range s.attrs {
		if string(a.name) == name {
			return a.value
		}
	}
	for _, a := range s.attrs {
		if string(local(a.name)) == name && !bytes.HasPrefix(a.name, []byte("xml")) {
			return a.value
		}
	}
	return nil
}

func local(name []byte) []byte {
	if i := bytes.IndexByte(name, ':'); i >= 0 {
		return name[i+1:]
	}
	return name
}

func isBlank(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' }

func blanks(b []byte) int {
	n := 0
	for n < len(b) && isBlank(b[n]) {
		n++
	}
	return n
}
