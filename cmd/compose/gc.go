package main

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"compose/phases"
	"compose/phases/report"
	"compose/phases/retain"
)

// gcFlags are the flags of compose gc.
type gcFlags struct {
	repoFlags
	opt     retain.Options
	keepFor string
}

func newGCCmd() *cobra.Command {
	f := &gcFlags{}
	cmd := &cobra.Command{
		Use:   "gc [flags] TARGET",
		Short: "Remove old composes, and tell what composes take on the disk",
		Long: `Remove composes from TARGET, the folder of compose run --target-dir. A compose
stays when one of these is so:

  it is one of the --keep newest of its release and type that ended well (with a
    status of --keep-status), or newer than all of those;
  it ended less than --keep-for ago;
  a link in TARGET leads to it, such as latest-*;
  a process works on it, takes from it (compose run --old-composes), or works
    on another compose of its release here, which may take from it;
  it is pinned (compose pin).

With --dry-run nothing is removed, and without --keep and --keep-for nothing is
either: both show what there is. Bytes are those on the disk. What becomes free
is less where files have links in other composes, in a mirror, or among the
packages that a compose was made of.

A compose loses its name before its files, so that nobody finds half of one;
what an interrupted run left is removed by the next. Exit codes: 0 done, 1
something could not be removed, 2 bad usage, 130 interrupted.`,
		Example: `  compose gc composes
  compose gc --keep 5 --keep-for 14d --dry-run composes
  compose gc --keep 5 --keep-for 14d composes`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeDirs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.check(); err != nil {
				return err
			}
			return f.run(cmd, args[0])
		},
	}
	f.add(cmd)
	fl := cmd.Flags()
	fl.IntVar(&f.opt.Keep, "keep", 0, "keep the `n` newest that ended well, of each release and type")
	fl.StringVar(&f.keepFor, "keep-for", "0", "keep all that ended less than this `time` ago, such as 14d or 12h")
	fl.StringSliceVar(&f.opt.Statuses, "keep-status", []string{"FINISHED", "FINISHED_INCOMPLETE"}, "with this `status` a compose has ended well (repeatable)")
	fl.BoolVarP(&f.opt.DryRun, "dry-run", "n", false, "remove nothing, and show what would be")
	complete(cmd, phases.FinalStatuses(), "keep-status")
	return cmd
}

func (f *gcFlags) check() (err error) {
	if f.opt.Keep < 0 {
		return fmt.Errorf("--keep %d: want a number of composes", f.opt.Keep)
	}
	for _, s := range f.opt.Statuses {
		if !slices.Contains(phases.FinalStatuses(), s) {
			return fmt.Errorf("--keep-status: there is no status %q; a compose ends with %s", s, strings.Join(phases.FinalStatuses(), ", "))
		}
	}
	f.opt.KeepFor, err = parseAge(f.keepFor)
	if err == nil && f.opt.Keep == 0 && f.opt.KeepFor == 0 {
		f.opt.DryRun, f.opt.Keep = true, math.MaxInt // nobody said what may go
	}
	return err
}

func (f *gcFlags) run(cmd *cobra.Command, target string) error {
	f.opt.Now, f.opt.InUse = time.Now(), phases.StepsInUse
	res, err := retain.Run(cmd.Context(), target, f.opt)
	if res != nil {
		show := func(w io.Writer) error { return gcText(w, res, f.opt) }
		if e := f.result(cmd, res, show); e != nil {
			return e
		}
	}
	if err != nil {
		return ended(cmd, exitDoomed, err)
	}
	return nil
}

// gcText is what a person wants to know of a run.
func gcText(w io.Writer, res *retain.Result, opt retain.Options) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "COMPOSE\tSTATUS\tENDED\tON DISK\tFREES\t")
	var all int64
	for _, c := range res.Composes {
		what := c.Keep
		switch {
		case c.Error != "":
			what = "cannot be removed: " + c.Error
		case what == "" && opt.DryRun:
			what = "would be removed"
		case what == "":
			what = "removed"
		}
		all += c.Bytes
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", cleanLine(c.ID), cleanLine(c.Status), c.Ended.Format("2006-01-02 15:04"),
			report.Bytes(c.Bytes), report.Bytes(c.Free), cleanLine(what))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, s := range res.Ignored {
		fmt.Fprintln(w, "left alone:", cleanLine(s))
	}
	word := "removed"
	if opt.DryRun {
		word = "would be removed"
	}
	_, err := fmt.Fprintf(w, "%s; %d %s, %s freed\n", count(len(res.Composes), "compose"), res.Removed, word, report.Bytes(res.Freed))
	return err
}

func newPinCmd() *cobra.Command {
	var why string
	cmd := &cobra.Command{
		Use:   "pin [flags] COMPOSE",
		Short: "Keep a compose from being removed",
		Long: `Write the file PINNED into the folder of a compose: compose gc does not remove
it. The reason is shown there.`,
		Example: `  compose pin --reason "shipped as 12.0" composes/DP-12-20261124.0`,
		Args:    cobra.ExactArgs(1), ValidArgsFunction: completeDirs,
		RunE: func(_ *cobra.Command, args []string) error {
			if err := retain.Pin(args[0], why); err != nil {
				return failure(err)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&why, "reason", "", "why, as a `text` of one line")
	return cmd
}

func newUnpinCmd() *cobra.Command {
	return &cobra.Command{
		Use:     "unpin COMPOSE",
		Short:   "Let a compose be removed again",
		Long:    "Remove the file that compose pin wrote.",
		Example: "  compose unpin composes/DP-12-20261124.0",
		Args:    cobra.ExactArgs(1), ValidArgsFunction: completeDirs,
		RunE: func(_ *cobra.Command, args []string) error {
			if err := retain.Unpin(args[0]); err != nil {
				return failure(err)
			}
			return nil
		},
	}
}
