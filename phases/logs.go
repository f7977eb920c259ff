package phases

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"compose/phases/event"
)

// logs are the files that the run's events go to: events.jsonl and one log
// per step. A step that was abandoned may speak on: what it says after close
// goes nowhere.
type logs struct {
	mu     sync.Mutex
	file   *os.File
	lines  *event.JSONLines
	steps  *event.LogFiles
	closed bool
	told   bool // that something could not be written
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
	o.Events.Subscribe(l)
	return l, nil
}

// Handle writes an event to the logs.
func (l *logs) Handle(e event.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.closed {
		l.lines.Handle(e)
		l.steps.Handle(e)
	}
}

// err tells once what could not be written.
func (l *logs) err() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.tell(nil)
}

// close ends the logs and tells what could not be written, unless err has.
func (l *logs) close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	return l.tell(errors.Join(l.steps.Close(), l.file.Close()))
}

func (l *logs) tell(err error) error {
	if e := cmp.Or(l.lines.Err(), l.steps.Err()); e != nil {
		err = e
	}
	if err == nil || l.told {
		return nil
	}
	l.told = true
	return fmt.Errorf("logs: %w", err)
}
