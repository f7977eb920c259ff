package event

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// LogFiles is a Handler that keeps one log per step: when it started and
// ended, its notes, and the details that only the log gets. The file exists
// from the step's start on, so there is none for a step that never ran.
type LogFiles struct {
	path func(step string) string
	open map[string]*os.File // nil: no log for this step
	err  error
}

// NewLogFiles returns a handler that writes the log of a step to path(step),
// and what is said about the whole run to path(""). An empty path means no
// log. Folders are made as needed; an existing file is continued.
func NewLogFiles(path func(step string) string) *LogFiles {
	return &LogFiles{path: path, open: map[string]*os.File{}}
}

// Handle writes e to the log it belongs to.
func (l *LogFiles) Handle(e Event) {
	text := logText(e)
	if text == "" {
		return
	}
	f := l.file(e.Step)
	if f == nil {
		return
	}
	if _, err := f.WriteString(logLine(e.Time, text)); err != nil {
		l.keep(err)
	}
	if e.Kind == Ended || e.Kind == RunEnded {
		l.keep(f.Close())
		delete(l.open, e.Step)
	}
}

// Close closes the logs that are still open and returns the first error of
// all. To be called when nobody speaks any more.
func (l *LogFiles) Close() error {
	for _, f := range l.open {
		if f != nil {
			l.keep(f.Close())
		}
	}
	l.open = nil
	return l.err
}

// Err is the first error so far.
func (l *LogFiles) Err() error { return l.err }

func (l *LogFiles) keep(err error) {
	if l.err == nil {
		l.err = err
	}
}

// file returns the open log of a step, opening it the first time.
func (l *LogFiles) file(step string) *os.File {
	f, known := l.open[step]
	if known {
		return f
	}
	if path := l.path(step); path != "" {
		var err error
		if f, err = openLog(path); err != nil {
			l.keep(err)
		}
	}
	l.open[step] = f
	return f
}

func openLog(path string) (*os.File, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return nil, err // not the nil file in it: the type must stay *os.File
	}
	return f, nil
}

// logText is what a log says about e, or "" for what it leaves out.
func logText(e Event) string {
	switch e.Kind {
	case Note:
		if e.Level == Warning {
			return "warning: " + e.Text
		}
		return e.Text
	case Log:
		return e.Text
	case Started:
		return "started " + e.Step + waited(e.Waited)
	case Ended:
		if e.Ran == 0 && (e.State == NotRun || e.State == Skipped) {
			return ""
		}
		return endText(e)
	case RunStarted:
		return "started " + e.Run.ID + " in " + e.Run.Dir
	case RunEnded:
		return "ended " + e.Run.Status + " after " + e.Ran.Round(time.Millisecond).String()
	}
	return ""
}

func waited(d time.Duration) string {
	if d < time.Millisecond {
		return ""
	}
	return " after waiting " + d.Round(time.Millisecond).String()
}

func endText(e Event) string {
	s := fmt.Sprintf("ended %s after %v", e.State, e.Ran.Round(time.Millisecond))
	if e.Total > 0 || e.Done > 0 {
		s += fmt.Sprintf(", %d %s", e.Done, e.Unit)
	}
	for _, more := range []string{e.Text, e.Error} {
		if more != "" {
			s += ": " + more
		}
	}
	return s
}

// logLine is one entry of a log: the time (UTC), the text, further lines of
// the text indented so that no text can pretend to be another entry.
func logLine(t time.Time, text string) string {
	text = strings.ReplaceAll(Clean(text), "\n", "\n             ")
	return t.UTC().Format("15:04:05.000") + " " + text + "\n"
}
