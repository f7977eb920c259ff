package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"compose/phases/event"
	"compose/phases/explain"
)

func newExplainCmd() *cobra.Command {
	var tree string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "explain [flags] COMPOSE PACKAGE",
		Short: "Tell why a package is in a compose, or why it is not",
		Long: `Tell of each tree of a compose why a package is in it: from the entry of the
configuration over what requires what to the package, with the other candidates
and why they were not taken; or why it is not in it: which filter excluded it,
which version is newer, which rule of the package sets, which tree has it
instead, or that nothing asks for it.

COMPOSE is the folder of a compose, also of a doomed one, or a link to it.
PACKAGE is a name, name.arch, name-version-release.arch with or without epoch,
the name of a file, or a glob. Exit codes: 0 the package is known, 1 it is not,
or the compose cannot be read, 2 bad usage.`,
		Example: `  compose explain composes/latest-DP-1.0 bash
  compose explain --tree 'Server.*' composes/latest-DP-1.0 'python3*'
  compose explain --json composes/latest-DP-1.0 bash | jq '.trees[].in[].chain'`,
		Args: cobra.ExactArgs(2),
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) == 0 {
				return nil, cobra.ShellCompDirectiveFilterDirs
			}
			return nil, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := explain.Open(args[0])
			if err != nil {
				return failure(err)
			}
			a, err := c.Explain(args[1], tree)
			if err != nil {
				return explainError(err)
			}
			if asJSON {
				err = printIndented(cmd.OutOrStdout(), a)
			} else {
				_, err = io.WriteString(cmd.OutOrStdout(), event.Clean(explainText(a)))
			}
			if err != nil {
				return failure(err)
			}
			return unknownPackage(a)
		},
	}
	cmd.Flags().StringVar(&tree, "tree", "", "only this `tree`: UID.ARCH or a glob")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the answer as JSON")
	_ = cmd.RegisterFlagCompletionFunc("tree", completeTrees)
	return cmd
}

// completeTrees completes the trees of the compose that is already named.
func completeTrees(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) == 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	c, err := explain.Open(args[0])
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return c.Trees(), cobra.ShellCompDirectiveNoFileComp
}

// explainError tells what was asked wrongly from what could not be read.
func explainError(err error) error {
	var noTree *explain.NoTreeError
	var bad *explain.QueryError
	if errors.As(err, &noTree) || errors.As(err, &bad) {
		return err
	}
	return failure(err)
}

// unknownPackage is the error of a package that nobody knows.
func unknownPackage(a *explain.Answer) error {
	if a.Known {
		return nil
	}
	text := fmt.Sprintf("package %q: not known to %s", event.Clean(a.Query), event.Clean(a.Compose))
	if len(a.Nearest) > 0 {
		text += "; near it are " + event.Clean(strings.Join(a.Nearest, ", "))
	}
	return failure(errors.New(text))
}

func printIndented(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// explainText is an answer for people: a block for each tree.
func explainText(a *explain.Answer) string {
	var b strings.Builder
	b.WriteString(a.Compose)
	if a.Status != "" && !strings.HasPrefix(a.Status, "FINISHED") {
		fmt.Fprintf(&b, " (%s)", a.Status)
	}
	b.WriteByte('\n')
	for _, t := range a.Trees {
		if !a.Known && len(t.Out) == 1 && len(t.Out[0].Why) == 1 {
			continue // the error says all that there is to say
		}
		fmt.Fprintf(&b, "\n%s\n", t.Tree)
		for _, p := range t.In {
			explainPresence(&b, p)
		}
		for _, x := range t.Out {
			explainAbsence(&b, x)
		}
	}
	return b.String()
}

// explainPresence writes the chain from the configuration down, one step
// further in for each package.
func explainPresence(b *strings.Builder, p explain.Presence) {
	fmt.Fprintf(b, "  in: %s", p.Package)
	if p.Kind != "rpm" {
		fmt.Fprintf(b, " (%s)", p.Kind)
	}
	if len(p.Notes) > 0 {
		fmt.Fprintf(b, ": %s", strings.Join(p.Notes, "; "))
	}
	b.WriteByte('\n')
	for i, l := range p.Chain {
		deeper := strings.Repeat("  ", i+2)
		fmt.Fprintf(b, "%s%s: %s\n", deeper, l.Package, l.Why)
		for _, r := range l.Rejected {
			fmt.Fprintf(b, "%s  rather than %s: %s\n", deeper, r.Package, r.Why)
		}
	}
}

func explainAbsence(b *strings.Builder, x explain.Absence) {
	b.WriteString("  not in")
	if x.Package != "" {
		b.WriteString(": " + x.Package)
	}
	if len(x.Elsewhere) > 0 {
		fmt.Fprintf(b, " (it is in %s)", strings.Join(x.Elsewhere, ", "))
	}
	b.WriteByte('\n')
	for _, why := range x.Why {
		fmt.Fprintf(b, "    %s\n", why)
	}
}
