package modulemd

import (
	"fmt"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// write gives the text of a document, without the markers around it.
func write(kind string, number string, data *node) (string, error) {
	root := &node{kind: mapping}
	root.add("document", &node{text: kind})
	root.add("version", &node{text: number, plain: true})
	root.add("data", data)
	var b strings.Builder
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	e.CompactSeqIndent()
	if err := e.Encode(root.yaml()); err != nil {
		return "", fmt.Errorf("writing a document %s: %w", kind, err)
	}
	return b.String(), nil
}

func (n *node) yaml() *yaml.Node {
	switch n.kind {
	case scalar:
		return n.scalar()
	case sequence:
		y := &yaml.Node{Kind: yaml.SequenceNode}
		if n.look == onOneLine || len(n.list) == 0 {
			y.Style = yaml.FlowStyle
		}
		for _, e := range n.list {
			y.Content = append(y.Content, e.yaml())
		}
		return y
	}
	y := &yaml.Node{Kind: yaml.MappingNode}
	if len(n.list) == 0 {
		y.Style = yaml.FlowStyle
	}
	for i, e := range n.list {
		y.Content = append(y.Content, (&node{text: n.keys[i]}).scalar(), e.yaml())
	}
	return y
}

// scalar writes a text so that no reader of YAML, 1.1 or 1.2, takes it for a
// number, a boolean, a date or null; but what is one stays one.
func (n *node) scalar() *yaml.Node {
	y := &yaml.Node{Kind: yaml.ScalarNode, Value: n.text}
	switch {
	case n.plain && n.isNull():
		y.Value = "~"
	case n.plain && isTyped(n.text):
	case n.look == asBlock && isFoldable(n.text):
		y.Tag, y.Style = "!!str", yaml.FoldedStyle
	case n.look == asBlock && isLiteral(n.text):
		y.Tag, y.Style = "!!str", yaml.LiteralStyle
	case n.look == inQuotes || isTyped(n.text) || strings.ContainsAny(n.text, "\n\r\u0085\u2028\u2029"):
		y.Tag, y.Style = "!!str", yaml.DoubleQuotedStyle
	default:
		y.Tag = "!!str"
	}
	return y
}

// typed matches what some reader takes for something else than a text:
// numbers of all kinds, dates and times.
var typed = regexp.MustCompile(`^[-+.]*[0-9][-+.,:_0-9a-fA-FxXoOTtZz ]*$|^[-+]?\.(?i:inf|nan)$`)

func isTyped(s string) bool {
	switch strings.ToLower(s) {
	case "", "~", "null", "true", "false", "yes", "no", "on", "off", "y", "n", "=", "<<":
		return true
	}
	return typed.MatchString(s)
}

// isFoldable says whether a text is one line that a block holds as it is.
func isFoldable(s string) bool {
	return s != "" && strings.TrimSpace(s) == s && !strings.ContainsAny(s, "\n\r\t\u0085\u2028\u2029\ufeff")
}

// isLiteral says whether a text is lines that a block holds as they are.
func isLiteral(s string) bool {
	if strings.ContainsAny(s, "\r\t\u0085\u2028\u2029\ufeff") {
		return false
	}
	body := strings.TrimSuffix(s, "\n")
	for l := range strings.SplitSeq(body, "\n") {
		if l != strings.TrimRight(l, " ") {
			return false
		}
	}
	return body != "" && body[0] != ' ' && body[0] != '\n' && body[len(body)-1] != '\n'
}
