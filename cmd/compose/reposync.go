package main

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"compose/phases"
	"compose/phases/report"
)

func newRepoSyncCmd() *cobra.Command {
	f := &repoFlags{}
	var opt phases.SyncOptions
	var keys []string
	cmd := &cobra.Command{
		Use:   "sync [flags] URL DIR",
		Short: "Mirror a repository",
		Long: `Make DIR a copy of the repository at URL, and keep it current: run it again. Only
what changed is fetched, several files at once, each verified; what was
interrupted goes on where it ended.

Whoever reads DIR meanwhile sees the old repository or the new one: packages
come first, then the metadata changes in one step, and with --delete packages
that the new metadata does not name go last. The metadata that was replaced
stays beside the new one until the next change. Metadata is taken over byte for
byte, with its signature.`,
		Example: `  compose repo sync https://example.com/repo/ /srv/mirror
  compose repo sync --delete https://example.com/repo/ /srv/mirror
  compose repo sync --trusted-key release.asc https://example.com/repo/ /srv/mirror
  compose repo sync metalink:https://example.com/metalink?repo=x /srv/mirror`,
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			var err error
			if opt.Verify, err = phases.TrustedKeys(keys); err != nil {
				return err
			}
			return f.sync(cmd, args[0], args[1], opt)
		},
	}
	f.add(cmd)
	fl := cmd.Flags()
	fl.StringArrayVar(&keys, "trusted-key", nil, "want repomd.xml to be signed by a key from this `file` (repeatable)")
	fl.BoolVar(&opt.Delete, "delete", false, "remove packages that the repository does not have any more")
	fl.BoolVar(&opt.CheckAll, "check-all", false, "read every package that is there, instead of believing its size and time")
	fl.IntVar(&opt.Workers, "workers", 8, "fetch so many packages at once")
	return cmd
}

// sync mirrors the repository at url into dir and tells what was done.
func (f *repoFlags) sync(cmd *cobra.Command, url, dir string, opt phases.SyncOptions) error {
	show := newRepoProgress(cmd.ErrOrStderr())
	if f.quiet || f.json {
		show.hush()
	}
	start := time.Now()
	opt.Progress = func(p phases.SyncProgress) {
		show.progressText(func() string {
			return fmt.Sprintf("%d of %d packages, %s of %s", p.Done, p.Total, report.Bytes(p.DoneBytes), report.Bytes(p.TotalBytes))
		})
	}
	if !f.quiet {
		opt.Note = func(text string) { show.note(cleanLine(text)) }
	}
	res, err := phases.SyncRepo(cmd.Context(), f.access(), url, dir, opt)
	show.close()
	if err != nil {
		return ended(cmd, exitDoomed, err)
	}
	return f.result(cmd, res, func(w io.Writer) error {
		state := "updated"
		if res.Same {
			state = "up to date"
		}
		deleted := ""
		if n := len(res.Deleted); n > 0 {
			deleted = fmt.Sprintf(", %d deleted", n)
		}
		_, err := fmt.Fprintf(w, "%s: %s, %s; fetched %s and %s in %s%s\n", dir, state, count(res.Packages, "package"),
			count(res.Metadata, "metadata file"), bytesLine(res.Fetched, "package", res.Bytes), sinceText(start), deleted)
		return err
	})
}
