package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"compose/config"
	"compose/phases"
	"compose/phases/event"
)

// configFlags are the flags of every command that reads a configuration.
type configFlags struct {
	defines []string
	kind    string
}

func (f *configFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&f.defines, "define", nil, "set a configuration `key=value`, such as release.version=45 (repeatable)")
	cmd.Flags().StringVar(&f.kind, "type", "", "compose type: production, nightly, test, ci or development (overrides compose.type)")
	complete(cmd, []string{"production", "nightly", "test", "ci", "development"}, "type")
}

func (f *configFlags) load(path string) (*config.Config, error) {
	defines := f.defines
	if f.kind != "" {
		defines = append(defines, "compose.type="+f.kind)
	}
	return config.Load(path, defines)
}

// planFlags are the flags that decide what a plan looks like.
type planFlags struct {
	configFlags
	cacheDir   string
	jobs       int
	memory     string
	justStep   string
	just, skip []string
}

func (f *planFlags) add(cmd *cobra.Command) {
	f.configFlags.add(cmd)
	cmd.Flags().StringVar(&f.cacheDir, "cache-dir", defaultCacheDir(), "`folder` of what is known of packages, shared by all composes; \"\" keeps nothing")
	cmd.Flags().IntVarP(&f.jobs, "jobs", "j", 0, "how many steps compute at once (default: the number of cores)")
	cmd.Flags().StringVar(&f.memory, "memory", "", "how much memory steps take together, such as `8GiB` (default: what is available)")
	names := strings.Join(phases.PhaseNames(), ", ")
	cmd.Flags().StringSliceVar(&f.just, "just-phase", nil, "run only this `phase` ("+names+"; repeatable)")
	cmd.Flags().StringSliceVar(&f.skip, "skip-phase", nil, "leave this `phase` out (repeatable)")
	cmd.Flags().StringVar(&f.justStep, "just-step", "", "run only the steps that this `glob` matches and what they need, for example with --resume; it makes no whole compose")
	complete(cmd, phases.PhaseNames(), "just-phase", "skip-phase")
}

func (f *planFlags) options() (phases.Options, error) {
	if f.jobs < 0 {
		return phases.Options{}, fmt.Errorf("--jobs %d: want a number of steps, or 0 for the number of cores", f.jobs)
	}
	memory, ok := config.ParseSize(cmp.Or(f.memory, "0"))
	if !ok {
		return phases.Options{}, fmt.Errorf("--memory %s: want a size such as 512MiB or 8GiB", f.memory)
	}
	now, err := composeTime()
	return phases.Options{
		CacheDir: f.cacheDir, Jobs: f.jobs, Memory: memory, Just: f.just, Skip: f.skip, JustStep: f.justStep,
		Version: version(), Time: now, DiscTime: os.Getenv("SOURCE_DATE_EPOCH"),
	}, err
}

// complete lets the shell complete the values of flags.
func complete(cmd *cobra.Command, values []string, flags ...string) {
	for _, flag := range flags {
		_ = cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
	}
}

func defaultCacheDir() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "compose")
}

// composeTime is now, or what SOURCE_DATE_EPOCH says.
func composeTime() (time.Time, error) {
	text := os.Getenv("SOURCE_DATE_EPOCH")
	if text == "" {
		return time.Now(), nil
	}
	sec, err := strconv.ParseInt(text, 10, 64)
	if err != nil || sec < 0 {
		return time.Time{}, fmt.Errorf("SOURCE_DATE_EPOCH: %q is not a number of seconds", text)
	}
	return time.Unix(sec, 0).UTC(), nil
}

// runFlags are the flags of compose run.
type runFlags struct {
	planFlags
	phases.RunOptions
	view viewFlags
	lock lockFlags
	// skipPreflight leaves the look before the run out.
	skipPreflight bool

	resume resumeFlags
}

