package config

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// TestSchema lets an independent validator judge samples by the schema.
func TestSchema(t *testing.T) {
	sch := compileSchema(t)
	judge := func(text string) error { return validate(t, sch, text) }
	for _, name := range []string{"minimal.toml", "full.toml"} {
		if err := judge(sample(t, name)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := judge(string(mustLoad(t, sample(t, name)).Effective())); err != nil {
			t.Errorf("%s, effective: %v", name, err)
		}
	}
	bad, err := os.ReadFile(filepath.Join("testdata", "bad", "all-at-once.toml"))
	if err != nil {
		t.Fatal(err)
	}
	got := judge(string(bad))
	if got == nil {
		t.Fatal("a bad configuration passes")
	}
	for _, want := range []string{"/release/short", "/release/version", "/compose/type", "/pkgset/0/source", "'sigkey' not allowed", "'strictnes' not allowed"} {
		if !strings.Contains(got.Error(), want) {
			t.Errorf("the schema does not find %s: %v", want, got)
		}
	}
	for _, tt := range [][2]string{
		{`arches = ["x86_64", "aarch64"]`, ``},
		{`arches = ["x86_64", "aarch64"]`, `arches = []`},
		{`groups = ["core"]`, `groups = "core"`},
		{`groups = ["core"]`, `is_empty = "no"`},
		{`url = "https://mirror.example/$arch/"`, `url = [1]`},
		{`sigkeys = ["1ed822cd", ""]`, `sigkeys = ["x"]`},
		{`name = "Dummy Product"`, `name = ""`},
	} {
		if judge(strings.Replace(good, tt[0], tt[1], 1)) == nil {
			t.Errorf("%q passes the schema", tt[1])
		}
	}
	if err := judge(good); err != nil {
		t.Error(err)
	}
}

func compileSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("schema.json", doc); err != nil {
		t.Fatal(err)
	}
	sch, err := c.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return sch
}

func validate(t *testing.T, sch *jsonschema.Schema, text string) error {
	t.Helper()
	var table map[string]any
	if _, err := toml.Decode(text, &table); err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(table)
	if err != nil {
		t.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return sch.Validate(v)
}
