package config

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
)

// decoder puts the tables of a file into the structs. It does not stop at
// what is wrong.
type decoder struct {
	complaints
	file    string
	src     string
	entries map[string]entry
	places  map[string]position
	partial bool // statements are missing: absent keys are no fault
}

// complain adds what is wrong with a key.
func (d *decoder) complain(key, text, hint string) {
	p := findPlace(d.places, key)
	d.add(Complaint{File: p.file, Line: p.line, Col: p.col, Key: key, Text: text, Hint: hint})
}

// raw gives the source of a value, "" when it is not from the file.
func (d *decoder) raw(key string) string {
	e, ok := d.entries[key]
	if !ok || d.places[key].line == 0 {
		return ""
	}
	return d.src[e.value.start:e.value.end]
}

// table decodes into a struct; a nil table is one that is not there.
func (d *decoder) table(key string, table map[string]any, into reflect.Value) {
	fields := fieldsOf(into.Type())
	misspelt := d.unknownKeys(key, table, fields)
	for _, f := range fields {
		v, full := into.FieldByIndex(f.index), join(key, f.name)
		if f.hasDef {
			setDefault(v, f)
		}
		raw, set := table[f.name]
		switch {
		case set:
			d.value(full, raw, v, f)
		case f.required && !d.partial && !misspelt[f.name]:
			d.complain(full, "required key is missing", "")
		case f.typ.Kind() == reflect.Struct && f.typ != pathType:
			d.table(full, nil, v)
		}
	}
}

// unknownKeys complains about keys that are not known, and gives the keys
// that are probably meant by them: those are not missing as well.
func (d *decoder) unknownKeys(key string, table map[string]any, fields []field) map[string]bool {
	meant := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(table)) {
		if _, ok := fieldNamed(fields, name); !ok && d.full() {
			d.dropped++
		} else if !ok {
			d.complain(join(key, name), "unknown key", suggestKey(name, fields))
			meant[nearest(name, names(fields))] = true
		}
	}
	return meant
}

// setDefault fills in the default tag; the tags are ours, so they are right.
func setDefault(v reflect.Value, f field) {
	if v.Kind() == reflect.String {
		v.SetString(f.fallback)
		return
	}
	var box struct{ V any }
	if _, err := toml.Decode("V = "+f.fallback, &box); err != nil {
		panic("config: default of " + f.goName + ": " + err.Error())
	}
	switch x := box.V.(type) {
	case bool:
		v.SetBool(x)
	case int64:
		v.SetInt(x)
	case []any:
		for _, s := range x {
			v.Set(reflect.Append(v, reflect.ValueOf(s)))
		}
	}
}

// value decodes one value of a key.
func (d *decoder) value(key string, raw any, into reflect.Value, f field) {
	if into.Kind() == reflect.Pointer {
		into.Set(reflect.New(into.Type().Elem()))
		into = into.Elem()
	}
	switch x := raw.(type) {
	case string:
		if d.text(key, x, into, f) {
			return
		}
	case bool:
		if into.Kind() == reflect.Bool {
			into.SetBool(x)
			return
		}
	case int64:
		if into.Kind() == reflect.Int {
			into.SetInt(x)
			return
		}
	case map[string]any:
		if into.Kind() == reflect.Struct && into.Type() != pathType {
			d.table(key, x, into)
			return
		}
	case []any:
		if into.Kind() == reflect.Slice {
			d.elements(key, x, into, f)
			return
		}
	}
	d.complain(key, "must be "+wanted(into.Type())+", not "+kindOf(raw), d.typeHint(key, raw, into.Type()))
}

// text decodes a string; it says whether a string fits at all.
func (d *decoder) text(key, s string, into reflect.Value, f field) bool {
	if !isText(into.Type()) {
		return false
	}
	if text, hint := f.checkText(s); text != "" {
		d.complain(key, text, hint)
	}
	switch {
	case into.Type() == pathType:
		into.Set(reflect.ValueOf(Path{Text: s}))
	case into.Type() == stringsType:
		into.Set(reflect.ValueOf(Strings{s}))
	default:
		into.SetString(s)
	}
	return true
}

// elements decodes a list of strings or tables.
func (d *decoder) elements(key string, raw []any, into reflect.Value, f field) {
	out := reflect.MakeSlice(into.Type(), len(raw), len(raw))
	seen := map[string]bool{}
	for i, x := range raw {
		d.value(index(key, i), x, out.Index(i), f)
		if s, ok := x.(string); ok && seen[s] {
			d.complain(index(key, i), quote(s)+" is in the list twice", "")
		} else if ok {
			seen[s] = true
		}
	}
	if len(raw) == 0 && f.required {
		d.complain(key, "must not be empty", "")
	}
	into.Set(out)
}

// kindOf words the type of a TOML value.
func kindOf(raw any) string {
	switch x := raw.(type) {
	case string:
		return "a string"
	case bool:
		return "a boolean"
	case int64:
		return "an integer"
	case float64:
		return "a float"
	case map[string]any:
		return "a table"
	case []any:
		if len(x) > 0 {
			if _, ok := x[0].(map[string]any); ok {
				return "a list of tables"
			}
		}
		return "a list"
	}
	return "a date or time"
}

// typeHint shows how a value of the wrong type is probably meant.
func (d *decoder) typeHint(key string, raw any, want reflect.Type) string {
	src := d.raw(key)
	switch x := raw.(type) {
	case string:
		switch {
		case want.Kind() == reflect.Bool && (x == "true" || x == "false"):
			return "write " + x + " without quotes"
		case want.Kind() == reflect.Slice && want.Elem().Kind() == reflect.String:
			return "write [" + quote(x) + "]"
		}
	case map[string]any:
		if want.Kind() == reflect.Slice && strings.HasPrefix(src, "[") {
			return "write [[" + withoutIndices(key) + "]]"
		}
	case []any:
		if want.Kind() == reflect.Struct && strings.HasPrefix(d.raw(index(key, 0)), "[[") {
			return "write [" + withoutIndices(key) + "]"
		}
	default:
		if isText(want) && src != "" && !strings.ContainsAny(src, "\n\"") {
			return fmt.Sprintf("write %q", src)
		}
	}
	return ""
}
