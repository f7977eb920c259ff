package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"compose/phases"
	"compose/phases/event"
	"compose/phases/overview"
	"compose/phases/report"
)

func newStatusCmd() *cobra.Command {
	f := &repoFlags{}
	cmd := &cobra.Command{
		Use:   "status [flags] COMPOSE",
		Short: "Tell how a compose fares",
		Long: `Tell of the compose in a folder, running or not, which steps run, what has
failed, what was said last, and how long it may still take. That is reckoned
from the times of the newest finished compose of the release beside it, and
from what has run so far. Of one that ends with STARTED in its STATUS and on
which no process works is said that it was killed.`,
		Example: `  compose status composes/latest-DP-12
  compose status --json composes/DP-12-20261124.n.0 | jq .left_seconds`,
		Args: cobra.ExactArgs(1), ValidArgsFunction: completeDirs,
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := lookAt(args[0])
			if err != nil {
				return failure(err)
			}
			now := time.Now()
			return f.result(cmd, statusOf(c, now), func(w io.Writer) error {
				_, err := io.WriteString(w, statusText(w, c, now))
				return err
			})
		},
	}
	cmd.Flags().BoolVar(&f.json, "json", false, "print the result as JSON")
	return cmd
}

func lookAt(dir string) (*overview.Compose, error) {
	w, err := overview.Open(dir, composePaths, phases.Running)
	if err != nil {
		return nil, err
	}
	return w.Look()
}

// composePaths tells where the files of a compose are.
func composePaths(dir string) overview.Paths {
	l := phases.Layout{Top: dir}
	return overview.Paths{ID: l.ComposeID(), Status: l.Status(), Events: l.EventLog(), Progress: l.Progress()}
}

// statusJSON is the documented form of compose status --json.
type statusJSON struct {
	ID     string `json:"id"`
	Dir    string `json:"dir"`
	Status string `json:"status"`
	// State is running, killed or ended.
	State  string     `json:"state"`
	Begun  int        `json:"begun"` // how often: more than once when it was resumed
	Began  *time.Time `json:"began,omitempty"`
	Ended  *time.Time `json:"ended,omitempty"`
	Took   float64    `json:"took_seconds"` // so far
	Left   *float64   `json:"left_seconds,omitempty"`
	Before string     `json:"reckoned_from,omitempty"`
	Steps  stepCounts `json:"steps"`
	// Pools have, by name, places taken and places.
	Pools    map[string][2]int `json:"pools,omitempty"`
	Running  []stepJSON        `json:"running,omitempty"`
	Failed   []stepJSON        `json:"failed,omitempty"`
	Phases   []phaseJSON       `json:"phases,omitempty"`
	Warnings int               `json:"warnings"`
	Last     []event.Event     `json:"last,omitempty"`
}

type stepCounts struct {
	All     int `json:"all"`
	Ended   int `json:"ended"`
	Reused  int `json:"reused"`
	Running int `json:"running"`
	Waiting int `json:"waiting"`
	Failed  int `json:"failed"`
	Skipped int `json:"skipped"`
}

// phaseJSON is what a phase took, in seconds.
type phaseJSON struct {
	Name   string  `json:"name"`
	Steps  int     `json:"steps"`
	Wall   float64 `json:"wall_seconds"`   // from the first start to the last end
	Work   float64 `json:"work_seconds"`   // the sum of its steps
	Waited float64 `json:"waited_seconds"` // for places
}

type stepJSON struct {
	Name     string  `json:"name"`
	Pool     string  `json:"pool,omitempty"`
	Ran      float64 `json:"ran_seconds"`
	Expected float64 `json:"expected_seconds,omitempty"`
	Done     int64   `json:"done,omitempty"`
	Total    int64   `json:"total,omitempty"`
	Unit     string  `json:"unit,omitempty"`
	Optional bool    `json:"optional,omitempty"`
	Error    string  `json:"error,omitempty"`
	Log      string  `json:"log,omitempty"`
}

// statusOf puts together what --json prints.
func statusOf(c *overview.Compose, now time.Time) statusJSON {
	run := c.Run
	out := statusJSON{
		ID: c.ID, Dir: c.Dir, Status: c.Status, State: c.State(), Begun: c.Times, Before: c.Before,
		Pools: poolUse(c), Warnings: len(run.Warnings), Last: c.Last, Took: tookSoFar(c, now).Seconds(),
	}
	if !run.Began.IsZero() {
		out.Began = &run.Began
	}
	if !run.Ended.IsZero() {
		out.Ended = &run.Ended
	}
	if left, ok := leftOf(c, now); ok {
		s := left.Seconds()
		out.Left = &s
	}
	out.Steps = countSteps(run)
	for _, t := range run.Phases() {
		out.Phases = append(out.Phases, phaseJSON{t.Name, t.Steps, t.Wall.Seconds(), t.Work.Seconds(), t.Waited.Seconds()})
	}
	for _, s := range run.Steps {
		switch {
		case s.Running() && c.Held:
			out.Running = append(out.Running, stepOf(c, s, now))
		case s.State == event.Failed || s.State == event.OptionalFailed:
			out.Failed = append(out.Failed, stepOf(c, s, now))
		}
	}
	return out
}

func countSteps(run *report.Run) stepCounts {
	n := stepCounts{
		All: len(run.Steps), Reused: run.Count(event.Reused), Failed: run.Count(event.Failed, event.OptionalFailed), Skipped: run.Count(event.Skipped),
		Ended: run.Count(event.OK, event.Reused, event.Failed, event.OptionalFailed, event.Canceled, event.NotRun, event.Skipped),
	}
	for _, s := range run.Steps {
		if s.Running() {
			n.Running++
		}
	}
	n.Waiting = n.All - n.Ended - n.Running
	return n
}

