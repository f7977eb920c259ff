package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/spf13/cobra"

	"compose/internal/composetest"
	"compose/internal/rpmtest"
	"compose/phases"
)

// TestMain lets the tests run this test binary as the program: "compose" is
// found in PATH and is main.
func TestMain(m *testing.M) {
	phases.SandboxMain()
	testscript.Main(m, map[string]func(){"compose": main})
}

// scriptTime is the SOURCE_DATE_EPOCH of the scripts: 2024-03-09 in UTC.
const scriptTime = "1710000000"

// noRaceSleep is the GORACE of the program's processes: built with -race each
// would sleep a second before it ends.
const noRaceSleep = "atexit_sleep_ms=0"

// TestScripts runs the sessions of testdata/script. Beside testscript's own
// commands they have
//
//	case NAME         makes the case of testdata/composes here
//	packages DIR TEXT makes the packages of a text of testdata/packages
//	exits CODE CMD…   runs a command that must end with the code
//	jsonlines FILE    wants one JSON object a line, the facts numbered
func TestScripts(t *testing.T) {
	root := rpmtest.RepoRoot(t)
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join(root, "testdata", "script"),
		Setup: func(env *testscript.Env) error {
			env.Setenv("SOURCE_DATE_EPOCH", scriptTime)
			env.Setenv("TZ", "UTC")
			env.Setenv("GORACE", noRaceSleep)
			env.Setenv("XDG_CACHE_HOME", filepath.Join(env.WorkDir, "cache"))
			env.Setenv("CASES", filepath.Join(root, "testdata", "composes"))
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"case": func(ts *testscript.TestScript, neg bool, args []string) {
				ts.Check(composetest.Make(root, args[0], ts.MkAbs(".")))
			},
			"packages": func(ts *testscript.TestScript, neg bool, args []string) {
				ts.Check(composetest.MakePackages(filepath.Join(root, "testdata", "packages", args[1]), ts.MkAbs(args[0])))
			},
			"exits":     cmdExits,
			"jsonlines": cmdJSONLines,
		},
		RequireExplicitExec: true,
	})
}

func cmdExits(ts *testscript.TestScript, neg bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	var exit *exec.ExitError
	switch err := ts.Exec(args[1], args[2:]...); {
	case errors.As(err, &exit):
		got = exit.ExitCode()
	default:
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("%s ended with %d, want %d", strings.Join(args[1:], " "), got, want)
	}
}

func cmdJSONLines(ts *testscript.TestScript, neg bool, args []string) {
	seq := int64(0)
	lines := strings.Split(strings.TrimSuffix(ts.ReadFile(args[0]), "\n"), "\n")
	for i, line := range lines {
		var e struct {
			Seq  int64
			Kind string
			Time string
		}
		dec := json.NewDecoder(bytes.NewReader([]byte(line)))
		if err := dec.Decode(&e); err != nil || dec.More() || e.Kind == "" || e.Time == "" {
			ts.Fatalf("%s:%d: no event, %v: %s", args[0], i+1, err, line)
		}
		if e.Seq == 0 {
			continue // progress
		}
		if seq++; e.Seq != seq {
			ts.Fatalf("%s:%d: fact %d comes after %d", args[0], i+1, e.Seq, seq-1)
		}
	}
	if seq == 0 {
		ts.Fatalf("%s: no facts", args[0])
	}
}

// TestScriptsAreComplete wants a script for every command of the program.
func TestScriptsAreComplete(t *testing.T) {
	scripts, err := filepath.Glob(filepath.Join(rpmtest.RepoRoot(t), "testdata", "script", "*.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	var all []byte
	for _, s := range scripts {
		b, err := os.ReadFile(s)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, b...)
	}
	for _, c := range allCommands(newRootCmd()) {
		if c.Runnable() && !bytes.Contains(all, []byte(c.CommandPath()+" ")) {
			t.Errorf("no script runs %s", c.CommandPath())
		}
		if c.Example == "" || c.Short == "" {
			t.Errorf("%s: no example or no summary in its help", c.CommandPath())
		}
	}
}

// TestReadmeSession wants the commands of README's session to be those that
// the script runs.
func TestReadmeSession(t *testing.T) {
	root := rpmtest.RepoRoot(t)
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	script, err := os.ReadFile(filepath.Join(root, "testdata", "script", "readme.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	_, session, _ := strings.Cut(string(readme), "testdata/script/readme.txtar")
	_, session, _ = strings.Cut(session, "```console\n")
	session, _, _ = strings.Cut(session, "```")
	found := false
	for line := range strings.Lines(session) {
		if command, ok := strings.CutPrefix(line, "$ compose "); ok {
			found = true
			if !bytes.Contains(script, []byte("exec compose "+command)) {
				t.Errorf("the script does not run: compose %s", command)
			}
		}
	}
	if !found {
		t.Error("README.md has no session")
	}
}

// allCommands gives a command and those below it.
func allCommands(c *cobra.Command) []*cobra.Command {
	list := []*cobra.Command{c}
	for _, sub := range c.Commands() {
		list = append(list, allCommands(sub)...)
	}
	return list
}
