package config

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
)

// schemaOf makes the JSON Schema.
func schemaOf(t *testing.T, keys []documented) []byte {
	t.Helper()
	root := tableSchema(keys)
	root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	root["title"] = "configuration of compose"
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(root); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func tableSchema(keys []documented) map[string]any {
	properties, required := map[string]any{}, []string{}
	for _, k := range keys {
		properties[k.name] = k.schema()
		// A table that has required keys is required itself.
		if k.required || k.typ.Kind() == reflect.Struct && k.typ != pathType && hasRequired(k.sub) {
			required = append(required, k.name)
		}
	}
	out := map[string]any{"type": "object", "additionalProperties": false, "properties": properties}
	if len(required) > 0 {
		out["required"] = required
	}
	return out
}

func hasRequired(keys []documented) bool {
	for _, k := range keys {
		if k.required {
			return true
		}
	}
	return false
}

func (k documented) schema() map[string]any {
	var out map[string]any
	if k.typ.Kind() == reflect.Pointer {
		k.typ = k.typ.Elem()
	}
	switch {
	case k.typ == stringsType:
		out = map[string]any{"anyOf": []any{k.textSchema(), map[string]any{"type": "array", "items": k.textSchema(), "uniqueItems": true}}}
	case k.sub != nil && k.typ.Kind() == reflect.Struct:
		out = tableSchema(k.sub)
	case k.sub != nil:
		out = map[string]any{"type": "array", "items": tableSchema(k.sub)}
	case k.typ.Kind() == reflect.Slice:
		out = map[string]any{"type": "array", "items": k.textSchema(), "uniqueItems": true}
	case k.typ.Kind() == reflect.Bool:
		out = map[string]any{"type": "boolean"}
	case k.typ.Kind() == reflect.Int:
		out = map[string]any{"type": "integer"}
	default:
		out = k.textSchema()
	}
	if out["type"] == "array" && k.required {
		out["minItems"] = 1
	}
	out["description"] = strings.ReplaceAll(k.doc, "`", "")
	if k.hasDef {
		out["default"] = k.defaultValue()
	}
	return out
}

// textSchema is the schema of one string of the key.
func (k documented) textSchema() map[string]any {
	out := map[string]any{"type": "string"}
	sh := shapes[k.rule]
	switch {
	case k.enum != nil:
		out["enum"] = k.enum
	case sh.pattern != nil:
		out["pattern"] = sh.pattern.String()
	default:
		out["minLength"] = 1
	}
	return out
}

// defaultValue is the default tag as a value.
func (k documented) defaultValue() any {
	if isText(k.typ) {
		return k.fallback
	}
	var box struct{ V any }
	if _, err := toml.Decode("V = "+k.fallback, &box); err != nil {
		panic(err)
	}
	return box.V
}
