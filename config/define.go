package config

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// defineFile is the place of what the command line sets.
const defineFile = "--define"

// step is one part of a key: a name, or an index when the name is empty.
type step struct {
	name  string
	index int
}

// define sets one key=value in the tables of a file. The key is dotted, with
// indices for lists: variant[0].arches. An element of pkgset and variant may
// be named by its tag or id too: pkgset.base.path. The index behind the last
// one adds an element.
func (d *decoder) define(root map[string]any, text string) {
	steps, value, ok := splitDefine(text)
	if !ok {
		d.add(Complaint{File: defineFile, Text: quote(text) + " is not key=value"})
		return
	}
	d.assign(root, reflect.TypeFor[Config](), target{"", steps, value})
}

// splitDefine takes "a.b[2].c=value" apart.
func splitDefine(text string) (steps []step, value string, ok bool) {
	s := &scanner{src: text}
	for len(steps) <= maxDepth {
		start := s.pos
		name := s.keyPart()
		if s.pos == start {
			return nil, "", false
		}
		steps = append(steps, step{name: name})
		for s.peek("[") {
			number, _, found := strings.Cut(text[s.pos+1:], "]")
			n, err := strconv.ParseUint(number, 10, 16)
			if !found || err != nil {
				return nil, "", false
			}
			steps = append(steps, step{index: int(n)})
			s.pos += len(number) + 2
		}
		switch {
		case s.peek("="):
			return steps, text[s.pos+1:], true
		case !s.peek("."):
			return nil, "", false
		}
		s.pos++
	}
	return nil, "", false
}

// target is what is left of a key, below the key done so far.
type target struct {
	key   string
	steps []step
	value string
}

// into gives the target one level down.
func (t target) into(key string) target { return target{key, t.steps[1:], t.value} }

// assign sets a target below a value of a type and gives the new value.
func (d *decoder) assign(now any, t reflect.Type, to target) any {
	if len(to.steps) == 0 {
		return d.setValue(t, to)
	}
	switch {
	case t.Kind() == reflect.Struct && t != pathType:
		return d.assignKey(now, t, to)
	case t.Kind() == reflect.Slice && (to.steps[0].name == "" || t.Elem().Kind() == reflect.Struct):
		return d.assignElement(now, t, to)
	}
	d.refuse(to.key, "is "+wanted(t)+" and has nothing below it", "")
	return now
}

// refuse adds a complaint about a key of the command line.
func (d *decoder) refuse(key, text, hint string) {
	d.add(Complaint{File: defineFile, Key: key, Text: text, Hint: hint})
}

func (d *decoder) assignKey(now any, t reflect.Type, to target) any {
	name, fields := to.steps[0].name, fieldsOf(t)
	if name == "" {
		d.refuse(to.key, "is a table, not a list", "valid here: "+strings.Join(names(fields), ", "))
		return now
	}
	f, ok := fieldNamed(fields, name)
	key := join(to.key, name)
	if !ok {
		d.refuse(key, "unknown key", suggestKey(name, fields))
		return now
	}
	table, ok := now.(map[string]any)
	if !ok {
		table = map[string]any{}
		d.mark(to.key)
	}
	if set := d.assign(table[name], f.typ, to.into(key)); set != nil {
		table[name] = set
	}
	return table
}

func (d *decoder) assignElement(now any, t reflect.Type, to target) any {
	list, ok := now.([]any)
	if s, isOne := now.(string); isOne {
		list = []any{s}
	} else if !ok {
		d.mark(to.key)
	}
	i, ok := d.element(list, t, to)
	if !ok {
		return now
	}
	if i == len(list) {
		list = append(list, nil)
		d.mark(index(to.key, i))
	}
	list[i] = d.assign(list[i], t.Elem(), to.into(index(to.key, i)))
	return list
}

// element finds the element that a step means.
func (d *decoder) element(list []any, t reflect.Type, to target) (int, bool) {
	st := to.steps[0]
	if st.name == "" {
		if st.index <= len(list) {
			return st.index, true
		}
		d.refuse(index(to.key, st.index), fmt.Sprintf("the list has only %d elements", len(list)), "")
		return 0, false
	}
	id := map[reflect.Type]string{reflect.TypeFor[Pkgset](): "tag", reflect.TypeFor[Variant](): "id"}[t.Elem()]
	var known []string
	for i, e := range list {
		table, _ := e.(map[string]any)
		if s, ok := table[id].(string); ok && s == st.name {
			return i, true
		} else if ok {
			known = append(known, s)
		}
	}
	if id == "" {
		d.refuse(join(to.key, st.name), "a list needs an index", "write "+to.key+"[0]."+st.name)
	} else {
		d.refuse(join(to.key, st.name), "nothing in the list has this "+id, didYouMean(st.name, known))
	}
	return 0, false
}

// setValue reads the value as TOML, or takes it as it is for a key that is a
// string, or when it is not TOML, which the decoder will then find.
func (d *decoder) setValue(t reflect.Type, to target) any {
	d.mark(to.key)
	p := parse("v = " + to.value)
	v, ok := generic(p.table).(map[string]any)["v"]
	if len(p.errs) > 0 || !ok || len(p.table) != 1 {
		return to.value
	}
	if _, isString := v.(string); isText(t) && !isString {
		if _, isList := v.([]any); !isList || t != stringsType {
			return to.value
		}
	}
	return v
}

// mark notes that a key now comes from the command line, with all below it.
func (d *decoder) mark(key string) {
	for k := range d.places {
		if strings.HasPrefix(k, key+".") || strings.HasPrefix(k, key+"[") {
			delete(d.places, k)
		}
	}
	if key != "" {
		d.places[key] = position{file: defineFile}
	}
}
