package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"compose/config"
)

func newCheckCmd() *cobra.Command {
	var f configFlags
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "check [flags] CONFIG",
		Short: "Look for mistakes in a configuration",
		Long: `Read a configuration and report everything that is wrong with it at once:
unknown keys, wrong types, references to what is not there, contradictions,
each with file, line, key and what may be meant. No package is read, nothing is
written. Exit codes: 0 nothing is wrong, 2 something is.`,
		Example: `  compose check config.toml
  compose check --define release.version=45 --define pkgset.base.path=/srv/rpms config.toml
  compose check --json config.toml | jq -r '.complaints[].text'`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeConfig,
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := f.load(args[0])
			found := checkResult(args[0], cfg, err)
			if asJSON {
				err = found.printJSON(cmd.OutOrStdout())
			} else {
				err = found.printText(cmd.OutOrStdout(), cmd.ErrOrStderr())
			}
			if err != nil {
				return failure(err)
			}
			if !found.OK {
				return &exitError{code: exitUsage}
			}
			return nil
		},
	}
	f.add(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the result as JSON")
	return cmd
}

// checked is what compose check found, as JSON shows it.
type checked struct {
	Config     string             `json:"config"`
	OK         bool               `json:"ok"`
	Complaints []config.Complaint `json:"complaints"`
	Trees      []string           `json:"trees"`
	Variants   []string           `json:"variants"`
	Pkgsets    []string           `json:"pkgsets"`
}

// checkResult sums up what Load gave.
func checkResult(path string, cfg *config.Config, err error) checked {
	out := checked{Config: path, OK: err == nil, Complaints: []config.Complaint{}, Trees: []string{}, Variants: []string{}, Pkgsets: []string{}}
	var bad *config.Errors
	switch {
	case errors.As(err, &bad):
		out.Complaints = bad.Complaints
	case err != nil:
		out.Complaints = append(out.Complaints, config.Complaint{File: path, Text: err.Error()})
	default:
		for _, t := range cfg.Trees() {
			out.Trees = append(out.Trees, t.String())
		}
		for _, v := range cfg.ActiveVariants() {
			out.Variants = append(out.Variants, v.UID())
		}
		for _, s := range cfg.Pkgsets {
			out.Pkgsets = append(out.Pkgsets, s.Tag)
		}
	}
	return out
}

func (c checked) printJSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(c)
}

// printText writes one line that sums up a good configuration, or one per
// complaint.
func (c checked) printText(out, complaints io.Writer) error {
	if !c.OK {
		_, err := fmt.Fprintln(complaints, &config.Errors{Complaints: c.Complaints})
		return err
	}
	_, err := fmt.Fprintf(out, "%s: ok: %s (%s), %s (%s)\n", c.Config,
		count(len(c.Trees), "tree"), strings.Join(c.Trees, " "),
		count(len(c.Pkgsets), "package set"), strings.Join(c.Pkgsets, " "))
	return err
}

// count gives "1 tree", "2 trees".
func count(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprint(n, " ", what)
}
