package modulemd

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
)

// readStream reads a document modulemd. One of version 1 becomes one of version
// 2, as in libmodulemd.
func (m *merger) readStream(root *node) error {
	data := field(root, "data")
	if data == nil || data.kind != mapping {
		return errors.New("no data")
	}
	data, err := streamShape.apply(upgrade(data), "data")
	if err != nil {
		return err
	}
	s := &Stream{ID: ID{Name: text(field(data, "name")), Stream: text(field(data, "stream")), Context: text(field(data, "context"))}}
	if err := s.fill(data); err != nil {
		return fmt.Errorf("module %.100q: %w", s.ID, err)
	}
	if s.text, err = write("modulemd", "2", data); err != nil {
		return err
	}
	m.stream(s)
	return nil
}

// upgrade moves "eol" of modulemd 1 to where modulemd 2 has it.
func upgrade(data *node) *node {
	eol := field(data, "eol")
	if eol.isNull() {
		return data
	}
	out := &node{kind: mapping}
	levels := &node{kind: mapping}
	for i, key := range data.keys {
		switch {
		case key == "eol":
		case key == "servicelevels" && data.list[i].kind == mapping:
			levels = data.list[i]
		default:
			out.add(key, data.list[i])
		}
	}
	if levels.value("rawhide") == nil {
		levels = &node{kind: mapping, keys: slices.Clone(levels.keys), list: slices.Clone(levels.list)}
		levels.add("rawhide", &node{kind: mapping, keys: []string{"eol"}, list: []*node{eol}})
	}
	out.add("servicelevels", levels)
	return out
}

// fill reads the rest of a stream and checks all of it.
func (s *Stream) fill(data *node) error {
	s.Version, _ = strconv.ParseUint(text(field(data, "version")), 10, 64) // its shape was checked
	s.Arch = text(field(data, "arch"))
	s.StaticContext = text(field(data, "static_context")) == "true"
	s.Artifacts = texts(field(data, "artifacts", "rpms"))
	s.Demodularized = texts(field(data, "demodularized", "rpms"))
	errs := []error{s.checkNames(), checkComplete(data), checkArtifacts(s.Artifacts)}
	if deps := field(data, "dependencies"); deps != nil {
		for _, d := range deps.list {
			needs := Requirements(lists(field(d, "requires")))
			s.Requires = append(s.Requires, needs)
			errs = append(errs, needs.check(), Requirements(lists(field(d, "buildrequires"))).check())
		}
	}
	return errors.Join(errs...)
}

// lists reads a mapping of names to lists.
func lists(n *node) map[string][]string {
	out := map[string][]string{}
	if n == nil {
		return out
	}
	for i, key := range n.keys {
		out[key] = texts(n.list[i])
	}
	return out
}

func (m *merger) readDefaults(root *node) error {
	data, err := dataOf(root, &defaultsShape)
	if err != nil {
		return err
	}
	d := &Defaults{Module: text(field(data, "module")), Stream: text(field(data, "stream")), Profiles: lists(field(data, "profiles")), Intents: map[string]Intent{}}
	d.Modified, _ = strconv.ParseUint(text(field(data, "modified")), 10, 64)
	if in := field(data, "intents"); in != nil {
		for i, name := range in.keys {
			d.Intents[name] = Intent{text(field(in.list[i], "stream")), lists(field(in.list[i], "profiles"))}
		}
	}
	if err := d.check(); err != nil {
		return fmt.Errorf("defaults of module %.100q: %w", d.Module, err)
	}
	if d.text, err = write("modulemd-defaults", "1", data); err != nil {
		return err
	}
	m.replaceDefaults(d)
	return nil
}

func (m *merger) readObsolete(root *node) error {
	data, err := dataOf(root, &obsoleteShape)
	if err != nil {
		return err
	}
	o := &Obsolete{
		Module: text(field(data, "module")), Stream: text(field(data, "stream")),
		Context: text(field(data, "context")), Modified: text(field(data, "modified")),
	}
	if err := o.check(data); err != nil {
		return fmt.Errorf("obsoletes of module %.100q: %w", o.Module+":"+o.Stream, err)
	}
	if o.text, err = write("modulemd-obsoletes", "1", data); err != nil {
		return err
	}
	m.obsolete(o)
	return nil
}

func (m *merger) readTranslation(root *node) error {
	data, err := dataOf(root, &translationShape)
	if err != nil {
		return err
	}
	t := &Translation{Module: text(field(data, "module")), Stream: text(field(data, "stream"))}
	t.Modified, _ = strconv.ParseUint(text(field(data, "modified")), 10, 64)
	if err := checkNameStream(t.Module, t.Stream); err != nil {
		return fmt.Errorf("translations of module %.100q: %w", t.Module+":"+t.Stream, err)
	}
	if t.text, err = write("modulemd-translations", "1", data); err != nil {
		return err
	}
	m.replaceTranslation(t)
	return nil
}

func dataOf(root *node, s *shape) (*node, error) {
	data := field(root, "data")
	if data == nil || data.kind != mapping {
		return nil, errors.New("no data")
	}
	return s.apply(data, "data")
}
