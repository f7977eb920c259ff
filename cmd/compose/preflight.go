package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"compose/config"
	"compose/phases"
)

func newPreflightCmd() *cobra.Command {
	var f planFlags
	var target string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "preflight [flags] CONFIG",
		Short: "Look for what would end a compose before it begins",
		Long: `Look at everything that a run needs and that can be looked at beforehand, and
report all that is missing at once, each with what to do: programs, folders
and the room in them, whether packages can be linked, files that the
configuration names, repositories, branches and tags of git repositories, and
the clock. Nothing is left behind. compose run does the same first.

Exit codes: 0 a compose can be made, 1 it cannot, 2 bad usage or
configuration.`,
		Example: `  compose preflight config.toml
  compose preflight --target-dir /mnt/composes --json config.toml | jq -r '.findings[].advice'`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeConfig,
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := f.load(args[0])
			if err != nil {
				return err
			}
			opt, err := f.options()
			if err != nil {
				return err
			}
			found, err := phases.Preflight(cmd.Context(), cfg, phases.RunOptions{Options: opt, Target: target})
			if err != nil {
				return err
			}
			show := printFindings
			if asJSON {
				show = encodeFindings
			}
			return tellFindings(cmd.OutOrStdout(), found, show)
		},
	}
	f.add(cmd)
	cmd.Flags().StringVar(&target, "target-dir", "composes", "`folder` in which the compose would get its folder")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the result as JSON")
	return cmd
}

// finding is a phases.Finding as JSON shows it.
type finding struct {
	About   string `json:"about"`
	Problem string `json:"problem"`
	Advice  string `json:"advice"`
	Warning bool   `json:"warning"`
}

// tellFindings prints what was found; the error is the exit code.
func tellFindings(w io.Writer, found []phases.Finding, show func(io.Writer, []phases.Finding) error) error {
	if err := show(w, found); err != nil {
		return failure(err)
	}
	if phases.Judge(found) != nil {
		return &exitError{code: exitDoomed}
	}
	return nil
}

func encodeFindings(w io.Writer, found []phases.Finding) error {
	out := struct {
		OK       bool      `json:"ok"`
		Findings []finding `json:"findings"`
	}{phases.Judge(found) == nil, []finding{}}
	for _, x := range found {
		out.Findings = append(out.Findings, finding(x))
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(out)
}

func printFindings(w io.Writer, found []phases.Finding) error {
	for _, x := range found {
		word := ""
		if x.Warning {
			word = "warning: "
		}
		if _, err := fmt.Fprintf(w, "%s%s\n", word, x); err != nil {
			return err
		}
	}
	if len(found) == 0 {
		_, err := fmt.Fprintln(w, "nothing is in the way of a compose")
		return err
	}
	return nil
}

// lookAhead is the preflight of compose run. What a compose can be made with
// is told as a warning of the run.
func (f *runFlags) lookAhead(ctx context.Context, cfg *config.Config) error {
	if f.skipPreflight || cfg == nil {
		return nil
	}
	found, err := phases.Preflight(ctx, cfg, f.RunOptions)
	if errors.As(err, &signalError{}) {
		return &exitError{exitTerminated, err}
	}
	if err != nil {
		return err
	}
	for _, x := range found {
		f.Warnings = append(f.Warnings, x.String())
	}
	if err := phases.Judge(found); err != nil {
		return failure(err)
	}
	return nil
}
