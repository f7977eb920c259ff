package report

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"compose/phases/event"
)

// timeline is the drawing: lanes of bars over a common axis. Positions across
// are per cent of the run, so that the page can be of any width; positions
// down are pixels.
type timeline struct {
	Lanes  []lane
	Ticks  []tick
	Bottom int // where the axis is
	Height int
}

type lane struct {
	Name string
	Y    int
	Bars []bar
}

type bar struct {
	X, W  string // per cent
	Class string
	Label string // empty when the bar is too narrow at any zoom
	Title string
}

type tick struct {
	X, Label string
	Fine     bool // for the largest zoom only
}

const (
	laneHeight = 24 // with the gap below
	laneGap    = 10 // between pools
	axisHeight = 22
	// minLabel is the width in per cent from which a bar has a label, seen at
	// the largest zoom.
	minLabel = 0.3
)

// newTimeline lays out a run: the critical path, then a lane for each place
// of each pool that was in use.
func newTimeline(r *Run) timeline {
	began, end := span(r)
	scale := scale{began, max(end.Sub(began), time.Millisecond)}
	var t timeline
	y := 0
	if chain := r.Chain(); len(chain) > 0 {
		t.Lanes = append(t.Lanes, lane{"critical path", y, scale.bars(chain)})
		y += laneHeight + laneGap
	}
	byPool := map[string][]*Step{}
	for _, s := range r.Steps {
		if !s.Started.IsZero() {
			byPool[s.Pool] = append(byPool[s.Pool], s)
		}
	}
	for _, pool := range slices.Sorted(maps.Keys(byPool)) {
		for i, steps := range places(byPool[pool]) {
			t.Lanes = append(t.Lanes, lane{fmt.Sprintf("%s %d", pool, i+1), y, scale.bars(steps)})
			y += laneHeight
		}
		y += laneGap
	}
	t.Ticks = scale.ticks()
	t.Bottom = y
	t.Height = y + axisHeight
	return t
}

// span is the time from the first thing to the last thing that happened.
func span(r *Run) (began, end time.Time) {
	began, end = r.Began, r.Ended
	for _, s := range r.Steps {
		if !s.Started.IsZero() && (began.IsZero() || s.Started.Before(began)) {
			began = s.Started
		}
		if s.Ended.After(end) {
			end = s.Ended
		}
	}
	if end.Before(began) { // nothing has ended yet
		end = began
	}
	return began, end
}

// places spreads steps of one pool over as few lanes as they need: each goes
// into the first lane that is free when it starts.
func places(steps []*Step) [][]*Step {
	slices.SortStableFunc(steps, func(a, b *Step) int { return a.Started.Compare(b.Started) })
	var lanes [][]*Step
	for _, s := range steps {
		i := slices.IndexFunc(lanes, func(l []*Step) bool { return !l[len(l)-1].Ended.After(s.Started) })
		if i < 0 {
			i = len(lanes)
			lanes = append(lanes, nil)
		}
		lanes[i] = append(lanes[i], s)
	}
	return lanes
}

type scale struct {
	began time.Time
	whole time.Duration
}

func (c scale) percent(d time.Duration) float64 {
	return 100 * float64(d) / float64(c.whole)
}

func (c scale) bars(steps []*Step) []bar {
	var out []bar
	for _, s := range steps {
		if s.Started.IsZero() {
			continue
		}
		w := c.percent(s.Ran())
		b := bar{
			X:     fmt.Sprintf("%.3f", c.percent(s.Started.Sub(c.began))),
			W:     fmt.Sprintf("%.3f", max(w, 0.03)),
			Class: string(s.State),
			Title: title(s, s.Started.Sub(c.began)),
		}
		if s.Critical {
			b.Class += " critical"
		}
		b.Class += labelClass(w)
		if w >= minLabel {
			b.Label = event.Clean(s.Name)
		}
		out = append(out, b)
	}
	return out
}

// labelClass says from which zoom on a bar of that width has room for its label.
func labelClass(w float64) string {
	switch {
	case w < 0.5:
		return " s"
	case w < 3:
		return " m"
	}
	return ""
}

// title is what hovering over a bar shows.
func title(s *Step, at time.Duration) string {
	text := fmt.Sprintf("%s\n%s, ran %s from %s on", s.Name, s.State, Duration(s.Ran()), Duration(at))
	if s.Waited >= time.Millisecond {
		text += ", waited " + Duration(s.Waited) + " for a place"
	}
	if a := Amount(s.Done, s.Total, s.Unit); a != "" {
		text += "\n" + a
	}
	for _, more := range []string{s.Text, s.Error} {
		if more != "" {
			text += "\n" + cut(more, 500)
		}
	}
	return event.Clean(text)
}

// cut shortens a text that is too long for its place.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return s[:n] + "…"
}

// steps of the axis, each a round number to people.
var tickSteps = []time.Duration{
	time.Millisecond, 2 * time.Millisecond, 5 * time.Millisecond,
	10 * time.Millisecond, 20 * time.Millisecond, 50 * time.Millisecond,
	100 * time.Millisecond, 200 * time.Millisecond, 500 * time.Millisecond,
	time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second,
	time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 4 * time.Hour, 8 * time.Hour, 24 * time.Hour,
}

// ticks are the marks of the axis, about ten of them, and finer ones for the
// largest zoom.
func (c scale) ticks() []tick {
	coarse, fine := tickStep(c.whole/10), tickStep(c.whole/80)
	if coarse%fine != 0 {
		fine = coarse
	}
	var out []tick
	for at := time.Duration(0); at <= c.whole; at += fine {
		out = append(out, tick{fmt.Sprintf("%.3f", c.percent(at)), axisLabel(at), at%coarse != 0})
	}
	return out
}

// tickStep is the smallest round step of at least that length.
func tickStep(least time.Duration) time.Duration {
	for _, s := range tickSteps {
		if s >= least {
			return s
		}
	}
	return max(least, 1)
}

// axisLabel is a round duration without its zero parts.
func axisLabel(d time.Duration) string {
	switch {
	case d == 0:
		return "0"
	case d%time.Hour == 0:
		return fmt.Sprintf("%dh", d/time.Hour)
	case d%time.Minute == 0 && d < time.Hour:
		return fmt.Sprintf("%dm", d/time.Minute)
	case d < time.Minute:
		return d.String()
	}
	return Duration(d)
}
