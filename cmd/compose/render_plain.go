package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"compose/phases/event"
	"compose/phases/report"
)

// silence is how long the plain view says nothing before it says what runs:
// CI systems end jobs that seem to be dead.
const silence = time.Minute

// plainView writes one line for each step that ended and for each note, with
// the time since the run began. Quiet, it writes warnings and failures only.
type plainView struct {
	style
	out   io.Writer
	quiet bool
	stop  chan struct{}
	done  chan struct{}

	mu   sync.Mutex
	run  report.Run
	said time.Time // when something was written last
	err  error
}

func newPlainView(out io.Writer, st style, mode renderMode) *plainView {
	v := &plainView{
		style: st, out: out, quiet: mode == renderQuiet,
		stop: make(chan struct{}), done: make(chan struct{}), said: time.Now(),
	}
	go v.loop()
	return v
}

// Handle writes the line of e, if it has one.
func (v *plainView) Handle(e event.Event) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.run.Handle(e)
	line := v.message(e, "            ") // more than the time takes
	switch {
	case v.quiet && e.Kind == event.Note && e.Level != event.Warning:
		return
	case line == "" && !v.quiet:
		line = v.ended(e)
	}
	if line != "" {
		v.write(e.Time, line)
	}
}

// ended is the line of a step that ended as it should.
func (v *plainView) ended(e event.Event) string {
	if e.Kind == event.RunStarted {
		return "started " + v.clean(e.Run.ID) + " in " + v.clean(e.Run.Dir)
	}
	if e.Kind != event.Ended || e.State == event.NotRun || e.State == event.Skipped {
		return ""
	}
	line := fmt.Sprintf("%s: %s, %s", v.clean(e.Step), e.State, report.Duration(e.Ran))
	if amount := report.Amount(e.Done, e.Total, e.Unit); amount != "" {
		line += ", " + v.clean(amount)
	}
	if e.State == event.Reused && e.Text != "" {
		line += ", from " + v.clean(e.Text)
	}
	return line
}

// write needs v.mu.
func (v *plainView) write(at time.Time, line string) {
	v.said = time.Now()
	if v.err != nil {
		return
	}
	elapsed := time.Duration(0)
	if !v.run.Began.IsZero() {
		elapsed = at.Sub(v.run.Began)
	}
	_, v.err = fmt.Fprintf(v.out, "%s %s\n", padLeft(fmt.Sprintf("[%.1fs]", elapsed.Seconds()), 9), line)
}

func (v *plainView) loop() {
	defer close(v.done)
	tick := time.NewTicker(silence / 4)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			v.sign()
		case <-v.stop:
			return
		}
	}
}

// sign says what runs when nothing was said for long.
func (v *plainView) sign() {
	v.mu.Lock()
	defer v.mu.Unlock()
	now := time.Now()
	if v.quiet || now.Sub(v.said) < silence {
		return
	}
	var running []string
	for _, s := range v.run.Steps {
		if s.Running() {
			running = append(running, fmt.Sprintf("%s (%s)", v.clean(s.Name), wholeSeconds(now.Sub(s.Started))))
		}
	}
	if n := len(running); n > 5 {
		running = append(running[:5], fmt.Sprintf("%d more", n-5))
	}
	if len(running) > 0 {
		v.write(now, "still running: "+strings.Join(running, ", "))
	}
}

// Close ends the view and returns the first error of writing.
func (v *plainView) Close() error {
	close(v.stop)
	<-v.done
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.err
}
