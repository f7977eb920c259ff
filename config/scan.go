package config

import (
	"errors"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"
)

// What a configuration file may have at most; see scan.
const (
	maxBytes      = 1 << 20
	maxStatements = 20_000
	maxDepth      = 16 // of brackets in a value, and of parts in a key
)

var (
	errDeep    = errors.New("brackets are nested more than " + strconv.Itoa(maxDepth) + " deep")
	errMany    = errors.New("the file has more than " + strconv.Itoa(maxStatements) + " keys and tables")
	errLongKey = errors.New("a key has more than " + strconv.Itoa(maxDepth) + " parts")
)

// span is a range of bytes in the source.
type span struct{ start, end int }

// entry is where a key stands (an element of a list: where it begins), and
// the range of its value, of a table its header.
type entry struct {
	at    int
	value span
}

// statement is a [header] or a key with its value; its end is where the value
// ends, which may be lines below.
type statement struct {
	span
	key    string // in full, with indices
	header bool
}

// scanner finds out where in a TOML text each key stands, because the TOML
// library does not tell. It interprets nothing but keys, goes on after
// anything it does not understand, and leaves complaining to the library. It
// also bounds how deep a text may nest before the library, which recurses,
// sees it.
type scanner struct {
	src        string
	pos        int
	depth      int
	table      string         // the table that the last header opened
	counts     map[string]int // elements of each array of tables so far
	entries    map[string]entry
	statements []statement
	err        error // the first bound that was passed, and
	errAt      int   // where
}

// scan walks over a text.
func scan(src string) *scanner {
	s := &scanner{src: src, counts: map[string]int{}, entries: map[string]entry{}}
	for s.skipBlank(); s.pos < len(src) && s.err == nil; s.skipBlank() {
		st := statement{header: src[s.pos] == '['}
		st.start = s.pos
		if st.header {
			st.key = s.header()
		} else {
			st.key = s.keyValue(s.table)
		}
		st.end = s.pos
		if s.statements = append(s.statements, st); len(s.statements) > maxStatements {
			s.fail(errMany)
		}
		s.skipLine()
	}
	return s
}

// lineCol gives line and column, in characters and from 1, of a byte.
func lineCol(src string, at int) (line, col int) {
	at = min(max(at, 0), len(src))
	begin := strings.LastIndexByte(src[:at], '\n') + 1
	return strings.Count(src[:begin], "\n") + 1, utf8.RuneCountInString(src[begin:at]) + 1
}

// statementAt gives the last statement that begins at or before a byte.
func (s *scanner) statementAt(at int) (statement, bool) {
	i := sort.Search(len(s.statements), func(i int) bool { return s.statements[i].start > at })
	if i == 0 {
		return statement{}, false
	}
	return s.statements[i-1], true
}

func (s *scanner) peek(text string) bool { return strings.HasPrefix(s.src[s.pos:], text) }

// fail stops the scan.
func (s *scanner) fail(err error) {
	if s.err == nil {
		s.err, s.errAt = err, s.pos
	}
	s.pos = len(s.src)
}

// skipTo moves on to the next of some bytes, or to the end.
func (s *scanner) skipTo(bytes string) {
	if i := strings.IndexAny(s.src[s.pos:], bytes); i >= 0 {
		s.pos += i
	} else {
		s.pos = len(s.src)
	}
}

func (s *scanner) skipLine() { s.skipTo("\n") }

func (s *scanner) skipSpace() {
	s.pos = len(s.src) - len(strings.TrimLeft(s.src[s.pos:], " \t\r"))
}

// skipBlank skips white space, line ends and comments.
func (s *scanner) skipBlank() {
	for {
		s.pos = len(s.src) - len(strings.TrimLeft(s.src[s.pos:], " \t\r\n\ufeff"))
		if !s.peek("#") {
			return
		}
		s.skipLine()
	}
}

// header reads [a.b] or [[a.b]] and makes it the current table.
func (s *scanner) header() string {
	start, array := s.pos, s.peek("[[")
	s.pos++
	if array {
		s.pos++
	}
	parts := s.key()
	s.skipTo("]#\n")
	for s.peek("]") {
		s.pos++
	}
	s.table = ""
	for i, part := range parts {
		s.table = join(s.table, part)
		n := s.counts[s.table]
		s.note(s.table, span{start, s.pos})
		if array && i == len(parts)-1 {
			s.counts[s.table]++
			n++
		}
		if n > 0 {
			s.table = index(s.table, n-1)
			s.note(s.table, span{start, s.pos})
		}
	}
	return s.table
}

