package gather

import (
	"sort"
	"strings"
	"unicode/utf8"
)

// isGlob says whether the text has a character that means something to glob.
func isGlob(text string) bool { return strings.ContainsAny(text, `*?[\`) }

// glob says whether name matches a shell pattern as fnmatch(3) without flags
// does: "*", "?", "[a-z]", "[!a-z]", and a backslash that takes the next
// character literally. A bracket that is never closed stands for itself. The
// time is bounded by the product of both lengths.
func glob(pattern, name string) bool {
	star, retry := -1, 0
	p, n := 0, 0
	for n < len(name) {
		if p < len(pattern) && pattern[p] == '*' {
			star, retry = p, n
			p++
			continue
		}
		if pw, nw, ok := globOne(pattern[p:], name[n:]); ok {
			p, n = p+pw, n+nw
			continue
		}
		if star < 0 {
			return false
		}
		_, w := utf8.DecodeRuneInString(name[retry:])
		retry += w
		p, n = star+1, retry
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// globOne matches one character and gives the widths of the pattern's element
// and of the character.
func globOne(pattern, name string) (pw, nw int, ok bool) {
	if pattern == "" {
		return 0, 0, false
	}
	r, nw := utf8.DecodeRuneInString(name)
	switch pattern[0] {
	case '?':
		return 1, nw, true
	case '[':
		if pw, ok := globSet(pattern, r); pw > 0 {
			return pw, nw, ok
		}
	case '\\':
		if len(pattern) > 1 {
			pattern, pw = pattern[1:], 1
		}
	}
	_, w := utf8.DecodeRuneInString(pattern)
	return pw + w, nw, pattern[:w] == name[:nw]
}

// globSet matches a bracket expression; a width of 0 means that it is none.
func globSet(pattern string, r rune) (width int, ok bool) {
	i := 1
	negate := i < len(pattern) && (pattern[i] == '!' || pattern[i] == '^')
	if negate {
		i++
	}
	for first := i; i < len(pattern); {
		if pattern[i] == ']' && i > first {
			return i + 1, ok != negate
		}
		lo, w := utf8.DecodeRuneInString(pattern[i:])
		i += w
		hi := lo
		if i+1 < len(pattern) && pattern[i] == '-' && pattern[i+1] != ']' {
			hi, w = utf8.DecodeRuneInString(pattern[i+1:])
			i += 1 + w
		}
		ok = ok || lo <= r && r <= hi
	}
	return 0, false
}

// matchNames calls fn for each name of the universe that the pattern matches,
// in order. Only names that begin like the pattern are looked at.
func (u *Universe) matchNames(pattern string, fn func(nameRun)) {
	if !isGlob(pattern) {
		i := sort.Search(len(u.names), func(i int) bool { return u.names[i].name >= pattern })
		if i < len(u.names) && u.names[i].name == pattern {
			fn(u.names[i])
		}
		return
	}
	prefix := pattern[:strings.IndexAny(pattern, `*?[\`)]
	from := sort.Search(len(u.names), func(i int) bool { return u.names[i].name >= prefix })
	for _, n := range u.names[from:] {
		if !strings.HasPrefix(n.name, prefix) {
			return
		}
		if glob(pattern, n.name) {
			fn(n)
		}
	}
}
