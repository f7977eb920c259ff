package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"compose/internal/fetch"
	"compose/phases"
)

func newRepoVerifyCmd() *cobra.Command {
	f := &repoFlags{}
	var opt phases.VerifyOptions
	var keys []string
	cmd := &cobra.Command{
		Use:   "verify [flags] REPO",
		Short: "Check every file of a repository",
		Long: `Check a repository against itself: size and checksum of every metadata file and
of what it decompresses to, that primary, filelists and other agree, that
groups, module metadata and advisories can be read, and of every package size,
checksum, and whether it is the package that the metadata describes. All faults
are listed. Packages of a remote repository are fetched, one after another, and
not kept.

Exit codes: 0 no faults, 1 there are some, 2 the repository could not be
checked, or bad usage.`,
		Example: `  compose repo verify /srv/repo
  compose repo verify --no-packages https://example.com/repo/
  compose repo verify --trusted-key release.asc https://example.com/repo/
  compose repo verify --json /srv/repo | jq -r '.faults[].path'`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeDirs,
		RunE: func(cmd *cobra.Command, args []string) error {
			var err error
			if opt.Trusted, err = phases.TrustedKeys(keys); err != nil {
				return err
			}
			show := newRepoProgress(cmd.ErrOrStderr())
			if f.quiet || f.json {
				show.hush()
			}
			opt.Progress = show.progress
			rep, err := phases.VerifyRepo(cmd.Context(), f.access(), args[0], opt)
			show.close()
			if err != nil {
				return ended(cmd, exitUsage, err)
			}
			if err := f.result(cmd, rep, func(w io.Writer) error { return printFaults(w, args[0], rep) }); err != nil {
				return err
			}
			if len(rep.Faults) > 0 {
				return &exitError{code: exitDoomed}
			}
			return nil
		},
	}
	f.add(cmd)
	cmd.Flags().StringArrayVar(&keys, "trusted-key", nil, "want repomd.xml to be signed by a key from this `file` (repeatable)")
	cmd.Flags().BoolVar(&opt.MetadataOnly, "no-packages", false, "check metadata only")
	cmd.Flags().IntVar(&opt.Workers, "workers", 0, "check so many packages at once (default: one per core, 8 of a remote repository)")
	return cmd
}

func printFaults(w io.Writer, address string, rep *phases.VerifyReport) error {
	for _, f := range rep.Faults {
		if _, err := fmt.Fprintf(w, "%s: %s\n", cleanLine(f.Path), cleanLine(f.Problem)); err != nil {
			return err
		}
	}
	verdict := "no faults"
	if n := len(rep.Faults); n > 0 {
		verdict = count(n, "fault")
	}
	_, err := fmt.Fprintf(w, "%s: %s: %s, %s\n", cleanLine(fetch.Redact(address)), verdict,
		count(rep.Metadata, "metadata file"), bytesLine(rep.Checked, "package", rep.Bytes))
	return err
}
