package rpmtest

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestParseErrors(t *testing.T) {
	for text, want := range map[string]string{
		"summary x":                                 `x:1: "summary" before the first package`,
		"| x":                                       "x:1: a | line that continues nothing",
		"sub x":                                     "x:1: sub outside of build",
		"package a 1-1":                             "x:1: want: package NAME [E:]V-R ARCH",
		"build a":                                   "x:1: want: build NAME [E:]V-R [ARCH...]",
		"package a x:1-1 noarch":                    `x:1: epoch "x": strconv.ParseUint: parsing "x": invalid syntax`,
		"package a 1 noarch":                        `x:1: "1" is not version-release`,
		"package a 1-1 noarch\nbogus":               "x:2: bogus: unknown key",
		"package a 1-1 noarch\nprovides(pre) b":     "x:2: provides(pre): unknown key",
		"package a 1-1 noarch\nrequires a =":        `x:2: requires: bad dependency "a ="`,
		"package a 1-1 noarch\nfile":                "x:2: file: no path",
		"package a 1-1 noarch\nfile /a 9":           `x:2: file: mode "9": strconv.ParseUint: parsing "9": invalid syntax`,
		"package a 1-1 noarch\nfile /a \"9":         `x:2: file: bad quoting: "9`,
		"package a 1-1 noarch\nlink /a":             "x:2: link: want one value, have 0",
		"package a 1-1 noarch\nnoise /a 1e9":        `x:2: noise: strconv.ParseUint: parsing "1e9": invalid syntax`,
		"package a 1-1 noarch\nnoise /a 0x7fffffff": "x:2: noise: 2147483647 bytes are too many",
		"package a 1-1 noarch\nsign rsa 12":         `x:2: sign: key id "12": want 16 hex digits`,
		"package a 1-1 noarch\nsign x 12":           `x:2: sign: unknown signature algorithm "x"`,
		"package a 1-1 noarch\ncopy":                "x:2: copy: want: copy DIR [signature]",
		"package a 1-1 noarch\nscript x":            `x:2: script: unknown scriptlet "x"`,
		"package a 1-1 noarch\npayload lha":         `x:2: payload: unknown payload "lha"`,
		"package a 1-1 noarch\nformat 5":            `x:2: format: unknown format "5"`,
		"package a 1-1 noarch\ntag 5":               "x:2: tag: want: tag NUMBER TYPE VALUE..., or untag NUMBER",
		"package a 1-1 noarch\ntag 5 float 1":       `x:2: tag: tag 5: unknown type "float"`,
		"package a 1-1 noarch\ntag 5 int8 300":      `x:2: tag: tag 5: strconv.ParseUint: parsing "300": value out of range`,
		"package a 1-1 noarch\nsummary %{x}":        "x:2: summary: unknown variable %{x}",
		"build a 1-1 noarch\nsub":                   "x:2: want: sub NAME [ARCH...]",
	} {
		_, err := Parse(strings.NewReader(text), "x")
		if err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

// TestExtraTags shows that a text can describe a header that no tool writes.
func TestExtraTags(t *testing.T) {
	p := Package{Name: "a", Version: "1", Release: "1", Arch: "noarch"}
	plain, err := p.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	p.Extra = []Tag{{ID: 1000}, {ID: 7000, Type: "int64", Values: []string{"0x100000000"}}, {ID: 7001, Type: "bin", Values: []string{"00ff"}}}
	odd, err := p.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	name := appendQuad(nil, 1000, typeString)
	if !bytes.Contains(plain, name) || bytes.Contains(odd, name) {
		t.Error("the tag is not taken out")
	}
	for _, want := range [][]byte{appendQuad(nil, 7000, typeInt64), {0, 0, 0, 1, 0, 0, 0, 0, 0, 0xff}} {
		if !bytes.Contains(odd, want) {
			t.Errorf("no %x", want)
		}
	}
}

func TestWriteStaysInside(t *testing.T) {
	for _, text := range []string{"package ../a 1-1 noarch", "package a 1-1 noarch\nin ../b", "package a 1-1 noarch\nas ../x"} {
		pkgs, err := Parse(strings.NewReader(text), "x")
		if err != nil {
			t.Fatal(err)
		}
		if paths, err := Write(filepath.Join(t.TempDir(), "deep"), pkgs); err == nil {
			t.Errorf("%q wrote %s", text, paths)
		}
	}
}

func TestUniverses(t *testing.T) {
	dir := Shared(t, "oracle/open")
	files, err := filepath.Glob(filepath.Join(dir, "*", "universe.jsonl*"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		var r io.Reader = f
		if strings.HasSuffix(file, ".gz") {
			if r, err = gzip.NewReader(f); err != nil {
				t.Fatal(err)
			}
		}
		pkgs, err := FromJSONL(r)
		if err != nil || len(pkgs) == 0 {
			t.Errorf("%s: %d packages, %v", file, len(pkgs), err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(everything)
	f.Add("package a 1-1 x86_64\nrequires (a or b), c >= 1:2-3\ntag 1000 strings a b\nuntag 1001")
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(text, "noise") {
			return // asks for memory by design
		}
		pkgs, err := Parse(strings.NewReader(text), "x")
		if err != nil {
			return
		}
		for _, p := range pkgs[:min(len(pkgs), 20)] {
			if _, err := p.Bytes(); err != nil {
				t.Fatalf("%s: %v", p.FileName(), err)
			}
		}
	})
}

func FuzzFromJSONL(f *testing.F) {
	f.Add(`{"name":"a","epoch":1,"version":"1","release":"1","arch":"x86_64","source":"a-1-1","requires":["a >= 1"],"files":["/a/","/a/bin/b"],"file_sizes":{"/a/bin/b":10}}`)
	f.Fuzz(func(t *testing.T, text string) {
		pkgs, err := FromJSONL(strings.NewReader(text))
		if err != nil {
			return
		}
		for _, p := range pkgs[:min(len(pkgs), 20)] {
			if _, err := p.Bytes(); err != nil {
				t.Fatal(err)
			}
		}
	})
}
