package phases

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"compose/config"
	"compose/internal/productmd"
	"compose/phases/dag"
	"compose/phases/event"
)

// RunOptions say how to make a compose.
type RunOptions struct {
	Options // Identity and Layout are filled in by Run
	// Target is the folder in which the compose gets a folder of its own.
	Target string
	// Label is the milestone (RC-1.2); a production compose has one, or
	// NoLabel says that it has none.
	Label   string
	NoLabel bool
	// Supported marks the compose as final without a label that implies it.
	Supported bool
	KeepGoing bool
	Latest    Latest
	// WriteLock is where the lock file of a compose that has finished goes; ""
	// is nowhere. It needs a Lock.
	WriteLock string
	// OldComposes are folders with composes whose results may be used again,
	// beside those in Target (Pungi's --old-composes). NoReuse makes everything
	// anew.
	OldComposes []string
	NoReuse     bool
	// Warnings are said at the beginning of the run.
	Warnings []string
	// Events is the stream that the run speaks into.
	Events *event.Stream
	// Notify are programs that are told how the compose fares, before those
	// of the configuration (Pungi's --notification-script).
	Notify []string
	// ConfigFile is where the configuration was read from, for messages.
	ConfigFile string

	told     *notices
	held     *os.File // keeps other processes away
	rebooted bool     // resumed after the machine was started anew
}

// Made is what Run made.
type Made struct {
	ID      string
	Dir     string
	Status  Status
	Outcome *dag.Outcome
	// Late are warnings that came when all was written.
	Late []string
}

// RefusedError says that what was asked for makes no sense; nothing was done.
type RefusedError struct{ Err error }

func (e *RefusedError) Error() string { return e.Err.Error() }

func (e *RefusedError) Unwrap() error { return e.Err }

// Run makes a compose: it takes an id, runs the plan, and leaves STATUS, the
// logs and the report, however the run ends. The error says why there is no
// usable compose; Made is nil when nothing was begun.
func Run(ctx context.Context, cfg *config.Config, o RunOptions) (*Made, error) {
	if err := errors.Join(checkLabel(cfg.Compose.Type, o), o.Latest.check(), checkOldComposes(o.OldComposes)); err != nil {
		return nil, &RefusedError{err}
	}
	if _, err := Plan(cfg, o.Options); err != nil { // complain before anything is written
		return nil, &RefusedError{err}
	}
	if _, err := receivers(cfg, o); err != nil {
		return nil, &RefusedError{err}
	}
	if err := begin(cfg, &o); err != nil {
		return nil, err
	}
	return perform(ctx, cfg, o)
}

// perform runs the plan of a compose whose folder is there.
func perform(ctx context.Context, cfg *config.Config, o RunOptions) (*Made, error) {
	defer o.held.Close()
	to, err1 := receivers(cfg, o)
	err2 := o.openMemory()
	plan, err3 := Plan(cfg, o.Options)
	logs, err4 := openLogs(o)
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		if logs != nil {
			logs.close()
		}
		if !o.resumed {
			err = errors.Join(err, os.RemoveAll(o.Layout.Top))
		}
		return nil, err
	}
	o.Events.Start(event.Run{ID: o.Identity.ID, Dir: o.Layout.Top, Version: o.Version, Pools: Pools(o.Jobs)})
	for _, text := range o.Warnings {
		o.Events.Scope("").Warn("%s", text)
	}
	o.told = startNotices(cfg, o, to)
	out := plan.Dag.Run(ctx, dag.Options{Pools: o.pools(), KeepGoing: o.KeepGoing, Events: o.Events})
	made, err := finish(cfg, o, plan, out, logs)
	made.Late = o.told.finish(made.Status)
	return made, err
}

