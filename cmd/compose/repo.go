package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"compose/phases"
	"compose/phases/event"
	"compose/phases/report"
)

func newRepoCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "repo",
		Short: "Work on finished repositories",
		Long: `Work on finished rpm-md repositories, in folders or behind http, https and file
addresses. An address is also metalink:URL or mirrorlist:URL.`,
		Example: `  compose repo verify /srv/repo
  compose repo diff https://example.com/yesterday/ https://example.com/today/
  compose repo sync https://example.com/repo/ /srv/mirror`,
		Args: cobra.NoArgs,
	}
	cmd.AddCommand(newRepoMergeCmd(), newRepoModifyCmd(), newRepoDiffCmd(), newRepoVerifyCmd(), newRepoSignCmd(), newRepoSyncCmd())
	return cmd
}

// repoFlags are the flags of the commands that read repositories.
type repoFlags struct {
	cacheDir    string
	quiet, json bool
}

func (f *repoFlags) add(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&f.json, "json", false, "print the result as JSON")
	cmd.Flags().BoolVarP(&f.quiet, "quiet", "q", false, "show no progress, and no summary")
}

func (f *repoFlags) addCache(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.cacheDir, "cache-dir", defaultCacheDir(), "`folder` that keeps metadata of remote repositories; \"\" keeps nothing")
}

// access is how repositories are reached.
func (f *repoFlags) access() phases.RepoAccess { return phases.RepoAccess{CacheDir: f.cacheDir} }

// result prints v as JSON, or the text that a person wants.
func (f *repoFlags) result(cmd *cobra.Command, v any, text func(w io.Writer) error) error {
	var err error
	switch {
	case f.json:
		enc := json.NewEncoder(cmd.OutOrStdout())
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		err = enc.Encode(v)
	case !f.quiet:
		err = text(cmd.OutOrStdout())
	}
	if err != nil {
		return failure(err)
	}
	return nil
}

// ended gives the error of a command that failed, or that a signal ended.
func ended(cmd *cobra.Command, code int, err error) error {
	if cause := context.Cause(cmd.Context()); errors.As(cause, &signalError{}) {
		return &exitError{exitTerminated, cause}
	}
	return &exitError{code, err}
}

// completeDirs completes folders.
func completeDirs(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveFilterDirs
}

// outputFlags are the flags of the commands that write metadata files.
type outputFlags struct {
	checksum, compress string
	simple             bool
}

func (f *outputFlags) add(cmd *cobra.Command, compress string) {
	fl := cmd.Flags()
	fl.StringVarP(&f.checksum, "checksum", "s", "sha256", "`type` of the checksums of metadata files: sha256, sha384 or sha512")
	fl.StringVar(&f.compress, "compress-type", compress, "`compression` of what is written: zstd, gz, xz or none")
	fl.BoolVar(&f.simple, "simple-md-filenames", false, "names of files do not begin with their checksums")
}

func (f *outputFlags) options() (opt phases.RepoOptions, err error) {
	if opt.Compress, err = compression("compress-type", f.compress); err != nil {
		return opt, err
	}
	opt.CompressExtra, opt.Checksum = opt.Compress, f.checksum
	if f.simple {
		opt.Names = phases.SimpleNames
	}
	now, err := composeTime()
	opt.Timestamp = now.Unix()
	return opt, err
}

// progressText shows a text of the caller's while something goes on.
func (p *repoProgress) progressText(text func() string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.live || time.Since(p.shown) < redrawEvery {
		return
	}
	p.shown = time.Now()
	p.line(text())
}

// bytesLine is a text such as "3 packages, 1.2 MiB".
func bytesLine(n int, what string, size int64) string {
	return fmt.Sprintf("%s, %s", count(n, what), report.Bytes(size))
}

// cleanLine makes text from a repository harmless to a terminal.
func cleanLine(s string) string { return event.Clean(s) }

// sinceText says how long something took.
func sinceText(start time.Time) string { return report.Duration(time.Since(start)) }
