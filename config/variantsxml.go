package config

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// The bounds of a file with variants.
const (
	maxVariantDepth = 16
	maxVariantNodes = 20_000
	maxVariantSize  = 100_000 // with what is referred to
)

// node is one element of a file with variants.
type node struct {
	name     string
	attrs    map[string]string
	text     string
	children []*node
	at       position
}

// readNodes reads an XML file into its elements. Document types are passed
// over, and entities that XML does not define are errors, so nothing grows.
func readNodes(file, text string) (*node, *fileError) {
	d := xml.NewDecoder(strings.NewReader(text))
	d.CharsetReader = func(string, io.Reader) (io.Reader, error) { return nil, errors.New("the file is not UTF-8") }
	var root *node
	var open []*node
	for n := 0; ; {
		line, col := d.InputPos()
		t, err := d.Token()
		switch {
		case err == io.EOF && root != nil:
			return root, nil
		case err != nil:
			return nil, xmlError(err, line)
		}
		switch t := t.(type) {
		case xml.StartElement:
			x := newNode(t, position{file, line, col})
			switch n++; {
			case n > maxVariantNodes:
				return nil, &fileError{line, fmt.Sprintf("more than %d elements", maxVariantNodes)}
			case len(open) == maxVariantDepth:
				return nil, &fileError{line, fmt.Sprintf("elements are nested more than %d deep", maxVariantDepth)}
			case len(open) > 0:
				open[len(open)-1].children = append(open[len(open)-1].children, x)
			default:
				root = x
			}
			open = append(open, x)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			if len(open) > 0 {
				open[len(open)-1].text += string(t)
			}
		}
	}
}

func newNode(t xml.StartElement, at position) *node {
	x := &node{name: t.Name.Local, attrs: map[string]string{}, at: at}
	for _, a := range t.Attr {
		x.attrs[a.Name.Local] = a.Value
	}
	return x
}

// fileError is what makes a file unreadable, with its line.
type fileError struct {
	line int
	text string
}

func xmlError(err error, line int) *fileError {
	var syntax *xml.SyntaxError
	switch {
	case err == io.EOF:
		return &fileError{0, "it is empty"}
	case errors.As(err, &syntax):
		return &fileError{syntax.Line, syntax.Msg}
	}
	return &fileError{line, err.Error()}
}

// element says what an element of the file may have: attributes (those that
// end in "!" must be there) and children. The elements are those of Pungi's
// variants.dtd.
type element struct {
	attrs    []string
	children []string
}

// elements is never written to.
var elements = map[string]element{
	"variants":             {children: []string{"variant", "ref"}},
	"variant":              {[]string{"id!", "name!", "type!", "has_optional", "is_empty"}, []string{"release", "arches", "groups", "modules", "environments", "variants", "buildinstallpackages"}},
	"ref":                  {attrs: []string{"id!"}},
	"release":              {attrs: []string{"name!", "short!", "version!"}},
	"arches":               {children: []string{"arch"}},
	"arch":                 {},
	"groups":               {children: []string{"group"}},
	"group":                {attrs: []string{"default", "uservisible", "glob"}},
	"environments":         {children: []string{"environment"}},
	"environment":          {attrs: []string{"display_order"}},
	"modules":              {children: []string{"module", "kojitag"}},
	"module":               {attrs: []string{"glob"}},
	"kojitag":              {},
	"buildinstallpackages": {children: []string{"package"}},
	"package":              {},
}

// check complains about what an element must not have, and goes on below it.
func (x *node) check(complain func(x *node, text, hint string)) {
	e := elements[x.name]
	for _, name := range sortedKeys(x.attrs) {
		if !slices.Contains(e.attrs, name) && !slices.Contains(e.attrs, name+"!") {
			complain(x, "has no attribute "+quote(name), didYouMean(name, e.attributes()))
		}
	}
	for _, name := range e.attrs {
		if must, ok := strings.CutSuffix(name, "!"); ok && x.attrs[must] == "" {
			complain(x, "has no "+must, "")
		}
	}
	if text := strings.TrimSpace(x.text); text != "" && !x.hasText() {
		complain(x, "has the text "+quote(text), "")
	} else if x.hasText() && (text != x.text || text == "") {
		complain(x, "is empty or begins or ends with white space: "+quote(x.text), "")
	}
	for _, c := range x.children {
		if !slices.Contains(e.children, c.name) {
			complain(c, "does not stand in <"+x.name+">", didYouMean(c.name, e.children))
			continue
		}
		c.check(complain)
	}
}

// size counts the elements below this one, but for nested variants.
func (x *node) size() int {
	n := 1
	for _, c := range x.children {
		if c.name != "variants" {
			n += c.size()
		}
	}
	return n
}

// hasText says whether the element is one that holds a name.
func (x *node) hasText() bool {
	return slices.Contains([]string{"arch", "group", "environment", "module", "kojitag", "package"}, x.name)
}

func (e element) attributes() []string {
	out := make([]string, len(e.attrs))
	for i, a := range e.attrs {
		out[i] = strings.TrimSuffix(a, "!")
	}
	return out
}

// all gives the elements at a path of names below this one.
func (x *node) all(path ...string) []*node {
	out := []*node{x}
	for _, name := range path {
		var next []*node
		for _, y := range out {
			for _, c := range y.children {
				if c.name == name {
					next = append(next, c)
				}
			}
		}
		out = next
	}
	return out
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
