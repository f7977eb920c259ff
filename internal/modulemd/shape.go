package modulemd

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
)

// shape says what a value must look like and how it is written. The order of
// fields is that in which libmodulemd writes them.
type shape struct {
	form   form
	fields []entry // of a record
	of     *shape  // of what a list or a dictionary holds
}

type entry struct {
	key string
	shape
}

type form int

const (
	free    form = iota // anything: lists in their order, keys sorted
	words               // a text
	quoted              // a text, always in quotes
	prose               // a text, in a block of its own
	version             // a number from 0
	integer             // a number
	boolean             // true or false
	date                // written without quotes
	set                 // a list of texts without order, one a line
	line                // the same on one line
	list                // a list in its order
	dict                // a mapping with any keys
	record              // a mapping with known keys
)

func dictOf(s shape) shape           { return shape{form: dict, of: &s} }
func recordOf(fields ...entry) shape { return shape{form: record, fields: fields} }

// The shapes of libmodulemd's documents.
var (
	rpmsShape  = recordOf(entry{"rpms", shape{form: set}})
	linesShape = dictOf(shape{form: line})

	dependencyShape = recordOf(entry{"buildrequires", linesShape}, entry{"requires", linesShape})

	componentFields = []entry{
		{"rationale", shape{form: words}}, {"name", shape{form: words}}, {"repository", shape{form: words}},
		{"cache", shape{form: words}}, {"ref", shape{form: words}}, {"buildonly", shape{form: boolean}},
		{"buildroot", shape{form: boolean}}, {"srpm-buildroot", shape{form: boolean}},
		{"buildorder", shape{form: integer}}, {"buildafter", shape{form: line}},
		{"arches", shape{form: line}}, {"multilib", shape{form: line}},
	}
	componentsShape = dictOf(shape{form: record, fields: componentFields})

	streamShape = recordOf(
		entry{"name", shape{form: words}}, entry{"stream", shape{form: quoted}}, entry{"version", shape{form: version}},
		entry{"context", shape{form: words}}, entry{"static_context", shape{form: boolean}}, entry{"arch", shape{form: words}},
		entry{"summary", shape{form: words}}, entry{"description", shape{form: prose}}, entry{"eol", shape{form: date}},
		entry{"servicelevels", dictOf(recordOf(entry{"eol", shape{form: date}}))},
		entry{"license", recordOf(entry{"module", shape{form: set}}, entry{"content", shape{form: set}})},
		entry{"xmd", shape{form: free}},
		entry{"dependencies", shape{form: list, of: &dependencyShape}},
		entry{"references", recordOf(entry{"community", shape{form: words}}, entry{"documentation", shape{form: words}}, entry{"tracker", shape{form: words}})},
		entry{"profiles", dictOf(recordOf(entry{"description", shape{form: words}}, entry{"rpms", shape{form: set}}, entry{"default", shape{form: boolean}}))},
		entry{"api", rpmsShape}, entry{"filter", rpmsShape}, entry{"demodularized", rpmsShape},
		entry{"buildopts", recordOf(
			entry{"rpms", recordOf(entry{"macros", shape{form: prose}}, entry{"whitelist", shape{form: set}})},
			entry{"arches", shape{form: line}})},
		entry{"components", recordOf(entry{"rpms", componentsShape}, entry{"modules", componentsShape})},
		entry{"artifacts", recordOf(entry{"rpms", shape{form: set}}, entry{"rpm-map", dictOf(dictOf(rpmShape))})},
	)
	rpmShape = recordOf(entry{"name", shape{form: words}}, entry{"epoch", shape{form: version}}, entry{"version", shape{form: words}},
		entry{"release", shape{form: words}}, entry{"arch", shape{form: words}}, entry{"nevra", shape{form: words}})

	intentShape   = recordOf(entry{"stream", shape{form: quoted}}, entry{"profiles", linesShape})
	defaultsShape = recordOf(entry{"module", shape{form: words}}, entry{"modified", shape{form: version}},
		entry{"stream", shape{form: quoted}}, entry{"profiles", linesShape}, entry{"intents", dictOf(intentShape)})

	obsoleteShape = recordOf(entry{"modified", shape{form: date}}, entry{"reset", shape{form: boolean}},
		entry{"module", shape{form: words}}, entry{"stream", shape{form: quoted}}, entry{"context", shape{form: words}},
		entry{"eol_date", shape{form: date}}, entry{"message", shape{form: words}},
		entry{"obsoleted_by", recordOf(entry{"module", shape{form: words}}, entry{"stream", shape{form: quoted}})})

	translationShape = recordOf(entry{"module", shape{form: words}}, entry{"stream", shape{form: quoted}}, entry{"modified", shape{form: version}},
		entry{"translations", dictOf(recordOf(entry{"summary", shape{form: words}}, entry{"description", shape{form: words}}, entry{"profiles", dictOf(shape{form: words})}))})
)

