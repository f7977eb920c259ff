package modules

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const streamText = `document: modulemd
version: 2
data:
  name: %s
  stream: %s
  version: %d
  context: %s
  arch: x86_64
  summary: %s
  description: >-
    --- is no marker here
  license:
    module: [MIT]
`

func stream(name, stream string, version int, context, summary string) string {
	return "---\n" + fmt.Sprintf(streamText, name, stream, version, context, summary) + "...\n"
}

func defaults(module, rest string) string {
	return "---\ndocument: modulemd-defaults\nversion: 1\ndata:\n  module: " + module + "\n" + rest + "...\n"
}

func obsolete(modified, context, message string) string {
	if context != "" {
		context = "  context: " + context + "\n"
	}
	return "---\ndocument: modulemd-obsoletes\nversion: 1\ndata:\n  modified: " + modified + "\n  module: a\n  stream: \"1\"\n" + context + "  message: " + message + "\n...\n"
}

func read(t *testing.T, text string) *Index {
	t.Helper()
	x, err := Read([]byte(text), "modules.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func TestRead(t *testing.T) {
	x := read(t, "# head\n%YAML 1.1\n"+stream("nodejs", "1.10", 7, "00000000", "n")+"# between\n--- {document: modulemd-defaults, version: 1, data: {module: b}}\n---\n# nothing\n---\ndocument: odd\nversion: 1\ndata: {name: z}\n")
	var got []string
	for _, d := range x.Documents {
		got = append(got, fmt.Sprintf("%s %s %d", d.Kind, d.name(), d.Version))
	}
	want := []string{"modulemd nodejs:1.10:7:00000000 7", "modulemd-defaults b: 0", "odd z: 0"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	again := read(t, string(x.YAML()))
	if len(again.Documents) != 3 || string(again.YAML()) != string(x.YAML()) {
		t.Errorf("written and read:\n%s", x.YAML())
	}
	for _, bad := range []string{"---\na: [\n", "---\nx: 1\n", "---\ndocument: modulemd-defaults\ndata: {}\n", "---\ndocument: modulemd\ndata: {name: a, version: x}\n", "\x00"} {
		if _, err := Read([]byte("\n"+bad), "m.yaml"); err == nil || !strings.HasPrefix(err.Error(), "m.yaml:") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestMergeKeepsText(t *testing.T) {
	odd := "---\n# a comment\ndocument: modulemd\nversion: 2\ndata:\n  name: a\n  stream: 1\n  version: 1\n  context: c\n  arch:   x86_64\n  x-own: [kept]\n...\n"
	x, notes := Merge(read(t, odd), read(t, strings.ReplaceAll(odd, "  arch:   x", "  arch: x")), read(t, strings.ReplaceAll(odd, "kept", "lost")))
	if string(x.YAML()) != odd {
		t.Errorf("got\n%s", x.YAML())
	}
	if want := []string{"modulemd a:1:1:c is there twice with different content; the first is kept"}; !slices.Equal(notes, want) {
		t.Errorf("notes %q", notes)
	}
}

// The cases that libmodulemd decides are decided in its way.
var mergeCases = map[string][]string{
	"streams":            {stream("a", `"1"`, 1, "c1", "S1"), stream("a", `"1"`, 1, "c1", "S1") + stream("a", `"1"`, 2, "c1", "S3") + stream("b", `"1.10"`, 1, "c1", "B")},
	"one default":        {defaults("a", "  stream: \"1\"\n  profiles:\n    \"1\": [x]\n"), stream("a", `"1"`, 1, "c1", "S1")},
	"same defaults":      {defaults("a", "  stream: \"1\"\n  profiles:\n    \"1\": [x, y]\n"), defaults("a", "  stream: \"1\"\n  profiles:\n    \"1\":\n    - y\n    - x\n")},
	"stream conflict":    {defaults("a", "  stream: \"1\"\n  profiles:\n    \"1\": [x]\n"), defaults("a", "  stream: \"2\"\n  profiles:\n    \"2\": [y]\n")},
	"no stream in first": {defaults("a", "  profiles:\n    \"1\": [x]\n"), defaults("a", "  stream: \"2\"\n  profiles:\n    \"2\": []\n")},
	"second is newer":    {defaults("a", "  modified: 201901011200\n  stream: \"1\"\n  profiles:\n    \"1\": [x]\n"), defaults("a", "  modified: 202001011200\n  stream: \"2\"\n  profiles:\n    \"1\": [y]\n")},
	"first is newer":     {defaults("a", "  modified: 202001011200\n  stream: \"1\"\n  profiles:\n    \"1\": [x]\n"), defaults("a", "  stream: \"2\"\n  profiles:\n    \"1\": [y]\n    \"2\": [y]\n")},
	"intents":            {defaults("a", "  stream: \"1\"\n  intents:\n    d:\n      stream: \"1\"\n      profiles:\n        \"1\": [x]\n"), defaults("a", "  intents:\n    s:\n      stream: \"2\"\n")},
	"obsoletes":          {obsolete("2020-01-01T00:00Z", "", "m1"), obsolete("2021-01-01T00:00Z", "", "m2") + obsolete("2020-01-01T00:00Z", "deadbeef", "m3") + obsolete("2020-01-01T00:00Z", "", "m1")},
}

func TestMerge(t *testing.T) {
	for name, want := range map[string]struct{ text, note string }{
		"stream conflict":  {"data:\n  module: a\n  profiles:\n    \"1\":\n      - x\n    \"2\":\n      - \"y\"\n", "module a: default streams 1 and 2 contradict each other; there is none"},
		"second is newer":  {"data:\n  module: a\n  modified: 202001011200\n  stream: \"2\"\n  profiles:\n    \"1\":\n      - \"y\"\n", ""},
		"profile conflict": {"data:\n  module: a\n  stream: \"1\"\n  profiles:\n    \"1\":\n      - x\n", `module a: default profiles ["x"] and ["y"] of stream 1 contradict each other; the first are kept`},
	} {
		texts := mergeCases[name]
		if texts == nil {
			texts = []string{defaults("a", "  stream: \"1\"\n  profiles:\n    \"1\": [x]\n"), defaults("a", "  stream: \"1\"\n  profiles:\n    \"1\": [y]\n")}
		}
		x, notes := Merge(read(t, texts[0]), read(t, texts[1]))
		if !strings.HasSuffix(x.Documents[0].Text, want.text) || len(x.Documents) != 1 {
			t.Errorf("%s:\n%s", name, x.YAML())
		}
		if strings.Join(notes, "\n") != want.note {
			t.Errorf("%s: notes %q", name, notes)
		}
	}
}

// libmodulemd reads what is written, and sees what its own merger makes.
func TestMergeAsLibmodulemd(t *testing.T) {
	const python = "/usr/bin/python3"
	script := `
import sys, gi
gi.require_version('Modulemd', '2.0')
from gi.repository import Modulemd
def read(name):
    i = Modulemd.ModuleIndex.new()
    ok, bad = i.update_from_file(name, True)
    if not ok: sys.exit(name + ': ' + bad[0].get_gerror().message)
    return i
m = Modulemd.ModuleIndexMerger.new()
for name in sys.argv[2:]: m.associate_index(read(name), 0)
a, b = [''.join(sorted(x.dump_to_string().split('---\n'))) for x in (m.resolve(), read(sys.argv[1]))] # the order of obsoletes is by chance
if a != b: sys.exit('libmodulemd has\n' + a + 'of ours it reads\n' + b)
`
	if err := exec.Command(python, "-c", "import gi; gi.require_version('Modulemd', '2.0')").Run(); err != nil {
		t.Skip("no libmodulemd for python")
	}
	if corpus := os.Getenv("COMPOSE_CORPUS_MODULES"); corpus != "" {
		b, err := os.ReadFile(corpus)
		if err != nil {
			t.Fatal(err)
		}
		mergeCases["corpus"] = []string{string(b), mergeCases["streams"][0]}
	}
	for name, texts := range mergeCases {
		dir := t.TempDir()
		args := []string{"-c", script, filepath.Join(dir, "merged.yaml")}
		var all []*Index
		for i, text := range texts {
			file := filepath.Join(dir, fmt.Sprint(i, ".yaml"))
			if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
			args = append(args, file)
			all = append(all, read(t, text))
		}
		x, _ := Merge(all...)
		if err := os.WriteFile(args[2], x.YAML(), 0o644); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.Command(python, args...).CombinedOutput(); err != nil {
			t.Errorf("%s: %s", name, out)
		}
	}
}

// Aliases do not let a small document grow, and deep nesting does not end
// the program.
func TestReadHostile(t *testing.T) {
	bomb := "---\ndocument: modulemd\na: &a [x,x,x,x,x,x,x,x,x]\n"
	for c := 'b'; c < 'n'; c++ {
		bomb += fmt.Sprintf("%c: &%c [%s]\n", c, c, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*%c,", c-1), 9), ","))
	}
	x, err := Read([]byte(bomb+"data: {name: a, stream: s}\n"), "bomb")
	if err == nil {
		if _, notes := Merge(x, read(t, bomb+"data: {name: a, stream: s }\n")); len(notes) > 1 {
			t.Error(notes)
		}
	}
	for _, deep := range []string{strings.Repeat("[", 200_000), strings.Repeat("{a: ", 200_000), strings.Repeat("- ", 200_000)} {
		if _, err := Read([]byte("---\ndocument: "+deep), "deep"); err == nil {
			t.Error("deep nesting is accepted")
		}
	}
	if _, err := Read([]byte("---\ndocument: modulemd\nx: \""+strings.Repeat("y", maxDocument)+"\"\n"), "large"); err == nil {
		t.Error("a huge document is accepted")
	}
}

func FuzzRead(f *testing.F) {
	for _, texts := range mergeCases {
		f.Add([]byte(strings.Join(texts, "")))
	}
	f.Add([]byte("--- &a\n? *a\n...\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		x, err := Read(data, "x")
		if err != nil {
			return
		}
		merged, _ := Merge(x, x)
		again, err := Read(merged.YAML(), "y")
		if err != nil {
			t.Fatalf("%v in\n%s", err, merged.YAML())
		}
		if len(again.Documents) != len(merged.Documents) {
			t.Fatalf("%d documents became %d:\n%s", len(merged.Documents), len(again.Documents), merged.YAML())
		}
	})
}
