package config

import (
	"reflect"
	"slices"
	"strings"
)

// nearest gives the candidate that a misspelt word is most likely meant to
// be, "" when none is near.
func nearest(word string, candidates []string) string {
	if len(word) > 64 {
		return ""
	}
	best, bestAt := "", max(1, len(word)/3)+1
	w := normal(word)
	for _, c := range candidates {
		n := normal(c)
		d := distance(w, n)
		if len(w) >= 3 && (strings.HasPrefix(n, w) || strings.HasPrefix(w, n) && len(n) >= 3) {
			d = min(d, 1)
		}
		if d < bestAt {
			best, bestAt = c, d
		}
	}
	return best
}

// normal takes away what people get wrong without noticing.
func normal(s string) string {
	return strings.ToLower(strings.ReplaceAll(s, "-", "_"))
}

// distance counts the letters to insert, drop, change or swap with their
// neighbour.
func distance(a, b string) int {
	prev2, prev, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := range len(a) {
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			row[j+1] = min(prev[j+1]+1, row[j]+1, prev[j]+cost)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], prev2[j-1]+1)
			}
		}
		prev2, prev, row = prev, row, prev2
	}
	return prev[len(b)]
}

// didYouMean words the nearest candidate, or else names all when they are few.
func didYouMean(word string, candidates []string) string {
	if n := nearest(word, candidates); n != "" {
		return `did you mean "` + n + `"?`
	}
	if len(candidates) == 0 || len(candidates) > 12 {
		return ""
	}
	return "valid: " + strings.Join(candidates, ", ")
}

// suggestKey finds what an unknown key of a table may be meant to be: a key
// that replaces a Pungi option, one of the table with nearly its name, one
// with exactly its name elsewhere.
func suggestKey(name string, table []field) string {
	if k := pungiKey(name); k != "" {
		return `did you mean "` + k + `"?`
	}
	if n := nearest(name, names(table)); n != "" {
		return `did you mean "` + n + `"?`
	}
	if _, ok := fieldNamed(fieldsOf(reflect.TypeFor[Config]()), name); ok {
		return `"` + name + `" is a top-level key: it stands above the first [table]`
	}
	if at := tablesWith(name); len(at) > 0 {
		return `"` + name + `" is a key of ` + strings.Join(at, ", ")
	}
	return "valid here: " + strings.Join(names(table), ", ")
}

// pungiKey gives the key that has the meaning of a Pungi option.
func pungiKey(option string) string {
	found := ""
	walkFields(reflect.TypeFor[Config](), "", func(table string, f field) {
		if found == "" && option == f.pungi && option != f.name {
			found = join(table, f.name)
		}
	})
	return found
}

// tablesWith gives the tables that have a key.
func tablesWith(name string) []string {
	var out []string
	walkFields(reflect.TypeFor[Config](), "", func(table string, f field) {
		if f.name == name && table != "" && !slices.Contains(out, table) {
			out = append(out, table)
		}
	})
	return out
}