// apply brings a value into its shape; at is its path, for errors. What is
// null becomes nil. Keys that no version of libmodulemd knows are kept behind
// those that it knows.
func (s *shape) apply(n *node, at string) (*node, error) {
	switch {
	case !s.isText() && s.form != free && n.isNull():
		return nil, nil
	case s.form == free:
		return freeForm(n), nil
	case s.form < set:
		return s.single(n, at)
	case s.form == set || s.form == line:
		out, err := textSet(n, at)
		if out != nil && s.form == line {
			out.look = onOneLine
		}
		return out, err
	case s.form == list:
		return s.items(n, at)
	case n.kind != mapping:
		return nil, fmt.Errorf("%s: want a mapping, not %s", at, n.kind)
	case s.form == dict:
		return s.dictionary(n, at)
	}
	return s.record(n, at)
}

func (s *shape) single(n *node, at string) (*node, error) {
	if n.kind != scalar {
		return nil, fmt.Errorf("%s: want a single value, not %s", at, n.kind)
	}
	var err error
	switch s.form {
	case version:
		_, err = strconv.ParseUint(n.text, 10, 64)
	case integer:
		_, err = strconv.ParseInt(n.text, 10, 64)
	case boolean:
		if n.text != "true" && n.text != "false" {
			return nil, fmt.Errorf("%s: %.40q is neither true nor false", at, n.text)
		}
	case date:
		if !isDate(n.text) {
			return nil, fmt.Errorf("%s: %.40q is not a date", at, n.text)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %.40q is not a number that it may have", at, n.text)
	}
	out := &node{text: n.text, plain: !s.isText()}
	switch s.form {
	case prose:
		out.look = asBlock
	case quoted:
		out.look = inQuotes
	}
	return out, nil
}

func (s *shape) isText() bool { return s.form == words || s.form == quoted || s.form == prose }

// isDate says whether a text is made as dates are: 2077-10-23, or
// 2020-05-01T00:00Z, or a number as 201805231425.
func isDate(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; (c < '0' || c > '9') && (i == 0 || c != '-' && c != ':' && c != 'T' && c != 'Z') {
			return false
		}
	}
	return s != "" && len(s) <= 40
}

// textSet takes one text as a list of one, as libmodulemd does.
func textSet(n *node, at string) (*node, error) {
	switch n.kind {
	case scalar:
		n = &node{kind: sequence, list: []*node{n}}
	case mapping:
		return nil, fmt.Errorf("%s: want a list, not %s", at, n.kind)
	}
	out := &node{kind: sequence, list: make([]*node, len(n.list))}
	for i, e := range n.list {
		if e.kind != scalar {
			return nil, fmt.Errorf("%s: an entry is %s", at, e.kind)
		}
		out.list[i] = &node{text: e.text}
	}
	slices.SortFunc(out.list, func(a, b *node) int { return cmp.Compare(a.text, b.text) })
	out.list = slices.CompactFunc(out.list, func(a, b *node) bool { return a.text == b.text })
	return out, nil
}

func (s *shape) items(n *node, at string) (*node, error) {
	if n.kind != sequence { // modulemd 1 has one mapping
		n = &node{kind: sequence, list: []*node{n}}
	}
	out := &node{kind: sequence}
	for i, e := range n.list {
		e, err := s.of.apply(e, at+"["+strconv.Itoa(i)+"]")
		if err != nil {
			return nil, err
		}
		if e != nil {
			out.list = append(out.list, e)
		}
	}
	return out, nil
}

func (s *shape) dictionary(n *node, at string) (*node, error) {
	out := &node{kind: mapping}
	for _, i := range n.sorted() {
		value, err := s.of.apply(n.list[i], at+"."+short(n.keys[i]))
		if err != nil {
			return nil, err
		}
		if value == nil {
			value = s.of.empty()
		}
		out.add(n.keys[i], value)
	}
	return out, nil
}

func (s *shape) empty() *node {
	if s.form == set || s.form == line {
		return &node{kind: sequence, look: onOneLine}
	}
	return &node{kind: mapping}
}

func (s *shape) record(n *node, at string) (*node, error) {
	out := &node{kind: mapping}
	known := map[string]bool{}
	for _, f := range s.fields {
		known[f.key] = true
		value := n.value(f.key)
		if value == nil {
			continue
		}
		value, err := f.apply(value, at+"."+f.key)
		if err != nil {
			return nil, err
		}
		if value != nil {
			out.add(f.key, value)
		}
	}
	for _, i := range n.sorted() {
		if !known[n.keys[i]] {
			out.add(n.keys[i], freeForm(n.list[i]))
		}
	}
	return out, nil
}

func freeForm(n *node) *node {
	out := &node{kind: n.kind, text: n.text, plain: n.plain}
	if n.kind != mapping {
		for _, e := range n.list {
			out.list = append(out.list, freeForm(e))
		}
		return out
	}
	for _, i := range n.sorted() {
		out.add(n.keys[i], freeForm(n.list[i]))
	}
	return out
}

// short keeps a foreign key from filling a message.
func short(s string) string {
	if len(s) > 40 {
		s = s[:40] + "…"
	}
	s = strconv.Quote(s)
	return s[1 : len(s)-1]
}