func newRunCmd() *cobra.Command {
	var f runFlags
	cmd := &cobra.Command{
		Use:   "run [flags] CONFIG",
		Short: "Make a compose",
		Long: `Make a compose as the configuration says, in a folder of its own below the
target folder. Progress is shown on a terminal, plain lines elsewhere. What
earlier composes in the target folder made of the same is used again.

The compose is usable when its STATUS file says FINISHED or
FINISHED_INCOMPLETE. Exit codes: 0 finished, 3 finished without an optional
part, 1 doomed, 2 bad usage or configuration, 130 interrupted.`,
		Example: `  compose run config.toml
  compose run --target-dir /mnt/composes --type nightly config.toml
  compose run --type production --label RC-1.2 config.toml
  compose run --define release.version=45 --skip-phase repoclosure config.toml
  compose run --resume composes/DP-1.0-20240101.n.0
  compose run --json config.toml | jq 'select(.kind == "ended")'`,
		Args:              f.resume.args,
		ValidArgsFunction: completeConfig,
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.run(cmd.Context(), args)
		},
	}
	f.planFlags.add(cmd)
	f.view.add(cmd)
	f.lock.add(cmd, &f.RunOptions)
	fl := cmd.Flags()
	fl.StringVar(&f.Target, "target-dir", "composes", "`folder` in which the compose gets its folder")
	fl.StringVar(&f.Label, "label", "", "milestone `label`, such as Beta-1.1 or RC-1.2")
	fl.BoolVar(&f.NoLabel, "no-label", false, "make a production compose without a label")
	fl.BoolVar(&f.Supported, "supported", false, "mark the compose as final")
	fl.StringArrayVar(&f.Notify, "notification-script", nil, "tell this `program` how the compose fares (docs/operation.md; repeatable)")
	fl.BoolVar(&f.KeepGoing, "keep-going", false, "after a failure, finish what does not depend on it")
	fl.BoolVar(&f.Latest.Off, "no-latest-link", false, "leave the latest-* link alone")
	fl.StringSliceVar(&f.Latest.Statuses, "latest-link-status", nil, "switch the latest link only when the compose ends with this `status` (repeatable)")
	fl.IntVar(&f.Latest.Components, "latest-link-components", -1, "parts of the version in the latest link's name: keep `n`, or drop -n; 0 for none")
	fl.BoolVar(&f.skipPreflight, "skip-preflight", false, "do not look beforehand for what would end the compose (see compose preflight)")
	f.resume.add(cmd, &f.RunOptions)
	complete(cmd, phases.FinalStatuses(), "latest-link-status")
	cmd.MarkFlagsMutuallyExclusive("label", "no-label")
	return cmd
}

// completeConfig completes TOML files.
func completeConfig(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return []string{"toml"}, cobra.ShellCompDirectiveFilterFileExt
}

func (f *runFlags) run(ctx context.Context, args []string) error {
	cfg, err := f.prepare(args)
	if err != nil {
		return err
	}
	f.Events = event.New(nil)
	if err := f.lookAhead(ctx, cfg); err != nil {
		f.tellFailToStart(slices.Concat(f.Notify, cfg.NotificationScripts), err)
		return err
	}
	view := f.view.start(f.Events)
	made, err := f.resume.make(ctx, cfg, f.RunOptions)
	if made == nil && cfg != nil {
		f.tellFailToStart(slices.Concat(f.Notify, cfg.NotificationScripts), err)
	}
	return view.finish(made, err)
}

// prepare reads the configuration, if there is one to be read, and fills in
// the options.
func (f *runFlags) prepare(args []string) (cfg *config.Config, err error) {
	for _, path := range args {
		if err := f.findScripts(path); err != nil {
			return nil, err
		}
		if cfg, err = f.load(path); err != nil {
			f.tellFailToStart(f.Notify, err)
			return nil, err
		}
	}
	if f.Options, err = f.options(); err != nil {
		return nil, err
	}
	return cfg, f.lock.set(&f.RunOptions)
}
