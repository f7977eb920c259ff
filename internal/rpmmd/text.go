package rpmmd

import (
	"bytes"
	"encoding/binary"
	"strconv"
	"unicode/utf8"
)

// content gives the text of the open element and closes it. Elements in it
// are skipped. The bytes are valid until the scanner is used again.
func (s *scanner) content() ([]byte, error) {
	if s.empty {
		s.empty = false
		s.pop()
		return nil, nil
	}
	n, err := s.find("<", 0)
	if err != nil {
		return nil, err
	}
	if _, err = s.find(">", n); err != nil {
		return nil, err
	}
	b := s.buf[s.pos : s.pos+n]
	if s.buf[s.pos+n+1] != '/' {
		return s.mixed()
	}
	s.pos += n
	if err := s.close(); err != nil { // it is in the buffer: b does not move
		return nil, err
	}
	if bytes.IndexByte(b, '&') < 0 && bytes.IndexByte(b, '\r') < 0 {
		return s.checked(b)
	}
	if s.text, err = s.decode(s.text[:0], b); err != nil {
		return nil, err
	}
	return s.checked(s.text)
}

// mixed is content for what is not one run of text.
func (s *scanner) mixed() ([]byte, error) {
	s.text = s.text[:0]
	for {
		n, err := s.find("<", 0)
		if err != nil {
			return nil, err
		}
		if s.text, err = s.decode(s.text, s.buf[s.pos:s.pos+n]); err != nil {
			return nil, err
		}
		s.pos += n
		done, err := s.mixedMarkup()
		if err != nil {
			return nil, err
		}
		if done {
			return s.checked(s.text)
		}
		if len(s.text) > maxToken {
			return nil, s.fail("a text of more than %d bytes", maxToken)
		}
	}
}

func (s *scanner) mixedMarkup() (done bool, err error) {
	m, err := s.next()
	if err != nil {
		return false, err
	}
	switch m {
	case endTag:
		return true, s.close()
	case startTag:
		if _, err := s.open(); err != nil {
			return false, err
		}
		return false, s.skip()
	case cdata:
		n, err := s.find("]]>", 9)
		if err != nil {
			return false, err
		}
		s.text = append(s.text, s.buf[s.pos+9:s.pos+n]...)
		s.pos += n + 3
	}
	return false, nil
}

func (s *scanner) checked(b []byte) ([]byte, error) {
	if !validText(b) {
		return nil, s.fail("text that is not UTF-8 or has control characters")
	}
	return b, nil
}

// value gives an attribute of the element just opened, decoded, "" when it
// has none. The bytes are valid until the scanner is used again.
func (s *scanner) value(name string) ([]byte, error) {
	b := s.attr(name)
	if bytes.IndexByte(b, '&') < 0 {
		return s.checked(b)
	}
	var err error
	if s.text, err = s.decode(s.text[:0], b); err != nil {
		return nil, err
	}
	return s.checked(s.text)
}

// number gives an attribute of the element just opened as a number that is
// not negative; 0 when it has none.
func (s *scanner) number(name string) (int64, error) {
	b := bytes.TrimSpace(s.attr(name))
	if len(b) == 0 {
		return 0, nil
	}
	n, err := strconv.ParseInt(string(b), 10, 64)
	if err != nil || n < 0 {
		return 0, s.fail("%s=%.40q is not a number", name, b)
	}
	return n, nil
}

// decode appends b with its references decoded and its line ends made "\n".
func (s *scanner) decode(dst, b []byte) ([]byte, error) {
	for {
		i := bytes.IndexAny(b, "&\r")
		if i < 0 {
			return append(dst, b...), nil
		}
		dst = append(dst, b[:i]...)
		if b[i] == '\r' {
			if b = b[i+1:]; len(b) == 0 || b[0] != '\n' {
				dst = append(dst, '\n')
			}
			continue
		}
		r, n, err := s.reference(b[i+1:])
		if err != nil {
			return nil, err
		}
		dst = utf8.AppendRune(dst, r)
		b = b[i+1+n:]
	}
}

// reference decodes "name;" or "#n;" and gives its length.
func (s *scanner) reference(b []byte) (r rune, n int, err error) {
	n = bytes.IndexByte(b[:min(len(b), 12)], ';')
	if n < 0 {
		return 0, 0, s.fail("a bare &")
	}
	switch name := string(b[:n]); name {
	case "lt":
		return '<', n + 1, nil
	case "gt":
		return '>', n + 1, nil
	case "amp":
		return '&', n + 1, nil
	case "quot":
		return '"', n + 1, nil
	case "apos":
		return '\'', n + 1, nil
	default:
		if r, ok := charRef(name); ok {
			return r, n + 1, nil
		}
		return 0, 0, s.fail("unknown entity &%s;", name)
	}
}

func charRef(name string) (rune, bool) {
	if len(name) < 2 || name[0] != '#' {
		return 0, false
	}
	digits, base := name[1:], 10
	if digits[0] == 'x' {
		digits, base = digits[1:], 16
	}
	n, err := strconv.ParseUint(digits, base, 32)
	if err != nil || n > utf8.MaxRune || n >= 0xd800 && n < 0xe000 || forbidden(rune(n)) {
		return 0, false
	}
	return rune(n), true
}

// validText says whether b is what XML text may be after decoding. Eight
// bytes at a time are looked at for bytes below a blank and above ASCII.
func validText(b []byte) bool {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	for ; len(b) >= 8; b = b[8:] {
		x := binary.LittleEndian.Uint64(b)
		if x&tops != 0 || (x-ones*' ')&^x&tops != 0 {
			return validSlow(b)
		}
	}
	return validSlow(b)
}

func validSlow(b []byte) bool {
	for _, c := range b {
		if c < ' ' && c != '\t' && c != '\n' && c != '\r' {
			return false
		}
	}
	return utf8.Valid(b)
}
