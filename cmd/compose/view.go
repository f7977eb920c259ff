package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"compose/phases"
	"compose/phases/event"
	"compose/phases/report"
)

// viewFlags say how a run is shown.
type viewFlags struct {
	json, quiet, plain bool
}

func (f *viewFlags) add(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&f.json, "json", false, "write events to standard output, one JSON object per line (docs/events.md)")
	cmd.Flags().BoolVarP(&f.quiet, "quiet", "q", false, "show only warnings, failures and the final line")
	cmd.Flags().BoolVar(&f.plain, "plain", false, "plain lines even on a terminal")
	cmd.MarkFlagsMutuallyExclusive("json", "quiet", "plain")
}

func (f *viewFlags) mode() renderMode {
	switch {
	case f.json:
		return renderJSON
	case f.quiet:
		return renderQuiet
	case f.plain:
		return renderPlain
	}
	return renderAuto
}

// view shows one run, on standard output.
type view struct {
	opt    renderOptions
	show   renderer
	stream *event.Stream
}

// start shows what the stream says from now on.
func (f *viewFlags) start(stream *event.Stream) *view {
	v := &view{opt: renderOptions{Out: os.Stdout, Mode: f.mode(), Env: os.Getenv}, stream: stream}
	v.show = newRenderer(v.opt)
	stream.Subscribe(v.show)
	return v
}

// finish ends the live view, writes the summary, and gives the exit of the
// command for how the run ended.
func (v *view) finish(made *phases.Made, runErr error) error {
	err := v.show.Close()
	if made == nil {
		var refused *phases.RefusedError
		if errors.As(runErr, &refused) {
			return runErr
		}
		return failure(errors.Join(runErr, err))
	}
	for _, text := range made.Late {
		fmt.Fprintln(os.Stderr, "compose: warning:", event.Clean(text))
	}
	layout := phases.Layout{Top: made.Dir}
	sum := summary{
		style: newStyle(v.opt), Run: report.Digest(v.stream.Facts()),
		Log: layout.StepLog, Report: layout.Report(), Err: runErr,
	}
	if _, err := os.Stat(layout.FailurePage()); err == nil {
		sum.Failure = layout.FailurePage()
	}
	switch v.opt.Mode {
	case renderJSON: // the last event has said it
	case renderQuiet:
		err = errors.Join(err, sum.writeQuiet(v.opt.Out))
	default:
		err = errors.Join(err, sum.write(v.opt.Out))
	}
	// A compose may be finished and its latest link not: runErr is shown above.
	if code := exitCodes[made.Status]; code != exitFinished || runErr != nil || err != nil {
		return &exitError{max(code, exitDoomed), err}
	}
	return nil
}

var exitCodes = map[phases.Status]int{
	phases.Finished: exitFinished, phases.FinishedIncomplete: exitIncomplete,
	phases.Doomed: exitDoomed, phases.Terminated: exitTerminated,
}
