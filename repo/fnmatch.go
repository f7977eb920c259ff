package repo

import "strings"

// fnmatch matches a shell pattern as Python's fnmatch does: "*", "?", "[seq]"
// and "[!seq]"; a "[" without its end stands for itself.
func fnmatch(pattern, s string) bool {
	star, back := -1, 0
	p, i := 0, 0
	for i < len(s) {
		if p < len(pattern) && pattern[p] == '*' {
			star, back = p, i
			p++
			continue
		}
		if n, ok := matchOne(pattern[p:], s[i]); ok {
			p += n
			i++
			continue
		}
		if star < 0 {
			return false
		}
		back++
		p, i = star+1, back
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// matchOne matches one byte with the first element of pattern, of length n.
func matchOne(pattern string, c byte) (n int, ok bool) {
	switch {
	case pattern == "":
		return 0, false
	case pattern[0] == '?':
		return 1, true
	case pattern[0] != '[':
		return 1, pattern[0] == c
	}
	set := pattern[1:]
	not := strings.HasPrefix(set, "!")
	if not {
		set = set[1:]
	}
	// A "]" that comes first is a member.
	end := -1
	if len(set) > 0 {
		end = strings.IndexByte(set[1:], ']') + 1
	}
	if end <= 0 {
		return 1, c == '['
	}
	n = len(pattern) - len(set) + end + 1
	return n, inSet(set[:end], c) != not
}

func inSet(set string, c byte) bool {
	for i := 0; i < len(set); i++ {
		if i+2 < len(set) && set[i+1] == '-' {
			if set[i] <= c && c <= set[i+2] {
				return true
			}
			i += 2
		} else if set[i] == c {
			return true
		}
	}
	return false
}
