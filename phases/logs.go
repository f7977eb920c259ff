package phases

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"compose/phases/event"
)

// logs are the files that the run's events go to: events.jsonl and one log
// per step.
type logs struct {
	file  *os.File
	lines *event.JSONLines
	steps *event.LogFiles
}

// openLogs subscribes the log files of a compose to its events.
func openLogs(o RunOptions) (*logs, error) {
	f, err := os.OpenFile(o.Layout.EventLog(), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return nil, fmt.Errorf("opening event log: %w", err)
	}
	l := &logs{file: f, lines: &event.JSONLines{W: f}, steps: event.NewLogFiles(func(step string) string {
		if step == "" {
			return filepath.Join(o.Layout.Logs(""), "compose.log")
		}
		return o.Layout.StepLog(step)
	})}
	o.Events.Subscribe(l.lines)
	o.Events.Subscribe(l.steps)
	return l, nil
}

// close ends the logs and tells what could not be written to them.
func (l *logs) close() error {
	if err := errors.Join(l.lines.Err(), l.steps.Close(), l.file.Close()); err != nil {
		return fmt.Errorf("logs: %w", err)
	}
	return nil
}
