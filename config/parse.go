package config

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/BurntSushi/toml"
)

// maxSyntaxErrors bounds how often a file is parsed again to find the next
// syntax error.
const maxSyntaxErrors = 20

// parsed is a text as the TOML library sees it, with the place of every key.
type parsed struct {
	src     string
	entries map[string]entry
	table   map[string]any
	// errs are the syntax errors. The statements that have them are not in
	// table, so that a key that is missing there need not be missing.
	errs []syntaxError
}

type syntaxError struct {
	at   int // byte in src
	key  string
	text string
}

// parse reads a text. A statement with a syntax error is reported, taken out
// and the rest read again.
func parse(src string) parsed {
	src = strings.TrimPrefix(src, "\ufeff")
	p := parsed{src: src, table: map[string]any{}}
	rest := src
	for range maxSyntaxErrors {
		sc := scan(rest)
		p.entries = sc.entries
		if sc.err != nil {
			p.errs = append(p.errs, syntaxError{sc.errAt, "", sc.err.Error()})
			return p
		}
		table, bad := decodeTOML(rest)
		if bad == nil {
			p.table = table
			return p
		}
		cut := sc.damage(bad.at)
		p.errs = append(p.errs, sc.describe(*bad, cut))
		shorter := blank(rest, cut)
		if shorter == rest {
			return p
		}
		rest = shorter
	}
	return p
}

// decodeTOML turns a panic of the library into an error too.
func decodeTOML(src string) (table map[string]any, bad *syntaxError) {
	defer func() {
		if r := recover(); r != nil {
			table, bad = nil, &syntaxError{text: "not TOML"}
		}
	}()
	_, err := toml.Decode(src, &table)
	var pe toml.ParseError
	switch {
	case err == nil:
		return table, nil
	case errors.As(err, &pe):
		return nil, &syntaxError{at: min(max(pe.Position.Start, 0), len(src)), text: pe.Message}
	}
	return nil, &syntaxError{text: err.Error()}
}

// newStatement matches a line that looks like the begin of a statement.
var newStatement = regexp.MustCompile(`^[ \t]*(\[\[?[ \t]*)?[A-Za-z0-9_."'-]+[ \t]*[=\]]`)

// damage gives the bytes to take out because of an error at a byte: the
// statement around it. A broken header takes the keys below it along, since
// they would land in another table. A value that is not closed ends where the
// next line looks like a statement.
func (s *scanner) damage(at int) span {
	st, ok := s.statementAt(at)
	lineStart := strings.LastIndexByte(s.src[:at], '\n') + 1
	switch {
	case !ok || st.start < lineStart && at > s.lineEnd(st.end):
		return span{lineStart, s.lineEnd(at)}
	case st.header:
		return span{st.start, s.nextHeader(st.end)}
	case s.atEnd(at):
		return span{st.start, s.nextStatementLine(st.start)}
	case st.start < lineStart && newStatement.MatchString(s.src[lineStart:]):
		return span{st.start, lineStart}
	}
	return span{st.start, s.lineEnd(max(st.end, at))}
}

// atEnd says whether nothing comes behind a byte.
func (s *scanner) atEnd(at int) bool { return strings.TrimSpace(s.src[at:]) == "" }

func (s *scanner) lineEnd(at int) int {
	if i := strings.IndexByte(s.src[at:], '\n'); i >= 0 {
		return at + i
	}
	return len(s.src)
}

func (s *scanner) nextHeader(at int) int {
	for _, st := range s.statements {
		if st.header && st.start >= at {
			return st.start
		}
	}
	return len(s.src)
}

// nextStatementLine gives the first line behind a byte that looks like a
// statement.
func (s *scanner) nextStatementLine(at int) int {
	for at = s.lineEnd(at); at < len(s.src); at = s.lineEnd(at + 1) {
		if newStatement.MatchString(s.src[at+1:]) {
			break
		}
	}
	return at
}

// describe words an error: the key, and for a value that is not closed the
// place where it begins.
func (s *scanner) describe(e syntaxError, cut span) syntaxError {
	st, ok := s.statementAt(e.at)
	if ok && cut.start == st.start {
		e.key = strings.TrimSuffix(strings.TrimSuffix(st.key, `""`), ".")
	}
	first := s.entries[e.key].at
	switch line, _ := lineCol(s.src, first); {
	case strings.Contains(e.text, "has already been defined") && e.key != "" && first < st.start:
		e.at, e.text = st.start, fmt.Sprintf("is set twice, first in line %d", line)
	case e.key != "" && !st.header && (s.atEnd(e.at) || e.at >= cut.end) && strings.Contains(s.src[st.start:e.at], "\n"):
		e.at, e.text = st.start, "value is not closed: "+plain(e.text)
	default:
		e.text = "syntax: " + plain(e.text)
	}
	return e
}

// plain fits a message of the library into ours.
func plain(message string) string {
	r, n := utf8.DecodeRuneInString(message)
	return string(unicode.ToLower(r)) + strings.TrimSuffix(message[n:], ".")
}

// blank overwrites bytes with spaces and keeps the lines.
func blank(src string, cut span) string {
	b := []byte(src)
	for i := cut.start; i < cut.end; i++ {
		if b[i] != '\n' {
			b[i] = ' '
		}
	}
	return string(b)
}
