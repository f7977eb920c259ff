package rpmmd

import (
	"bytes"
	"unicode/utf8"
)

// plain decodes the references of a text that is valid XML, into to.
func (r *briefReader) plain(b []byte, to *[]byte) []byte {
	if !validText(b) {
		r.isOdd()
	}
	if bytes.IndexByte(b, '&') < 0 {
		return b
	}
	out := (*to)[:0]
	for len(b) > 0 {
		if b[0] != '&' {
			out, b = append(out, b[0]), b[1:]
			continue
		}
		i := bytes.IndexByte(b[:min(len(b), 12)], ';')
		c, ok := rune(0), false
		if i > 0 {
			if c, ok = references[string(b[1:i])]; !ok {
				c, ok = charRef(string(b[1:i]))
			}
		}
		if !ok {
			r.isOdd()
			return nil
		}
		out, b = utf8.AppendRune(out, c), b[i+1:]
	}
	*to = out
	return out
}

var references = map[string]rune{"lt": '<', "gt": '>', "amp": '&', "quot": '"', "apos": '\''}

// attrs goes over the attributes of the open tag.
type attrs struct {
	r           *briefReader
	name, value []byte
	empty       bool // the element closes itself
}

// next reads an attribute of the form ` name="value"`; at the end of the tag
// it gives false.
func (a *attrs) next() bool {
	r := a.r
	rest := r.doc[r.pos:]
	switch {
	case r.odd || len(rest) < 2:
		return r.isOdd()
	case rest[0] == '>':
		r.pos++
		return false
	case bytes.HasPrefix(rest, []byte("/>")), bytes.HasPrefix(rest, []byte(" />")):
		r.pos += bytes.IndexByte(rest, '>') + 1
		a.empty = true
		return false
	}
	i := bytes.IndexByte(rest, '=')
	if rest[0] != ' ' || i < 2 || i+1 >= len(rest) || rest[i+1] != '"' || bytes.ContainsAny(rest[1:i], " \t\r\n<>/\"'") {
		return r.isOdd()
	}
	n := bytes.IndexByte(rest[i+2:], '"')
	if n < 0 {
		return r.isOdd()
	}
	a.name, a.value = rest[1:i], rest[i+2:i+2+n]
	if bytes.IndexByte(a.value, '<') >= 0 || !validText(a.value) {
		return r.isOdd()
	}
	r.pos += i + 3 + n
	return true
}
