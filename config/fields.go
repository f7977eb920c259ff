package config

import (
	"reflect"
	"slices"
	"strings"
)

// field is one key of a table, from a struct field and its tags:
//
//	toml:"name"       the key; a pointer tells a key that is not set from one
//	                  that has the zero value
//	default:"ga"      its value when it is not set: TOML for a list or a
//	                  boolean, plain text for a string
//	enum:"a,b"        the values that a string may have
//	rule:"required,x" whether the key must be set, and what its strings must
//	                  look like (see rules)
//	pungi:"option"    where Pungi has the same, an option first
type field struct {
	name     string
	typ      reflect.Type
	index    []int
	goName   string // Struct.Field
	fallback string
	hasDef   bool
	enum     []string
	rule     string
	required bool
	pungi    string
}

// fieldsOf gives the keys of a struct in order, those of embedded structs in
// their place.
func fieldsOf(t reflect.Type) []field {
	var out []field
	for _, sf := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(sf.Tag.Get("toml"), ",")
		if sf.Anonymous || name == "" {
			continue
		}
		f := field{name: name, typ: sf.Type, index: sf.Index, pungi: sf.Tag.Get("pungi")}
		f.goName = declaring(t, sf.Index).Name() + "." + sf.Name
		f.fallback, f.hasDef = sf.Tag.Lookup("default")
		if e := sf.Tag.Get("enum"); e != "" {
			f.enum = strings.Split(e, ",")
		}
		for r := range strings.SplitSeq(sf.Tag.Get("rule"), ",") {
			if r == "required" {
				f.required = true
			} else {
				f.rule = r
			}
		}
		out = append(out, f)
	}
	return out
}

// declaring gives the struct that declares a field.
func declaring(t reflect.Type, index []int) reflect.Type {
	for _, i := range index[:len(index)-1] {
		t = t.Field(i).Type
	}
	return t
}

var (
	pathType    = reflect.TypeFor[Path]()
	stringsType = reflect.TypeFor[Strings]()
)

// elem gives the struct behind a table or a list of tables, nil for any
// other key.
func (f field) elem() reflect.Type {
	t := f.typ
	if t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || t == pathType {
		return nil
	}
	return t
}

// isText says whether a plain string is a value of the key.
func isText(t reflect.Type) bool {
	return t.Kind() == reflect.String || t == pathType || t == stringsType
}

// wanted says what a value of a type is, for messages and the reference.
func wanted(t reflect.Type) string {
	switch {
	case t == pathType, t.Kind() == reflect.String:
		return "a string"
	case t == stringsType:
		return "a string or a list of strings"
	case t.Kind() == reflect.Pointer:
		return wanted(t.Elem())
	case t.Kind() == reflect.Bool:
		return "true or false"
	case t.Kind() == reflect.Int:
		return "an integer"
	case t.Kind() == reflect.Struct:
		return "a table"
	case t.Elem().Kind() == reflect.String:
		return "a list of strings"
	}
	return "a list of tables"
}

func fieldNamed(fields []field, name string) (field, bool) {
	i := slices.IndexFunc(fields, func(f field) bool { return f.name == name })
	if i < 0 {
		return field{}, false
	}
	return fields[i], true
}

func names(fields []field) []string {
	out := make([]string, len(fields))
	for i, f := range fields {
		out[i] = f.name
	}
	return out
}

// walkFields calls fn for every key below a struct, with the name of the
// table around it in dots.
func walkFields(t reflect.Type, table string, fn func(table string, f field)) {
	for _, f := range fieldsOf(t) {
		fn(table, f)
		if sub := f.elem(); sub != nil {
			walkFields(sub, join(table, f.name), fn)
		}
	}
}
