package repo

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// ReadComps reads a comps file; name is what errors call it. They name the
// line, and all of them come at once: missing ids, ids that come twice,
// blanks around names of packages and groups (as Pungi, which would otherwise
// look for packages that cannot exist), unknown types.
//
// A package without a type is mandatory and a group without <uservisible>
// visible, as in libcomps.
func ReadComps(r io.Reader, name string) (*Comps, error) {
	root, err := readTree(r)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	rd := compsReader{name: name, seen: map[string]int{}}
	if root.name != "comps" {
		rd.fail(root, "the root element is <%s>, not <comps>", root.name)
	}
	for _, n := range root.children {
		rd.top(n)
	}
	if len(rd.errs) > 0 {
		return nil, errors.Join(rd.errs...)
	}
	return &rd.out, nil
}

type compsReader struct {
	name string
	out  Comps
	seen map[string]int // the line of "group core" and the like
	errs []error
}

// maxCompsErrors is how many errors are told of one file.
const maxCompsErrors = 100

func (r *compsReader) fail(n *compsNode, format string, args ...any) {
	if len(r.errs) < maxCompsErrors {
		r.errs = append(r.errs, fmt.Errorf("%s:%d: %w", r.name, n.line, fmt.Errorf(format, args...)))
	}
}

func (r *compsReader) note(n *compsNode, format string, args ...any) {
	if len(r.out.Notes) < maxCompsErrors {
		r.out.Notes = append(r.out.Notes, fmt.Sprintf("%s:%d: ", r.name, n.line)+fmt.Sprintf(format, args...))
	}
}

func (r *compsReader) top(n *compsNode) {
	switch n.name {
	case "group":
		r.out.Groups = append(r.out.Groups, r.group(n))
	case "category":
		r.out.Categories = append(r.out.Categories, r.category(n))
	case "environment":
		r.out.Environments = append(r.out.Environments, r.environment(n))
	case "langpacks":
		for _, m := range n.children {
			if m.name == "match" {
				name, _ := m.attr("name")
				install, _ := m.attr("install")
				r.word(m, "langpack", name)
				r.out.Langpacks = append(r.out.Langpacks, Langpack{name, install})
			}
		}
	}
}

func (r *compsReader) group(n *compsNode) Group {
	g := Group{UserVisible: true, Arches: only(n, "arch"), Variants: only(n, "variant")}
	for _, c := range n.children {
		switch c.name {
		case "id":
			g.ID = string(c.text)
		case "name":
			addText(&g.Name, c)
		case "description":
			addText(&g.Description, c)
		case "default":
			r.bool(c, &g.Default)
		case "uservisible":
			r.bool(c, &g.UserVisible)
		case "biarchonly":
			r.bool(c, &g.BiarchOnly)
		case "langonly":
			g.LangOnly = strings.TrimSpace(string(c.text))
		case "display_order":
			g.DisplayOrder = r.int(c)
		case "packagelist":
			g.Packages = append(g.Packages, r.packages(c)...)
		}
	}
	r.id(n, g.ID)
	r.twice(n, g)
	return g
}

func (r *compsReader) packages(n *compsNode) (out []GroupPackage) {
	for _, c := range n.children {
		if c.name != "packagereq" {
			continue
		}
		p := GroupPackage{Name: string(c.text), Type: Mandatory, Arches: only(c, "arch"), Variants: only(c, "variant")}
		r.word(c, "package", p.Name)
		if t, ok := c.attr("type"); ok {
			p.Type = PackageType(t)
		}
		if !slices.Contains(packageTypes, p.Type) {
			r.fail(c, "package %s: unknown type %q", p.Name, p.Type)
		}
		p.Requires, _ = c.attr("requires")
		if p.Type == Conditional {
			r.word(c, "condition of "+p.Name, p.Requires)
		}
		only, _ := c.attr("basearchonly")
		p.BasearchOnly = only == "true"
		out = append(out, p)
	}
	return out
}