// keyValue reads "key = value" inside a table.
func (s *scanner) keyValue(table string) string {
	start := s.pos
	key := table
	for _, part := range s.key() {
		key = join(key, part)
		s.note(key, span{start, s.pos})
	}
	s.skipSpace()
	if !s.peek("=") {
		s.skipTo("#\n,}")
		return key
	}
	s.pos++
	s.skipSpace()
	s.value(key)
	return key
}

// note keeps the first place of a key.
func (s *scanner) note(key string, at span) {
	if _, ok := s.entries[key]; !ok {
		s.entries[key] = entry{at.start, at}
	}
}

// value reads a value and keeps its span.
func (s *scanner) value(key string) {
	start := s.pos
	switch {
	case s.peek("["):
		s.list(key)
	case s.peek("{"):
		s.inlineTable(key)
	case s.peek(`"`), s.peek("'"):
		s.text()
	case s.depth > 0:
		s.skipTo(",]}#\n")
	default:
		s.skipTo("#\n")
	}
	end := start + len(strings.TrimRight(s.src[start:s.pos], " \t\r"))
	e, ok := s.entries[key]
	if !ok {
		e.at = start
	}
	e.value = span{start, end}
	s.entries[key] = e
}

func (s *scanner) list(key string) {
	for i := 0; s.open(i, "]"); i++ {
		s.value(index(key, i))
		s.next("]")
	}
}

func (s *scanner) inlineTable(key string) {
	for i := 0; s.open(i, "}"); i++ {
		s.keyValue(key)
		s.next("}")
	}
}

// open goes to the i-th element of a bracketed value, and says whether there
// is one; if not, the bracket is closed.
func (s *scanner) open(i int, closing string) bool {
	if i == 0 {
		s.pos++
		if s.depth++; s.depth > maxDepth {
			s.fail(errDeep)
		}
	}
	s.skipBlank()
	if s.pos < len(s.src) && !s.peek(closing) {
		return true
	}
	s.pos = min(s.pos+1, len(s.src))
	s.depth--
	return false
}

// next moves behind the comma after an element. Whatever else is there is
// skipped, one byte at least, so that the scan always gets on.
func (s *scanner) next(closing string) {
	s.skipBlank()
	if !s.peek(closing) && s.pos < len(s.src) {
		s.pos++
	}
}

// text reads a string of any of the four kinds.
func (s *scanner) text() {
	quote := s.src[s.pos : s.pos+1]
	if long := strings.Repeat(quote, 3); s.peek(long) {
		s.pos += 3
		s.closeText(long)
		for range 2 { // the text may end in up to two quotes of its own
			if s.peek(quote) {
				s.pos++
			}
		}
		return
	}
	s.pos++
	s.closeText(quote)
}

// closeText moves behind the closing quotes; a string of one line ends with
// the line at the latest.
func (s *scanner) closeText(quote string) {
	for s.pos < len(s.src) && !s.peek(quote) {
		switch c := s.src[s.pos]; {
		case c == '\n' && len(quote) == 1:
			return
		case c == '\\' && quote[0] == '"':
			s.pos++
			if s.peek("\n") {
				continue
			}
		}
		s.pos++
	}
	s.pos = min(s.pos+len(quote), len(s.src))
}

// key reads a dotted key into its parts.
func (s *scanner) key() []string {
	var parts []string
	for {
		s.skipSpace()
		parts = append(parts, s.keyPart())
		s.skipSpace()
		if len(parts) > maxDepth {
			s.fail(errLongKey)
		}
		if !s.peek(".") {
			return parts
		}
		s.pos++
	}
}

func (s *scanner) keyPart() string {
	start := s.pos
	if !s.peek(`"`) && !s.peek("'") {
		s.skipTo(" \t\r\n.=[]{}#,\"'")
		return s.src[start:s.pos]
	}
	s.text()
	raw := s.src[start:s.pos]
	if name, err := strconv.Unquote(raw); err == nil && raw[0] == '"' {
		return name
	}
	return strings.Trim(raw, raw[:1])
}
