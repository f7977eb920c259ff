package iso

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// rule makes an identifier of a name. Where it has to change or cut the name
// it says so; tag is put at the end of the stem to tell those apart that come
// out the same.
type rule func(name string, d kind, tag string) (id string, exact bool)

// kind tells files and folders apart.
type kind bool

const (
	isFile kind = false
	isDir  kind = true
)

// rule gives the rule for the primary tree.
func (l Level) rule() rule {
	switch l {
	case Level1:
		return func(name string, d kind, tag string) (string, bool) { return strict(name, d, tag, 8) }
	case Level2, Level3:
		return func(name string, d kind, tag string) (string, bool) { return strict(name, d, tag, 30) }
	case Level4:
		return func(name string, _ kind, tag string) (string, bool) { return free(name, tag, 193) }
	}
	return func(name string, _ kind, tag string) (string, bool) { return free(name, tag, 37) }
}

// free keeps a name of up to limit bytes, and cuts the stem of a longer one.
func free(name, tag string, limit int) (string, bool) {
	if tag == "" && len(name) <= limit {
		return name, true
	}
	stem, ext := splitExt(name)
	keep := max(min(len(stem), limit-len(ext)-len(tag)), 0)
	for keep > 0 && !utf8.RuneStart((stem + ext + " ")[keep]) {
		keep--
	}
	return stem[:keep] + tag + ext, false
}

// splitExt splits a name before its last dot, unless that is the first
// character or what follows is too long to be a suffix.
func splitExt(name string) (stem, ext string) {
	i := strings.LastIndexByte(name, '.')
	if i <= 0 || len(name)-i > 9 {
		return name, ""
	}
	return name[:i], name[i:]
}

// strict makes an upper case name with at most one dot, as ISO 9660 has them.
// With a limit of 8 it is 8.3, with 30 stem and suffix share the limit.
func strict(name string, d kind, tag string, limit int) (string, bool) {
	stem, ext := name, ""
	if i := strings.LastIndexByte(name, '.'); i >= 0 && d == isFile {
		stem, ext = name[:i], name[i+1:]
	}
	extLimit := 3
	if limit > 8 {
		extLimit = 8
		if d == isDir {
			limit++
		}
	}
	s, e := upper(stem), upper(ext)
	exact := tag == "" && s == stem && e == ext && len(e) <= extLimit
	e = e[:min(len(e), extLimit)]
	if limit > 8 && d == isFile {
		limit -= len(e)
	}
	exact = exact && len(s) <= limit
	s = s[:max(min(len(s), limit-len(tag)), 0)] + upper(tag)
	if s == "" && e == "" {
		s = "_"
	}
	if d == isDir {
		return s, exact
	}
	return s + "." + e + ";1", exact
}

// upper maps each byte to one that ISO 9660 allows in names.
func upper(s string) string {
	b := []byte(s)
	for i, c := range b {
		switch {
		case c >= 'a' && c <= 'z':
			b[i] = c - 'a' + 'A'
		case c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		default:
			b[i] = '_'
		}
	}
	return string(b)
}

// jolietLimit is the longest Joliet name that readers cope with, in UTF-16
// units: mkisofs -joliet-long.
const jolietLimit = 103

// jolietName makes a name in big-endian UTF-16. What Joliet forbids and what
// is not UTF-8 becomes an underscore.
func jolietName(name string, _ kind, tag string) (string, bool) {
	exact := tag == "" && utf8.ValidString(name)
	runes := []rune(strings.ToValidUTF8(name, "_"))
	for i, c := range runes {
		if strings.ContainsRune(`*/:;?\`, c) {
			runes[i], exact = '_', false
		}
	}
	stem, ext := splitExt(string(runes))
	s, e, t := utf16.Encode([]rune(stem)), utf16.Encode([]rune(ext)), utf16.Encode([]rune(tag))
	if keep := jolietLimit - len(e) - len(t); len(s) > keep {
		if utf16.IsSurrogate(rune(s[keep])) && s[keep] >= 0xdc00 {
			keep--
		}
		s, exact = s[:keep], false
	}
	return bigEndian(s) + bigEndian(t) + bigEndian(e), exact
}

func bigEndian(s []uint16) string {
	b := make([]byte, 0, 2*len(s))
	for _, u := range s {
		b = append(b, byte(u>>8), byte(u))
	}
	return string(b)
}
