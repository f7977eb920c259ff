package header_test

import (
	"reflect"
	"strings"
	"sync"
	"testing"

	"compose/internal/rpm"
	"compose/internal/rpm/header"
	"compose/internal/rpmtest"
)

// readOne builds the one package that text describes and reads it.
func readOne(t *testing.T, text string) (*rpm.Package, *rpm.Details, error) {
	t.Helper()
	pkgs, err := rpmtest.Parse(strings.NewReader(text), t.Name())
	if err != nil || len(pkgs) != 1 {
		t.Fatalf("%d packages, %v", len(pkgs), err)
	}
	files, err := rpmtest.Write(t.TempDir(), pkgs)
	if err != nil {
		t.Fatal(err)
	}
	return header.ReadFile(files[0])
}

func mustRead(t *testing.T, text string) (*rpm.Package, *rpm.Details) {
	t.Helper()
	p, d, err := readOne(t, text)
	if err != nil {
		t.Fatal(err)
	}
	return p, d
}

func TestFormat6(t *testing.T) {
	p, d := mustRead(t, `
package six 2:1-1 x86_64
    format 6
    source six-1-1.src.rpm
    dir /usr/share/six
    file /usr/bin/six 0755 "six"
    ghost /var/lib/six
    huge /srv/image 5368709120
    recommends other >= 1
    sign rsa 00112233445566ee
    sign ed25519 v6 0123456789abcdef00112233445566778899aabbccddeeff0011223344556677
`)
	if p.NEVRA() != "six-2:1-1.x86_64" || p.SourceRPM != "six-1-1.src.rpm" || p.Installed < 5<<30 || d.ArchiveSize == 0 {
		t.Errorf("%v %+v %+v", p, p, d)
	}
	if want := []string{"00112233445566ee", "0123456789abcdef"}; !reflect.DeepEqual(p.SigKeys, want) {
		t.Errorf("keys %v, want %v", p.SigKeys, want)
	}
	types := fileTypes(d.Files)
	if want := []string{"", "", "ghost"}; len(types) != 4 || types[0] != want[0] {
		t.Errorf("files %v %v", d.Files, types)
	}
	if len(p.Recommends) != 1 || p.Recommends[0].String() != "other >= 1" {
		t.Errorf("recommends %v", p.Recommends)
	}
}

func TestSources(t *testing.T) {
	for text, want := range map[string]string{
		"package a 1-1 src\n":                                    "src",
		"package a 1-1 nosrc\n":                                  "nosrc",
		"package a 1-1 src\ntag 1052 int32 3\n":                  "nosrc",
		"package a 1-1 src\nuntag 1106\n":                        "src",
		"package a 1-1 noarch\nsource b-1-1.src.rpm\n":           "noarch",
		"package a 1-1 noarch\nsource b-1-1.src.rpm\nuntag 1044": "src",
		"package a 1-1 src\ntag 1044 string b-1-1.src.rpm\n":     "src",
		"package a 1-1 i686\nsource b-1-1.src.rpm\nformat 3":     "i686",
	} {
		p, _ := mustRead(t, text)
		if p.Arch != want || p.IsSource() != strings.HasSuffix(want, "src") || p.IsSource() != (p.SourceRPM == "") {
			t.Errorf("%s: arch %q, source %q, want %q", text, p.Arch, p.SourceRPM, want)
		}
	}
}

func TestProvidesItself(t *testing.T) {
	for text, want := range map[string]string{
		"noself":                     "a = 1:1-1",
		"noself\nprovides a = 1:1-1": "a = 1:1-1",
		"noself\nprovides b\nuntag 1113\nuntag 1112": "b a = 1:1-1",
	} {
		p, _ := mustRead(t, "package a 1:1-1 noarch\nformat 3\nsource a-1-1.src.rpm\n"+text)
		var got []string
		for _, d := range p.Provides {
			got = append(got, d.String())
		}
		if g := strings.Join(got, " "); g != want {
			t.Errorf("%s: provides %s, want %s", text, g, want)
		}
	}
	if p, _ := mustRead(t, "package a 1-1 noarch\nnoself\nsource a-1-1.src.rpm"); len(p.Provides) != 0 {
		t.Errorf("a package of today got provides %v", p.Provides)
	}
}

func TestRefused(t *testing.T) {
	for text, want := range map[string]string{
		`tag 1000 string "../a"`:                                    `name "../a": holds "/"`,
		`tag 1000 string ".."`:                                      `name "..": is not a name`,
		`tag 1000 string ""`:                                        `name "": is empty`,
		`tag 1000 string "-rf"`:                                     `name "-rf": begins with "-"`,
		"untag 1001":                                                `version "": is empty`,
		`tag 1002 string "1\n2"`:                                    `release "1\n2": holds "\n"`,
		`tag 1022 string "x/y"`:                                     `architecture "x/y": holds "/"`,
		`tag 1044 string "x/y.src.rpm"`:                             `source package "x/y.src.rpm": holds "/"`,
		"untag 1048":                                                `requires: 3 names, 3 versions and 0 flags`,
		`tag 5052 strings x y`:                                      `supplements: 2 names, 0 versions and 0 flags`,
		`tag 5053 strings "" ""`:                                    `supplements: 0 names, 2 versions and 0 flags`,
		"file /a/b \"x\"\ntag 1116 int32 1":                         `file list: directory 1 of 1`,
		"file /a/b \"x\"\ntag 1116 int64 0xffffffffffffffff":        `file list: directory -1 of 1`,
		"file /a/b \"x\"\ntag 1116 int32 0 0":                       `file list: 1 names and 2 directory indexes`,
		"file /a/b \"x\"\nuntag 1118":                               `file list: directory 0 of 0`,
		"file /a/b \"x\"\nuntag 1030":                               `file list: 1 names, 0 modes and 1 flags`,
		"untag 1117\nuntag 1116\nuntag 1118\ntag 1027 strings /a/b": `file list: 1 names, 0 modes and 0 flags`,
		"tag 1080 int32 1":                                          `changelog: 1 times, 0 names and 0 texts`,
		"tag 5009 int64 0xffffffffffffffff":                         `tag 5009: a size of 18446744073709551615 bytes`,
		"tag 1003 int64 4294967296":                                 `epoch 4294967296 is out of range`,
	} {
		_, _, err := readOne(t, "package a 1-1 noarch\nsource b-1-1.src.rpm\nnoself\n"+text)
		if err == nil || !strings.HasSuffix(err.Error(), ".rpm: "+want) || !strings.HasPrefix(err.Error(), "reading /") {
			t.Errorf("%s: error %v, want %s", text, err, want)
		}
	}
}

// TestConcurrent: buffers are shared between reads, results are not.
func TestConcurrent(t *testing.T) {
	files := rpmsBelow(t, rpmtest.Build(t, all))
	type result struct {
		p *rpm.Package
		d *rpm.Details
	}
	read := func(file string) result {
		p, d, err := header.ReadFile(file)
		if err != nil {
			t.Error(err)
		}
		return result{p, d}
	}
	want := make([]result, len(files))
	for i, f := range files {
		want[i] = read(f)
	}
	var wg sync.WaitGroup
	for start := range 8 {
		wg.Go(func() {
			for i := range 5 * len(files) {
				n := (start + i) % len(files)
				if got := read(files[n]); !reflect.DeepEqual(got, want[n]) {
					t.Errorf("%s: %+v, want %+v", files[n], got, want[n])
				}
			}
		})
	}
	wg.Wait()
}
