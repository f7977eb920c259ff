package modulemd

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestGolden(t *testing.T) {
	b, err := os.ReadFile(filepath.Join("testdata", "all-kinds.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	got := read(t, string(b)).YAML()
	golden := filepath.Join("testdata", "all-kinds.golden.yaml")
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("written:\n%s", got)
	}
	if again := read(t, string(got)).YAML(); string(again) != string(got) {
		t.Errorf("read and written again:\n%s", again)
	}
}

// A stream 1.10, a context of digits and an arch keep their text.
func TestTextStaysText(t *testing.T) {
	doc := strings.NewReplacer(`"1.10"`, "1.10", `"00000000"`, "00000000").Replace(streamDoc("perl:1.10:20:00000000:noarch", "dependencies: [{requires: {platform: [010, 1.0, 2e3]}}]"))
	x := read(t, doc)
	s := x.Streams[0]
	if s.ID != (ID{"perl", "1.10", 20, "00000000"}) || s.ID.String() != "perl:1.10:20:00000000" {
		t.Errorf("got %+v", s.ID)
	}
	if got := s.Requires[0]["platform"]; !slices.Equal(got, []string{"010", "1.0", "2e3"}) {
		t.Errorf("requires %q", got)
	}
	for _, want := range []string{`stream: "1.10"`, `context: "00000000"`, `["010", "1.0", "2e3"]`, "version: 20\n"} {
		if text := string(x.YAML()); !strings.Contains(text, want) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
}

func TestReadParts(t *testing.T) {
	x := read(t, "# head\n%YAML 1.1\n", streamDoc("nodejs:18:7:aa:x86_64"), "# between\n--- {document: modulemd-defaults, version: 1, data: {module: b}}\n---\n# nothing\n---\n...\n",
		"---\ndocument: odd\nversion: 1\n", "---\ndocument: modulemd-packager\nversion: 3\ndata: {name: z}\n")
	if len(x.Streams) != 1 || len(x.Defaults) != 1 || x.Defaults[0].Module != "b" {
		t.Errorf("got %+v", x)
	}
	want := []string{
		`modules.yaml: a document "odd" in line 23 is left out: it has no place in a repository`,
		`modules.yaml: a document "modulemd-packager" in line 26 is left out: it has no place in a repository`,
	}
	if !slices.Equal(x.Notes, want) {
		t.Errorf("notes %q", x.Notes)
	}
	if got := x.Modules(); !slices.Equal(got, []string{"b", "nodejs"}) {
		t.Errorf("modules %q", got)
	}
}

// modulemd 1 is read as libmodulemd upgrades it.
func TestVersion1(t *testing.T) {
	x := read(t, strings.Replace(streamDoc("a:1:1:c:x86_64", "eol: 2077-10-23", "dependencies: {requires: {platform: f27}}"), "version: 2", "version: 1", 1))
	if got := x.Streams[0].Requires[0]["platform"]; !slices.Equal(got, []string{"f27"}) {
		t.Errorf("requires %q", got)
	}
	if text := string(x.YAML()); !strings.Contains(text, "version: 2\n") || !strings.Contains(text, "  servicelevels:\n    rawhide:\n      eol: 2077-10-23\n") {
		t.Errorf("written\n%s", text)
	}
}

func TestRefused(t *testing.T) {
	good := streamDoc("a:1:1:c:x86_64")
	for doc, want := range map[string]string{
		"---\na: [\n":                         "modules.yaml:3: line ",
		"---\nx: 1\n":                         `modules.yaml:3: no key "document"`,
		"---\njust words\n":                   "the document is a single value, not a mapping",
		"---\ndocument: modulemd\nversion: 2": "no data",
		"---\ndocument: modulemd\nversion: 3\ndata: {}\n":                                       `modulemd of version "3" is not known`,
		"---\ndocument: modulemd-defaults\nversion: 1\ndata: {}\n":                              `defaults of module "": no name`,
		strings.Replace(good, "version: 1", "version: -1", 1):                                   `data.version: "-1" is not a number`,
		strings.Replace(good, "version: 1", "version: x", 1):                                    `data.version: "x" is not a number`,
		strings.Replace(good, "version: 1", "version: 99999999999999999999999", 1):              "data.version",
		strings.Replace(good, "name: a", "name: ../../etc", 1):                                  `name "../../etc" is not made of`,
		strings.Replace(good, "name: a", "name: a\n  name: b", 1):                               `line 5 of the document: key "name" is there twice`,
		strings.Replace(good, `stream: "1"`, `stream: "1:2"`, 1):                                `stream "1:2" is not made of`,
		strings.Replace(good, "  summary: s\n", "", 1):                                          `module "a:1:1:c": no summary`,
		strings.Replace(good, "{module: [MIT]}", "{}", 1):                                       "no license of the module",
		strings.Replace(good, "summary: s", "summary: [s]", 1):                                  "data.summary: want a single value, not a list",
		strings.Replace(good, `context: "c"`, "context: c-d\n  static_context: true", 1):        `static context "c-d"`,
		streamDoc("a:1:1:c:x86_64", "static_context: maybe"):                                    `"maybe" is neither true nor false`,
		streamDoc("a:1:1:c:x86_64", artifacts("bash-5-1.x86_64")):                               `artifact "bash-5-1.x86_64" is not name-epoch:version-release.arch`,
		streamDoc("a:1:1:c:x86_64", artifacts("../x-0:5-1.x86_64")):                             "is not name-epoch",
		streamDoc("a:1:1:c:x86_64", "components: [a]"):                                          "data.components: want a mapping, not a list",
		streamDoc("a:1:1:c:x86_64", "api: {rpms: {a: b}}"):                                      "data.api.rpms: want a list",
		streamDoc("a:1:1:c:x86_64", "servicelevels: {x: {eol: tomorrow}}"):                      `data.servicelevels.x.eol: "tomorrow" is not a date`,
		defaultsDoc("a", "modified: now"):                                                       "data.modified",
		strings.Replace(obsoleteDoc("2020-01-01T00:00Z", "", "m"), "  message: m\n", "", 1):     "no message",
		strings.Replace(translationDoc(`"1"`, "202001010000", "x"), "  stream: \"1\"\n", "", 1): "no stream",
	} {
		_, err := Read([]byte("\n"+doc), "modules.yaml")
		if err == nil || !strings.HasPrefix(err.Error(), "reading modules.yaml:") || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\ngives %v\nwant %s", doc, err, want)
		}
	}
	_, err := Read([]byte("---\nx: 1\n"+good+"---\ny: 1\n"), "m")
	if err == nil || strings.Count(err.Error(), "\n") != 1 {
		t.Errorf("two faults: %v", err)
	}
}

// Small input does not grow, deep input does not end the program, and what a
// bound forbids is an error.
func TestHostile(t *testing.T) {
	bomb := "---\ndocument: modulemd\na: &a [x,x,x,x,x,x,x,x,x]\n"
	for c := 'b'; c < 'n'; c++ {
		bomb += string(c) + ": &" + string(c) + " [" + strings.TrimSuffix(strings.Repeat("*"+string(c-1)+",", 9), ",") + "]\n"
	}
	many := strings.Builder{}
	many.WriteString("---\ndocument: modulemd\nversion: 2\ndata: {xmd: {")
	for i := range 190_000 {
		many.WriteString(strings.Repeat("k", 1+i%3) + string(rune('a'+i%26)) + itoa(i) + ": ,")
	}
	for name, text := range map[string]string{
		"bomb":      bomb,
		"itself":    "---\n&a a: *a\n",
		"brackets":  "---\ndocument: " + strings.Repeat("[", 200_000),
		"braces":    "---\ndocument: " + strings.Repeat("{a: ", 200_000),
		"dashes":    "---\ndocument: " + strings.Repeat("- ", 200_000),
		"nested":    "---\ndocument: " + strings.Repeat("[", 60) + strings.Repeat("]", 60),
		"commas":    "---\ndocument: modulemd\nversion: 2\ndata: {xmd: [" + strings.Repeat("a,", 1<<19) + "]}",
		"long":      "---\ndocument: modulemd\nx: \"" + strings.Repeat("y", maxDocument) + "\"\n",
		"control":   "---\ndocument: \x01\n",
		"not UTF-8": "---\ndocument: \xff\xfe\n",
		"many keys": many.String() + "}}\n",
		"alias":     "---\ndocument: *nothing\n",
	} {
		if _, err := Read([]byte(text), name); err == nil {
			t.Errorf("%s is accepted", name)
		} else if len(err.Error()) > 1000 {
			t.Errorf("%s: an error of %d bytes", name, len(err.Error()))
		}
	}
}
