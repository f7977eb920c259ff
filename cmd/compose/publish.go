package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"compose/phases/publish"
	"compose/phases/report"
)

func newPublishCmd() *cobra.Command {
	f := &repoFlags{}
	var opt publish.Options
	var grace string
	cmd := &cobra.Command{
		Use:   "publish [flags] COMPOSE DEST",
		Short: "Bring a finished compose into the folder that a mirror serves",
		Long: `Make DEST the same as what COMPOSE publishes, COMPOSE/compose. Whoever reads DEST
meanwhile finds whole trees at every instant: all that is new is put together
first, beside what is served; then each tree, with its repository, boot images
and .treeinfo, changes places with its new self in one step; metadata of the
compose is last. With --delete what the compose does not have goes after the time
of --grace, so that those who have read the old repodata find its packages.

Run it again for the next compose, or after it was interrupted: what is there
already is neither linked nor copied again. Files are hard links where both
folders lie on one file system, else copies. Folders above a tree, and the file
.NAME.publish.json beside DEST, which counts the time of grace, belong to this
command; leave .compose-publish out when you copy DEST elsewhere.

A DEST on another machine, HOST:PATH or rsync://HOST/MODULE/PATH, is brought up
to date with rsync, in passes: first packages and metadata that nobody knows of
yet, then what leads to it, then metadata of the compose. With --delete and no
time of grace a last pass deletes; do that when readers of the old repodata are
done.`,
		Example: `  compose publish composes/latest-DP-1 /srv/mirror/dp/1
  compose publish --delete --grace 2d composes/latest-DP-1 /srv/mirror/dp/1
  compose publish composes/latest-DP-1 mirror.example.com:/srv/mirror/dp/1
  compose publish --variant Server --arch x86_64 --dry-run composes/latest-DP-1 /srv/mirror/dp/1`,
		Args:              cobra.ExactArgs(2),
		ValidArgsFunction: completeDirs,
		RunE: func(cmd *cobra.Command, args []string) error {
			var err error
			if opt.Grace, err = parseAge(grace); err != nil {
				return err
			}
			if publish.IsRemote(args[1]) && !cmd.Flags().Changed("grace") {
				opt.Grace = 0
			}
			if strings.Contains(args[1], "://") && !publish.IsRemote(args[1]) {
				return fmt.Errorf("%s is neither a folder nor a place that rsync knows", args[1])
			}
			return f.publish(cmd, args[0], args[1], opt)
		},
	}
	f.add(cmd)
	fl := cmd.Flags()
	fl.StringSliceVar(&opt.Variants, "variant", nil, "only variants that match this `glob` (repeatable)")
	fl.StringSliceVar(&opt.Arches, "arch", nil, "only architectures that match this `glob`; source is that of source trees (repeatable)")
	fl.BoolVar(&opt.Copy, "copy", false, "copy files where they could be linked")
	fl.BoolVar(&opt.CheckAll, "check-all", false, "compare the content of files, instead of believing size and time")
	fl.BoolVar(&opt.Delete, "delete", false, "remove files that the compose does not have")
	fl.StringVar(&grace, "grace", "1d", "how long such files stay, such as 2d or 6h; 0 removes them at once")
	fl.BoolVarP(&opt.DryRun, "dry-run", "n", false, "say what would be done, and change nothing")
	return cmd
}

func (f *repoFlags) publish(cmd *cobra.Command, dir, dest string, opt publish.Options) error {
	show := newRepoProgress(cmd.ErrOrStderr())
	if f.quiet || f.json {
		show.hush()
	}
	start := time.Now()
	opt.Now = start
	opt.Progress = func(p publish.Progress) {
		show.progressText(func() string {
			return fmt.Sprintf("%d of %d files, %s of %s", p.Files, p.AllFiles, report.Bytes(p.Bytes), report.Bytes(p.AllBytes))
		})
	}
	if !f.quiet {
		opt.Note = func(text string) { show.note(cleanLine(text)) }
	}
	to := publish.Compose
	if publish.IsRemote(dest) {
		to = publish.Remote
	}
	res, err := to(cmd.Context(), dir, dest, opt)
	show.close()
	if err != nil {
		return ended(cmd, exitDoomed, err)
	}
	return f.result(cmd, res, func(w io.Writer) error {
		_, err := fmt.Fprint(w, publishText(dest, res, opt, sinceText(start)))
		return err
	})
}

// publishText is what a person wants to know of a run.
func publishText(dest string, res *publish.Result, opt publish.Options, took string) string {
	var parts []string
	add := func(n int, text string) {
		if n > 0 {
			parts = append(parts, text)
		}
	}
	add(res.Linked, bytesLine(res.Linked, "file", res.LinkedBytes)+" linked")
	add(res.Copied, bytesLine(res.Copied, "file", res.CopiedBytes)+" copied")
	add(res.Same, fmt.Sprintf("%d there already", res.Same))
	add(len(res.Deleted), fmt.Sprintf("%d deleted", len(res.Deleted)))
	add(res.Kept, fmt.Sprintf("%d of earlier composes kept", res.Kept))
	var b strings.Builder
	for _, dir := range res.Switched {
		if opt.DryRun {
			fmt.Fprintf(&b, "would switch %s\n", cleanLine(dir))
		}
	}
	done := "in " + took
	if opt.DryRun {
		done = "by a dry run"
	}
	fmt.Fprintf(&b, "%s: %s switched; %s; %s\n", cleanLine(dest), count(len(res.Switched), "folder"), strings.Join(parts, ", "), done)
	return b.String()
}
