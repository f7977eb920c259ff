package phases

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"compose/phases/reuse"
)

// keysOfSteps are the types of all keys, by name.
var keysOfSteps = map[string]reflect.Type{
	"discKey": reflect.TypeFor[discKey](), "extraKey": reflect.TypeFor[extraKey](), "discPartKey": reflect.TypeFor[discPartKey](),
	"gatherKey": reflect.TypeFor[gatherKey](), "taskKey": reflect.TypeFor[taskKey](), "rootKey": reflect.TypeFor[rootKey](),
	"loraxKey": reflect.TypeFor[loraxKey](), "smallBootKey": reflect.TypeFor[smallBootKey](),
}

// Every value in the key of every step counts: the fingerprint is another one
// when it changes, and names the field.
func TestEveryFieldOfEveryKey(t *testing.T) {
	for name, typ := range keysOfSteps {
		t.Run(name, func(t *testing.T) {
			first, fields := changedKey(t, typ, -1)
			seen := map[string]bool{first.Sum: true}
			for i, field := range fields {
				other, _ := changedKey(t, typ, i)
				if seen[other.Sum] {
					t.Errorf("value %d, in %s, does not count", i, field)
				}
				seen[other.Sum] = true
				if got := other.Differ(first); len(got) != 1 || got[0] != field {
					t.Errorf("value %d: differs in %v, want %s", i, got, field)
				}
			}
			if len(fields) == 0 {
				t.Error("the key is empty")
			}
		})
	}
}

// The table has all types of keys that this package has.
func TestKeysOfSteps(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if typ, ok := n.(*ast.TypeSpec); ok && !typ.Name.IsExported() && strings.HasSuffix(typ.Name.Name, "Key") && keysOfSteps[typ.Name.Name] == nil {
				t.Errorf("%s: %s is not in the table", name, typ.Name.Name)
			}
			return true
		})
	}
}

// changedKey fills a key with values, changes the one with a number, and gives
// the fields that the values are in.
func changedKey(t *testing.T, typ reflect.Type, change int) (print reuse.Fingerprint, fields []string) {
	t.Helper()
	v := reflect.New(typ).Elem()
	for i := range typ.NumField() {
		fillKey(t, v.Field(i), func() bool {
			fields = append(fields, typ.Field(i).Name)
			return len(fields)-1 == change
		})
	}
	print, err := reuse.Of("step", 1, v.Interface())
	if err != nil {
		t.Fatal(err)
	}
	return print, fields
}

// fillKey sets a value and those in it; next says of each whether to set it to
// another one.
func fillKey(t *testing.T, v reflect.Value, next func() bool) {
	t.Helper()
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fillKey(t, v.Field(i), next)
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fillKey(t, v.Elem(), next)
	case reflect.Slice:
		n := 1
		if next() {
			n = 2
		}
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		fillKey(t, v.Index(0), next)
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fillKey(t, key, next)
		fillKey(t, value, next)
		v.SetMapIndex(key, value)
	default:
		fillLeaf(t, v, next())
	}
}

func fillLeaf(t *testing.T, v reflect.Value, other bool) {
	t.Helper()
	n := 1
	if other {
		n = 2
	}
	switch {
	case v.CanInt():
		v.SetInt(int64(n))
	case v.CanUint():
		v.SetUint(uint64(n))
	case v.CanFloat():
		v.SetFloat(float64(n))
	case v.Kind() == reflect.String:
		v.SetString(strings.Repeat("x", n))
	case v.Kind() == reflect.Bool:
		v.SetBool(other)
	default:
		t.Fatalf("a key has %s", v.Type())
	}
}
