package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"compose/phases/compare"
	"compose/phases/report"
)

func newDiffCmd() *cobra.Command {
	var asJSON, noLog bool
	cmd := &cobra.Command{
		Use:   "diff [flags] OLD NEW",
		Short: "Show how the packages of two composes differ",
		Long: `Show for each tree of two finished composes which packages were added,
removed, upgraded, downgraded, or moved to another tree, with their sizes, and
what the changelogs of upgraded packages say of the time between. OLD and NEW
are folders of composes.`,
		Example: `  compose diff composes/DP-1.0-20240101.0 composes/DP-1.0-20240102.0
  compose diff --json OLD NEW | jq -r '.changes[] | select(.what == "removed") | .name'`,
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			d, err := compare.Composes(args[0], args[1])
			if err != nil {
				return failure(err)
			}
			if noLog {
				d.Builds = []compare.Build{}
			}
			if asJSON {
				enc := json.NewEncoder(cmd.OutOrStdout())
				enc.SetIndent("", "  ")
				enc.SetEscapeHTML(false)
				err = enc.Encode(d)
			} else {
				_, err = io.WriteString(cmd.OutOrStdout(), diffText(d))
			}
			if err != nil {
				return failure(err)
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	cmd.Flags().BoolVar(&noLog, "no-changelog", false, "leave the changelogs out")
	return cmd
}

// diffText is a difference for people.
func diffText(d *compare.Difference) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s -> %s\n", d.Old, d.New)
	if len(d.Changes) == 0 {
		b.WriteString("\nThe packages are the same.\n")
	}
	for rest := d.Changes; len(rest) > 0; {
		n := 1
		for n < len(rest) && rest[n].Tree == rest[0].Tree {
			n++
		}
		writeTreeDiff(&b, rest[:n])
		rest = rest[n:]
	}
	for _, build := range d.Builds {
		writeBuild(&b, build)
	}
	return b.String()
}

func writeTreeDiff(b *strings.Builder, changes []compare.Change) {
	count := map[compare.What]int{}
	grown := int64(0)
	for _, c := range changes {
		count[c.What]++
		if grown += c.NewSize; c.What != compare.Moved {
			grown -= c.OldSize
		}
	}
	fmt.Fprintf(b, "\n%s:", changes[0].Tree)
	for _, w := range []compare.What{compare.Added, compare.Removed, compare.Upgraded, compare.Downgraded, compare.Moved} {
		if count[w] > 0 {
			fmt.Fprintf(b, " %d %s,", count[w], w)
		}
	}
	fmt.Fprintf(b, " %s\n", signedBytes(grown))
	for _, c := range changes {
		fmt.Fprintf(b, "  %-10s  %s\n", c.What, changeText(c))
	}
}

// changeText is one change without its kind.
func changeText(c compare.Change) string {
	name := c.Name
	if c.Category == "debug" {
		name += " (debug)"
	}
	switch c.What {
	case compare.Added:
		return fmt.Sprintf("%s %s %s, %s", name, c.New, c.Arch, report.Bytes(c.NewSize))
	case compare.Removed:
		return fmt.Sprintf("%s %s %s, %s", name, c.Old, c.Arch, report.Bytes(c.OldSize))
	case compare.Moved:
		if c.Old == c.New {
			return fmt.Sprintf("%s %s %s, from %s", name, c.New, c.Arch, c.From)
		}
		return fmt.Sprintf("%s %s -> %s %s, from %s", name, c.Old, c.New, c.Arch, c.From)
	}
	return fmt.Sprintf("%s %s -> %s %s, %s", name, c.Old, c.New, c.Arch, signedBytes(c.NewSize-c.OldSize))
}

func signedBytes(n int64) string {
	if n < 0 {
		return "-" + report.Bytes(-n)
	}
	return "+" + report.Bytes(n)
}

func writeBuild(b *strings.Builder, build compare.Build) {
	fmt.Fprintf(b, "\n%s %s -> %s\n", build.Name, build.Old, build.New)
	if build.Unreadable != "" {
		fmt.Fprintf(b, "    changelog: %s\n", build.Unreadable)
	}
	for _, e := range build.Changes {
		fmt.Fprintf(b, "  %s %s\n", e.Date, plainLine(e.Author))
		for line := range strings.SplitSeq(strings.TrimSpace(e.Text), "\n") {
			fmt.Fprintf(b, "    %s\n", plainLine(line))
		}
	}
	if build.More > 0 {
		fmt.Fprintf(b, "  and %d more entries\n", build.More)
	}
}

// plainLine takes out what could change a terminal: packages are foreign.
func plainLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' || r >= 0x7f && r < 0xa0 {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\ufffd"))
}
