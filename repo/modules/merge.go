package modules

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Merge puts the documents of several repositories together, as libmodulemd's
// ModuleIndexMerger does for repositories of one priority.
//
// Of two streams of one name, stream, version, context and architecture, and
// of two obsoletes of one module, stream, context and time, the first is
// kept; of two translations the one that was modified last. Defaults of one
// module become one: where they differ, those that were modified last count.
// Where that does not decide, the module has no default stream, and default
// profiles are those of the first (libmodulemd refuses them). Notes say what
// was decided.
func Merge(all ...*Index) (*Index, []string) {
	m := merger{at: map[key]int{}}
	for _, x := range all {
		for _, d := range x.Documents {
			m.add(d)
		}
	}
	return &Index{m.docs}, m.notes
}

type merger struct {
	docs  []Document
	at    map[key]int
	notes []string
}

func (m *merger) note(format string, args ...any) {
	m.notes = append(m.notes, fmt.Sprintf(format, args...))
}

func (m *merger) add(d Document) {
	i, ok := m.at[d.key()]
	if !ok {
		m.at[d.key()] = len(m.docs)
		m.docs = append(m.docs, d)
		return
	}
	old := &m.docs[i]
	switch {
	case strings.TrimSpace(old.Text) == strings.TrimSpace(d.Text):
	case d.Kind == Defaults:
		m.defaults(old, d)
	case d.Kind == Translations:
		if d.Modified > old.Modified {
			*old = d
		}
	case !sameData(old.Text, d.Text):
		m.note("%s %s is there twice with different content; the first is kept", d.Kind, d.name())
	}
}

// sameData says whether two documents differ in form only.
func sameData(a, b string) bool {
	var na, nb yaml.Node
	if decode(a, &na) != nil || decode(b, &nb) != nil {
		return false
	}
	return sameNode(&na, &nb)
}

func sameNode(a, b *yaml.Node) bool {
	if a.Kind != b.Kind || a.Value != b.Value || len(a.Content) != len(b.Content) {
		return false
	}
	for i := range a.Content {
		if !sameNode(a.Content[i], b.Content[i]) {
			return false
		}
	}
	return true
}

// name is how people write a document's identity: module:stream:version:context.
func (d *Document) name() string {
	s := d.Module + ":" + d.Stream
	if d.Version > 0 {
		s += fmt.Sprintf(":%d", d.Version)
	}
	if d.Context != "" {
		s += ":" + d.Context
	}
	return s
}

// defaultsData is a document of defaults.
type defaultsData struct {
	Data struct {
		Module, Modified, Stream string
		Profiles                 map[string][]string
		Intents                  map[string]intent
	}
}

type intent struct {
	Stream   string              `yaml:",omitempty"`
	Profiles map[string][]string `yaml:",flow,omitempty"`
}

// defaults makes old and d one.
func (m *merger) defaults(old *Document, d Document) {
	var a, b defaultsData
	if err := decode(old.Text, &a); err != nil {
		m.note("defaults of %s: %v; the others are used", d.Module, err)
		*old = d
		return
	}
	if err := decode(d.Text, &b); err != nil {
		m.note("defaults of %s: %v; the others are used", d.Module, err)
		return
	}
	j := joiner{m, d.Module, 0}
	if j.newer = strings.Compare(b.Data.Modified, a.Data.Modified); j.newer > 0 {
		old.Modified = d.Modified
		a.Data.Modified = b.Data.Modified
	}
	a.Data.Stream = j.stream(a.Data.Stream, b.Data.Stream)
	a.Data.Profiles = j.profiles(a.Data.Profiles, b.Data.Profiles)
	a.Data.Intents = j.intents(a.Data.Intents, b.Data.Intents)
	text, err := a.text()
	if err != nil { // strings always have a form
		m.note("defaults of %s: %v; the first are used", d.Module, err)
		return
	}
	old.Text = text
}

// joiner decides between two defaults of a module.
type joiner struct {
	*merger
	module string
	newer  int // above 0: the second was modified later; below 0: the first
}

func (j *joiner) stream(a, b string) string {
	switch {
	case b == "" || a == b || a != "" && j.newer < 0:
		return a
	case a == "" || j.newer > 0:
		return b
	}
	j.note("module %s: default streams %s and %s contradict each other; there is none", j.module, a, b)
	return ""
}

func (j *joiner) profiles(a, b map[string][]string) map[string][]string {
	out := maps.Clone(a)
	if out == nil {
		out = map[string][]string{}
	}
	for _, stream := range slices.Sorted(maps.Keys(b)) {
		have, ok := out[stream]
		switch {
		case !ok || j.newer > 0:
			out[stream] = b[stream]
		case !sameSet(have, b[stream]) && j.newer == 0:
			j.note("module %s: default profiles %q and %q of stream %s contradict each other; the first are kept", j.module, have, b[stream], stream)
		}
	}
	return out
}

func (j *joiner) intents(a, b map[string]intent) map[string]intent {
	out := maps.Clone(a)
	if out == nil {
		out = map[string]intent{}
	}
	for _, name := range slices.Sorted(maps.Keys(b)) {
		i := out[name]
		out[name] = intent{j.stream(i.Stream, b[name].Stream), j.profiles(i.Profiles, b[name].Profiles)}
	}
	return out
}

func sameSet(a, b []string) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}

// text writes the document. Keys are in the order that libmodulemd uses;
// those of maps are sorted.
func (d *defaultsData) text() (string, error) {
	type data struct {
		Module   string
		Modified yaml.Node           `yaml:",omitempty"`
		Stream   string              `yaml:",omitempty"`
		Profiles map[string][]string `yaml:",omitempty"`
		Intents  map[string]intent   `yaml:",omitempty"`
	}
	x := d.Data
	out := struct {
		Document string
		Version  int
		Data     data
	}{string(Defaults), 1, data{Module: x.Module, Stream: x.Stream, Profiles: x.Profiles, Intents: x.Intents}}
	if x.Modified != "" {
		out.Data.Modified = yaml.Node{Kind: yaml.ScalarNode, Value: x.Modified}
	}
	var b strings.Builder
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	err := e.Encode(out)
	return b.String(), err
}
