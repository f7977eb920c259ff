package productmd

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"reflect"
	"strings"
	"testing"

	"compose/internal/rpmtest"
)

func sample() *ComposeInfo {
	paths := Paths{}
	paths.Set("os_tree", "x86_64", "Server/x86_64/os")
	paths.Set("os_tree", "s390x", "Server/s390x/os") // not an arch of the variant
	paths.Set("isos", "x86_64", "")
	c := Compose{ID: "DP-1.0-updates-Base-9-20240229.n.3", Type: "nightly", Date: "20240229", Respin: 3, Label: "Beta-1.2"}
	return &ComposeInfo{
		Compose: c,
		Release: Release{Name: "Größe \"€\" 𝄞", Short: "DP", Version: "1.0", Type: "updates", Internal: true, Layered: true},
		Base:    BaseProduct{Name: "Base", Short: "Base", Version: "9"},
		Variants: []Variant{
			{ID: "Server", UID: "Server", Name: "Server", Type: "variant", Arches: []string{"x86_64", "aarch64"}, Paths: paths, Variants: []Variant{
				{ID: "optional", UID: "Server-optional", Name: "optional", Type: "optional", Arches: []string{"x86_64"}},
				{ID: "HA", UID: "Server-HA", Name: "HA", Type: "layered-product", Arches: []string{"aarch64"},
					Release: Release{Name: "HA", Short: "ha", Version: "2"}},
			}},
		},
	}
}

const sampleJSON = `{
    "header": {
        "type": "productmd.composeinfo",
        "version": "1.2"
    },
    "payload": {
        "base_product": {
            "name": "Base",
            "short": "Base",
            "type": "ga",
            "version": "9"
        },
        "compose": {
            "date": "20240229",
            "final": false,
            "id": "DP-1.0-updates-Base-9-20240229.n.3",
            "label": "Beta-1.2",
            "respin": 3,
            "type": "nightly"
        },
        "release": {
            "internal": true,
            "is_layered": true,
            "name": "Gr\u00f6\u00dfe \"\u20ac\" \ud834\udd1e",
            "short": "DP",
            "type": "updates",
            "version": "1.0"
        },
        "variants": {
            "Server": {
                "arches": [
                    "aarch64",
                    "x86_64"
                ],
                "id": "Server",
                "name": "Server",
                "paths": {
                    "os_tree": {
                        "x86_64": "Server/x86_64/os"
                    }
                },
                "type": "variant",
                "uid": "Server",
                "variants": [
                    "HA",
                    "optional"
                ]
            },
            "Server-HA": {
                "arches": [
                    "aarch64"
                ],
                "id": "HA",
                "name": "HA",
                "paths": {},
                "release": {
                    "internal": false,
                    "is_layered": true,
                    "name": "HA",
                    "short": "ha",
                    "type": "ga",
                    "version": "2"
                },
                "type": "layered-product",
                "uid": "Server-HA"
            },
            "Server-optional": {
                "arches": [
                    "x86_64"
                ],
                "id": "optional",
                "name": "optional",
                "paths": {},
                "type": "optional",
                "uid": "Server-optional"
            }
        }
    }
}`

func TestComposeInfoJSON(t *testing.T) {
	got, err := sample().JSON()
	if err != nil || string(got) != sampleJSON {
		t.Fatalf("%v\n%s", err, got)
	}
	back, err := LoadComposeInfo(strings.NewReader(sampleJSON))
	if err != nil {
		t.Fatal(err)
	}
	if again, err := back.JSON(); err != nil || string(again) != sampleJSON {
		t.Fatalf("%v\n%s", err, again)
	}
}

// TestDumpIsPython compares with Python's own json module.
func TestDumpIsPython(t *testing.T) {
	rpmtest.NeedProgram(t, "python3")
	var all strings.Builder
	for r := rune(0); r < 0x3000; r++ {
		all.WriteRune(r)
	}
	all.WriteString("\ufffd\uffff\U00010000\U0010ffff")
	o := object{
		"s": all.String(), "é": "", "e": "x", "z": object{}, "list": []string{}, "l": []string{"a", "b"},
		"n": nil, "t": true, "f": false, "i": -5, "big": int64(1 << 40), "o": object{"a": object{"b": []string{"c"}}},
	}
	plain, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("python3", "-c",
		`import json, sys; sys.stdout.write(json.dumps(json.load(sys.stdin), indent=4, sort_keys=True, separators=(",", ": ")))`)
	cmd.Stdin = strings.NewReader(string(plain))
	want, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	if got := dump(o); string(got) != string(want) {
		t.Errorf("have %q\nwant %q", got, want)
	}
}

