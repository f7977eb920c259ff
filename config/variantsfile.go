package config

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// readVariants puts the variants of the XML file that the configuration names
// among its tables, as if they were written there. Their places are those in
// the XML file. It says whether all went well.
func (d *decoder) readVariants(root map[string]any) bool {
	name, ok := root["variants"].(string)
	if !ok || name == "" {
		return true
	}
	if _, both := root["variant"]; both {
		d.complain("variants", "does not go with [[variant]]", "the variants are either in the file or here")
		return false
	}
	file := name
	if !filepath.IsAbs(file) {
		file = filepath.Join(filepath.Dir(d.file), name)
	}
	text, err := readBounded(file)
	if err != nil {
		d.complain("variants", quote(name)+": "+err.Error(), "")
		return false
	}
	top, bad := readNodes(file, text)
	if bad != nil {
		d.add(Complaint{File: file, Line: bad.line, Text: bad.text})
		return false
	}
	f := variantsFile{decoder: d, root: root, shared: map[string]*node{}}
	return f.read(root, top)
}

// variantsFile turns the elements of the file into tables.
type variantsFile struct {
	*decoder
	shared map[string]*node // variants that others refer to
	list   []any
	root   map[string]any // the tables of the configuration
	boot   []any          // blocks of buildinstall.tree
	size   int            // elements of all variants, shared ones counted each time
	bad    bool
}

func (f *variantsFile) complain(x *node, text, hint string) {
	f.bad = true
	f.add(Complaint{File: x.at.file, Line: x.at.line, Col: x.at.col, Key: "<" + x.name + ">", Text: text, Hint: hint})
}

func (f *variantsFile) read(root map[string]any, top *node) bool {
	if top.name != "variants" {
		f.complain(top, "is no list of variants", "the outermost element is <variants>")
		return false
	}
	top.check(f.complain)
	if f.bad {
		return false
	}
	for _, x := range top.all("variant") {
		switch x.attrs["type"] {
		case "addon", "layered-product":
			f.shared[x.attrs["id"]] = x
		case "variant":
		default:
			f.complain(x, "type "+quote(x.attrs["type"])+" does not stand beside other variants", `"variant" does, and "addon" and "layered-product" for <ref>`)
		}
	}
	for _, x := range top.all("ref") {
		f.complain(x, "stands for nothing outside of a variant", "")
	}
	for _, x := range top.all("variant") {
		if f.shared[x.attrs["id"]] != x {
			f.variant(x, "")
		}
	}
	if f.bad {
		return false
	}
	root["variant"] = f.list
	f.addBoot()
	return true
}

// variant makes a table of a variant, and of each one in it.
func (f *variantsFile) variant(x *node, parent string) {
	if f.size += x.size(); f.size > maxVariantSize {
		f.complain(x, fmt.Sprintf("with this variant there are more than %d elements", maxVariantSize), "")
		return
	}
	key := index("variant", len(f.list))
	f.places[key] = x.at
	t := map[string]any{"id": x.attrs["id"], "name": x.attrs["name"], "type": x.attrs["type"]}
	f.list = append(f.list, t)
	if parent != "" {
		t["parent"] = parent
	}
	t["arches"] = f.texts(key+".arches", x.all("arches", "arch"))
	f.flag(t, "has_optional", x, "has_optional")
	f.flag(t, "is_empty", x, "is_empty")
	f.groups(t, key, x)
	f.environments(t, key, x)
	f.modules(t, key, x)
	for _, r := range x.all("release") {
		t["release"] = map[string]any{"name": r.attrs["name"], "short": r.attrs["short"], "version": r.attrs["version"]}
		f.places[key+".release"] = r.at
	}
	f.refuse(x)
	if parent == "" {
		f.bootPackages(x)
	}
	if inner := x.all("variants"); parent != "" && len(inner) > 0 {
		f.complain(inner[0], "only a variant of type variant has nested ones", "")
		return
	}
	for _, child := range x.all("variants", "variant") {
		f.variant(child, x.attrs["id"])
	}
	for _, ref := range x.all("variants", "ref") {
		if child := f.shared[ref.attrs["id"]]; child != nil {
			f.variant(child, x.attrs["id"])
		} else {
			f.complain(ref, "there is no addon or layered-product "+quote(ref.attrs["id"])+" beside the variants", didYouMean(ref.attrs["id"], sortedKeys(f.shared)))
		}
	}
}

