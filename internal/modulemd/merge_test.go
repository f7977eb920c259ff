package modulemd

import (
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func itoa(i int) string { return strconv.Itoa(i) }

// mapValues gives the values in the order of the keys.
func mapValues[T any](m map[string]T) iter.Seq[T] {
	return func(yield func(T) bool) {
		for _, k := range slices.Sorted(maps.Keys(m)) {
			if !yield(m[k]) {
				return
			}
		}
	}
}

// mergeCases are files that libmodulemd can merge.
var mergeCases = map[string][]string{
	"streams":            {streamDoc("a:1:1:c1:x86_64"), streamDoc("a:1:1:c1:x86_64") + streamDoc("a:1:2:c1:x86_64") + streamDoc("a:1:1:c1:s390x") + streamDoc("b:1.10:1:c1:x86_64")},
	"different streams":  {streamDoc("a:1:1:c1:x86_64"), streamDoc("a:1:1:c1:x86_64", "api: {rpms: [a]}")},
	"one default":        {defaultsDoc("a", `stream: "1"`, `profiles: {"1": [x]}`), streamDoc("a:1:1:c1:x86_64")},
	"same defaults":      {defaultsDoc("a", `stream: "1"`, `profiles: {"1": [x, y]}`), defaultsDoc("a", `stream: "1"`, `profiles: {"1": [y, x]}`)},
	"stream conflict":    {defaultsDoc("a", `stream: "1"`, `profiles: {"1": [x]}`), defaultsDoc("a", `stream: "2"`, `profiles: {"2": [y]}`)},
	"no stream in first": {defaultsDoc("a", `profiles: {"1": [x]}`), defaultsDoc("a", `stream: "2"`, `profiles: {"2": []}`)},
	"second is newer":    {defaultsDoc("a", "modified: 201901011200", `stream: "1"`, `profiles: {"1": [x]}`), defaultsDoc("a", "modified: 202001011200", `stream: "2"`, `profiles: {"1": [y]}`)},
	"first is newer":     {defaultsDoc("a", "modified: 202001011200", `stream: "1"`, `profiles: {"1": [x]}`), defaultsDoc("a", `stream: "2"`, `profiles: {"1": [y], "2": [y]}`)},
	"intents":            {defaultsDoc("a", `stream: "1"`, `intents: {d: {stream: "1", profiles: {"1": [x]}}}`), defaultsDoc("a", `intents: {s: {stream: "2"}}`)},
	"newer intents":      {defaultsDoc("a", "modified: 201901011200", `intents: {d: {stream: "1", profiles: {"1": [x]}}}`), defaultsDoc("a", "modified: 202001011200", `intents: {d: {stream: "2", profiles: {"1": [y]}}}`)},
	"obsoletes":          {obsoleteDoc("2020-01-01T00:00Z", "", "m1"), obsoleteDoc("2021-01-01T00:00Z", "", "m2") + obsoleteDoc("2020-01-01T00:00Z", "deadbeef", "m3") + obsoleteDoc("2020-01-01T00:00Z", "", "m1")},
	"same obsoletes":     {obsoleteDoc("2020-01-01T00:00Z", "", "m1"), obsoleteDoc("2020-01-01T00:00Z", "", "m2")},
	"translations":       {translationDoc(`"1"`, "202001010000", "x"), translationDoc(`"1"`, "202101010000", "y") + translationDoc(`"2"`, "202001010000", "z"), translationDoc(`"1"`, "202001010000", "old")},
	"same translations":  {translationDoc(`"1"`, "202001010000", "x"), translationDoc(`"1"`, "202001010000", "y")},
	"defaults in a file": {defaultsDoc("a", "modified: 202001010000", `stream: "1"`) + defaultsDoc("a", `stream: "2"`, `profiles: {"1": [x]}`), defaultsDoc("b", `stream: "2"`)},
}

func TestMerge(t *testing.T) {
	cases := maps.Clone(mergeCases)
	cases["profile conflict"] = []string{defaultsDoc("a", `stream: "1"`, `profiles: {"1": [x]}`), defaultsDoc("a", `stream: "1"`, `profiles: {"1": [y]}`)}
	for name, want := range map[string]struct{ text, note string }{
		"different streams": {"  license:\n    module:\n    - MIT\n", "module a:1:1:c1 is there twice with different content; the first is kept"},
		"stream conflict":   {"data:\n  module: a\n  profiles:\n    \"1\": [x]\n    \"2\": [\"y\"]\n", "module a: default streams 1 and 2 contradict each other; there is none"},
		"second is newer":   {"data:\n  module: a\n  modified: 202001011200\n  stream: \"2\"\n  profiles:\n    \"1\": [\"y\"]\n", ""},
		"profile conflict":  {"data:\n  module: a\n  stream: \"1\"\n  profiles:\n    \"1\": [x]\n", `module a: default profiles ["x"] and ["y"] of stream "1" contradict each other; the first are kept`},
		"same obsoletes":    {"  message: m2\n", "obsoletes of module a:1 of 2020-01-01T00:00Z are there twice with different content; the last are kept"},
	} {
		x, notes := Merge(read(t, cases[name][0]), read(t, cases[name][1]))
		if !strings.HasSuffix(string(x.YAML()), want.text+"...\n") {
			t.Errorf("%s:\n%s", name, x.YAML())
		}
		if strings.Join(notes, "\n") != want.note {
			t.Errorf("%s: notes %q", name, notes)
		}
	}
}

// What is put together does not change what it came from.
func TestMergeChangesNothing(t *testing.T) {
	for name, texts := range mergeCases {
		var all []*Index
		for _, text := range texts {
			all = append(all, read(t, text))
		}
		Merge(all...)
		for i, x := range all {
			if string(x.YAML()) != string(read(t, texts[i]).YAML()) {
				t.Errorf("%s: file %d was changed", name, i)
			}
		}
	}
}

func TestWithDefaults(t *testing.T) {
	base := read(t, defaultsDoc("a", `stream: "1"`, `profiles: {"1": [x], "2": [y]}`), defaultsDoc("b", `stream: "1"`))
	x := base.WithDefaults(read(t, defaultsDoc("a", `stream: "2"`), defaultsDoc("c", `stream: "3"`)))
	if x.DefaultStream("a") != "2" || x.DefaultStream("b") != "1" || x.DefaultStream("c") != "3" || x.DefaultStream("d") != "" || len(x.Defaults[0].Profiles) != 0 {
		t.Errorf("got\n%s", x.YAML())
	}
	if base.DefaultStream("a") != "1" || len(base.Defaults) != 2 {
		t.Errorf("the defaults below were changed:\n%s", base.YAML())
	}
	only := x.Only(func(module string) bool { return module == "c" })
	if got := only.Modules(); !slices.Equal(got, []string{"c"}) {
		t.Errorf("only c: %q", got)
	}
}

func FuzzRead(f *testing.F) {
	for _, texts := range mergeCases {
		f.Add([]byte(strings.Join(texts, "")))
	}
	f.Add([]byte("--- &a\n? *a\n...\n"))
	f.Add([]byte(streamDoc("a:1:1:c:x86_64", "xmd: {a: [~, true, 1.0, \"1.0\", 2020-01-01, |\n   x\n ]}", "description2: >-\n    a\n\n     b")))
	f.Fuzz(func(t *testing.T, data []byte) {
		x, err := Read(data, "x")
		if err != nil {
			return
		}
		merged, _ := Merge(x, x)
		text := merged.YAML()
		again, err := Read(text, "y")
		if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		if got := again.YAML(); string(got) != string(text) {
			t.Fatalf("written\n%s\nread and written\n%s", text, got)
		}
	})
}
