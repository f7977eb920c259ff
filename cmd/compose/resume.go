package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"compose/config"
	"compose/phases"
)

// resumeFlags are the flags about what earlier composes and an interrupted one
// have left.
type resumeFlags struct{ dir string }

func (f *resumeFlags) add(cmd *cobra.Command, o *phases.RunOptions) {
	fl := cmd.Flags()
	fl.StringVar(&f.dir, "resume", "", "finish the compose in this `folder`, which was interrupted or has failed; it has its configuration")
	fl.StringArrayVar(&o.OldComposes, "old-composes", nil, "use results of composes in this `folder` too, where nothing changed (repeatable)")
	fl.BoolVar(&o.NoReuse, "no-reuse", false, "make everything anew, whatever earlier composes have")
	for _, name := range []string{"target-dir", "label", "no-label", "supported", "define", "type", "just-phase", "skip-phase"} {
		cmd.MarkFlagsMutuallyExclusive("resume", name)
	}
	_ = cmd.MarkFlagDirname("resume")
	_ = cmd.MarkFlagDirname("old-composes")
}

// args wants a configuration, or none where a compose is resumed.
func (f *resumeFlags) args(cmd *cobra.Command, args []string) error {
	if f.dir == "" {
		return cobra.ExactArgs(1)(cmd, args)
	}
	if len(args) > 0 {
		return errors.New("--resume takes no configuration: the compose has its own")
	}
	return nil
}

// make makes a new compose, or finishes the one that is resumed; cfg is nil
// then.
func (f *resumeFlags) make(ctx context.Context, cfg *config.Config, o phases.RunOptions) (*phases.Made, error) {
	if f.dir != "" {
		return phases.Resume(ctx, f.dir, o)
	}
	return phases.Run(ctx, cfg, o)
}