// refuse complains about what this program does not do yet.
func (f *variantsFile) refuse(x *node) {
	for _, m := range x.all("modules", "kojitag") {
		f.complain(m, quote(m.text)+": tags are not supported", "a package set has the module metadata of its repositories, or of the file that its key modules names")
	}
}

// texts gives the texts of elements as a list, with their places.
func (f *variantsFile) texts(key string, nodes []*node) []any {
	out := []any{}
	for i, x := range nodes {
		f.places[index(key, i)] = x.at
		out = append(out, x.text)
	}
	return out
}

// flag sets a key from an attribute that is true or false.
func (f *variantsFile) flag(t map[string]any, key string, x *node, attr string) {
	switch value, given := x.attrs[attr]; {
	case !given:
	case value == "true" || value == "false":
		t[key] = value == "true"
	default:
		f.complain(x, attr+": "+quote(value)+` must be "true" or "false"`, "")
	}
}

// groups sets the groups of a variant and what overrules them, by name, as
// Pungi has them.
func (f *variantsFile) groups(t map[string]any, key string, x *node) {
	nodes := sortedByText(x.all("groups", "group"))
	names, rules := []any{}, []any{}
	for i, g := range nodes {
		f.places[index(key+".groups", i)] = g.at
		name := g.text
		is := map[string]any{}
		if f.flag(is, "glob", g, "glob"); is["glob"] != true {
			name = exactly(name)
		}
		names = append(names, name)
		rule := map[string]any{}
		f.flag(rule, "default", g, "default")
		f.flag(rule, "user_visible", g, "uservisible")
		if len(rule) > 0 {
			f.places[index(key+".group", len(rules))] = g.at
			rule["id"] = name
			rules = append(rules, rule)
		}
	}
	setLists(t, "groups", names, "group", rules)
}

func (f *variantsFile) environments(t map[string]any, key string, x *node) {
	names, rules := []any{}, []any{}
	for i, e := range sortedByText(x.all("environments", "environment")) {
		f.places[index(key+".environments", i)] = e.at
		names = append(names, exactly(e.text))
		order, given := e.attrs["display_order"]
		if !given {
			continue
		}
		n, err := strconv.Atoi(order)
		if err != nil {
			f.complain(e, "display_order: "+quote(order)+" is not an integer", "")
		}
		f.places[index(key+".environment", len(rules))] = e.at
		rules = append(rules, map[string]any{"id": exactly(e.text), "display_order": int64(n)})
	}
	setLists(t, "environments", names, "environment", rules)
}

// modules sets the module streams of a variant. A name alone stands for all
// streams in this file, as in Pungi, which takes a name with dashes apart in
// its old way, NAME-STREAM-VERSION.
func (f *variantsFile) modules(t map[string]any, key string, x *node) {
	names := []any{}
	for i, m := range x.all("modules", "module") {
		f.places[index(key+".modules", i)] = m.at
		f.flag(map[string]any{}, "glob", m, "glob")
		name := m.text
		switch {
		case strings.Contains(name, ":"):
		case strings.Contains(name, "-"):
			f.complain(m, quote(name)+" may be a name or NAME-STREAM", "write NAME:STREAM, or NAME:* for all streams")
		default:
			name += ":*"
		}
		names = append(names, name)
	}
	setLists(t, "modules", names, "", nil)
}

func setLists(t map[string]any, key string, list []any, ruleKey string, rules []any) {
	if len(list) > 0 {
		t[key] = list
	}
	if len(rules) > 0 {
		t[ruleKey] = rules
	}
}

func sortedByText(nodes []*node) []*node {
	slices.SortStableFunc(nodes, func(a, b *node) int { return cmp.Compare(a.text, b.text) })
	return nodes
}

// exactly makes a glob that matches a name and nothing else.
func exactly(name string) string {
	return strings.NewReplacer("*", "[*]", "?", "[?]", "[", "[[]", `\`, `[\\]`).Replace(name)
}

// Literal gives the name that a glob stands for when it is the only one that
// it can match.
func Literal(glob string) (string, bool) {
	name := strings.NewReplacer("[*]", "*", "[?]", "?", "[[]", "[", `[\\]`, `\`).Replace(glob)
	return name, exactly(name) == glob
}
