package rpm_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"

	"compose/internal/rpm"
	"compose/internal/rpmtest"
)

// askRPM has testdata/oracle.py answer the questions, each a name and its
// arguments, into answers of the type A.
func askRPM[A any](t *testing.T, questions [][]any) []A {
	t.Helper()
	rpmtest.NeedProgram(t, "rpm", "/usr/bin/python3")
	if err := exec.Command("/usr/bin/python3", "-c", "import rpm; rpm.ver").Run(); err != nil {
		if os.Getenv("COMPOSE_REQUIRE_TOOLS") == "1" {
			t.Fatal("python3-rpm is missing")
		}
		t.Skip("python3-rpm is missing")
	}
	var in, errs bytes.Buffer
	enc := json.NewEncoder(&in)
	for _, q := range questions {
		if err := enc.Encode(q); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("/usr/bin/python3", "testdata/oracle.py")
	cmd.Stdin, cmd.Stderr = &in, &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%.2000s", err, errs.String())
	}
	var answers []A
	for dec := json.NewDecoder(bytes.NewReader(out)); dec.More(); {
		var a A
		if err := dec.Decode(&a); err != nil {
			t.Fatal(err)
		}
		answers = append(answers, a)
	}
	if len(answers) != len(questions) {
		t.Fatalf("%d answers to %d questions", len(answers), len(questions))
	}
	return answers
}

// randomText gives up to max pieces of the alphabet, at least one.
func randomText(r *rand.Rand, alphabet []string, max int) string {
	var b strings.Builder
	for range 1 + r.IntN(max) {
		b.WriteString(alphabet[r.IntN(len(alphabet))])
	}
	return b.String()
}

func TestVercmpAgainstRPM(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	alphabet := []string{"0", "1", "2", "10", "01", "a", "b", "A", "rc", ".", ".", "~", "^", "-", "_", "+", ":", "é", " "}
	var qs [][]any
	for range 30000 {
		qs = append(qs, []any{"vercmp", randomText(r, alphabet, 7), randomText(r, alphabet, 7)})
	}
	for i, want := range askRPM[int](t, qs) {
		a, b := qs[i][1].(string), qs[i][2].(string)
		if got := rpm.Vercmp(a, b); got != want {
			t.Errorf("Vercmp(%q, %q) = %d, rpm says %d", a, b, got, want)
		}
	}
}

func TestParseEVRAgainstRPM(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	alphabet := []string{"0", "1", "23", "a", ".", "-", "-", ":", ":", "~", "^"}
	var qs [][]any
	for range 5000 {
		qs = append(qs, []any{"parse", randomText(r, alphabet, 8)})
	}
	for i, want := range askRPM[[3]string](t, qs) {
		s := qs[i][1].(string)
		got := rpm.ParseEVR(s)
		epoch := strings.TrimLeft(want[0], "0")
		if epoch == "" {
			epoch = "0"
		}
		if g := [3]string{fmt.Sprint(got.Epoch), got.Version, got.Release}; g != [3]string{epoch, want[1], want[2]} && len(epoch) < 10 {
			t.Errorf("ParseEVR(%q) = %q, rpm says %q", s, g, want)
		}
	}
}

func TestSatisfiesAgainstRPM(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	evrs := []string{"", "1", "1-1", "1-2", "2", "2-1", "0:1", "0:1-1", "1:1", "1:1-1", "00:1", ":1", "1:", "1-", "-1", "1~a", "1^a", "1:2-3", "1.0-1", "3:0"}
	senses := []rpm.Sense{0, rpm.Less, rpm.Greater, rpm.Equal, rpm.Less | rpm.Equal, rpm.Greater | rpm.Equal, rpm.Less | rpm.Greater}
	var qs [][]any
	for _, p := range evrs {
		for _, q := range evrs {
			for range 20 {
				extra := []rpm.Sense{0, rpm.ScriptPre, rpm.Prereq | rpm.Interp}[r.IntN(3)]
				qs = append(qs, []any{"overlap", senses[r.IntN(len(senses))], p, senses[r.IntN(len(senses))] | extra, q})
			}
		}
	}
	for i, want := range askRPM[bool](t, qs) {
		q := qs[i]
		p := rpm.Dep{Name: "name", Sense: q[1].(rpm.Sense), EVR: q[2].(string)}
		d := rpm.Dep{Name: "name", Sense: q[3].(rpm.Sense), EVR: q[4].(string)}
		if got := rpm.Satisfies(p, d); got != want {
			t.Errorf("Satisfies(%q %v, %q %v) = %v, rpm says %v", p, p.Sense, d, d.Sense, got, want)
		}
	}
}
