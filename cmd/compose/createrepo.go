package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"compose/phases"
)

// createrepoLeftOut is the exit code that createrepo_c's --error-exit-val
// asks for when packages were left out.
const createrepoLeftOut = 2

func newCreaterepoCmd() *cobra.Command {
	f := &createrepoFlags{}
	cmd := &cobra.Command{
		Use:   "createrepo [flags] DIR",
		Short: "Write the repository metadata of a folder of packages",
		Long: `Write DIR/repodata for the RPM packages below DIR, as createrepo_c does and
with its options. What is read of a package is kept in the cache that all
composes share, so no package is read twice, with --update or without, and
compressed metadata is made again only where it changed. The bytes written do
not depend on what was kept. When nothing changed, repodata is left alone.

The new repodata takes the place of the old one in one step. Metadata of the
repodata that is replaced stays one time more, so that whoever has read the old
repomd.xml finds what it names; --retain-old-md 0 removes it at once.

Exit codes: 0 written, or up to date; 3 written without the packages that cannot
be read (2 with --error-exit-val); 1 failed, and the old repodata is as it was;
2 bad usage; 130 interrupted.`,
		Example: `  compose createrepo /srv/repo
  compose createrepo --update --groupfile comps.xml --excludes '*-debug*' /srv/repo
  compose createrepo --pkglist list.txt --outputdir /srv/out --baseurl https://example.com/ /srv/pool
  compose createrepo --general-compress-type gz --database --compress-type xz /srv/repo
  compose createrepo --revision 1700000000 --set-timestamp-to-revision /srv/repo`,
		Args: cobra.ExactArgs(1),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveFilterDirs
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.refused(cmd); err != nil {
				return err
			}
			return f.run(cmd, args[0])
		},
	}
	f.add(cmd)
	return cmd
}

func (f *createrepoFlags) run(cmd *cobra.Command, dir string) error {
	c, err := f.job(cmd, dir)
	if err != nil {
		return err
	}
	tuneForStream(0)
	show := newRepoProgress(cmd.ErrOrStderr())
	if f.quiet {
		show.hush()
	}
	if c.Found = tuneForStream; f.update {
		c.Found = tuneForUpdate
	}
	c.Progress, c.Note = show.progress, show.note
	made, err := c.Write(cmd.Context())
	show.close()
	if err != nil {
		if cause := context.Cause(cmd.Context()); errors.As(cause, &signalError{}) {
			return &exitError{exitTerminated, cause}
		}
		return failure(err)
	}
	if err := f.report(cmd, made); err != nil {
		return failure(err)
	}
	switch {
	case len(made.Skipped) == 0:
		return nil
	case f.errorExit:
		return &exitError{code: createrepoLeftOut}
	}
	return &exitError{code: exitIncomplete}
}

// report says what was done.
func (f *createrepoFlags) report(cmd *cobra.Command, made phases.CreatedRepo) error {
	if f.readList != "" {
		if err := os.WriteFile(f.readList, []byte(strings.Join(append(made.Paths, ""), "\n")), 0o666); err != nil {
			return err
		}
	}
	if f.verbose {
		for _, path := range made.Paths {
			fmt.Fprintln(cmd.ErrOrStderr(), "read", path)
		}
	}
	if f.quiet {
		return nil
	}
	return f.summary(cmd.OutOrStdout(), made)
}

func (f *createrepoFlags) summary(w io.Writer, made phases.CreatedRepo) error {
	where := filepath.Join(f.where, "repodata")
	what := "written"
	if made.Same {
		what = "up to date"
	}
	left := ""
	if n := len(made.Skipped); n > 0 {
		left = fmt.Sprintf(", %d left out", n)
	}
	_, err := fmt.Fprintf(w, "%s: %s, %s, %d read%s\n", where, what, count(made.Packages, "package"), made.Read, left)
	return err
}
