package config

import (
	"strconv"
	"strings"
)

// position is where a key was set.
type position struct {
	file      string // as the user named it, or "--define"
	line, col int    // from 1; 0 when it is no place in a file
}

// String gives file:line, or the file alone.
func (p position) String() string {
	if p.line == 0 {
		return p.file
	}
	return p.file + ":" + strconv.Itoa(p.line)
}

// Place says where a key was set, as "compose.toml:31" or "--define"; for a
// key that nobody set, the place of the nearest table around it that has one,
// at last the file. The key is written with indices: gather.tree[0].add[1].
func (c *Config) Place(key string) string { return findPlace(c.places, key).String() }

func findPlace(places map[string]position, key string) position {
	for k := key; ; k = parentKey(k) {
		if p, ok := places[k]; ok || k == "" {
			return p
		}
	}
}

// index gives the name of the i-th element of a list.
func index(key string, i int) string { return key + "[" + strconv.Itoa(i) + "]" }

// join gives the name of a key in a table; the top table has the name "".
func join(table, key string) string {
	if !isBare(key) {
		key = strconv.Quote(key)
	}
	if table == "" {
		return key
	}
	return table + "." + key
}

// isBare says whether TOML lets a key stand without quotes.
func isBare(key string) bool {
	const bare = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"
	return key != "" && strings.Trim(key, bare) == ""
}

// parentKey cuts the last element off a key.
func parentKey(key string) string {
	return key[:max(strings.LastIndexAny(key, ".["), 0)]
}

// withoutIndices gives gather.tree.add for gather.tree[0].add[1].
func withoutIndices(key string) string {
	var b strings.Builder
	for rest := key; ; {
		before, after, found := strings.Cut(rest, "[")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		_, rest, _ = strings.Cut(after, "]")
	}
}
