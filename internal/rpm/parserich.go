package rpm

import (
	"fmt"
	"strings"
)

// Bounds of ParseRich; what distributions write stays far below them.
const (
	maxRichDepth = 64
	maxRichSize  = 64 << 10
)

// ParseRich parses a rich dependency, "(a if b else c)", by the grammar of
// rpm's rpmrichParse: "and", "or" and "with" may be chained, operators may
// not be mixed without parentheses, the arguments of "with" and "without"
// hold no other operators than these and "or", names may have balanced
// parentheses. Unlike rpm it refuses an "else" that belongs to no "if" or
// "unless", for which rpm knows no meaning, more than 64 levels, and more
// than 64 KiB. Errors name the position as a byte offset.
func ParseRich(s string) (*Rich, error) {
	if len(s) > maxRichSize {
		return nil, fmt.Errorf("parsing rich dependency %.40q…: longer than %d bytes", s, maxRichSize)
	}
	p := richParser{s: s}
	r, _, err := p.group(1)
	if err == nil && p.i < len(s) {
		err = p.errorf("text after the dependency")
	}
	if err != nil {
		return nil, fmt.Errorf("parsing rich dependency %.200q: %w", s, err)
	}
	return r, nil
}

type richParser struct {
	s string
	i int
}

func (p *richParser) errorf(format string, args ...any) error {
	return fmt.Errorf("at byte %d: %s", p.i, fmt.Sprintf(format, args...))
}

// richChain collects the arguments of one pair of parentheses.
type richChain struct {
	node   Rich
	elses  int
	noWith bool // an argument holds operators that with and without refuse
}

// group parses from "(" to its ")". noWith says that the result must not
// stand under with or without.
func (p *richParser) group(depth int) (r *Rich, noWith bool, err error) {
	if depth > maxRichDepth {
		return nil, false, p.errorf("nested deeper than %d", maxRichDepth)
	}
	if first(p.s[p.i:]) != '(' {
		return nil, false, p.errorf(`does not start with "("`)
	}
	p.i++
	var c richChain
	for {
		if err := p.argument(&c, depth); err != nil {
			return nil, false, err
		}
		p.skipSpace()
		if p.i == len(p.s) {
			return nil, false, p.errorf(`missing ")"`)
		}
		if p.s[p.i] == ')' {
			break
		}
		if err := p.operator(&c); err != nil {
			return nil, false, err
		}
	}
	r, noWith, err = p.close(&c)
	p.i++
	return r, noWith, err
}

// close checks the finished chain and makes its node; p is at its ")".
func (p *richParser) close(c *richChain) (*Rich, bool, error) {
	switch c.node.Op {
	case RichLeaf:
		return c.node.Args[0], c.noWith, nil
	case RichWith, RichWithout:
		if c.noWith {
			return nil, false, p.errorf("%s over other operators than with, without and or", c.node.Op)
		}
	case RichAnd, RichIf, RichUnless:
		c.noWith = true
	}
	return &c.node, c.noWith, nil
}

func (p *richParser) argument(c *richChain, depth int) error {
	p.skipSpace()
	switch first(p.s[p.i:]) {
	case ')':
		if len(c.node.Args) > 0 {
			return p.errorf("an operator lacks its argument")
		}
		return p.errorf("empty")
	case '(':
		sub, noWith, err := p.group(depth + 1)
		if err != nil {
			return err
		}
		c.noWith = c.noWith || noWith
		c.node.Args = append(c.node.Args, sub)
		return nil
	}
	d, err := p.simple()
	if err != nil {
		return err
	}
	c.node.Args = append(c.node.Args, &Rich{Dep: d})
	return nil
}

// operator reads the operator between two arguments and checks that it may
// follow those before it.
func (p *richParser) operator(c *richChain) error {
	start := p.i
	for p.i < len(p.s) && !isSpace(p.s[p.i]) && p.s[p.i] != ')' {
		p.i++
	}
	word := p.s[start:p.i]
	if word == "else" && (c.node.Op == RichIf || c.node.Op == RichUnless) && c.elses == 0 {
		c.elses++
		return nil
	}
	op := richOpOf(word)
	err := ""
	switch {
	case word == "else":
		err = "else without if or unless"
	case op == RichLeaf:
		err = fmt.Sprintf("unknown operator %.40q", word)
	case c.node.Op == RichLeaf:
		c.node.Op = op
		return nil
	case op != c.node.Op || c.elses > 0:
		err = "different operators need parentheses"
	case op == RichIf || op == RichUnless || op == RichWithout:
		err = fmt.Sprintf("%s cannot be chained", op)
	default:
		return nil
	}
	p.i = start
	return p.errorf("%s", err)
}

func richOpOf(word string) RichOp {
	for op := RichAnd; op <= RichWithout; op++ {
		if op.String() == word {
			return op
		}
	}
	return RichLeaf
}

// simple reads "name" or "name op version".
func (p *richParser) simple() (Dep, error) {
	d := Dep{Name: p.word()}
	if d.Name == "" {
		return d, p.errorf("a name is missing")
	}
	p.skipSpace()
	back := p.i
	d.Sense = senseOf(p.word())
	if d.Sense == 0 {
		p.i = back
		return d, nil
	}
	p.skipSpace()
	if d.EVR = p.word(); d.EVR == "" {
		return d, p.errorf("a version is missing")
	}
	return d, nil
}

// word reads up to white space, a comma or a ")" that closes none of the
// word's own.
func (p *richParser) word() string {
	start, open := p.i, 0
	for ; p.i < len(p.s); p.i++ {
		switch c := p.s[p.i]; {
		case isSpace(c) || c == ',':
			return p.s[start:p.i]
		case c == '(':
			open++
		case c == ')':
			if open == 0 {
				return p.s[start:p.i]
			}
			open--
		}
	}
	return p.s[start:p.i]
}

// skipSpace skips white space and commas, which rpm treats alike.
func (p *richParser) skipSpace() {
	for p.i < len(p.s) && (isSpace(p.s[p.i]) || p.s[p.i] == ',') {
		p.i++
	}
}

func isSpace(c byte) bool { return c == ' ' || c-'\t' <= '\r'-'\t' }

// senseOf gives the comparison that a word stands for, 0 for none.
func senseOf(word string) Sense {
	switch word {
	case "<":
		return Less
	case "<=", "=<":
		return Less | Equal
	case "=", "==":
		return Equal
	case ">=", "=>":
		return Greater | Equal
	case ">":
		return Greater
	}
	return 0
}

// String gives the dependency as rpm prints it: "name", or "name >= version"
// with "<", ">" and "=" in this order.
func (d Dep) String() string {
	if d.Sense.Compare() == 0 || d.EVR == "" {
		return d.Name
	}
	var b strings.Builder
	b.WriteString(d.Name)
	b.WriteByte(' ')
	for _, m := range [...]struct {
		bit Sense
		c   byte
	}{{Less, '<'}, {Greater, '>'}, {Equal, '='}} {
		if d.Sense&m.bit != 0 {
			b.WriteByte(m.c)
		}
	}
	b.WriteByte(' ')
	b.WriteString(d.EVR)
	return b.String()
}
