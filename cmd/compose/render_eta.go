package main

import (
	"time"

	"compose/phases/event"
	"compose/phases/report"
)

// remaining estimates how long a run will still take: what is left in each
// pool divided by its places, but never less than the longest chain of steps
// that is left. A step is expected to take as long as it did in an earlier run,
// or as the others of its phase did. It reports false while too little is known.
func remaining(run *report.Run, now time.Time) (time.Duration, bool) {
	means := newMeans(run)
	work := map[string]time.Duration{} // per pool
	ends := map[string]time.Duration{} // per step, from now
	var longest time.Duration
	known, unknown := 0, 0
	for _, s := range run.Steps { // in an order in which needs come first
		if s.State != "" {
			continue
		}
		left, ok := means.left(s, now)
		if ok {
			known++
		} else {
			unknown++
		}
		work[s.Pool] += left
		var start time.Duration
		for _, n := range s.Needs {
			start = max(start, ends[n])
		}
		ends[s.Name] = start + left
		longest = max(longest, start+left)
	}
	for pool, sum := range work {
		longest = max(longest, sum/time.Duration(max(run.Pools[pool], 1)))
	}
	return longest, known > unknown
}

// means is how long steps took on average, per phase.
type means struct {
	sum   map[string]time.Duration
	count map[string]int
}

func newMeans(run *report.Run) means {
	m := means{map[string]time.Duration{}, map[string]int{}}
	for _, s := range run.Steps {
		if s.State.Good() {
			for _, key := range []string{event.Phase(s.Name), ""} { // "" is all phases
				m.sum[key] += s.Ran()
				m.count[key]++
			}
		}
	}
	return m
}

// of is the mean of a phase, or of all steps when none of the phase has ended.
func (m means) of(phase string) (mean time.Duration, known bool) {
	if n := m.count[phase]; n > 0 {
		return m.sum[phase] / time.Duration(n), true
	}
	return m.sum[""] / time.Duration(max(m.count[""], 1)), false
}

// left is how long a step that has not ended will still take.
func (m means) left(s *report.Step, now time.Time) (left time.Duration, known bool) {
	mean, known := m.of(event.Phase(s.Name))
	if s.Expected > 0 {
		mean, known = s.Expected, true
	}
	if !s.Running() {
		return mean, known
	}
	ran := now.Sub(s.Started)
	early := s.Expected > 0 && s.Done < s.Total/10 // its pace says little yet
	if s.Done > 0 && s.Total >= s.Done && !early {
		return time.Duration(float64(ran) * float64(s.Total-s.Done) / float64(s.Done)), true
	}
	return max(mean-ran, 0), known
}

// roundly rounds an estimate up to what it is worth.
func roundly(d time.Duration) time.Duration {
	unit := time.Minute
	switch {
	case d < 10*time.Second:
		unit = time.Second
	case d < 2*time.Minute:
		unit = 5 * time.Second
	case d < 10*time.Minute:
		unit = 15 * time.Second
	}
	return (d + unit - 1).Truncate(unit)
}
