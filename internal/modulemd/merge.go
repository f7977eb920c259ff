package modulemd

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Merge puts the documents of several repositories together, as libmodulemd's
// ModuleIndexMerger does for repositories of one priority.
//
// Of two builds of a stream with one name, version, context and architecture
// the first is kept, of two obsoletes of one module, stream, context and time
// the last, of two translations the one that was modified last. Defaults of
// one module become one: where they differ, those count that were modified
// last. Where that does not decide, the module has no default stream, and
// default profiles are those of the first, where libmodulemd merges nothing
// at all. Notes say what was decided.
func Merge(all ...*Index) (*Index, []string) {
	m := newMerger()
	for _, x := range all {
		for _, s := range x.Streams {
			m.stream(s)
		}
		for _, d := range x.Defaults {
			m.joinDefaults(d)
		}
		for _, o := range x.Obsoletes {
			m.obsolete(o)
		}
		for _, t := range x.Translations {
			m.joinTranslation(t)
		}
	}
	x := m.index()
	notes := x.Notes
	x.Notes = nil
	for _, a := range all {
		x.Notes = append(x.Notes, a.Notes...)
	}
	return x, notes
}

// WithDefaults gives x with the defaults of over instead of its own, for each
// module that over has defaults of (Pungi: module_defaults_override_dir).
func (x *Index) WithDefaults(over *Index) *Index {
	m := newMerger()
	m.defaults.add(x.Defaults...)
	for _, d := range over.Defaults {
		m.replaceDefaults(d)
	}
	out := *x
	out.Defaults = m.defaults.list
	return &out
}

type merger struct {
	streams      table[*Stream]
	defaults     table[*Defaults]
	obsoletes    table[*Obsolete]
	translations table[*Translation]
	notes        []string
}

// table is a list of documents, found by what they are about.
type table[T any] struct {
	list []T
	at   map[string]int
	key  func(T) string
}

func newTable[T any](key func(T) string) table[T] {
	return table[T]{at: map[string]int{}, key: key}
}

// find gives the document about the same as d, or nil.
func (t *table[T]) find(d T) *T {
	if i, ok := t.at[t.key(d)]; ok {
		return &t.list[i]
	}
	return nil
}

// add adds documents about something new.
func (t *table[T]) add(docs ...T) {
	for _, d := range docs {
		t.at[t.key(d)] = len(t.list)
		t.list = append(t.list, d)
	}
}

func newMerger() *merger {
	return &merger{
		streams:  newTable(func(s *Stream) string { return s.ID.String() + " " + s.Arch }),
		defaults: newTable(func(d *Defaults) string { return d.Module }),
		obsoletes: newTable(func(o *Obsolete) string {
			return strings.Join([]string{o.Module, o.Stream, o.Context, o.Modified}, " ")
		}),
		translations: newTable(func(t *Translation) string { return t.Module + ":" + t.Stream }),
	}
}

func (m *merger) index() *Index {
	return &Index{Streams: m.streams.list, Defaults: m.defaults.list, Obsoletes: m.obsoletes.list, Translations: m.translations.list, Notes: m.notes}
}

func (m *merger) note(format string, args ...any) {
	m.notes = append(m.notes, fmt.Sprintf(format, args...))
}

func (m *merger) stream(s *Stream) {
	old := m.streams.find(s)
	switch {
	case old == nil:
		m.streams.add(s)
	case (*old).text != s.text:
		m.note("module %s is there twice with different content; the first is kept", s.ID)
	}
}

func (m *merger) obsolete(o *Obsolete) {
	old := m.obsoletes.find(o)
	switch {
	case old == nil:
		m.obsoletes.add(o)
	case (*old).text != o.text:
		m.note("obsoletes of module %s:%s of %s are there twice with different content; the last are kept", o.Module, o.Stream, o.Modified)
		*old = o
	}
}

func (m *merger) replaceTranslation(t *Translation) {
	if old := m.translations.find(t); old != nil {
		*old = t
		return
	}
	m.translations.add(t)
}

func (m *merger) joinTranslation(t *Translation) {
	old := m.translations.find(t)
	switch {
	case old == nil:
		m.translations.add(t)
	case t.Modified > (*old).Modified:
		*old = t
	}
}

func (m *merger) replaceDefaults(d *Defaults) {
	if old := m.defaults.find(d); old != nil {
		*old = d
		return
	}
	m.defaults.add(d)
}

func (m *merger) joinDefaults(d *Defaults) {
	old := m.defaults.find(d)
	switch {
	case old == nil:
		m.defaults.add(d)
	case (*old).text != d.text:
		joined, err := m.join(*old, d)
		if err != nil {
			m.note("defaults of module %s: %v; the first are kept", d.Module, err)
			return
		}
		*old = joined
	}
}

// join makes two defaults of a module one.
func (m *merger) join(a, b *Defaults) (*Defaults, error) {
	j := joiner{m, a.Module, 0}
	switch {
	case a.Modified > b.Modified:
		j.newer = -1
	case a.Modified < b.Modified:
		j.newer = 1
	}
	out := &Defaults{
		Module: a.Module, Modified: max(a.Modified, b.Modified), Stream: j.stream(a.Stream, b.Stream),
		Profiles: j.profiles(a.Profiles, b.Profiles), Intents: maps.Clone(a.Intents),
	}
	for _, name := range slices.Sorted(maps.Keys(b.Intents)) {
		old, in := out.Intents[name], b.Intents[name]
		out.Intents[name] = Intent{j.stream(old.Stream, in.Stream), j.profiles(old.Profiles, in.Profiles)}
	}
	var err error
	out.text, err = out.write()
	return out, err
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
		case !slices.Equal(have, b[stream]) && j.newer == 0:
			j.note("module %s: default profiles %q and %q of stream %.100q contradict each other; the first are kept", j.module, have, b[stream], stream)
		}
	}
	return out
}

// write gives the document's text.
func (d *Defaults) write() (string, error) {
	data := &node{kind: mapping}
	data.add("module", &node{text: d.Module})
	if d.Modified > 0 {
		data.add("modified", &node{text: fmt.Sprint(d.Modified), plain: true})
	}
	addStream(data, d.Stream)
	addProfiles(data, d.Profiles)
	if len(d.Intents) > 0 {
		intents := &node{kind: mapping}
		for _, name := range slices.Sorted(maps.Keys(d.Intents)) {
			in := &node{kind: mapping}
			addStream(in, d.Intents[name].Stream)
			addProfiles(in, d.Intents[name].Profiles)
			intents.add(name, in)
		}
		data.add("intents", intents)
	}
	return write("modulemd-defaults", "1", data)
}

func addStream(data *node, stream string) {
	if stream != "" {
		data.add("stream", &node{text: stream, look: inQuotes})
	}
}

func addProfiles(data *node, profiles map[string][]string) {
	if len(profiles) == 0 {
		return
	}
	out := &node{kind: mapping}
	for _, stream := range slices.Sorted(maps.Keys(profiles)) {
		list := &node{kind: sequence, look: onOneLine}
		for _, p := range profiles[stream] {
			list.list = append(list.list, &node{text: p})
		}
		out.add(stream, list)
	}
	data.add("profiles", out)
}
