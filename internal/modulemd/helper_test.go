package modulemd

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"compose/internal/rpmtest"
)

var update = flag.Bool("update", false, "write the golden files anew")

// streamDoc is a complete modulemd; id is name:stream:version:context:arch,
// more is lines of data.
func streamDoc(id string, more ...string) string {
	p := strings.Split(id, ":")
	return fmt.Sprintf("---\ndocument: modulemd\nversion: 2\ndata:\n  name: %s\n  stream: %q\n  version: %s\n  context: %q\n  arch: %s\n  summary: s\n  description: d\n  license: {module: [MIT]}\n", p[0], p[1], p[2], p[3], p[4]) +
		lines(more) + "...\n"
}

func lines(list []string) string {
	out := ""
	for _, l := range list {
		out += "  " + l + "\n"
	}
	return out
}

func artifacts(nevras ...string) string {
	return "artifacts: {rpms: [\"" + strings.Join(nevras, `", "`) + "\"]}"
}

func defaultsDoc(module string, more ...string) string {
	return "---\ndocument: modulemd-defaults\nversion: 1\ndata:\n  module: " + module + "\n" + lines(more) + "...\n"
}

func obsoleteDoc(modified, context, message string) string {
	more := []string{"modified: " + modified, "module: a", `stream: "1"`, "message: " + message}
	if context != "" {
		more = append(more, "context: "+context)
	}
	return "---\ndocument: modulemd-obsoletes\nversion: 1\ndata:\n" + lines(more) + "...\n"
}

func translationDoc(stream, modified, summary string) string {
	return "---\ndocument: modulemd-translations\nversion: 1\ndata:\n" +
		lines([]string{"module: a", "stream: " + stream, "modified: " + modified, "translations: {de: {summary: " + summary + ", description: d}}"}) + "...\n"
}

func read(t testing.TB, texts ...string) *Index {
	t.Helper()
	x, err := Read([]byte(strings.Join(texts, "")), "modules.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// needLibmodulemd skips the test where Python has no libmodulemd.
func needLibmodulemd(t testing.TB) {
	t.Helper()
	rpmtest.NeedProgram(t, python)
	if err := exec.Command(python, "-c", "import gi; gi.require_version('Modulemd', '2.0')").Run(); err != nil {
		if os.Getenv("COMPOSE_REQUIRE_TOOLS") == "1" {
			t.Fatal("no libmodulemd for Python, and COMPOSE_REQUIRE_TOOLS=1")
		}
		t.Skip("no libmodulemd for Python")
	}
}

const python = "/usr/bin/python3"

// libmodulemd runs a script of testdata on files of the given contents and
// gives what it prints.
func libmodulemd(t testing.TB, script string, contents ...string) string {
	t.Helper()
	args := []string{filepath.Join("testdata", script)}
	dir := t.TempDir()
	for i, text := range contents {
		file := filepath.Join(dir, fmt.Sprintf("%03d.yaml", i))
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		args = append(args, file)
	}
	out, err := exec.Command(python, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", script, err, out)
	}
	return string(out)
}