func TestComposeInfoFaults(t *testing.T) {
	for want, spoil := range map[string]func(*ComposeInfo){
		"compose id":                   func(c *ComposeInfo) { c.Compose.ID = "x" },
		"compose id \"../20240229.0\"": func(c *ComposeInfo) { c.Compose.ID = "../20240229.0" },
		"compose date":                 func(c *ComposeInfo) { c.Compose.Date = "2024-02-29" },
		"compose type \"daily\"":       func(c *ComposeInfo) { c.Compose.Type = "daily" },
		"respin -1":                    func(c *ComposeInfo) { c.Compose.Respin = -1 },
		"label \"Foo-1\"":              func(c *ComposeInfo) { c.Compose.Label = "Foo-1" },
		"label \"Beta-1\"":             func(c *ComposeInfo) { c.Compose.Label = "Beta-1" },
		"release name is empty":        func(c *ComposeInfo) { c.Release.Name = "" },
		"release short name \"a/b\"":   func(c *ComposeInfo) { c.Release.Short = "a/b" },
		"release short name \"..\"":    func(c *ComposeInfo) { c.Release.Short = ".." },
		"release version \"1..0\"":     func(c *ComposeInfo) { c.Release.Version = "1..0" },
		"release version \"1.0a\"":     func(c *ComposeInfo) { c.Release.Version = "1.0a" },
		"release type \"final\"":       func(c *ComposeInfo) { c.Release.Type = "final" },
		"base product version":         func(c *ComposeInfo) { c.Base.Version = "" },
		"id \"Ser-ver\"":               func(c *ComposeInfo) { c.Variants[0].ID = "Ser-ver" },
		"want the uid \"Server\"":      func(c *ComposeInfo) { c.Variants[0].UID = "Client" },
		"want the uid \"Server-opt\"":  func(c *ComposeInfo) { c.Variants[0].Variants[0].ID = "opt" },
		"uid is not unique":            func(c *ComposeInfo) { c.Variants = append(c.Variants, c.Variants[0]) },
		"variant \"Server\": name":     func(c *ComposeInfo) { c.Variants[0].Name = "" },
		"type \"add-on\"":              func(c *ComposeInfo) { c.Variants[0].Type = "add-on" },
		"no architectures":             func(c *ComposeInfo) { c.Variants[0].Arches = nil },
		"architecture \"x86\"":         func(c *ComposeInfo) { c.Variants[0].Arches = []string{"x86"} },
		"architecture \"src\"":         func(c *ComposeInfo) { c.Variants[0].Arches = []string{"src"} },
		"s390x is not one of Server":   func(c *ComposeInfo) { c.Variants[0].Variants[0].Arches = []string{"s390x"} },
		"unknown path \"os\"":          func(c *ComposeInfo) { c.Variants[0].Paths.Set("os", "x86_64", "a") },
		"\"/a\" is not a path below":   func(c *ComposeInfo) { c.Variants[0].Paths.Set("isos", "x86_64", "/a") },
		"\"../../a\" is not a path":    func(c *ComposeInfo) { c.Variants[0].Paths.Set("isos", "x86_64", "../../a") },
		"release short name \"\"":      func(c *ComposeInfo) { c.Variants[0].Variants[1].Release.Short = "" },
	} {
		c := sample()
		spoil(c)
		if _, err := c.JSON(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

func TestIDs(t *testing.T) {
	rel := Release{Short: "DP", Version: "7.2", Type: "ga"}
	base := BaseProduct{Short: "B", Version: "9.1", Type: "eus"}
	for _, c := range []struct {
		typ, relType string
		layered      bool
		want         string
	}{
		{"production", "ga", false, "DP-7.2-20240229.0"},
		{"nightly", "", false, "DP-7.2-20240229.n.0"},
		{"test", "updates-testing", false, "DP-7.2-updates-testing-20240229.t.0"},
		{"ci", "ga", true, "DP-7.2-B-9.1-eus-20240229.ci.0"},
		{"development", "EUS", true, "DP-7.2-eus-B-9.1-eus-20240229.d.0"},
	} {
		rel.Type, rel.Layered = c.relType, c.layered
		got, err := ComposeID(rel, base, Compose{Type: c.typ, Date: "20240229"})
		if err != nil || got != c.want {
			t.Errorf("%v: %q, %v", c, got, err)
		}
		if err := (Compose{ID: got, Type: c.typ, Date: "20240229"}).Validate(); err != nil {
			t.Error(err)
		}
	}
	if _, err := ComposeID(rel, base, Compose{Type: "daily"}); err == nil {
		t.Error("the type daily is taken")
	}
}

func TestLatestName(t *testing.T) {
	for _, c := range []struct {
		version    string
		components int
		want       string
	}{
		{"8.4", -1, "latest-DP-8"}, {"8", -1, "latest-DP-8"}, {"8.4.2", -1, "latest-DP-8.4"}, {"8.4", -5, "latest-DP-8"},
		{"8.4", 0, "latest-DP"}, {"8.4", 1, "latest-DP-8"}, {"8.4", 5, "latest-DP-8.4"},
	} {
		if got := LatestName(Release{Short: "DP", Version: c.version}, BaseProduct{}, c.components); got != c.want {
			t.Errorf("%v: %s", c, got)
		}
	}
	rel := Release{Short: "DP", Version: "1.0", Layered: true}
	if got := LatestName(rel, BaseProduct{Short: "B", Version: "9.1"}, 2); got != "latest-DP-1.0-B-9.1" {
		t.Error(got)
	}
}

func TestLabels(t *testing.T) {
	rel := Release{Version: "7.2"}
	c := Compose{Type: "nightly", Date: "20240229", Respin: 4}
	for label, want := range map[string]string{
		"": "7.2 20240229.n.4 false", "RC-1.2": "7.2 1.2 true", "Beta-1.0": "7.2_Beta 1.0 false",
		"Update-2.10": "7.2_Update 2.10 true", "SecurityFix-1.1": "7.2_SecurityFix 1.1 true", "EA-1.1": "7.2_EA 1.1 false",
	} {
		c.Label = label
		if got := fmt.Sprint(ImageVersion(rel, label), " ", ImageRelease(c), " ", Supported(label)); got != want {
			t.Errorf("%s: %s", label, got)
		}
	}
	if MajorVersion("7.2.1") != "7.2" || MajorVersion("7") != "7" {
		t.Error("MajorVersion")
	}
}

func TestRPMs(t *testing.T) {
	r := &RPMs{Compose: Compose{ID: "DP-1-20240229.0", Type: "production", Date: "20240229"}}
	empty, err := r.JSON()
	if err != nil || !strings.HasSuffix(string(empty), "        },\n        \"rpms\": {}\n    }\n}") {
		t.Fatalf("%v\n%s", err, empty)
	}
	good := RPMEntry{"S", "x86_64", "a-0:1-1.src", "a-libs-0:1-1.i686", "S/x86_64/os/Packages/a.rpm", "ABCDEF01", "binary"}
	src := RPMEntry{"S", "x86_64", "", "a-0:1-1.src", "S/source/tree/Packages/a.rpm", "", "source"}
	for _, e := range []RPMEntry{good, src} {
		if err := r.Add(e); err != nil {
			t.Fatal(err)
		}
	}
	b, err := r.JSON()
	if err != nil || !json.Valid(b) || !strings.Contains(string(b), `"sigkey": "abcdef01"`) {
		t.Fatalf("%v\n%s", err, b)
	}
	back, err := LoadRPMs(strings.NewReader(string(b)))
	if err != nil || !reflect.DeepEqual(back, r) {
		t.Fatalf("%v, %v", back, err)
	}
	for want, spoil := range map[string]func(*RPMEntry){
		"no variant":                   func(e *RPMEntry) { e.Variant = "" },
		"not the architecture":         func(e *RPMEntry) { e.Arch = "src" },
		"want name-epoch":              func(e *RPMEntry) { e.NEVRA = "a-1-1.x86_64" },
		"want name-epoch:":             func(e *RPMEntry) { e.NEVRA = "a-0:1-1-1.x86_64" },
		"want name-epoch:v":            func(e *RPMEntry) { e.NEVRA = "../a-0:1-1.x86_64" },
		"has not the category binary":  func(e *RPMEntry) { e.NEVRA = "a-0:1-1.nosrc" },
		"has not the category source":  func(e *RPMEntry) { e.Category = "source" },
		"has no source package":        func(e *RPMEntry) { e.Category, e.NEVRA = "source", "a-0:1-1.src" },
		"unknown category \"rpm\"":     func(e *RPMEntry) { e.Category = "rpm" },
		"source package \"\"":          func(e *RPMEntry) { e.Source = "" },
		"source package \"a-1-1.src\"": func(e *RPMEntry) { e.Source = "a-1-1.src" },
		"not a path below the compose": func(e *RPMEntry) { e.Path = "/a" },
		"\"a/../../b\" is not a path":  func(e *RPMEntry) { e.Path = "a/../../b" },
	} {
		e := good
		spoil(&e)
		if err := r.Add(e); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

func TestLoadErrors(t *testing.T) {
	for text, want := range map[string]string{
		"":                "composeinfo: EOF",
		"{}":              `composeinfo: type is ""`,
		sampleJSON + "{}": "composeinfo: more than one value",
		`{"header": {"type": "productmd.composeinfo", "version": "2.0"}}`: `version is "2.0", want 1.x`,
		strings.Replace(sampleJSON, `"optional"`, `"missing"`, 1):         `"Server-missing" is not there`,
		strings.Replace(sampleJSON, `"20240229"`, `20240229`, 1):          "cannot unmarshal number",
	} {
		if _, err := LoadComposeInfo(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	loop := strings.Replace(sampleJSON, `"uid": "Server-HA"`, `"uid": "Server-HA", "variants": ["HA"]`, 1)
	if _, err := LoadComposeInfo(strings.NewReader(loop)); err == nil {
		t.Error("a variant that is not there is taken")
	}
}

func FuzzLoadComposeInfo(f *testing.F) {
	f.Add(sampleJSON)
	f.Fuzz(func(t *testing.T, text string) {
		c, err := LoadComposeInfo(strings.NewReader(text))
		if err != nil {
			return
		}
		first, err := c.JSON()
		if err != nil {
			t.Fatal(err)
		}
		again, err := LoadComposeInfo(strings.NewReader(string(first)))
		if err != nil {
			t.Fatal(err)
		}
		if second, err := again.JSON(); err != nil || string(second) != string(first) {
			t.Fatalf("%v\n%s\n%s", err, first, second)
		}
	})
}

func FuzzLoadRPMs(f *testing.F) {
	f.Add(`{"header": {"type": "productmd.rpms", "version": "1.2"}, "payload": {"compose": {"id": "a-20240229.0", "date": "20240229", "type": "test"},
		"rpms": {"S": {"x86_64": {"a-0:1-1.src": {"a-0:1-1.src": {"category": "source", "path": "a", "sigkey": null},
		"b-0:1-1.noarch": {"category": "binary", "path": "b", "sigkey": "AB"}}}}}}}`)
	f.Fuzz(func(t *testing.T, text string) {
		r, err := LoadRPMs(strings.NewReader(text))
		if err != nil {
			return
		}
		first, err := r.JSON()
		if err != nil {
			t.Fatal(err)
		}
		again, err := LoadRPMs(strings.NewReader(string(first)))
		if err != nil {
			t.Fatal(err)
		}
		if second, err := again.JSON(); err != nil || string(second) != string(first) {
			t.Fatalf("%v\n%s\n%s", err, first, second)
		}
	})
}

// BenchmarkRPMs adds and writes as many packages as a whole distribution has.
func BenchmarkRPMs(b *testing.B) {
	for b.Loop() {
		r := &RPMs{Compose: Compose{ID: "DP-1-20240229.0", Type: "production", Date: "20240229"}}
		for i := range 100000 {
			n := fmt.Sprint(i)
			e := RPMEntry{"Server", "x86_64", "package-" + fmt.Sprint(i/3) + "-0:1-1.src", "package-" + n + "-0:1-1.x86_64",
				"Server/x86_64/os/Packages/p/package-" + n + "-1-1.x86_64.rpm", "0123456789abcdef", "binary"}
			if err := r.Add(e); err != nil {
				b.Fatal(err)
			}
		}
		if _, err := r.JSON(); err != nil {
			b.Fatal(err)
		}
	}
}
