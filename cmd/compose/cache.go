package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"compose/phases"
	"compose/phases/report"
)

func newCacheCmd() *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:   "cache",
		Short: "Look after the cache that all composes share",
		Long: `The cache keeps what was read from each RPM, so that no package is read
twice, and what was downloaded. It can be deleted at any time: the next
compose reads again what it needs.`,
		Example: `  compose cache stats
  compose cache gc --max-size 2G --max-age 30d
  compose cache clear`,
		Args: cobra.NoArgs,
	}
	cmd.PersistentFlags().StringVar(&dir, "cache-dir", defaultCacheDir(), "`folder` of the cache")
	cmd.AddCommand(newCacheStatsCmd(&dir), newCacheGCCmd(&dir), newCacheClearCmd(&dir))
	return cmd
}

func newCacheStatsCmd(dir *string) *cobra.Command {
	return &cobra.Command{
		Use:     "stats",
		Short:   "Count what the cache holds",
		Example: "  compose cache stats --cache-dir /var/cache/compose",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			u, err := phases.CacheStats(*dir)
			if err != nil {
				return failure(err)
			}
			printUsage(cmd.OutOrStdout(), u)
			return nil
		},
	}
}

func newCacheGCCmd(dir *string) *cobra.Command {
	var maxSize, maxAge string
	cmd := &cobra.Command{
		Use:   "gc",
		Short: "Tidy the cache and bring it within bounds",
		Long: `Tidy the cache: drop damaged and double records of packages, what was not
used for longer than --max-age, and, until the package store is smaller than
--max-size, what was not used for the longest time. Downloaded packages that a
compose links to take no room and stay.`,
		Example: "  compose cache gc --max-size 2G --max-age 30d",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			size, err := parseSize(maxSize)
			if err != nil {
				return err
			}
			age, err := parseAge(maxAge)
			if err != nil {
				return err
			}
			d, err := phases.CacheGC(*dir, phases.CacheBounds{StoreBytes: size, Unused: age})
			return printDropped(cmd.OutOrStdout(), d, err)
		},
	}
	cmd.Flags().StringVar(&maxSize, "max-size", "4G", "largest `size` of the package store, with k, M, G or T (powers of 1024); 0 for no bound")
	cmd.Flags().StringVar(&maxAge, "max-age", "30d", "drop what was not used for this `time`, such as 30d or 12h; 0 for no bound")
	return cmd
}

func newCacheClearCmd(dir *string) *cobra.Command {
	return &cobra.Command{
		Use:     "clear",
		Short:   "Empty the cache",
		Example: "  compose cache clear",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			d, err := phases.CacheClear(*dir)
			return printDropped(cmd.OutOrStdout(), d, err)
		},
	}
}

func printDropped(w io.Writer, d phases.CacheDropped, err error) error {
	if err != nil {
		return failure(err)
	}
	_, err = fmt.Fprintf(w, "dropped %d records (%s) and %d downloads (%s)\n",
		d.Records, report.Bytes(d.Bytes), d.Downloads.Files, report.Bytes(d.Downloads.Bytes))
	return err
}

func printUsage(w io.Writer, u phases.CacheUsage) {
	fmt.Fprintf(w, "packages   %d records, %d packs, %s\n", u.Store.Records, u.Store.Packs, report.Bytes(u.Store.Bytes))
	fmt.Fprintf(w, "downloads  %d files, %s\n", u.Downloads.Files, report.Bytes(u.Downloads.Bytes))
	if u.Store.Damaged > 0 {
		fmt.Fprintf(w, "damaged    %d packs; compose cache gc removes them\n", u.Store.Damaged)
	}
	if !u.Store.Newest.IsZero() {
		fmt.Fprintf(w, "last used  %s to %s\n", u.Store.Oldest.Format(time.DateOnly), u.Store.Newest.Format(time.DateOnly))
	}
}

const sizeUnits = "kMGT"

// parseSize reads bytes with an optional unit in powers of 1024, as Pungi's iso_size.
func parseSize(text string) (int64, error) {
	digits, shift := text, 0
	if n := len(text); n > 1 {
		if i := strings.IndexByte(sizeUnits, text[n-1]); i >= 0 {
			digits, shift = text[:n-1], 10*(i+1)
		}
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n < 0 || n > (1<<62)>>shift {
		return 0, fmt.Errorf("size %q: want a number with k, M, G or T", text)
	}
	return n << shift, nil
}

// parseAge reads a duration; beside Go's units it knows d for days.
func parseAge(text string) (time.Duration, error) {
	if text == "0" {
		return 0, nil
	}
	if days, ok := strings.CutSuffix(text, "d"); ok {
		n, err := strconv.Atoi(days)
		if err == nil && n > 0 && n < 100*366 {
			return time.Duration(n) * 24 * time.Hour, nil
		}
	} else if d, err := time.ParseDuration(text); err == nil && d > 0 {
		return d, nil
	}
	return 0, fmt.Errorf("age %q: want a time such as 30d or 12h", text)
}
