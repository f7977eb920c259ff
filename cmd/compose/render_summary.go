package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"compose/phases/dag"
	"compose/phases/event"
	"compose/phases/report"
)

// summary is what is said at the end of a run.
type summary struct {
	style
	Run *report.Run
	// Log gives the path of a step's log, Report is that of the page.
	Log    func(step string) string
	Report string
	// Failure is the path of the page that says why the run failed, "" for none.
	Failure string
	// Err is the error of the run; what is in it beside the failures of
	// steps is shown too.
	Err error
}

// write writes the whole summary.
func (s summary) write(w io.Writer) error {
	var b strings.Builder
	b.WriteString(s.headline() + "\n")
	s.failures(&b)
	b.WriteString("\n")
	for _, f := range s.fields() {
		if f[1] != "" {
			fmt.Fprintf(&b, "  %s %s\n", pad(f[0], 9), indent(f[1], strings.Repeat(" ", 12)))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// writeQuiet writes the failures and the final line.
func (s summary) writeQuiet(w io.Writer) error {
	var b strings.Builder
	b.WriteString(s.headline() + "\n")
	s.failures(&b)
	if s.Failure != "" {
		fmt.Fprintf(&b, "\n  failure page: %s\n", s.clean(s.Failure))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// headline is the one line that says it all.
func (s summary) headline() string {
	color := colorError
	switch s.Run.Status {
	case "FINISHED":
		color = colorGood
	case "FINISHED_INCOMPLETE":
		color = colorWarn
	}
	line := s.paint(color, cmp.Or(s.Run.Status, "NOT STARTED")) + " " + s.paint(colorBold, s.clean(s.Run.ID))
	if took := s.Run.Took(); took > 0 {
		word := " after "
		if strings.HasPrefix(s.Run.Status, "FINISHED") {
			word = " in "
		}
		line += word + report.Duration(took)
	}
	return line
}

// failures lists every error, in the order in which they happened, the fatal
// ones last, where the eye is.
func (s summary) failures(b *strings.Builder) {
	for _, f := range append(s.Run.In(event.OptionalFailed), s.Run.In(event.Failed)...) {
		fmt.Fprintf(b, "\n  %s: %s\n", s.paint(colorBold, s.clean(f.Name)), indent(s.clean(shorten(f.Error, maxFailure)), "    "))
		if f.State == event.OptionalFailed {
			b.WriteString("    this step may fail: the compose goes on without it\n")
		}
		if s.Log != nil {
			fmt.Fprintf(b, "    log: %s\n", s.clean(s.Log(f.Name)))
		}
	}
	for _, err := range otherErrors(s.Err) {
		fmt.Fprintf(b, "\n  %s\n", indent(s.clean(shorten(err.Error(), maxFailure)), "    "))
	}
}

// otherErrors are the parts of err that are not the failure of a step.
func otherErrors(err error) []error {
	if err == nil {
		return nil
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var out []error
		for _, e := range joined.Unwrap() {
			out = append(out, otherErrors(e)...)
		}
		return out
	}
	if _, ok := err.(*dag.StepError); ok {
		return nil
	}
	return []error{err}
}

// fields are the named facts below the headline.
func (s summary) fields() [][2]string {
	return [][2]string{
		{"compose", s.clean(s.Run.Dir)},
		{"steps", s.counts()},
		{"warnings", s.warnings()},
		{"slowest", s.slowest()},
		{"critical", s.critical()},
		{"failure", s.clean(s.Failure)},
		{"report", s.clean(s.Report)},
		{"next", s.next()},
	}
}

func (s summary) counts() string {
	words := []struct {
		state event.State
		word  string
	}{
		{event.OK, "ok"}, {event.Reused, "reused"}, {event.Skipped, "skipped"},
		{event.OptionalFailed, "failed (optional)"}, {event.Failed, "failed"},
		{event.Canceled, "canceled"}, {event.NotRun, "not run"},
	}
	var parts []string
	for _, w := range words {
		if n := s.Run.Count(w.state); n > 0 {
			parts = append(parts, report.Number(int64(n))+" "+w.word)
		}
	}
	return strings.Join(parts, ", ")
}

// warnings says how many there are and which steps have most of them.
func (s summary) warnings() string {
	if len(s.Run.Warnings) == 0 {
		return ""
	}
	type place struct {
		step string
		n    int
	}
	var places []place
	index := map[string]int{}
	for _, m := range s.Run.Warnings {
		i, ok := index[m.Step]
		if !ok {
			i = len(places)
			index[m.Step] = i
			places = append(places, place{step: cmp.Or(m.Step, "the run")})
		}
		places[i].n++
	}
	slices.SortStableFunc(places, func(a, b place) int { return b.n - a.n })
	var parts []string
	for _, p := range places[:min(len(places), 4)] {
		parts = append(parts, fmt.Sprintf("%s (%d)", s.clean(p.step), p.n))
	}
	if n := len(places) - len(parts); n > 0 {
		parts = append(parts, fmt.Sprintf("%d more", n))
	}
	return fmt.Sprintf("%s: %s", report.Number(int64(len(s.Run.Warnings))), strings.Join(parts, ", "))
}

func (s summary) slowest() string {
	steps := s.Run.Slowest(5)
	names := 0
	for _, x := range steps {
		names = max(names, textWidth(s.clean(x.Name)))
	}
	var lines []string
	for _, x := range steps {
		line := padLeft(report.Duration(x.Ran()), 7) + "  " + pad(s.clean(x.Name), names)
		if amount := report.Amount(x.Done, x.Total, x.Unit); amount != "" {
			line += "  " + s.clean(amount)
		}
		lines = append(lines, strings.TrimRight(line, " "))
	}
	return strings.Join(lines, "\n")
}

// critical is the chain that decided how long the run took.
func (s summary) critical() string {
	var lines []string
	for _, x := range s.Run.Chain() {
		line := padLeft(report.Duration(x.Ran()), 7) + "  " + s.clean(x.Name)
		if x.Waited >= 100e6 {
			line += " (waited " + report.Duration(x.Waited) + " for a place)"
		}
		lines = append(lines, line)
	}
	if n := len(lines); n > 12 {
		lines = append(lines[:6:6], append([]string{fmt.Sprintf("         and %d more", n-12)}, lines[n-6:]...)...)
	}
	return strings.Join(lines, "\n")
}

// read says what tells the cause.
func (s summary) read() string {
	if s.Failure != "" {
		return "read the failure page"
	}
	return "read the log named above"
}

// next is what to do after a run that did not end well.
func (s summary) next() string {
	const again = "run again: what is known of the packages is in the cache"
	switch {
	case s.Run.Count(event.Failed) > 0 && s.Run.Count(event.NotRun, event.Canceled) > 0:
		return s.read() + ", mend the cause, and " + again + ".\n--keep-going finishes what does not depend on a failure."
	case s.Run.Count(event.Failed, event.OptionalFailed) > 0:
		return s.read() + ", mend the cause, and " + again + "."
	case s.Run.Status == "TERMINATED":
		return again + "."
	}
	return ""
}