// twice notes packages that a group has twice without a difference.
func (r *compsReader) twice(n *compsNode, g Group) {
	seen := make(map[string]bool, len(g.Packages))
	for _, p := range g.Packages {
		key := strings.Join([]string{p.Name, string(p.Type), p.Requires, strings.Join(p.Arches, " "), strings.Join(p.Variants, " ")}, "\x00")
		if seen[key] {
			r.note(n, "group %s names %s package %s twice", g.ID, p.Type, p.Name)
		}
		seen[key] = true
	}
}

func (r *compsReader) category(n *compsNode) Category {
	var g Category
	for _, c := range n.children {
		switch c.name {
		case "id":
			g.ID = string(c.text)
		case "name":
			addText(&g.Name, c)
		case "description":
			addText(&g.Description, c)
		case "display_order":
			g.DisplayOrder = r.int(c)
		case "grouplist":
			g.Groups = append(g.Groups, r.groupIDs(c)...)
		}
	}
	r.id(n, g.ID)
	return g
}

func (r *compsReader) environment(n *compsNode) Environment {
	g := Environment{Arches: only(n, "arch"), Variants: only(n, "variant")}
	for _, c := range n.children {
		switch c.name {
		case "id":
			g.ID = string(c.text)
		case "name":
			addText(&g.Name, c)
		case "description":
			addText(&g.Description, c)
		case "display_order":
			g.DisplayOrder = r.int(c)
		case "grouplist":
			g.Groups = append(g.Groups, r.groupIDs(c)...)
		case "optionlist":
			g.Options = append(g.Options, r.groupIDs(c)...)
		}
	}
	r.id(n, g.ID)
	return g
}

func (r *compsReader) groupIDs(n *compsNode) (out []GroupID) {
	for _, c := range n.children {
		if c.name != "groupid" {
			continue
		}
		r.word(c, "group", string(c.text))
		def, _ := c.attr("default")
		out = append(out, GroupID{ID: string(c.text), Default: def == "true", Arches: only(c, "arch")})
	}
	return out
}

// id checks the id of a group, category or environment.
func (r *compsReader) id(n *compsNode, id string) {
	r.word(n, n.name, id)
	key := n.name + " " + id
	if line, ok := r.seen[key]; ok && id != "" {
		r.fail(n, "%s %q is already defined in line %d", n.name, id, line)
	}
	r.seen[key] = n.line
}

func (r *compsReader) word(n *compsNode, what, s string) {
	switch strings.TrimSpace(s) {
	case "":
		r.fail(n, "%s without a name", what)
	case s:
	default:
		r.fail(n, "%s name %q has leading or trailing whitespace", what, s)
	}
}

func (r *compsReader) bool(n *compsNode, b *bool) {
	switch strings.TrimSpace(string(n.text)) {
	case "true":
		*b = true
	case "false":
		*b = false
	default:
		r.fail(n, "<%s> is %q, not true or false", n.name, n.text)
	}
}

func (r *compsReader) int(n *compsNode) *int {
	i, err := strconv.Atoi(strings.TrimSpace(string(n.text)))
	if err != nil {
		r.fail(n, "<%s> is %q, not a number", n.name, n.text)
	}
	return &i
}

// only reads a list with commas or blanks between.
func only(n *compsNode, attr string) Only {
	v, ok := n.attr(attr)
	if !ok {
		return nil
	}
	return append(Only{}, strings.FieldsFunc(v, func(c rune) bool { return c == ',' || c == ' ' })...)
}

// addText reads a text or a translation. Line breaks and lines of blanks are
// left out, as libcomps does it, so that the text is the one that Pungi and
// dnf make of the file, though that may glue words together.
func addText(t *Text, n *compsNode) {
	var text []byte
	for line := range bytes.SplitSeq(n.text, []byte{'\n'}) {
		if len(bytes.TrimSpace(line)) > 0 {
			text = append(text, line...)
		}
	}
	lang, ok := n.attr("xml:lang")
	if !ok {
		t.Value = string(text)
		return
	}
	if t.Lang == nil {
		t.Lang = map[string]string{}
	}
	t.Lang[lang] = string(text)
}
