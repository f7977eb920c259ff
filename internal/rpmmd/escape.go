package rpmmd

import (
	"strconv"
	"unicode/utf8"
)

// fault says what could not be written as it was.
type fault uint8

const (
	faultLatin     fault = 1 << iota // not UTF-8: read as ISO 8859-1
	faultForbidden                   // characters that XML forbids: dropped
)

// A byte's class: what has to be done about it in text and in attributes.
const (
	inText uint8 = 1 << iota
	inAttr
)

var classes = makeClasses()

func makeClasses() (t [256]uint8) {
	for c := range t {
		switch {
		case c == '\t' || c == '\n' || c == '"':
			t[c] = inAttr
		case c < ' ' || c == '<' || c == '>' || c == '&':
			t[c] = inText | inAttr
		case c == 0xef: // U+FFFE and U+FFFF begin with it
			t[c] = inText | inAttr
		case c >= utf8.RuneSelf:
			t[c] = inAttr
		}
	}
	return t
}

// appendText appends s as character data, escaped as libxml2 does it.
func appendText(dst []byte, s string) ([]byte, fault) { return escape(dst, s, inText) }

// appendAttr appends s as the value of an attribute in double quotes.
func appendAttr(dst []byte, s string) []byte {
	dst, _ = escape(dst, s, inAttr)
	return dst
}

func escape(dst []byte, s string, where uint8) ([]byte, fault) {
	begin := len(dst)
	var f fault
	start, checked := 0, false
	for i := 0; i < len(s); {
		if i+8 <= len(s) && plain(s[i:i+8]) {
			i += 8
			continue
		}
		for end := min(i+8, len(s)); i < end; {
			c := s[i]
			if c >= utf8.RuneSelf && !checked {
				if checked = utf8.ValidString(s[i:]); !checked {
					dst, f = escape(dst[:begin], latin1(s), where)
					return dst, f | faultLatin
				}
			}
			if classes[c]&where == 0 {
				i++
				continue
			}
			r, n := utf8.DecodeRuneInString(s[i:])
			if n == 1 || where == inAttr || forbidden(r) {
				dst = append(dst, s[start:i]...)
				if forbidden(r) {
					f |= faultForbidden
				} else {
					dst = appendEscaped(dst, r)
				}
				start = i + n
			}
			i += n
		}
	}
	return append(dst, s[start:]...), f
}

// plain says whether the first eight bytes of s need no look: they are ASCII
// without control characters and without any of <>&".
func plain(s string) bool {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	_ = s[7]
	x := uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
	angle := (x | 2*ones) ^ ones*'>'    // '<' and '>' differ in this bit only
	ampQuote := (x | 4*ones) ^ ones*'&' // so do '"' and '&'
	return (x|(x-ones*' ')&^x|(angle-ones)&^angle|(ampQuote-ones)&^ampQuote)&tops == 0
}

func forbidden(r rune) bool {
	return r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xfffe || r == 0xffff
}

func appendEscaped(dst []byte, r rune) []byte {
	switch r {
	case '<':
		return append(dst, "&lt;"...)
	case '>':
		return append(dst, "&gt;"...)
	case '&':
		return append(dst, "&amp;"...)
	case '"':
		return append(dst, "&quot;"...)
	case '\t', '\n', '\r':
		dst = append(dst, "&#"...)
		dst = strconv.AppendInt(dst, int64(r), 10)
		return append(dst, ';')
	}
	dst = append(dst, "&#x"...)
	for shift := 20; shift >= 0; shift -= 4 {
		if d := r >> shift; d != 0 {
			dst = append(dst, "0123456789ABCDEF"[d&15])
		}
	}
	return append(dst, ';')
}

// latin1 reads s as ISO 8859-1, without the bytes 0x80 to 0xbf, as
// createrepo_c does: they are mostly the remains of other encodings.
func latin1(s string) string {
	b := make([]byte, 0, len(s)+len(s)/8)
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c < utf8.RuneSelf:
			b = append(b, c)
		case c >= 0xc0:
			b = utf8.AppendRune(b, rune(c))
		}
	}
	return string(b)
}
