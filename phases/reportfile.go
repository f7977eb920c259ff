package phases

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"compose/phases/report"
)

// writeReport leaves the page that shows the run.
func writeReport(o RunOptions, plan *Built, runErr error) error {
	run := report.Digest(o.Events.Facts())
	trouble := o.trouble(run, runErr)
	if trouble.Any() || o.JustStep == "" { // the failure of the whole compose is still one
		if err := writeFailurePage(o.Layout, run, trouble); err != nil {
			return err
		}
	}
	var b bytes.Buffer
	err := report.Write(&b, report.Data{
		Run: run, Trouble: trouble,
		Trees: plan.counts,
		Log:   func(step string) string { return logAddress(o.Layout, step) },
	})
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return writeFile(o.Layout.Report(), b.Bytes())
}

// writeFailurePage leaves logs/failure.txt where something failed, and takes
// away that of an earlier run of the same compose.
func writeFailurePage(l Layout, run *report.Run, t report.Trouble) error {
	if !t.Any() {
		err := os.Remove(l.FailurePage())
		if errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
		return err
	}
	var b bytes.Buffer
	if err := report.WriteFailure(&b, run, t); err != nil {
		return fmt.Errorf("failure page: %w", err)
	}
	return writeFile(l.FailurePage(), b.Bytes())
}

// logAddress is the address of a step's log as seen from the report.
func logAddress(l Layout, step string) string {
	path := l.StepLog(step)
	if _, err := os.Stat(path); err != nil {
		return ""
	}
	rel, err := filepath.Rel(filepath.Dir(l.Report()), path)
	if err != nil {
		return ""
	}
	return filepath.ToSlash(rel)
}
