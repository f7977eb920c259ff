package phases

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"compose/phases/dag"
	"compose/phases/event"
	"compose/phases/report"
)

// FailurePage is the file that says, in one page, why a compose failed.
func (l Layout) FailurePage() string { return filepath.Join(l.Top, "logs", "failure.txt") }

// How much of a failure is shown: of that many steps, and of that many lines
// at the end of a log; the cause is looked for in the last bytes of it.
const (
	shownFailures = 10
	shownTail     = 20
	searchedLog   = 4 << 20
	shownLine     = 400
)

// trouble collects what is known of the failures of a run; there is none where
// no step failed and err is nil.
func (o RunOptions) trouble(run *report.Run, err error) report.Trouble {
	var t report.Trouble
	steps := append(run.In(event.Failed), run.In(event.OptionalFailed)...)
	for _, s := range steps[:min(len(steps), shownFailures)] {
		t.Steps = append(t.Steps, o.stepTrouble(s))
	}
	t.Errors = besides(err)
	if len(t.Steps) == 0 && (len(t.Errors) == 0 || run.Status == string(Terminated)) {
		return report.Trouble{}
	}
	if n := len(steps) - len(t.Steps); n > 0 {
		t.Errors = append(t.Errors, fmt.Sprintf("%d more steps failed; report.html has all of them.", n))
	}
	t.Since = since(o.Previous, o.Layout)
	return t
}

func (o RunOptions) stepTrouble(s *report.Step) report.StepTrouble {
	t := report.StepTrouble{Step: s, Again: o.again(s.Name)}
	lines, first := logLines(o.Layout.StepLog(s.Name))
	if lines == nil {
		return t
	}
	t.Log = o.Layout.StepLog(s.Name)
	if i := report.RootLine(lines); i >= 0 {
		t.Root, t.RootLine = shortLine(lines[i]), first+i
	}
	for _, line := range lines[max(0, len(lines)-shownTail):] {
		t.Tail = append(t.Tail, shortLine(line))
	}
	return t
}

// again is the command that runs a step of this compose alone.
func (o RunOptions) again(step string) string {
	words := []string{"compose", "run", "--resume", shellQuote(o.Layout.Top), "--just-step", shellQuote(step)}
	if dir, err := filepath.Abs(o.CacheDir); err == nil && o.CacheDir != "" {
		words = append(words, "--cache-dir", shellQuote(dir))
	}
	return strings.Join(words, " ")
}

// logLines reads the lines at the end of a log, and gives the number of the
// first of them.
func logLines(path string) (lines []string, first int) {
	f, err := os.Open(path)
	if err != nil {
		return nil, 0
	}
	defer f.Close()
	b, err := io.ReadAll(f)
	if err != nil {
		return nil, 0
	}
	first = 1
	if cut := len(b) - searchedLog; cut > 0 {
		cut += bytes.IndexByte(b[cut:], '\n') + 1
		first += bytes.Count(b[:cut], []byte{'\n'})
		b = b[cut:]
	}
	return strings.Split(strings.TrimRight(string(b), "\n"), "\n"), first
}

func shortLine(s string) string {
	if len(s) > shownLine {
		return strings.ToValidUTF8(s[:shownLine], "") + " …"
	}
	return s
}

// besides are the parts of an error that are no failure of a step.
func besides(err error) []string {
	var step *dag.StepError
	switch joined, ok := err.(interface{ Unwrap() []error }); {
	case err == nil:
		return nil
	case ok:
		var out []string
		for _, e := range joined.Unwrap() {
			out = append(out, besides(e)...)
		}
		return out
	case errors.As(err, &step):
		return nil
	}
	return []string{err.Error()}
}

// shellQuote writes an argument as a shell reads it.
func shellQuote(s string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("/._-+:=@%,~", r)
	}
	if s != "" && !slices.ContainsFunc([]rune(s), func(r rune) bool { return !plain(r) }) && !strings.HasPrefix(s, "~") {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
