package config

import "strconv"

// placeIndex maps the full name of a key ("gather.tree[0].add[1]") to where
// it was set.
type placeIndex map[string]string

// Place says where a key was set, as "compose.toml:31" or "--define"; for a
// key that nobody set, the place of the nearest table around it that has one,
// at last the file. The key is written with indices: gather.tree[0].add[1].
func (c *Config) Place(key string) string {
	for k := key; ; k = parentKey(k) {
		if p, ok := c.places[k]; ok || k == "" {
			return p
		}
	}
}

// index gives the name of the i-th element of a list.
func index(key string, i int) string { return key + "[" + strconv.Itoa(i) + "]" }

// parentKey cuts the last element off a key.
func parentKey(key string) string {
	for i := len(key) - 1; i > 0; i-- {
		if key[i] == '.' || key[i] == '[' {
			return key[:i]
		}
	}
	return ""
}
