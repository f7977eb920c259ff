package phases

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"

	"compose/phases/report"
)

// writeReport leaves the page that shows the run.
func writeReport(o RunOptions, plan *Built) error {
	var b bytes.Buffer
	err := report.Write(&b, report.Data{
		Run:   report.Digest(o.Events.Facts()),
		Trees: plan.counts,
		Log:   func(step string) string { return logAddress(o.Layout, step) },
	})
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return writeFile(o.Layout.Report(), b.Bytes())
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