// begin takes an id by making the compose's folder, and writes what must be
// there before the first step: COMPOSE_ID, STATUS and the configuration.
func begin(cfg *config.Config, o *RunOptions) error {
	if o.Previous == "" {
		o.Previous = LastGood(cfg, o.Target)
	}
	if err := os.MkdirAll(o.Target, 0o755); err != nil {
		return fmt.Errorf("making target folder: %w", err)
	}
	target, err := filepath.Abs(o.Target)
	if err != nil {
		return fmt.Errorf("making target folder: %w", err)
	}
	for respin := 0; ; respin++ {
		if o.Identity, err = identify(cfg, o, respin); err != nil {
			return err
		}
		o.Layout = Layout{Top: filepath.Join(target, o.Identity.ID)}
		err := os.Mkdir(o.Layout.Top, 0o755)
		if err == nil {
			break
		}
		if !errors.Is(err, os.ErrExist) {
			return fmt.Errorf("making compose folder: %w", err)
		}
	}
	err = errors.Join(
		writeFile(o.Layout.ComposeID(), []byte(o.Identity.ID)),
		setStatus(o.Layout, Started),
		writeFile(o.Layout.EffectiveConfig(), cfg.Effective()),
		os.MkdirAll(filepath.Dir(o.Layout.Metadata("rpms.json")), 0o755),
		o.writeBegun(),
		onDisk(o.Layout.ComposeID(), o.Layout.EffectiveConfig(), o.Layout.Begun()),
		o.hold(),
	)
	if err != nil { // a full or read-only disk: leave nothing behind
		err = errors.Join(err, os.RemoveAll(o.Layout.Top))
	}
	return err
}

// finish leaves the report, gives the compose its final status and switches
// the latest link. STATUS comes when all else is written: who reads a final
// word there finds the compose and its logs complete.
func finish(cfg *config.Config, o RunOptions, plan *Built, out *dag.Outcome, logs *logs) (*Made, error) {
	made := &Made{ID: o.Identity.ID, Dir: o.Layout.Top, Outcome: out, Status: statusOf[out.Status]}
	notes, err := plan.close()
	more, e := o.closeMemory()
	for _, note := range append(notes, more...) {
		o.Events.Scope("").Warn("%s", note)
	}
	err = made.judge(out.Err(), err, e, logs.err())
	o.told.quiet()
	o.Events.End(event.Run{ID: made.ID, Dir: made.Dir, Status: string(made.Status), Critical: out.CriticalNames()})
	err = made.judge(err, logs.close(), writeDeliverables(o.Layout, plan, out), writeReport(o, plan, err))
	if e := setStatus(o.Layout, o.lasting(made.Status)); e != nil {
		err = made.judge(err, e)
	}
	if o.WriteLock != "" && (made.Status == Finished || made.Status == FinishedIncomplete) {
		err = errors.Join(err, WriteLock(o.WriteLock, o.Lock))
	}
	if o.Latest.wants(o.lasting(made.Status)) {
		err = errors.Join(err, switchLatest(latestLink(cfg, o), o.Layout.Top))
	}
	return made, err
}

// lasting is the word for STATUS: steps of a compose that were run alone make
// no compose, however well they go.
func (o RunOptions) lasting(s Status) Status {
	if o.JustStep != "" && s != Terminated {
		return Doomed
	}
	return s
}

// judge joins the errors of a run; with one of them a compose that was not
// stopped is doomed.
func (m *Made) judge(errs ...error) error {
	err := errors.Join(errs...)
	if err != nil && m.Status != Terminated {
		m.Status = Doomed
	}
	return err
}

var statusOf = map[dag.Status]Status{
	dag.Finished: Finished, dag.Incomplete: FinishedIncomplete, dag.Doomed: Doomed, dag.Canceled: Terminated,
}

// latestLink is the link to the newest compose, beside the composes.
func latestLink(cfg *config.Config, o RunOptions) string {
	name := productmd.LatestName(release(cfg), baseProduct(cfg), o.Latest.Components)
	return filepath.Join(filepath.Dir(o.Layout.Top), name)
}
