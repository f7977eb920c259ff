package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"compose/phases"
)

// watchFlags are the flags of compose watch: those of compose createrepo,
// and when to look.
type watchFlags struct {
	createrepoFlags
	settle, rescan time.Duration
	poll, json     bool
}

func newWatchCmd() *cobra.Command {
	f := &watchFlags{}
	cmd := &cobra.Command{
		Use:   "watch [flags] DIR",
		Short: "Keep the repository of a folder current",
		Long: `Write the repository metadata of the packages below DIR, and again whenever
packages come, change or go, until SIGINT or SIGTERM. It takes the flags of
compose createrepo and writes what that writes with --update.

A file that is still being written is not taken: it has to be closed, moved
here, or, where the system does not tell of writes (network file systems), be
the same for the settle time. Many changes at once are taken together. Apart
from that the folder is looked through now and then in any case.

Exit codes: 0 ended by a signal; 1 the repository could not be written the
first time (later failures are told, and tried again); 2 bad usage.`,
		Example: `  compose watch /srv/repo
  compose watch --groupfile comps.xml --settle 10s /srv/repo
  compose watch --poll --rescan 1m /mnt/nfs/repo
  compose watch --json /srv/repo | jq -r 'select(.kind == "written") | .packages'`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeDirs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.refused(cmd); err != nil {
				return err
			}
			return f.run(cmd, args[0])
		},
	}
	f.createrepoFlags.add(cmd)
	fl := cmd.Flags()
	fl.DurationVar(&f.settle, "settle", 2*time.Second, "how long nothing must happen before the repository is written again")
	fl.DurationVar(&f.rescan, "rescan", 0, "look through the folder after this time in any case (default 10m, with --poll 30s)")
	fl.BoolVar(&f.poll, "poll", false, "do not ask the system for changes; look through the folder")
	fl.BoolVar(&f.json, "json", false, "print what happens as JSON, one object per line")
	for _, name := range []string{"pkglist", "includepkg", "read-pkgs-list", "error-exit-val", "update"} {
		_ = fl.MarkHidden(name)
	}
	return cmd
}

func (f *watchFlags) run(cmd *cobra.Command, dir string) error {
	if f.pkglist != "" || f.includes != nil || f.readList != "" {
		return fmt.Errorf("a list of packages cannot be watched; use --excludes")
	}
	if f.settle <= 0 || f.rescan < 0 {
		return fmt.Errorf("--settle and --rescan: want a time above 0, such as 2s")
	}
	f.update = true
	job, err := f.job(cmd, dir)
	if err != nil {
		return err
	}
	tuneForStream(0)
	job.Found = tuneForStream
	out := cmd.OutOrStdout()
	job.Note = func(text string) { fmt.Fprintln(cmd.ErrOrStderr(), "compose:", cleanLine(text)) }
	w := phases.WatchDir{CreaterepoDir: job, Settle: f.settle, Rescan: f.rescan, Poll: f.poll}
	w.Tell = func(e phases.WatchEvent) { f.tell(out, e) }
	if err := w.Run(cmd.Context()); err != nil {
		return failure(err)
	}
	return nil
}

// tell prints what happened.
func (f *watchFlags) tell(w io.Writer, e phases.WatchEvent) {
	if f.json {
		b, err := json.Marshal(e)
		if err == nil {
			fmt.Fprintf(w, "%s\n", b)
		}
		return
	}
	if text := f.eventText(e); text != "" {
		fmt.Fprintln(w, e.Time.Format(time.TimeOnly), text)
	}
}

func (f *watchFlags) eventText(e phases.WatchEvent) string {
	var b strings.Builder
	b.WriteString(e.Kind)
	switch {
	case e.Kind == "failed":
		return "failed: " + cleanLine(e.Text)
	case f.quiet, e.Kind == "unchanged" && e.Waiting == 0 && !f.verbose:
		return ""
	case e.Kind == "watching":
		return "watching " + cleanLine(f.where)
	case e.Kind == "polling":
		return "looking through " + cleanLine(f.where) + " now and then: " + cleanLine(e.Text)
	}
	fmt.Fprintf(&b, ", %s, %d read", count(e.Packages, "package"), e.Read)
	if e.Skipped > 0 {
		fmt.Fprintf(&b, ", %d left out", e.Skipped)
	}
	if e.Waiting > 0 {
		fmt.Fprintf(&b, ", %d not complete", e.Waiting)
	}
	return b.String()
}
