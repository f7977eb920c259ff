package modulemd

import (
	"fmt"
	"path"
	"strconv"
	"strings"
)

// Pattern names module streams: NAME, NAME:STREAM, NAME:STREAM:VERSION or
// NAME:STREAM:VERSION:CONTEXT, each part a shell glob.
type Pattern struct {
	Text string
	// Origin is the place where a person wrote it.
	Origin string
}

// String gives the pattern in quotes, and its place.
func (p Pattern) String() string {
	if p.Origin == "" {
		return strconv.Quote(p.Text)
	}
	return fmt.Sprintf("%q (%s)", p.Text, p.Origin)
}

// Check says what is wrong with the pattern.
func (p Pattern) Check() error {
	parts := p.parts()
	if len(parts) > 4 {
		return fmt.Errorf("module %q: more than NAME:STREAM:VERSION:CONTEXT", p.Text)
	}
	for _, part := range parts {
		if part == "" {
			return fmt.Errorf("module %q: an empty part", p.Text)
		}
		if _, err := path.Match(part, ""); err != nil || strings.ContainsAny(part, "/ \t\r\n") {
			return fmt.Errorf("module %q: %q is not a name or a shell glob", p.Text, part)
		}
	}
	return nil
}

func (p Pattern) parts() []string { return strings.Split(p.Text, ":") }

// namesStream says whether the pattern names streams, not only modules.
func (p Pattern) namesStream() bool { return strings.Contains(p.Text, ":") }

// Match says whether a stream is one that the pattern names. A part that is
// not there matches anything.
func (p Pattern) Match(id ID) bool {
	of := []string{id.Name, id.Stream, strconv.FormatUint(id.Version, 10), id.Context}
	parts := p.parts()
	if len(parts) > len(of) {
		return false
	}
	for i, part := range parts {
		if !globMatch(part, of[i]) {
			return false
		}
	}
	return true
}

func globMatch(pattern, name string) bool {
	ok, err := path.Match(strings.ReplaceAll(pattern, "[!", "[^"), name)
	return ok && err == nil
}
