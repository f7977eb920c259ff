package oracletest

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// parseConf reads the assignments of a Pungi configuration that uses Python
// literals only: strings, numbers, True, False, None, lists, tuples and
// dictionaries. Lists and tuples become []any, dictionaries map[string]any;
// of these orderOf gives the keys as they are written.
func parseConf(text string) (conf map[string]any, orderOf func(map[string]any) []string, err error) {
	p := &confParser{text: text, orders: map[uintptr][]string{}}
	orderOf = func(m map[string]any) []string { return p.orders[reflect.ValueOf(m).Pointer()] }
	conf, err = p.conf()
	return conf, orderOf, err
}

func (p *confParser) conf() (map[string]any, error) {
	conf := map[string]any{}
	for p.space(); p.pos < len(p.text); p.space() {
		name := p.word()
		if name == "" || !p.eat("=") {
			return nil, p.errorf("no assignment")
		}
		v, err := p.value()
		if err != nil {
			return nil, err
		}
		conf[name] = v
	}
	return conf, nil
}

type confParser struct {
	text   string
	pos    int
	orders map[uintptr][]string // keys of dictionaries, by the address of their map
}

func (p *confParser) errorf(format string, args ...any) error {
	line := 1 + strings.Count(p.text[:p.pos], "\n")
	return fmt.Errorf("line %d: %s", line, fmt.Sprintf(format, args...))
}

// space skips blanks, line ends and comments.
func (p *confParser) space() {
	for p.pos < len(p.text) {
		switch c := p.text[p.pos]; {
		case c == '#':
			if i := strings.IndexByte(p.text[p.pos:], '\n'); i >= 0 {
				p.pos += i
			} else {
				p.pos = len(p.text)
			}
		case strings.IndexByte(" \t\r\n\\", c) >= 0:
			p.pos++
		default:
			return
		}
	}
}

func (p *confParser) eat(token string) bool {
	p.space()
	if strings.HasPrefix(p.text[p.pos:], token) {
		p.pos += len(token)
		return true
	}
	return false
}

func (p *confParser) word() string {
	from := p.pos
	for p.pos < len(p.text) && (p.text[p.pos] == '_' || p.text[p.pos] == '.' || p.text[p.pos] == '-' || isAlnum(p.text[p.pos])) {
		p.pos++
	}
	return p.text[from:p.pos]
}

func isAlnum(c byte) bool { return c-'0' <= 9 || c|0x20-'a' <= 25 }

func (p *confParser) value() (any, error) {
	switch {
	case p.eat("["):
		return p.list("]")
	case p.eat("("):
		list, err := p.list(")")
		if l, _ := list.([]any); len(l) == 1 && !strings.HasSuffix(strings.TrimRight(p.text[:p.pos-1], " \n"), ",") {
			return l[0], err // brackets only
		}
		return list, err
	case p.eat("{"):
		return p.dict()
	}
	p.space()
	if p.pos < len(p.text) && strings.IndexByte(`'"`, p.text[p.pos]) >= 0 {
		return p.str()
	}
	switch w := p.word(); w {
	case "True":
		return true, nil
	case "False":
		return false, nil
	case "None":
		return nil, nil
	default:
		n, err := strconv.ParseFloat(w, 64)
		if err != nil {
			return nil, p.errorf("%q is no value", w)
		}
		return n, nil
	}
}

func (p *confParser) list(end string) (any, error) {
	list := []any{}
	for !p.eat(end) {
		v, err := p.value()
		if err != nil {
			return nil, err
		}
		list = append(list, v)
		if !p.eat(",") && !strings.HasPrefix(p.text[p.pos:], end) {
			return nil, p.errorf("no comma")
		}
	}
	return list, nil
}

func (p *confParser) dict() (any, error) {
	dict := map[string]any{}
	var order []string
	for !p.eat("}") {
		p.space()
		k, err := p.str()
		if err != nil {
			return nil, err
		}
		if !p.eat(":") {
			return nil, p.errorf("no colon")
		}
		v, err := p.value()
		if err != nil {
			return nil, err
		}
		if _, twice := dict[k]; !twice {
			order = append(order, k)
		}
		dict[k] = v
		if !p.eat(",") && !strings.HasPrefix(p.text[p.pos:], "}") {
			return nil, p.errorf("no comma")
		}
	}
	p.orders[reflect.ValueOf(dict).Pointer()] = order
	return dict, nil
}

// str reads a string, or several behind each other, which are one.
func (p *confParser) str() (string, error) {
	var b strings.Builder
	for {
		if err := p.literal(&b); err != nil {
			return "", err
		}
		at := p.pos
		p.space()
		if p.pos == len(p.text) || strings.IndexByte(`'"`, p.text[p.pos]) < 0 {
			p.pos = at
			return b.String(), nil
		}
	}
}

// literal reads one string literal.
func (p *confParser) literal(b *strings.Builder) error {
	quote := p.text[p.pos]
	for i := p.pos + 1; i < len(p.text) && p.text[i] != '\n'; i++ {
		switch c := p.text[i]; {
		case c == quote:
			p.pos = i + 1
			return nil
		case c != '\\':
			b.WriteByte(c)
		case i+1 < len(p.text) && strings.IndexByte(`\'"`, p.text[i+1]) >= 0:
			i++
			b.WriteByte(p.text[i])
		case strings.HasPrefix(p.text[i:], `\n`):
			i++
			b.WriteByte('\n')
		default:
			b.WriteByte(c) // as Python does with what is no escape
		}
	}
	return p.errorf("string without end")
}
