package phases

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"compose/config"
	"compose/phases/dag"
	"compose/phases/event"
	"compose/phases/overview"
	"compose/phases/reuse"
)

// Forecast is what a run would do with a step.
type Forecast struct {
	Step string
	// Reused: the result of the earlier compose is taken over.
	Reused bool
	// Why says what is different, or which step that runs it needs; "" for
	// steps that run in any case.
	Why string
	// Error is set where the step would fail.
	Error error
	// Expected is how long the step took in the earlier compose; 0: not known.
	Expected time.Duration
}

// Forecasts are those of all steps, in the order of the plan.
type Forecasts struct {
	Steps []Forecast
	// Expected is how long the run should take, by the times of the earlier
	// compose: the longest chain of steps that run, or all of them over the
	// processors, whatever is more.
	Expected time.Duration
}

// rehearsal notes which steps a run would do anew.
type rehearsal struct {
	mu   sync.Mutex
	runs map[string]string // by step: why
}

// errRuns ends a step that a run would do.
var errRuns = errors.New("the step would run")

func (r *rehearsal) note(step, why string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.runs[step] = why
	return errRuns
}

// Against says which steps a run would do, and which it would take over from
// an earlier compose. It goes through the plan in a folder of its own in the
// target folder, which is removed: what is quick is done, images and whatever
// else is kept between composes are only compared. Packages that are not in
// the cache are fetched into it.
func Against(ctx context.Context, cfg *config.Config, o RunOptions, earlier string) (*Forecasts, error) {
	top, err := filepath.Abs(earlier)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(Layout{Top: top}.ComposeID()); err != nil {
		return nil, fmt.Errorf("%s is no compose: %w", earlier, err)
	}
	scratch, err := os.MkdirTemp(filepath.Dir(top), ".rehearsal-*")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(scratch)
	if o.Identity, err = identify(cfg, &o, 0); err != nil {
		return nil, err
	}
	o.Layout = Layout{Top: filepath.Join(scratch, o.Identity.ID)}
	if err := os.MkdirAll(filepath.Dir(o.Layout.Metadata("rpms.json")), 0o755); err != nil {
		return nil, err
	}
	if o.Steps, err = reuse.Open(o.Layout.Top, []string{top}); err != nil {
		return nil, err
	}
	defer o.Steps.Close()
	o.rehearsal, o.Previous = &rehearsal{runs: map[string]string{}}, top
	built, err := Plan(cfg, o.Options)
	if err != nil {
		return nil, err
	}
	out := built.Dag.Run(ctx, dag.Options{Pools: o.pools(), KeepGoing: true})
	if _, err := built.close(); err != nil {
		return nil, err
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return forecast(built.Dag, out, o, stepTimes(top)), nil
}

// forecast puts together what the rehearsal has shown.
func forecast(plan *dag.Plan, out *dag.Outcome, o RunOptions, times map[string]time.Duration) *Forecasts {
	f := &Forecasts{}
	results := map[string]dag.Result{}
	for _, r := range out.Steps {
		results[r.Name] = r
	}
	chain := map[*dag.Step]time.Duration{}
	var all, longest time.Duration
	for _, s := range plan.Steps() {
		r := results[s.Name()]
		one := Forecast{Step: s.Name(), Expected: times[s.Name()]}
		why, runs := o.rehearsal.runs[s.Name()]
		switch {
		case r.State == event.Skipped:
			continue
		case r.State == event.Reused:
			one.Reused, one.Expected = true, 0
		case runs:
			one.Why = why
		case r.State == event.NotRun:
			one.Why = "needs " + strings.TrimSuffix(r.Reason, " failed")
		case r.Err != nil:
			one.Error = r.Err
		}
		f.Steps = append(f.Steps, one)
		for _, n := range s.Needs() {
			chain[s] = max(chain[s], chain[n])
		}
		chain[s] += one.Expected
		all += one.Expected
		longest = max(longest, chain[s])
	}
	f.Expected = max(longest, all/time.Duration(jobs(o.Jobs)))
	return f
}

// stepTimes are how long the steps of a compose took.
func stepTimes(top string) map[string]time.Duration {
	follow := overview.Follow(Layout{Top: top}.EventLog(), "")
	times := map[string]time.Duration{}
	if follow.Update() != nil {
		return times // the log is gone: nothing is expected
	}
	for _, s := range follow.Run().Steps {
		if s.State.Good() {
			times[s.Name] = s.Ran()
		}
	}
	return times
}
