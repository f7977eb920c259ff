package repo

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"compose/internal/rpmmd"
)

// The bounds of a comps file.
const (
	maxComps      = 64 << 20
	maxCompsDepth = 32
	maxCompsNodes = 2_000_000
)

// compsNode is one element of a comps file.
type compsNode struct {
	name     string
	attrs    []xml.Attr
	text     []byte // all text directly in it
	children []*compsNode
	line     int
}

const xmlNamespace = "http://www.w3.org/XML/1998/namespace"

// attr gives an attribute without a namespace, or the one of xml itself when
// the name begins with "xml:".
func (n *compsNode) attr(name string) (string, bool) {
	space := ""
	if local, ok := strings.CutPrefix(name, "xml:"); ok {
		name, space = local, xmlNamespace
	}
	for _, a := range n.attrs {
		if a.Name.Local == name && (a.Name.Space == space || space != "" && a.Name.Space == "xml") {
			return a.Value, true
		}
	}
	return "", false
}

// readTree reads a whole file. Entities that XML does not define are errors,
// so nothing grows; document types are skipped.
func readTree(r io.Reader) (*compsNode, error) {
	d := xml.NewDecoder(rpmmd.Bounded(r, maxComps))
	var root *compsNode
	var open []*compsNode
	for nodes := 0; ; {
		line, _ := d.InputPos()
		t, err := d.Token()
		if err == io.EOF && root != nil {
			return root, nil
		}
		if err != nil {
			return nil, xmlError(err, line)
		}
		switch t := t.(type) {
		case xml.StartElement:
			n := &compsNode{name: t.Name.Local, attrs: t.Copy().Attr, line: line}
			nodes++
			switch {
			case nodes > maxCompsNodes:
				return nil, fmt.Errorf("line %d: more than %d elements", line, maxCompsNodes)
			case len(open) == maxCompsDepth:
				return nil, fmt.Errorf("line %d: elements nested deeper than %d", line, maxCompsDepth)
			case len(open) > 0:
				parent := open[len(open)-1]
				parent.children = append(parent.children, n)
			case root != nil:
				return nil, fmt.Errorf("line %d: a second root element", line)
			default:
				root = n
			}
			open = append(open, n)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			if len(open) > 0 {
				n := open[len(open)-1]
				n.text = append(n.text, t...)
			}
		}
	}
}

func xmlError(err error, line int) error {
	var syntax *xml.SyntaxError
	switch {
	case err == io.EOF:
		return errors.New("it is empty")
	case errors.As(err, &syntax):
		return fmt.Errorf("line %d: %s", syntax.Line, syntax.Msg)
	}
	return fmt.Errorf("line %d: %w", line, err)
}
