package rpmtest

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"
)

// line is one item of a text: a key, its value, and the | lines below it.
type line struct {
	no    int
	key   string
	value string
	text  []string
}

// paragraph is a package, build or sub line and what follows it.
type paragraph struct {
	line
	items []line
	subs  []*paragraph
}

// parser turns lines into paragraphs.
type parser struct {
	name     string
	defaults []line
	done     []*paragraph
	top      *paragraph // the open package, build or defaults
	items    *[]line    // where the next item goes
}

// Parse reads a text description; the package comment tells the format. name
// is the file's name for errors, which read NAME:LINE: cause.
func Parse(r io.Reader, name string) ([]Package, error) {
	p := &parser{name: name}
	sc := bufio.NewScanner(r)
	sc.Buffer(nil, 1<<20)
	for no := 1; sc.Scan(); no++ {
		if err := p.take(no, strings.TrimSpace(sc.Text())); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, no, err)
		}
	}
	if err := sc.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	var pkgs []Package
	for _, par := range p.done {
		more, err := par.expand()
		if err != nil {
			return nil, fmt.Errorf("%s:%w", name, err)
		}
		pkgs = append(pkgs, more...)
	}
	return pkgs, nil
}

func (p *parser) take(no int, s string) error {
	if s == "" || s[0] == '#' {
		return nil
	}
	if s[0] == '|' {
		return p.more(strings.TrimPrefix(s[1:], " "))
	}
	key, value, _ := strings.Cut(s, " ")
	l := line{no: no, key: key, value: strings.TrimSpace(value)}
	switch key {
	case "defaults":
		p.defaults = nil
		p.top, p.items = nil, &p.defaults
	case "package", "build":
		p.top = &paragraph{line: l, items: slices.Clone(p.defaults)}
		p.done = append(p.done, p.top)
		p.items = &p.top.items
	case "sub":
		if p.top == nil || p.top.key != "build" {
			return fmt.Errorf("sub outside of build")
		}
		sub := &paragraph{line: l}
		p.top.subs = append(p.top.subs, sub)
		p.items = &sub.items
	default:
		if p.items == nil {
			return fmt.Errorf("%q before the first package", key)
		}
		*p.items = append(*p.items, l)
	}
	return nil
}

// more appends a | line to the last item.
func (p *parser) more(text string) error {
	if p.items == nil || len(*p.items) == 0 {
		return fmt.Errorf("a | line that continues nothing")
	}
	last := &(*p.items)[len(*p.items)-1]
	last.text = append(slices.Clip(last.text), text)
	return nil
}

// expand gives the packages of a paragraph.
func (par *paragraph) expand() ([]Package, error) {
	words := strings.Fields(par.value)
	if par.key == "package" && len(words) != 3 {
		return nil, fmt.Errorf("%d: want: package NAME [E:]V-R ARCH", par.no)
	}
	if len(words) < 2 {
		return nil, fmt.Errorf("%d: want: build NAME [E:]V-R [ARCH...]", par.no)
	}
	b := &builder{name: words[0], arches: words[2:], par: par}
	if err := b.setEVR(words[1]); err != nil {
		return nil, fmt.Errorf("%d: %w", par.no, err)
	}
	if par.key == "build" {
		return b.build()
	}
	return b.files(b.name, words[2], par.items)
}
