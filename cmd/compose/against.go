package main

import (
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"compose/config"
	"compose/phases"
	"compose/phases/event"
	"compose/phases/report"
)

// printAgainst says what a run would do, compared with an earlier compose.
func printAgainst(cmd *cobra.Command, cfg *config.Config, o phases.RunOptions, against, format string) error {
	if format == "dot" {
		return fmt.Errorf("--format dot does not go with --against: want text or json")
	}
	if dir, err := filepath.EvalSymlinks(against); err == nil { // a latest link
		against = dir
	}
	f, err := phases.Against(cmd.Context(), cfg, o, against)
	if err != nil {
		return ended(cmd, exitDoomed, err)
	}
	if format == "json" {
		return printForecastJSON(cmd.OutOrStdout(), f)
	}
	_, err = io.WriteString(cmd.OutOrStdout(), event.Clean(forecastText(f, filepath.Base(against))))
	if err != nil {
		return err
	}
	for _, s := range f.Steps {
		if s.Error != nil {
			return &exitError{code: exitDoomed}
		}
	}
	return nil
}

// forecastStep is a step as JSON.
type forecastStep struct {
	Step     string  `json:"step"`
	What     string  `json:"what"` // reused, runs, fails
	Why      string  `json:"why,omitempty"`
	Expected float64 `json:"expected_seconds,omitempty"`
}

func printForecastJSON(w io.Writer, f *phases.Forecasts) error {
	var out struct {
		Steps    []forecastStep `json:"steps"`
		Expected float64        `json:"expected_seconds"`
	}
	for _, s := range f.Steps {
		one := forecastStep{s.Step, what(s), s.Why, s.Expected.Seconds()}
		if s.Error != nil {
			one.Why = s.Error.Error()
		}
		out.Steps = append(out.Steps, one)
	}
	out.Expected = f.Expected.Seconds()
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(out)
}

func what(s phases.Forecast) string {
	switch {
	case s.Error != nil:
		return "fails"
	case s.Reused:
		return "reused"
	}
	return "runs"
}

// forecastText is what a person reads: a line per step, and a sum.
func forecastText(f *phases.Forecasts, against string) string {
	var b strings.Builder
	count := map[string]int{}
	for _, s := range f.Steps {
		count[what(s)]++
		fmt.Fprintf(&b, "%-7s %s", what(s), s.Step)
		if s.Expected >= 100*time.Millisecond {
			fmt.Fprintf(&b, "  (took %s)", report.Duration(s.Expected))
		}
		switch {
		case s.Error != nil:
			fmt.Fprintf(&b, ": %v", s.Error)
		case s.Why != "":
			fmt.Fprintf(&b, ": %s", s.Why)
		}
		b.WriteByte('\n')
	}
	fmt.Fprintf(&b, "\n%d steps run, %d are taken over from %s", count["runs"], count["reused"], against)
	if n := count["fails"]; n > 0 {
		fmt.Fprintf(&b, ", %d would fail", n)
	}
	fmt.Fprintf(&b, "; that should take %s\n", report.Duration(f.Expected))
	return b.String()
}