func stepOf(c *overview.Compose, s *report.Step, now time.Time) stepJSON {
	ran := s.Ran()
	if s.Running() {
		ran = now.Sub(s.Started)
	}
	out := stepJSON{
		Name: s.Name, Pool: s.Pool, Ran: ran.Seconds(), Expected: s.Expected.Seconds(), Done: s.Done, Total: s.Total, Unit: s.Unit,
		Optional: s.Optional, Error: s.Error,
	}
	if s.Error != "" {
		out.Log = phases.Layout{Top: c.Dir}.StepLog(s.Name)
	}
	return out
}

// poolUse gives the places that running steps take, and all, per pool.
func poolUse(c *overview.Compose) map[string][2]int {
	if !c.Held {
		return nil
	}
	out := map[string][2]int{}
	for pool, n := range c.Run.Pools {
		out[pool] = [2]int{0, n}
	}
	for _, s := range c.Run.Steps {
		if !s.Running() {
			continue
		}
		takes := s.Takes
		if len(takes) == 0 {
			takes = map[string]int{s.Pool: 1}
		}
		for pool, n := range takes {
			if u, ok := out[pool]; ok {
				out[pool] = [2]int{min(u[0]+n, u[1]), u[1]}
			}
		}
	}
	return out
}

// tookSoFar is how long the compose took, or has run.
func tookSoFar(c *overview.Compose, now time.Time) time.Duration {
	run := c.Run
	switch {
	case run.Began.IsZero():
		return 0
	case !run.Ended.IsZero():
		return run.Took()
	case c.Held:
		return now.Sub(run.Began)
	case len(c.Last) > 0:
		return c.Last[len(c.Last)-1].Time.Sub(run.Began)
	}
	return 0
}

// leftOf is how long a compose that is being made may still take.
func leftOf(c *overview.Compose, now time.Time) (time.Duration, bool) {
	if !c.Held || c.Run.Count(event.Failed) > 0 {
		return 0, false
	}
	return remaining(c.Run, now)
}

// statusText is what a person wants to know.
func statusText(w io.Writer, c *overview.Compose, now time.Time) string {
	st := newStyle(renderOptions{Out: w, Env: environ})
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %s\n", st.paint(colorBold, st.clean(c.ID)), stateLine(st, c, now))
	n := countSteps(c.Run)
	running := "running"
	if !c.Held {
		running = "interrupted"
	}
	fmt.Fprintf(&b, "%d of %s ended, %d reused, %d %s, %d waiting, %d failed, %s\n",
		n.Ended, count(n.All, "step"), n.Reused, n.Running, running, n.Waiting, n.Failed, count(len(c.Run.Warnings), "warning"))
	if c.Held {
		for _, line := range runningLines(st, c, 80, now) {
			b.WriteString(line + "\n")
		}
	}
	for _, s := range c.Run.In(event.Failed, event.OptionalFailed) {
		fmt.Fprintf(&b, "%s%s: %s\n    %s\n", st.paint(colorError, "failed: "), st.clean(s.Name),
			indent(st.clean(shorten(s.Error, maxMessage)), "    "), phases.Layout{Top: c.Dir}.StepLog(s.Name))
	}
	b.WriteString(phaseLines(c))
	if len(c.Last) > 0 {
		b.WriteString("last:\n")
	}
	for _, e := range c.Last[max(0, len(c.Last)-shownEvents):] {
		fmt.Fprintf(&b, "  %s  %s\n", e.Time.Local().Format(time.TimeOnly), st.clean(shorten(eventText(e), 1)))
	}
	return b.String()
}

// phaseLines say what the phases took so far.
func phaseLines(c *overview.Compose) string {
	list := c.Run.Phases()
	if len(list) == 0 {
		return ""
	}
	var b strings.Builder
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "phase\tsteps\ttook\twork\twaited\t")
	for _, p := range list {
		fmt.Fprintf(t, "%s\t%d\t%s\t%s\t%s\t\n", cleanLine(p.Name), p.Steps, report.Duration(p.Wall), report.Duration(p.Work), report.Duration(p.Waited))
	}
	_ = t.Flush() // to memory
	return b.String()
}

// shownEvents is how many of the last events compose status shows.
const shownEvents = 8

// stateLine says what a compose does, in words.
func stateLine(st style, c *overview.Compose, now time.Time) string {
	took := report.Duration(tookSoFar(c, now))
	switch c.State() {
	case "running":
		text := "running for " + wholeSeconds(tookSoFar(c, now))
		if left, ok := leftOf(c, now); ok && left > 0 {
			text += ", about " + wholeSeconds(roundly(left)) + " left"
		}
		return text
	case "killed":
		return st.paint(colorError, "killed") + ": no process holds it; compose run --resume " + st.clean(c.Dir) + " finishes it"
	}
	return st.clean(c.Status) + " in " + took
}

// eventText is an event in one line.
func eventText(e event.Event) string {
	switch e.Kind {
	case event.RunStarted:
		return "begins, with compose " + e.Run.Version
	case event.RunEnded:
		return "ends: " + e.Run.Status
	case event.Started:
		return e.Step + " begins"
	case event.Ended:
		text := fmt.Sprintf("%s %s", e.Step, e.State)
		if e.Ran > 0 {
			text += " after " + report.Duration(e.Ran)
		}
		if e.Error != "" {
			text += ": " + e.Error
		}
		return text
	}
	if e.Level == event.Warning {
		return "warning: " + strings.TrimPrefix(e.Step+": ", ": ") + e.Text
	}
	return strings.TrimPrefix(e.Step+": ", ": ") + e.Text
}
