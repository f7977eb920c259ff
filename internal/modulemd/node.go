package modulemd

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// node is a value of a document: aliases are resolved, keys are text and
// unique, scalars keep the text that was written (a stream 1.10 is no number).
type node struct {
	kind kind
	text string // of a scalar
	// plain says that the scalar is written without quotes and not as a
	// block: it may be a number, a boolean or null to other readers.
	plain bool
	look  look
	list  []*node
	keys  []string // of a mapping, for the values in list
}

// look is how a value is written.
type look int

const (
	asUsual   look = iota
	onOneLine      // a list in brackets
	asBlock        // a text behind ">-" or "|"
	inQuotes       // a text that people and programs take for a number
)

type kind int

const (
	scalar kind = iota
	sequence
	mapping
)

func (k kind) String() string { return [...]string{"a single value", "a list", "a mapping"}[k] }

// parse reads one document. A document that holds nothing gives nil.
func parse(doc string) (*node, error) {
	root, err := unmarshal(doc)
	if err != nil || len(root.Content) == 0 {
		return nil, err
	}
	c := copier{left: maxNodes}
	n, err := c.copy(root.Content[0], 0)
	if err != nil {
		return nil, err
	}
	if n.kind != mapping {
		return nil, fmt.Errorf("the document is %s, not a mapping", n.kind)
	}
	return n, nil
}

// unmarshal is yaml.Unmarshal whose errors are one line, and which turns a
// panic of the parser on input that it did not expect into an error.
func unmarshal(doc string) (n yaml.Node, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("not YAML: %v", r)
		}
	}()
	if err := yaml.Unmarshal([]byte(doc), &n); err != nil {
		text := strings.Join(strings.Fields(strings.TrimPrefix(err.Error(), "yaml: ")), " ")
		if line, rest, ok := strings.Cut(text, ": "); ok && strings.HasPrefix(line, "line ") {
			text = line + " of the document: " + rest
		}
		return n, errors.New(text)
	}
	return n, nil
}

// copier copies what the YAML library read, within bounds: an alias counts as
// what it stands for, so that a few lines cannot become gigabytes.
type copier struct{ left int }

func (c *copier) copy(y *yaml.Node, depth int) (*node, error) {
	for i := 0; y.Kind == yaml.AliasNode; i++ {
		if y = y.Alias; y == nil || i > maxDepth {
			return nil, errors.New("an alias of nothing")
		}
	}
	if c.left--; c.left < 0 {
		return nil, fmt.Errorf("more than %d values, aliases resolved", maxNodes)
	}
	if depth > maxDepth {
		return nil, fmt.Errorf("line %d of the document: nested deeper than %d", y.Line, maxDepth)
	}
	switch y.Kind {
	case yaml.ScalarNode:
		quoted := y.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0
		return &node{text: y.Value, plain: !quoted && y.Tag != "!!str"}, nil
	case yaml.SequenceNode:
		n := &node{kind: sequence, list: make([]*node, len(y.Content))}
		for i, e := range y.Content {
			var err error
			if n.list[i], err = c.copy(e, depth+1); err != nil {
				return nil, err
			}
		}
		return n, nil
	case yaml.MappingNode:
		return c.copyMapping(y, depth)
	}
	return nil, fmt.Errorf("line %d of the document: neither value, list nor mapping", y.Line)
}

func (c *copier) copyMapping(y *yaml.Node, depth int) (*node, error) {
	n := &node{kind: mapping}
	seen := map[string]bool{}
	for i := 0; i+1 < len(y.Content); i += 2 {
		key, err := c.copy(y.Content[i], depth+1)
		if err != nil {
			return nil, err
		}
		line := y.Content[i].Line
		if key.kind != scalar {
			return nil, fmt.Errorf("line %d of the document: a key is %s", line, key.kind)
		}
		if seen[key.text] {
			return nil, fmt.Errorf("line %d of the document: key %.40q is there twice", line, key.text)
		}
		seen[key.text] = true
		value, err := c.copy(y.Content[i+1], depth+1)
		if err != nil {
			return nil, err
		}
		n.keys, n.list = append(n.keys, key.text), append(n.list, value)
	}
	return n, nil
}

// isNull says whether the value is left empty or null, where something else
// than a single value is expected.
func (n *node) isNull() bool {
	return n == nil || n.kind == scalar && n.plain && (n.text == "" || n.text == "~" || n.text == "null")
}

// field gives the value at a path of keys, or nil.
func field(n *node, path ...string) *node {
	for _, key := range path {
		if n == nil || n.kind != mapping {
			return nil
		}
		n = n.value(key)
	}
	return n
}

func (n *node) value(key string) *node {
	for i, k := range n.keys {
		if k == key {
			return n.list[i]
		}
	}
	return nil
}

// sorted gives the positions of a mapping's keys in their order.
func (n *node) sorted() []int {
	order := make([]int, len(n.keys))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return strings.Compare(n.keys[a], n.keys[b]) })
	return order
}

func (n *node) add(key string, value *node) {
	n.keys, n.list = append(n.keys, key), append(n.list, value)
}

// text gives the text of a single value, or "".
func text(n *node) string {
	if n == nil || n.kind != scalar {
		return ""
	}
	return n.text
}

// texts gives the single values of a list.
func texts(n *node) []string {
	if n == nil || n.kind != sequence {
		return nil
	}
	out := make([]string, len(n.list))
	for i, e := range n.list {
		out[i] = e.text
	}
	return out
}
