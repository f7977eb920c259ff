package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"compose/config"
)

const checkSample = `[release]
name = "Dummy Product"
short = "DP"
version = "1.0"
[[pkgset]]
tag = "base"
source = "dir"
path = "."
[[variant]]
id = "Server"
arches = ["x86_64", "aarch64"]
`

// runCheck runs compose check and gives what it prints and the exit code.
func runCheck(t *testing.T, text string, flags ...string) (stdout, stderr string, code int) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "config.toml")
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	var out, bad bytes.Buffer
	cmd := newCheckCmd()
	cmd.SetOut(&out)
	cmd.SetErr(&bad)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	cmd.SetArgs(append(flags, name))
	err := cmd.Execute()
	var exit *exitError
	if errors.As(err, &exit) {
		code = exit.code
	} else if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Dir(name) + "/"
	return strings.ReplaceAll(out.String(), dir, ""), strings.ReplaceAll(bad.String(), dir, ""), code
}

func TestCheck(t *testing.T) {
	out, bad, code := runCheck(t, checkSample, "--type", "nightly")
	if want := "config.toml: ok: 2 trees (Server.aarch64 Server.x86_64), 1 package set (base)\n"; out != want || bad != "" || code != 0 {
		t.Errorf("exit %d, %q, %q; want %q", code, out, bad, want)
	}
	out, bad, code = runCheck(t, strings.Replace(checkSample, "arches", "archs", 1), "--define", "release.typ=ga")
	want := "config.toml:11: variant.archs: unknown key; did you mean \"arches\"?\n--define: release.typ: unknown key; did you mean \"type\"?\n"
	if out != "" || bad != want || code != exitUsage {
		t.Errorf("exit %d, %q, %q; want %q", code, out, bad, want)
	}
}

func TestCheckJSON(t *testing.T) {
	for _, tt := range []struct {
		text string
		code int
		want checked
	}{
		{checkSample, 0, checked{OK: true, Trees: []string{"Server.aarch64", "Server.x86_64"}, Variants: []string{"Server"}, Pkgsets: []string{"base"}}},
		{strings.Replace(checkSample, "arches", "archs", 1), exitUsage, checked{Complaints: []config.Complaint{
			{File: "config.toml", Line: 11, Col: 1, Key: "variant[0].archs", Text: "unknown key", Hint: `did you mean "arches"?`}}}},
	} {
		out, bad, code := runCheck(t, tt.text, "--json")
		var got checked
		if err := json.Unmarshal([]byte(out), &got); err != nil || bad != "" || code != tt.code {
			t.Fatalf("exit %d, %v, %q, %q", code, err, out, bad)
		}
		tt.want.Config = "config.toml"
		g, w := asJSON(t, got), asJSON(t, tt.want)
		if g != w {
			t.Errorf("got %s\nwant %s", g, w)
		}
	}
}

// asJSON compares nil and empty lists as equal.
func asJSON(t *testing.T, c checked) string {
	t.Helper()
	b, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(b), "null", "[]")
}

func TestSchemaCommand(t *testing.T) {
	var out bytes.Buffer
	cmd := newSchemaCmd()
	cmd.SetOut(&out)
	cmd.SetArgs(nil)
	if err := cmd.Execute(); err != nil || !json.Valid(out.Bytes()) {
		t.Errorf("%v, %q", err, out.String())
	}
}
