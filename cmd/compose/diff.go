package main

import (
	"io"

	"github.com/spf13/cobra"

	"compose/phases/compare"
	"compose/phases/event"
)

// diffFlags are the flags of compose diff.
type diffFlags struct {
	opt         compare.Options
	json, brief bool
}

func newDiffCmd() *cobra.Command {
	var f diffFlags
	cmd := &cobra.Command{
		Use:   "diff [flags] OLD NEW",
		Short: "Show how the packages of two composes differ",
		Long: `Show how two finished composes differ, Pungi's too: for each tree which
packages were added, removed, upgraded, downgraded, moved to another tree,
signed with another key, or are others under the same name; and over all trees
which source packages came, went or changed, with their sizes and what the
changelogs say of the time between. OLD and NEW are folders of composes, or the
folders that they publish.

Exit codes, as those of diff: 0 there is no difference, 1 there is one, 2 the
composes cannot be compared.`,
		Example: `  compose diff composes/DP-1.0-20240101.0 composes/DP-1.0-20240102.0
  compose diff --tree 'Server.*' --no-changelog OLD NEW
  compose diff --json OLD NEW | jq -r '.builds[] | select(.what == "removed") | .name'`,
		Args:              cobra.ExactArgs(2),
		ValidArgsFunction: cobra.FixedCompletions(nil, cobra.ShellCompDirectiveFilterDirs),
		RunE: func(cmd *cobra.Command, args []string) error {
			f.opt.NoChangelogs = f.opt.NoChangelogs || f.brief
			d, err := compare.Composes(cmd.Context(), args[0], args[1], f.opt)
			if err != nil {
				return err
			}
			if err := f.print(cmd.OutOrStdout(), d); err != nil {
				return err
			}
			if !d.Same() {
				return &exitError{code: exitDoomed}
			}
			return nil
		},
	}
	fl := cmd.Flags()
	fl.StringVar(&f.opt.Trees, "tree", "", "only this `tree`: UID.ARCH or a glob")
	fl.BoolVar(&f.json, "json", false, "print one JSON object")
	fl.BoolVar(&f.opt.NoChangelogs, "no-changelog", false, "leave changelogs and summaries out; no package is opened for them")
	fl.BoolVarP(&f.brief, "brief", "q", false, "print numbers only")
	cmd.MarkFlagsMutuallyExclusive("json", "brief")
	_ = cmd.RegisterFlagCompletionFunc("tree", completeTrees)
	return cmd
}

func (f *diffFlags) print(w io.Writer, d *compare.Difference) error {
	if f.json {
		return printIndented(w, d)
	}
	text := diffText(d)
	if f.brief {
		text = diffSummary(d)
	}
	_, err := io.WriteString(w, event.Clean(text))
	return err
}
