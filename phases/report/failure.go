package report

import (
	"fmt"
	"io"
	"strings"

	"compose/phases/event"
)

// Trouble is what is known of a run that did not end well.
type Trouble struct {
	Steps []StepTrouble // that failed: those that ended the run first
	Since Since
	// Errors are what went wrong beside the steps.
	Errors []string
}

// Any says whether there is any trouble.
func (t Trouble) Any() bool { return len(t.Steps)+len(t.Errors) > 0 }

// of gives what is known of a step, the zero value for one that is not there.
func (t Trouble) of(step string) StepTrouble {
	for _, s := range t.Steps {
		if s.Name == step {
			return s
		}
	}
	return StepTrouble{}
}

// StepTrouble is a step that failed.
type StepTrouble struct {
	*Step
	// Log is the file of the step's log, "" for none, and Root the line in it
	// that says why it failed, with its number from 1; 0 when none is found.
	Log      string
	Root     string
	RootLine int
	Tail     []string // the last lines of the log
	Again    string   // the command that runs the step alone
}

// Since is what changed since the last compose that finished.
type Since struct {
	Compose  string   // its folder, "" when there is none
	Config   []string // lines of the configuration: "- old", "+ new"
	Packages []string // what there is to choose from: "+ new", "- gone", "~ changed"
	Note     string   // why something is missing above
}

// WriteFailure writes the failure page as text: logs/failure.txt.
func WriteFailure(w io.Writer, run *Run, t Trouble) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s after %s\n%s\n", run.Status, run.ID, Duration(run.Took()), run.Dir)
	for _, s := range t.Steps {
		s.write(&b)
	}
	for _, text := range t.Errors {
		fmt.Fprintf(&b, "\n%s\n", text)
	}
	t.Since.write(&b)
	_, err := io.WriteString(w, event.Clean(b.String()))
	return err
}

func (s StepTrouble) write(b *strings.Builder) {
	word := "failed"
	if s.State == event.OptionalFailed {
		word = "failed, and the compose went on without it,"
	}
	fmt.Fprintf(b, "\n== %s %s after %s\n\n%s", s.Name, word, Duration(s.Ran()), block(s.Error))
	if s.RootLine > 0 {
		fmt.Fprintf(b, "\nThe cause, in line %d of %s:\n\n%s", s.RootLine, s.Log, block(s.Root))
	}
	if len(s.Tail) > 0 {
		fmt.Fprintf(b, "\nThe end of %s:\n\n%s", s.Log, block(strings.Join(s.Tail, "\n")))
	}
	if s.Again != "" {
		fmt.Fprintf(b, "\nThis step alone, again:\n\n%s", block(s.Again))
	}
}

func (s Since) write(b *strings.Builder) {
	if s.Compose == "" {
		b.WriteString("\n== No compose before this one has finished\n")
		return
	}
	fmt.Fprintf(b, "\n== Since %s, which finished\n", s.Compose)
	for _, part := range []struct {
		name string
		list []string
	}{{"The configuration", s.Config}, {"The packages there are", s.Packages}} {
		if len(part.list) == 0 {
			fmt.Fprintf(b, "\n%s: no change is known.\n", part.name)
			continue
		}
		fmt.Fprintf(b, "\n%s:\n\n%s", part.name, block(strings.Join(part.list, "\n")))
	}
	if s.Note != "" {
		fmt.Fprintf(b, "\n%s\n", s.Note)
	}
}

// block indents lines.
func block(text string) string {
	return "    " + strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n    ") + "\n"
}
