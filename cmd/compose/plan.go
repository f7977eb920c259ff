package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"compose/phases"
	"compose/phases/dag"
)

func newPlanCmd() *cobra.Command {
	var f planFlags
	var format, against string
	cmd := &cobra.Command{
		Use:   "plan [flags] CONFIG",
		Short: "Show the steps of a compose without making it",
		Long: `Show the graph of steps that compose run would execute, in an order in
which they could run one after another. Nothing is read but the
configuration, and nothing is written.

With --against an earlier compose, say which steps would be taken over from it
and which would run, why, and how long that should take. What is quick is done
for that, in a folder beside the compose that is removed again; images are only
compared.`,
		Example: `  compose plan config.toml
  compose plan --against composes/latest-DP-1 config.toml
  compose plan --format dot config.toml | dot -Tsvg > plan.svg`,
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
			if against != "" {
				return printAgainst(cmd, cfg, phases.RunOptions{Options: opt}, against, format)
			}
			plan, err := phases.Plan(cfg, opt)
			if err != nil {
				return err
			}
			return printPlan(cmd.OutOrStdout(), plan.Dag, format)
		},
	}
	f.add(cmd)
	cmd.Flags().StringVar(&against, "against", "", "compare with the `compose` in this folder")
	_ = cmd.MarkFlagDirname("against")
	cmd.Flags().StringVar(&format, "format", "text", "`form` of the output: text, json or dot")
	complete(cmd, []string{"text", "json", "dot"}, "format")
	return cmd
}

func printPlan(w io.Writer, p *dag.Plan, format string) error {
	switch format {
	case "text":
		return printText(w, p)
	case "json":
		return printJSON(w, p)
	case "dot":
		return printDot(w, p)
	}
	return fmt.Errorf("format %q: want text, json or dot", format)
}

// planStep is a step of the plan as JSON.
type planStep struct {
	Step     string   `json:"step"`
	Pool     string   `json:"pool"`
	Needs    []string `json:"needs"`
	Optional bool     `json:"optional,omitempty"`
	Skipped  string   `json:"skipped,omitempty"`
}

func planSteps(p *dag.Plan) []planStep {
	out := []planStep{}
	for _, s := range p.Steps() {
		ps := planStep{Step: s.Name(), Pool: s.Pool(), Needs: []string{}, Optional: s.IsOptional()}
		ps.Skipped, _ = s.IsSkipped()
		for _, n := range s.Needs() {
			ps.Needs = append(ps.Needs, n.Name())
		}
		out = append(out, ps)
	}
	return out
}

func printText(w io.Writer, p *dag.Plan) error {
	var b strings.Builder
	for _, s := range planSteps(p) {
		fmt.Fprintf(&b, "%s", s.Step)
		if len(s.Needs) > 0 {
			fmt.Fprintf(&b, "  <- %s", strings.Join(s.Needs, " "))
		}
		if s.Optional {
			b.WriteString("  (may fail)")
		}
		if s.Skipped != "" {
			fmt.Fprintf(&b, "  (skipped: %s)", s.Skipped)
		}
		b.WriteByte('\n')
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func printJSON(w io.Writer, p *dag.Plan) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(planSteps(p))
}

func printDot(w io.Writer, p *dag.Plan) error {
	var b strings.Builder
	b.WriteString("digraph compose {\n  rankdir=LR;\n  node [shape=box];\n")
	for _, s := range planSteps(p) {
		style := ""
		if s.Skipped != "" {
			style = " [style=dotted]"
		}
		fmt.Fprintf(&b, "  %q%s;\n", s.Step, style)
		for _, n := range s.Needs {
			fmt.Fprintf(&b, "  %q -> %q;\n", n, s.Step)
		}
	}
	b.WriteString("}\n")
	_, err := io.WriteString(w, b.String())
	return err
}
