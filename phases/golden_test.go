package phases_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"compose/internal/composetest"
	"compose/internal/rpmtest"
	"compose/phases/dag"
	"compose/phases/event"
)

var update = flag.Bool("update", false, "write the goldens of testdata/composes anew")

// exact is the part of a golden that is compared between runs and not kept:
// the bytes of compressed files, which depend on the compressor.
const exact = "tree-exact.txt"

// golden is what is kept of a compose: its plan, its events without times,
// the files it left, and its metadata.
type golden map[string]string

// goldenOf describes a finished compose. work is replaced in texts.
func goldenOf(t *testing.T, plan *dag.Plan, r *result) golden {
	t.Helper()
	g := golden{
		"plan.txt":   planText(plan),
		"events.txt": strings.ReplaceAll(eventsText(r.facts), r.work, "$WORK"),
		"tree.txt":   composetest.Tree(t, r.made.Dir, composetest.Listing{Brief: hasPlaces, Open: true}),
		exact:        composetest.Tree(t, r.made.Dir, composetest.Listing{Brief: hasPlaces}),
		"gather.txt": strings.ReplaceAll(gatherText(t, r.made.Dir), r.work, "$WORK"),
	}
	for _, name := range []string{"composeinfo.json", "rpms.json"} {
		b, err := os.ReadFile(filepath.Join(r.made.Dir, "compose", "metadata", name))
		if err != nil {
			t.Fatal(err)
		}
		g[name] = string(b)
	}
	b, err := os.ReadFile(filepath.Join(r.made.Dir, "compose", "metadata", "modules.json"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(b), `"koji_tag"`) {
		g["modules.json"] = fileSum.ReplaceAllString(string(b), "SUM-")
	}
	return g
}

// fileSum is the checksum in the name of a compressed file.
var fileSum = regexp.MustCompile(`\b[0-9a-f]{64}-`)

// hasPlaces says whether a file of a compose holds times, or paths of the
// machine.
func hasPlaces(path string) bool {
	return strings.HasPrefix(path, "logs/") || strings.Contains(path, "/gather_result/") ||
		path == "work/global/steps.jsonl" || path == "work/global/begun.json"
}

// gatherText gives the records of what is in the trees and why.
func gatherText(t *testing.T, dir string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "work", "*", "gather_result", "*.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "%s\n%s", filepath.Base(f), text)
	}
	return b.String()
}

// check compares with the files of a case, or writes them.
func (g golden) check(t *testing.T, name string) {
	t.Helper()
	dir := filepath.Join(composetest.Dir(rpmtest.RepoRoot(t), name), "golden")
	if *update {
		g.write(t, dir)
		return
	}
	for file, got := range g {
		if file == exact {
			continue
		}
		want, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			t.Errorf("%v (-update writes it)", err)
			continue
		}
		if d := difference(got, string(want)); d != "" {
			t.Errorf("%s is not the golden one (go test ./phases -run TestComposes -update accepts it):\n%s", file, d)
		}
	}
}

func (g golden) write(t *testing.T, dir string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for file, got := range g {
		if file == exact {
			continue
		}
		if err := os.WriteFile(filepath.Join(dir, file), []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// same fails the test where two runs of one case left different things.
func (g golden) same(t *testing.T, what string, other golden) {
	t.Helper()
	for file := range g {
		if d := difference(other[file], g[file]); d != "" {
			t.Errorf("%s: %s differs:\n%s", what, file, d)
		}
	}
}

// difference shows the lines that only one of two texts has; "" when the
// texts are equal.
func difference(got, want string) string {
	if got == want {
		return ""
	}
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	var b strings.Builder
	n := 0
	for _, side := range []struct {
		mark      string
		all, none []string
	}{{"-", w, g}, {"+", g, w}} {
		for _, line := range side.all {
			if !slices.Contains(side.none, line) && n < 40 {
				fmt.Fprintf(&b, "%s %s\n", side.mark, line)
				n++
			}
		}
	}
	if n == 0 {
		return "the same lines in another order"
	}
	return b.String()
}

// planText is a plan as compose plan prints it.
func planText(p *dag.Plan) string {
	var b strings.Builder
	for _, s := range p.Steps() {
		b.WriteString(s.Name())
		if len(s.Needs()) > 0 {
			b.WriteString("  <-")
		}
		for _, n := range s.Needs() {
			b.WriteString(" " + n.Name())
		}
		if s.IsOptional() {
			b.WriteString("  (may fail)")
		}
		if reason, skipped := s.IsSkipped(); skipped {
			fmt.Fprintf(&b, "  (skipped: %s)", reason)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// eventsText tells the facts of a run step by step in the order of the plan,
// since the order between steps is nobody's promise. Notes of the run come
// first, its end last.
func eventsText(facts []event.Event) string {
	lines := map[string][]string{}
	var steps []string
	for _, e := range facts {
		if e.Kind == event.Planned {
			steps = append(steps, e.Step)
		}
		lines[e.Step] = append(lines[e.Step], eventLine(e))
	}
	var b strings.Builder
	for _, step := range append([]string{""}, steps...) {
		for _, line := range lines[step] {
			fmt.Fprintf(&b, "%s: %s\n", step, line)
		}
	}
	return b.String()
}

// eventLine is one fact without its number and times.
func eventLine(e event.Event) string {
	line := string(e.Kind)
	if e.Kind == event.Planned {
		line += " in " + e.Pool
	}
	for _, word := range []string{string(e.Level), string(e.State), e.Text, e.Error} {
		if word != "" {
			line += " " + strings.ReplaceAll(word, "\n", "\n\t")
		}
	}
	if e.Kind == event.Ended && e.Unit != "" {
		line += fmt.Sprintf(" (%d of %d %s)", e.Done, e.Total, e.Unit)
	}
	if e.Run != nil {
		line += " " + e.Run.ID + " " + e.Run.Status
	}
	return strings.TrimRight(line, " ")
}

// checkFacts wants what every stream of facts promises: numbers without
// gaps, one end for each step, and no start before all needs have ended.
func checkFacts(t *testing.T, facts []event.Event) {
	t.Helper()
	needs, ended, started := map[string][]string{}, map[string]bool{}, map[string]bool{}
	for i, e := range facts {
		if e.Seq != int64(i)+1 {
			t.Errorf("fact %d has number %d", i+1, e.Seq)
		}
		switch e.Kind {
		case event.Planned:
			needs[e.Step] = e.Needs
		case event.Started:
			started[e.Step] = true
			for _, n := range needs[e.Step] {
				if !ended[n] {
					t.Errorf("%s started before %s ended", e.Step, n)
				}
			}
		case event.Ended:
			if ended[e.Step] {
				t.Errorf("%s ended twice", e.Step)
			}
			if ran := e.State.Good() || e.State == event.Failed; ran && !started[e.Step] {
				t.Errorf("%s ended %s and never started", e.Step, e.State)
			}
			ended[e.Step] = true
		}
	}
	if len(ended) != len(needs) {
		t.Errorf("%d steps planned, %d ended", len(needs), len(ended))
	}
	if n := len(facts); n == 0 || facts[0].Kind != event.RunStarted || facts[n-1].Kind != event.RunEnded {
		t.Errorf("the facts do not begin with the start of the run and end with its end")
	}
}
