package record

import (
	"bytes"
	"fmt"
	"io"
)

// Match says whether a package is asked for, by its name-epoch:version-release.arch.
type Match func(nevra string) bool

// The texts that a package's name follows. Nothing in a string of JSON looks
// like one, as quotes are escaped there.
var (
	packageKey = []byte(`"package":"`)
	hiddenKey  = []byte(`"hidden":"`)
	missingKey = []byte(`"missing":"`)
	byKey      = []byte(`"by":"`)
)

// selection chooses lines of a tree's record without decoding all of them.
type selection struct {
	lines [][]byte
	picks map[string][]int // lines of packages by their names
	taken []bool
}

// choose gives the lines that name a package which is asked for, the lines
// that its chain of reasons needs, and every line whose form is not known.
// The others are nil. Without a match all lines are given.
func choose(r io.Reader, match Match) ([][]byte, error) {
	data, err := io.ReadAll(&bounded{r: r, left: maxRecord})
	if err != nil {
		return nil, err
	}
	s := selection{picks: map[string][]int{}}
	for line := range bytes.Lines(data) {
		if len(line) > maxLine {
			return nil, fmt.Errorf("line %d: longer than %d bytes", len(s.lines)+1, maxLine)
		}
		s.lines = append(s.lines, line)
	}
	if match == nil {
		return s.lines, nil
	}
	s.taken = make([]bool, len(s.lines))
	for i, line := range s.lines {
		if begins(line, packageKey) {
			name, _ := nameAfter(line, packageKey)
			s.picks[string(name)] = append(s.picks[string(name)], i)
		}
	}
	for i, line := range s.lines {
		if isWanted(line, match) {
			s.take(i)
		}
	}
	for i := range s.lines {
		if !s.taken[i] {
			s.lines[i] = nil
		}
	}
	return s.lines, nil
}

// take takes a line and those of the packages that brought it in.
func (s *selection) take(i int) {
	for todo := []int{i}; len(todo) > 0; {
		i, todo = todo[len(todo)-1], todo[:len(todo)-1]
		if s.taken[i] {
			continue
		}
		s.taken[i] = true
		if by, _ := nameAfter(s.lines[i], byKey); by != nil {
			todo = append(todo, s.picks[string(by)]...)
		}
	}
}

// isWanted says whether a line has to be decoded.
func isWanted(line []byte, match Match) bool {
	known := false
	for _, key := range [][]byte{packageKey, hiddenKey, missingKey} {
		known = known || begins(line, key)
	}
	return !known || mentions(line, packageKey, match) || mentions(line, hiddenKey, match)
}

// begins says whether the key is the first one of a line's object.
func begins(line, key []byte) bool { return bytes.HasPrefix(line[min(1, len(line)):], key) }

// mentions says whether a name behind the key is asked for. One with an escape
// in it is.
func mentions(line, key []byte, match Match) bool {
	for {
		name, rest := nameAfter(line, key)
		if name == nil {
			return false
		}
		if bytes.IndexByte(name, '\\') >= 0 || match(string(name)) {
			return true
		}
		line = rest
	}
}

// nameAfter gives the text from behind the first key to the next quote, and
// what follows; nil where there is none.
func nameAfter(line, key []byte) (name, rest []byte) {
	i := bytes.Index(line, key)
	if i < 0 {
		return nil, nil
	}
	line = line[i+len(key):]
	n := bytes.IndexByte(line, '"')
	if n < 0 {
		return nil, nil
	}
	return line[:n:n], line[n:]
}

// Names calls fn with the name of every package that a record has a line of.
func Names(r io.Reader, fn func(nevra string)) error {
	return eachLine(r, func(line []byte) error {
		if begins(line, packageKey) {
			if name, _ := nameAfter(line, packageKey); name != nil {
				fn(string(name))
			}
		}
		return nil
	})
}
