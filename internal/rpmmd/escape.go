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
	var f fault
	if !utf8.ValidString(s) {
		s, f = latin1(s), faultLatin
	}
	start := 0
	for i := 0; i < len(s); i++ {
		if classes[s[i]]&where == 0 {
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if n > 1 && where == inText && r < 0xfffe {
			continue // the rest of the character has no class in text
		}
		dst = append(dst, s[start:i]...)
		if forbidden(r) {
			f |= faultForbidden
		} else {
			dst = appendEscaped(dst, r)
		}
		i += n - 1
		start = i + 1
	}
	return append(dst, s[start:]...), f
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
