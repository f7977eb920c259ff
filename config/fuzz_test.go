package config

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
)

// seeds adds the samples, good and bad, and what TOML can look like.
func seeds(f *testing.F) {
	f.Helper()
	for _, pattern := range []string{"testdata/good/*.toml", "testdata/bad/*.toml"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, name := range files {
			b, err := os.ReadFile(name)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(string(b))
		}
	}
	for _, s := range []string{
		"\ufeffa = 1\r\n[b]\r\nc = '''\r\nx'''\r\n",
		"a = { b = [1, [2, { c = 1979-05-27 07:32:00Z }]], 'd e'.f = \"#\\\"\" } # end",
		"a.b.c = \"\"\"x\\\n  y\"\"\"\"\"\n[a.d]\n[[a.e.f]]\n[[a.e.f]]\ng = [\n# no\n]\n[a.e.f.h]\ni = +inf",
		"x = '''a''' y = 1", "[[a]]\n[[a.b]]\n[[a]]\n[[a.b]]\nc=1", "a = [1,\n b = 2", "\"\" = 1\n\"\\u0041\" = 2", "= [",
	} {
		f.Add(s)
	}
}

// FuzzScan compares the scanner with the library: whatever the library
// accepts, each value lies where the scanner says.
func FuzzScan(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, src string) {
		p := parse(src)
		if len(p.errs) > 0 {
			return
		}
		compareSpans(t, p, "", generic(maps.Clone(p.table)))
	})
}

// compareSpans decodes each value again from its span.
func compareSpans(t *testing.T, p parsed, key string, v any) {
	switch x := v.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(x)) {
			if isBare(name) { // other names have more than one form
				compareSpans(t, p, join(key, name), x[name])
			}
		}
	case []any:
		for i, e := range x {
			compareSpans(t, p, index(key, i), e)
		}
	default:
		e, ok := p.entries[key]
		if !ok {
			t.Fatalf("%s has no place", key)
		}
		raw := p.src[e.value.start:e.value.end]
		var again map[string]any
		if _, err := toml.Decode("v = "+raw, &again); err != nil {
			t.Fatalf("%s: value %q: %v", key, raw, err)
		}
		if got := again["v"]; !reflect.DeepEqual(got, v) && got == got {
			t.Fatalf("%s: value %q is %v, want %v", key, raw, got, v)
		}
	}
}

// FuzzLoad wants an error with places that exist, or a configuration that can
// be written and loaded again.
func FuzzLoad(f *testing.F) {
	seeds(f)
	dir := folder(f)
	f.Fuzz(func(t *testing.T, src string) {
		checkLoad(t, dir, src)
	})
}

func checkLoad(t *testing.T, dir, src string, defines ...string) {
	c, err := load(filepath.Join(dir, "config.toml"), src, defines)
	if err == nil {
		if _, err := load(filepath.Join(dir, "again.toml"), string(c.Effective()), nil); err != nil {
			t.Fatalf("the effective configuration is refused: %v\n%s", err, c.Effective())
		}
		return
	}
	var bad *Errors
	if !errors.As(err, &bad) || len(bad.Complaints) == 0 {
		t.Fatalf("error %v", err)
	}
	lines := strings.Count(src, "\n") + 1
	for _, one := range bad.Complaints {
		if one.Text == "" || one.File == "" || one.Line > lines || one.Line > 0 && one.Col < 1 {
			t.Fatalf("complaint %#v about %d lines", one, lines)
		}
		if strings.Contains(one.String(), "\n") {
			t.Fatalf("complaint of several lines: %q", one.String())
		}
	}
}

// FuzzDefine wants the same of overrides.
func FuzzDefine(f *testing.F) {
	for _, s := range []string{
		"release.version=2", "variant[0].arches=[\"x86_64\"]", "pkgset.base.path=packages", "comps=", "a.\"b c\"[1]=x",
		"gather={method=\"nodeps\"}", "gather.tree[0].add[0]=x", "pkgset[0].url[1]=file:///", "release=1", "variant[0]=1", "pkgset=[]",
		"release.name=1\nx=2",
	} {
		f.Add(s, s)
	}
	dir := folder(f)
	f.Fuzz(func(t *testing.T, one, two string) {
		checkLoad(t, dir, good, one, two)
	})
}
