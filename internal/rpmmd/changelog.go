package rpmmd

import "bytes"

// LimitChangelog gives an other fragment with no more than the last n of its
// changelog entries, of which at most ten are in it.
func LimitChangelog(other []byte, n int) []byte {
	const entry = "\n  <changelog " // text has its "<" escaped
	count := bytes.Count(other, []byte(entry))
	if count <= n {
		return other
	}
	from := bytes.Index(other, []byte(entry)) + 1
	to := from
	for range count - n {
		next := bytes.Index(other[to:], []byte(entry))
		if next < 0 {
			to = bytes.LastIndex(other, []byte("</package>"))
			break
		}
		to += next + 1
	}
	return append(bytes.Clone(other[:from]), other[to:]...)
}
