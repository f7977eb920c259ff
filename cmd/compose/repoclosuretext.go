package main

import (
	"bufio"
	"fmt"
	"io"

	"compose/internal/repoclosure"
)

// printRepoclosure writes an answer as dnf repoclosure and installcheck do;
// the sums go to the error output, as dnf's do.
func printRepoclosure(out, sums io.Writer, r *repoclosure.Report) error {
	w := bufio.NewWriter(out)
	for _, u := range r.Unresolved {
		fmt.Fprintf(w, "package: %s from %s\n  unresolved deps (%d):\n", u.Package, u.Repo, len(u.Deps))
		for _, d := range u.Deps {
			fmt.Fprintf(w, "    %s\n", d)
		}
	}
	var problems []repoclosure.Problem
	if r.Installable != nil {
		problems = r.Installable.Problems
	}
	for i := range problems {
		printProblem(w, &problems[i])
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if r.Missing > 0 {
		fmt.Fprintf(sums, "Error: Repoclosure ended with unresolved dependencies (%d) across %d packages.\n", r.Missing, len(r.Unresolved))
	}
	if len(problems) > 0 {
		fmt.Fprintf(sums, "Error: %d of %d packages cannot be installed.\n", len(problems), r.Installable.Checked)
	}
	return nil
}

func printProblem(w io.Writer, p *repoclosure.Problem) {
	fmt.Fprintf(w, "can't install %s from %s:\n", p.Package, p.Repo)
	for _, y := range p.Why {
		fmt.Fprintf(w, "  %s\n", y.Text)
		for _, h := range y.Have {
			fmt.Fprintf(w, "    (we have %s)\n", h)
		}
	}
	if p.More > 0 {
		fmt.Fprintf(w, "  and %d more reasons\n", p.More)
	}
	if p.Undecided {
		fmt.Fprintf(w, "  not decided: its requirements have too many combinations\n")
	}
}
