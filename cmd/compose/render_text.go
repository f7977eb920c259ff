package main

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Text on a terminal: how wide it is, and how to make it fit.

// runeWidth is the number of columns that r takes. It errs on the wide side:
// a line that is shorter than the terminal does no harm.
func runeWidth(r rune) int {
	switch {
	case r < 0x300:
		return 1
	case unicode.Is(unicode.Mn, r):
		return 0
	case r < 0x1100, r >= 0x2000 && r < 0x2e80: // punctuation, arrows, boxes, blocks
		return 1
	}
	return 2
}

// textWidth is the number of columns that s takes, escape sequences of our
// own making not counted.
func textWidth(s string) int {
	n := 0
	for i := 0; i < len(s); {
		if s[i] == '\x1b' {
			i += escapeLen(s[i:])
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		n += runeWidth(r)
		i += size
	}
	return n
}

// escapeLen is the length of the colour sequence at the start of s.
func escapeLen(s string) int {
	if i := strings.IndexByte(s, 'm'); i >= 0 {
		return i + 1
	}
	return len(s)
}

// fit cuts s down to width columns, colours kept and ended.
func fit(s string, width int) string {
	if textWidth(s) <= width {
		return s
	}
	n, colored := 0, false
	for i := 0; i < len(s); {
		if s[i] == '\x1b' {
			i += escapeLen(s[i:])
			colored = true
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if n += runeWidth(r); n > width-1 {
			s = s[:i] + "~"
			break
		}
		i += size
	}
	if colored {
		s += "\x1b[0m"
	}
	return s
}

// pad fills s up to width columns.
func pad(s string, width int) string {
	if n := width - textWidth(s); n > 0 {
		return s + strings.Repeat(" ", n)
	}
	return s
}

// padLeft fills s up to width columns from the left.
func padLeft(s string, width int) string {
	if n := width - textWidth(s); n > 0 {
		return strings.Repeat(" ", n) + s
	}
	return s
}

// indent puts prefix before each line but the first.
func indent(s, prefix string) string {
	return strings.ReplaceAll(strings.TrimRight(s, "\n"), "\n", "\n"+prefix)
}

// shorten keeps the first lines of a long text; the log of the step has all.
func shorten(s string, lines int) string {
	all := strings.Split(strings.TrimRight(s, "\n"), "\n")
	if len(all) <= lines+1 { // saying "1 more line" takes as much room as the line
		return s
	}
	return strings.Join(all[:lines], "\n") + fmt.Sprintf("\nand %d more lines: see its log", len(all)-lines)
}

// bar draws how much of something is done.
func (s style) bar(done, total int64, width int) string {
	if total <= 0 || width < 3 {
		return strings.Repeat(" ", max(width, 0))
	}
	n := int(min(max(done, 0), total) * int64(width) / total)
	if !s.unicode {
		return "[" + pad(strings.Repeat("#", n*(width-2)/width), width-2) + "]"
	}
	return strings.Repeat("━", n) + s.paint(colorSoft, strings.Repeat("─", width-n))
}
