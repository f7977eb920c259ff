package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// maxComplaints bounds what one run says; a file with more is not a
// configuration.
const maxComplaints = 500

// Complaint is one thing that is wrong with a configuration.
type Complaint struct {
	File string `json:"file"`           // as the user named it, or "--define"
	Line int    `json:"line,omitempty"` // from 1; 0 when it concerns the whole file
	Col  int    `json:"col,omitempty"`  // in characters, from 1
	Key  string `json:"key,omitempty"`  // with indices: variant[0].arches
	Text string `json:"text"`           // what is wrong
	Hint string `json:"hint,omitempty"` // what may be meant instead
}

// String gives one line: "compose.toml:12: variant.archs: unknown key; did you
// mean "arches"?". The indices of the key are left out where a line tells more.
func (c Complaint) String() string {
	s := position{file: c.File, line: c.Line}.String() + ": "
	switch {
	case c.Key == "":
	case c.Line > 0:
		s += withoutIndices(c.Key) + ": "
	default:
		s += c.Key + ": "
	}
	s += c.Text
	if c.Hint != "" {
		s += "; " + c.Hint
	}
	return oneLine(s)
}

// oneLine escapes what would break a line or a terminal.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\ufffd"))
}

// Errors are all complaints about a configuration, in the order of the file,
// those about --define last. Load returns it as its error.
type Errors struct{ Complaints []Complaint }

// Error gives one line per complaint.
func (e *Errors) Error() string {
	lines := make([]string, len(e.Complaints))
	for i, c := range e.Complaints {
		lines[i] = c.String()
	}
	return strings.Join(lines, "\n")
}

// complaints collects while a configuration is read.
type complaints struct {
	list    []Complaint
	dropped int
}

func (c *complaints) add(one Complaint) {
	if c.full() {
		c.dropped++
		return
	}
	one.Key, one.Text, one.Hint = clip(one.Key), clip(one.Text), clip(one.Hint)
	c.list = append(c.list, one)
}

// full says whether no more complaints are kept.
func (c *complaints) full() bool { return len(c.list) >= maxComplaints }

// clip cuts what a hostile file makes too long to read.
func clip(s string) string {
	const limit = 400
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit], "") + "…"
}

// err gives the error for all that was collected, nil when there is nothing.
func (c *complaints) err() error {
	if len(c.list) == 0 {
		return nil
	}
	list := slices.Clone(c.list)
	slices.SortStableFunc(list, func(a, b Complaint) int {
		return cmp.Or(cmp.Compare(a.part(), b.part()), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col))
	})
	list = slices.Compact(list)
	if c.dropped > 0 {
		list = append(list, Complaint{File: list[0].File, Text: fmt.Sprintf("%d more complaints are not shown", c.dropped)})
	}
	return &Errors{list}
}

// part tells complaints about the file from those about the command line.
func (c Complaint) part() int {
	if c.File == defineFile {
		return 1
	}
	return 0
}
