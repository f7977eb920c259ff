package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"compose/phases"
)

func newRepoDiffCmd() *cobra.Command {
	f := &repoFlags{}
	cmd := &cobra.Command{
		Use:   "diff [flags] OLD NEW",
		Short: "Show how two repositories differ",
		Long: `Show how two repositories differ: packages that were added, removed, upgraded,
downgraded, made anew under the same version, or moved, and types of metadata
that came, went, or have another content. Only metadata is read.

Exit codes, as those of diff: 0 the content is the same, 1 it differs, 2 a
repository could not be read, or bad usage.`,
		Example: `  compose repo diff /srv/old /srv/new
  compose repo diff --json https://example.com/a/ /srv/b | jq -r '.upgraded[].name'`,
		Args:              cobra.ExactArgs(2),
		ValidArgsFunction: completeDirs,
		RunE: func(cmd *cobra.Command, args []string) error {
			d, err := phases.DiffRepos(cmd.Context(), f.access(), args[0], args[1])
			if err != nil {
				return ended(cmd, exitUsage, err)
			}
			if err := f.result(cmd, d, func(w io.Writer) error { return printRepoDiff(w, d) }); err != nil {
				return err
			}
			if !d.Empty() {
				return &exitError{code: exitDoomed}
			}
			return nil
		},
	}
	f.add(cmd)
	f.addCache(cmd)
	return cmd
}

// printRepoDiff writes a line for each difference, and what there is in all.
func printRepoDiff(w io.Writer, d *phases.RepoDiff) error {
	var b strings.Builder
	line := func(what, format string, args ...any) {
		b.WriteString(cleanLine(fmt.Sprintf("%-12s ", what)+fmt.Sprintf(format, args...)) + "\n")
	}
	for _, p := range d.Added {
		line("added", "%s", p)
	}
	for _, p := range d.Removed {
		line("removed", "%s", p)
	}
	for _, r := range d.Upgraded {
		line("upgraded", "%s.%s %s -> %s", r.Name, r.Arch, r.Old, r.New)
	}
	for _, r := range d.Downgraded {
		line("downgraded", "%s.%s %s -> %s", r.Name, r.Arch, r.Old, r.New)
	}
	for _, c := range d.Changed {
		what := "only its checksum"
		if len(c.Fields) > 0 {
			what = strings.Join(c.Fields, ", ")
		}
		line("changed", "%s: %s", c.Package, what)
	}
	for _, m := range d.Moved {
		line("moved", "%s: %s -> %s", m.Package, m.Old, m.New)
	}
	for _, m := range d.Metadata {
		line("metadata", "%s: %s", m.Type, m.Change)
	}
	fmt.Fprintf(&b, "%d added, %d removed, %d upgraded, %d downgraded, %d changed, %d moved, %d unchanged\n",
		len(d.Added), len(d.Removed), len(d.Upgraded), len(d.Downgraded), len(d.Changed), len(d.Moved), d.Unchanged)
	_, err := io.WriteString(w, b.String())
	return err
}
