package oracletest

import (
	"reflect"
	"slices"
	"testing"
)

func TestParseConf(t *testing.T) {
	conf, orderOf, err := parseConf(`# a comment
one = "a" 'b'
two = ('x' "y\\.z\"",
       'third')
three = ('only '
         'brackets')
four = [('^a\.b$', {'x86_64': None, '*': ['c', "d"]}), (1,)]
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
	if got := orderOf(conf["four"].([]any)[0].([]any)[1].(map[string]any)); !slices.Equal(got, []string{"x86_64", "*"}) {
		t.Errorf("keys %q", got)
	}
	for _, bad := range []string{"a", "a =", "a = 'b", "a = [1 2]", "a = {'b' 1}", "a = b"} {
		if _, _, err := parseConf(bad); err == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
}
