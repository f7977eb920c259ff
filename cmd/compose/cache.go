package main

import (
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"compose/internal/rpm/store"
)

func newCacheCmd() *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:   "cache",
		Short: "Look after the package store that all composes share",
		Long: `The package store keeps what was read from each RPM, so that no package is
read twice. It can be deleted at any time: the next compose reads again what
it needs.`,
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
		Short:   "Count what the store holds",
		Example: "  compose cache stats --cache-dir /var/cache/compose",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			u, err := store.Stats(filepath.Join(*dir, "store"))
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
		Use:     "gc",
		Short:   "Tidy the store and bring it within bounds",
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
			res, err := store.GC(filepath.Join(*dir, "store"), store.GCOptions{MaxBytes: size, MaxAge: age})
			if err != nil {
				return failure(err)
			}
			fmt.Fprintf(cmd.OutOrStdout(), "dropped %d records, freed %s\n", res.Dropped, formatSize(res.Before.Bytes-res.After.Bytes))
			printUsage(cmd.OutOrStdout(), res.After)
			return nil
		},
	}
	cmd.Flags().StringVar(&maxSize, "max-size", "4G", "largest size on disk, with k, M, G or T (powers of 1024); 0 for no bound")
	cmd.Flags().StringVar(&maxAge, "max-age", "0", "drop what was not used for so long, such as 30d or 12h; 0 for no bound")
	return cmd
}

func newCacheClearCmd(dir *string) *cobra.Command {
	return &cobra.Command{
		Use:     "clear",
		Short:   "Empty the store",
		Example: "  compose cache clear",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			u, err := store.Clear(filepath.Join(*dir, "store"))
			if err != nil {
				return failure(err)
			}
			fmt.Fprintf(cmd.OutOrStdout(), "cleared %d records, %s\n", u.Records, formatSize(u.Bytes))
			return nil
		},
	}
}

func printUsage(w io.Writer, u store.Usage) {
	fmt.Fprintf(w, "%d records, %d packs, %s\n", u.Records, u.Packs, formatSize(u.Bytes))
	if u.Damaged > 0 {
		fmt.Fprintf(w, "%d damaged packs; compose cache gc removes them\n", u.Damaged)
	}
	if !u.Newest.IsZero() {
		fmt.Fprintf(w, "used last between %s and %s\n", u.Oldest.Format(time.DateTime), u.Newest.Format(time.DateTime))
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

func formatSize(n int64) string {
	unit := ""
	f := float64(n)
	for i := 0; f >= 1024 && i < len(sizeUnits); i++ {
		f, unit = f/1024, sizeUnits[i:i+1]+"i"
	}
	if unit == "" {
		return fmt.Sprintf("%d B", n)
	}
	return fmt.Sprintf("%.1f %sB", f, strings.ToUpper(unit[:1])+unit[1:])
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
