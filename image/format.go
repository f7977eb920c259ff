package image

import (
	"fmt"
	"slices"
	"strings"
)

// Keys are the values that the formats of names may refer to, by key:
// compose_id, release_short, version and what else Pungi has.
type Keys map[string]string

// with gives the keys with others added.
func (k Keys) with(pairs ...string) Keys {
	out := Keys{}
	for key, v := range k {
		out[key] = v
	}
	for i := 0; i < len(pairs); i += 2 {
		out[pairs[i]] = pairs[i+1]
	}
	return out
}

// Expand replaces {key} and %(key)s in a format; {{, }} and %% stand for the
// characters. Anything else that looks like a reference is an error, and so
// is a key that does not exist. What a key stands for is not looked at again.
func Expand(format string, keys Keys) (string, error) {
	var out strings.Builder
	for rest := format; rest != ""; {
		lit, key, tail, err := nextReference(rest)
		if err != nil {
			return "", fmt.Errorf("format %q: %w", format, err)
		}
		out.WriteString(lit)
		if key != "" {
			v, ok := keys[key]
			if !ok {
				return "", fmt.Errorf("format %q: unknown key %q: there are %s", format, key, strings.Join(sortedKeys(keys), ", "))
			}
			out.WriteString(v)
		}
		rest = tail
	}
	return out.String(), nil
}

// nextReference splits off the text up to the first reference, and the key
// of that; no key at the end and for an escaped character.
func nextReference(s string) (text, key, tail string, err error) {
	i := strings.IndexAny(s, "{}%")
	if i < 0 {
		return s, "", "", nil
	}
	text, s = s[:i], s[i:]
	if len(s) > 1 && s[0] == s[1] {
		return text + s[:1], "", s[2:], nil
	}
	var closing string
	switch {
	case s[0] == '{':
		s, closing = s[1:], "}"
	case strings.HasPrefix(s, "%("):
		s, closing = s[2:], ")s"
	default:
		return "", "", "", fmt.Errorf("%q stands alone", s[:1])
	}
	key, tail, ok := strings.Cut(s, closing)
	if !ok || !isKey(key) {
		return "", "", "", fmt.Errorf("%q is not a reference to a key", text+s)
	}
	return text, key, tail, nil
}

// isKey says whether a text can be the name of a key.
func isKey(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return r != '_' && (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
}

// usesKey says whether a format refers to a key.
func usesKey(format, key string) bool {
	return strings.Contains(format, "%("+key+")s") || strings.Contains(format, "{"+key+"}")
}

// byLength sorts longer texts first, equally long ones by their bytes.
func byLength(list []string) []string {
	slices.SortFunc(list, func(a, b string) int {
		if n := len(b) - len(a); n != 0 {
			return n
		}
		return strings.Compare(a, b)
	})
	return list
}
