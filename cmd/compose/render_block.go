package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"compose/phases/event"
	"compose/phases/report"
)

// block is the status at the bottom of the terminal: one line about the run,
// then one for each running step, the oldest first. It is a function of its
// arguments only.
type block struct {
	style
	width, height int // of the terminal
	now           time.Time
}

// lines draws the block; no line is wider than the terminal and there are
// fewer lines than it has.
func (b block) lines(run *report.Run) []string {
	var running []*report.Step
	for _, s := range run.Steps {
		if s.Running() {
			running = append(running, s)
		}
	}
	slices.SortStableFunc(running, func(x, y *report.Step) int { return x.Started.Compare(y.Started) })
	out := []string{b.head(run, len(running))}
	shown := running[:min(len(running), max(b.height-4, 1), 12)]
	names := 0
	for _, s := range shown {
		names = max(names, textWidth(b.clean(s.Name)))
	}
	for _, s := range shown {
		out = append(out, b.row(s, min(names, max(b.width/2, 20))))
	}
	if n := len(running) - len(shown); n > 0 {
		out = append(out, b.paint(colorSoft, fmt.Sprintf("  and %d more", n)))
	}
	for i := range out {
		out[i] = fit(out[i], b.width-1) // the last column makes some terminals wrap
	}
	return out
}

// head is the line about the run.
func (b block) head(run *report.Run, running int) string {
	ended := run.Count(event.OK, event.Reused, event.Failed, event.OptionalFailed, event.Canceled, event.NotRun, event.Skipped)
	parts := []string{fmt.Sprintf("%s/%s steps", report.Number(int64(ended)), report.Number(int64(len(run.Steps))))}
	add := func(color, word string, n int) {
		if n > 0 {
			parts = append(parts, b.paint(color, fmt.Sprintf("%s %s", report.Number(int64(n)), word)))
		}
	}
	add("", "running", running)
	add("", "waiting", len(run.Steps)-ended-running)
	add(colorError, "failed", run.Count(event.Failed))
	add(colorWarn, "failed (optional)", run.Count(event.OptionalFailed))
	add(colorWarn, plural("warning", len(run.Warnings)), len(run.Warnings))
	if !run.Began.IsZero() {
		parts = append(parts, wholeSeconds(b.now.Sub(run.Began)))
	}
	if left, ok := remaining(run, b.now); ok && left > 0 && run.Count(event.Failed) == 0 {
		parts = append(parts, "about "+wholeSeconds(roundly(left))+" left")
	}
	line := strings.Join(parts, b.pick(" · ", ", "))
	if w := b.width - textWidth(line) - 4; w >= 10 && len(run.Steps) > 0 {
		line = b.bar(int64(ended), int64(len(run.Steps)), min(w, 24)) + "  " + line
	}
	return line
}

// wholeSeconds renders a duration that nobody wants to know more exactly.
func wholeSeconds(d time.Duration) string {
	return strings.Replace(report.Duration(d.Truncate(time.Second)), ".0s", "s", 1)
}

// plural is the word, with an s unless n is 1.
func plural(word string, n int) string {
	if n == 1 {
		return word
	}
	return word + "s"
}

// row is the line about a running step.
func (b block) row(s *report.Step, nameWidth int) string {
	ran := b.now.Sub(s.Started)
	line := "  " + pad(fit(b.clean(s.Name), nameWidth), nameWidth) + " " + padLeft(report.Duration(ran.Truncate(100*time.Millisecond)), 7)
	if s.Total > 0 {
		line += "  " + b.bar(s.Done, s.Total, 12)
	}
	if amount := report.Amount(s.Done, s.Total, s.Unit); amount != "" {
		line += "  " + b.clean(amount)
	}
	if rate := rate(s, ran); rate != "" {
		line += b.paint(colorSoft, "  "+rate)
	}
	return line
}

// rate is what a step does per second, once that means something.
func rate(s *report.Step, ran time.Duration) string {
	if s.Done <= 0 || ran < time.Second {
		return ""
	}
	perSecond := int64(float64(s.Done) / ran.Seconds())
	switch {
	case s.Unit == "bytes":
		return report.Bytes(perSecond) + "/s"
	case perSecond > 0:
		return report.Number(perSecond) + "/s"
	}
	return ""
}

// maxMessage is how many lines of a message are shown while a run goes on,
// maxFailure how many of a failure in the end.
const (
	maxMessage = 12
	maxFailure = 40
)

// message is an event as a line of text that stays, or "" when it is not
// worth one. Further lines of it begin with margin.
func (s style) message(e event.Event, margin string) string {
	prefix := ""
	if e.Step != "" {
		prefix = s.clean(e.Step) + ": "
	}
	more := func(text string) string { return indent(s.clean(shorten(text, maxMessage)), margin) }
	switch {
	case e.Kind == event.Note && e.Level == event.Warning:
		return s.paint(colorWarn, "warning: ") + prefix + more(e.Text)
	case e.Kind == event.Note:
		return prefix + more(e.Text)
	case e.Kind == event.Ended && e.State == event.Failed:
		return s.paint(colorError, "failed: ") + prefix + more(cmp.Or(e.Error, "no reason given"))
	case e.Kind == event.Ended && e.State == event.OptionalFailed:
		return s.paint(colorWarn, "failed (optional): ") + prefix + more(e.Error)
	}
	return ""
}
