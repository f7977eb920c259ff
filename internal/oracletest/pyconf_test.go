package oracletest

import (
	"reflect"
	"testing"
)

func TestParseConf(t *testing.T) {
	conf, err := parseConf(`# a comment
one = "a" 'b'
two = ('x' "y\\.z\"",
       'third')
three = ('only '
         'brackets')
four = [('^a\.b$', {'*': ['c', "d"], 'x86_64': None}), (1,)]
five = True
`)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"one": "ab", "two": []any{`xy\.z"`, "third"}, "three": "only brackets", "five": true,
		"four": []any{[]any{`^a\.b$`, map[string]any{"*": []any{"c", "d"}, "x86_64": nil}}, []any{1.0}},
	}
	if !reflect.DeepEqual(conf, want) {
		t.Errorf("got  %#v\nwant %#v", conf, want)
	}
	for _, bad := range []string{"a", "a =", "a = 'b", "a = [1 2]", "a = {'b' 1}", "a = b"} {
		if _, err := parseConf(bad); err == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
}
