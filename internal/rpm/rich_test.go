package rpm_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"compose/internal/rpm"
	"compose/internal/rpmtest"
)

// richCases pairs a rich dependency with its plain form; the refused ones
// have the error instead, which begins with "at byte".
var richCases = [][2]string{
	{"(a)", "a"},
	{"((a))", "a"},
	{"(a >= 1)", "a >= 1"},
	{"(a and b)", "(a and b)"},
	{"( a   and\tb )", "(a and b)"},
	{"(a, and ,b,)", "(a and b)"},
	{"(a( or b( )", "(a(  or b( )"},
	{"(a, and, b)", `at byte 4: unknown operator "and,"`},
	{"(a and b and c)", "(a and b and c)"},
	{"(a or b or c)", "(a or b or c)"},
	{"(a with b with c)", "(a with b with c)"},
	{"(a and (b and c))", "(a and (b and c))"},
	{"(a if b)", "(a if b)"},
	{"(a if b else c)", "(a if b else c)"},
	{"(a unless b)", "(a unless b)"},
	{"(a unless b else c)", "(a unless b else c)"},
	{"((a or b) if (c and d) else (e or f))", "((a or b) if (c and d) else (e or f))"},
	{"(a without b)", "(a without b)"},
	{"(a >= 1 with a < 2)", "(a >= 1 with a < 2)"},
	{"((a or b) with c)", "((a or b) with c)"},
	{"((a with b) without c)", "((a with b) without c)"},
	{"(libfoo.so.1()(64bit) or libfoo.so.2()(64bit))", "(libfoo.so.1()(64bit) or libfoo.so.2()(64bit))"},
	{"(crate(serde/derive) >= 1.0.100 with crate(serde/derive) < 2.0.0~)", "(crate(serde/derive) >= 1.0.100 with crate(serde/derive) < 2.0.0~)"},
	{"(/bin/sh or bash => 1:5-2)", "(/bin/sh or bash >= 1:5-2)"},
	{"(a == 1 and b =< 2)", "(a = 1 and b <= 2)"},
	{"(a and b)(c)", "at byte 9: text after the dependency"},
	{"(a>=1 and b)", "(a>=1 and b)"},
	{"(and and or)", "(and and or)"},
	{"(a and b) ", "at byte 9: text after the dependency"},
	{"", `at byte 0: does not start with "("`},
	{"a and b", `at byte 0: does not start with "("`},
	{"(", `at byte 1: a name is missing`},
	{"()", `at byte 1: empty`},
	{"(a", `at byte 2: missing ")"`},
	{"(a and", `at byte 6: a name is missing`},
	{"(a and )", `at byte 7: an operator lacks its argument`},
	{"(a b)", `at byte 3: unknown operator "b"`},
	{"(a >= )", `at byte 6: a version is missing`},
	{"(a and b or c)", `at byte 9: different operators need parentheses`},
	{"(a if b if c)", `at byte 8: if cannot be chained`},
	{"(a without b without c)", `at byte 13: without cannot be chained`},
	{"(a unless b unless c)", `at byte 12: unless cannot be chained`},
	{"(a if b else c else d)", `at byte 15: else without if or unless`},
	{"(a if b else c and d)", `at byte 15: different operators need parentheses`},
	{"(a and b else c)", `at byte 9: else without if or unless`},
	{"((a and b) with c)", `at byte 17: with over other operators than with, without and or`},
	{"(a without (b if c))", `at byte 19: without over other operators than with, without and or`},
	{"(((a if b) or d) with c)", `at byte 23: with over other operators than with, without and or`},
	{"(a else b)", `at byte 3: else without if or unless`},
}

func TestParseRich(t *testing.T) {
	for _, c := range richCases {
		r, err := rpm.ParseRich(c[0])
		if err != nil {
			if _, got, _ := strings.Cut(err.Error(), `": `); got != c[1] {
				t.Errorf("%s: error %v, want %s", c[0], err, c[1])
			}
			continue
		}
		if r.String() != c[1] {
			t.Errorf("%s: %s, want %s", c[0], r, c[1])
		}
	}
}

func TestRichTree(t *testing.T) {
	r, err := rpm.ParseRich("((a >= 1 or b) if c else d)")
	if err != nil {
		t.Fatal(err)
	}
	if r.Op != rpm.RichIf || len(r.Args) != 3 || r.Args[0].Op != rpm.RichOr || r.Args[2].Dep.Name != "d" {
		t.Errorf("%+v", r)
	}
	want := []rpm.Dep{{Name: "a", Sense: rpm.Greater | rpm.Equal, EVR: "1"}, {Name: "b"}, {Name: "c"}, {Name: "d"}}
	if got := slices.Collect(r.Leaves()); !slices.Equal(got, want) {
		t.Errorf("leaves %v", got)
	}
	for d := range r.Leaves() {
		if d.Name == "b" {
			break
		}
	}
}

func TestRichBounds(t *testing.T) {
	deep := func(n int) string { return strings.Repeat("(", n) + "a" + strings.Repeat(")", n) }
	if _, err := rpm.ParseRich(deep(64)); err != nil {
		t.Error(err)
	}
	if _, err := rpm.ParseRich(deep(65)); err == nil || !strings.HasSuffix(err.Error(), "at byte 64: nested deeper than 64") {
		t.Error(err)
	}
	if _, err := rpm.ParseRich(deep(1 << 20)); err == nil || len(err.Error()) > 200 {
		t.Error(err)
	}
	if _, err := rpm.ParseRich("(" + strings.Repeat("a and ", 10000) + "a)"); err != nil {
		t.Error(err)
	}
}

// TestRichAgainstRPM has rpmspec parse the cases: it takes the same ones.
func TestRichAgainstRPM(t *testing.T) {
	rpmtest.NeedProgram(t, "rpmspec")
	spec := filepath.Join(t.TempDir(), "t.spec")
	accepts := func(deps ...string) bool {
		text := "Name: t\nVersion: 1\nRelease: 1\nSummary: t\nLicense: t\n"
		for _, d := range deps {
			text += "Requires: " + d + "\n"
		}
		if err := os.WriteFile(spec, []byte(text+"%description\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command("rpmspec", "-q", "--requires", spec).CombinedOutput()
		return err == nil && !strings.Contains(string(out), "error:")
	}
	var good []string
	for _, c := range richCases {
		switch {
		case !strings.HasPrefix(c[1], "at byte"):
			if !strings.Contains(c[0], "unless") { // only for Conflicts and its like
				good = append(good, c[0])
			}
		case strings.HasPrefix(c[0], "(") && !strings.Contains(c[1], "text after") && c[0] != "(a else b)":
			if accepts(c[0]) {
				t.Errorf("rpm takes %s", c[0])
			}
		}
	}
	if !accepts(good...) {
		for _, d := range good {
			if !accepts(d) {
				t.Errorf("rpm refuses %s", d)
			}
		}
	}
}

func FuzzParseRich(f *testing.F) {
	for _, c := range richCases {
		f.Add(c[0])
	}
	f.Fuzz(func(t *testing.T, s string) {
		r, err := rpm.ParseRich(s)
		if err != nil {
			return
		}
		text := r.String()
		if r.Op == rpm.RichLeaf {
			text = "(" + text + ")"
		}
		again, err := rpm.ParseRich(text)
		if err != nil || again.String() != r.String() {
			t.Errorf("%q gives %q, which gives %v, %v", s, text, again, err)
		}
	})
}
