package phases

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"compose/phases/dag"
)

func TestDiffLines(t *testing.T) {
	for _, c := range []struct{ a, b, want string }{
		{"", "", ""},
		{"a b c", "a b c", ""},
		{"a b c", "a x c", "- b,+ x"},
		{"a b c d e", "a c d f e", "- b,+ f"},
		{"a", "", "- a"},
		{"", "a b", "+ a,+ b"},
	} {
		got := strings.Join(diffLines(strings.Fields(c.a), strings.Fields(c.b)), ",")
		if got != c.want {
			t.Errorf("%q to %q: %s, want %s", c.a, c.b, got, c.want)
		}
	}
	long := func(prefix string) (out []string) {
		for i := range 3000 {
			out = append(out, fmt.Sprint(prefix, i))
		}
		return out
	}
	if n := len(diffLines(long("a"), long("b"))); n != 6000 {
		t.Errorf("%d lines", n)
	}
}

// TestSince compares two composes of which only lists and configurations are
// there.
func TestSince(t *testing.T) {
	old, cur := Layout{Top: t.TempDir()}, Layout{Top: t.TempDir()}
	for path, text := range map[string]string{
		old.EffectiveConfig():      "[release]\nversion = \"1\"\n",
		cur.EffectiveConfig():      "[release]\nversion = \"2\"\n",
		old.PackageList("x86_64"):  `{"package":"bash-0:5.1-1.x86_64","tag":"m"}` + "\n" + `{"package":"gone-1:1-1.noarch","tag":"m"}` + "\n" + `{"package":"kernel-0:6-1.x86_64","tag":"m"}` + "\n",
		cur.PackageList("x86_64"):  `{"package":"bash-0:5.2-1.x86_64","tag":"m"}` + "\n" + `{"package":"new-0:1-1.x86_64","tag":"m"}` + "\n" + `{"package":"kernel-0:6-1.x86_64","tag":"m"}` + "\n" + `{"package":"kept-0:1-1.x86_64","tag":"m","excluded":"ExcludeArch"}` + "\n",
		cur.PackageList("aarch64"): `{"package":"kernel-0:6-1.x86_64","tag":"m"}` + "\n",
	} {
		if err := writeFile(path, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	s := since(old.Top, cur)
	if want := []string{`- version = "1"`, `+ version = "2"`}; !slices.Equal(s.Config, want) {
		t.Errorf("config %q", s.Config)
	}
	if want := []string{"~ bash.x86_64 5.1-1 -> 5.2-1", "+ new.x86_64 1-1", "- gone.noarch 1:1-1"}; !slices.Equal(s.Packages, want) || s.Note != "" {
		t.Errorf("packages %q, %q", s.Packages, s.Note)
	}
	if _, ok := packageChanges(old, cur, time.Now().Add(-time.Second)); ok {
		t.Error("it had no time")
	}
	if s := since(t.TempDir(), cur); s.Note == "" || s.Config != nil {
		t.Errorf("%+v", s)
	}
	if s := since("", cur); s.Compose != "" || s.Note != "" {
		t.Errorf("%+v", s)
	}
}

func TestBesides(t *testing.T) {
	err := errors.Join(&dag.StepError{Step: "a", Err: errors.New("x")}, errors.Join(errors.New("logs: full")), nil)
	if got := besides(err); !slices.Equal(got, []string{"logs: full"}) {
		t.Errorf("%q", got)
	}
}

func TestShellQuote(t *testing.T) {
	for s, want := range map[string]string{
		"/srv/DP-1.0": "/srv/DP-1.0", "": "''", "a b": "'a b'", "it's": `'it'\''s'`, "$(rm)": "'$(rm)'", "~x": "'~x'", "createiso/*": "'createiso/*'",
	} {
		if got := shellQuote(s); got != want {
			t.Errorf("%q: %s, want %s", s, got, want)
		}
	}
}
