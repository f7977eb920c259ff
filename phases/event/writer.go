package event

import (
	"bytes"
	"io"
	"sync"
)

// maxLogLine bounds a line of a program's output.
const maxLogLine = 64 << 10

// Writer gives a writer for the output of a program: each line becomes a line
// of the step's log. It is safe for concurrent use; the last line counts when
// it ends or the step does.
func (c *Scope) Writer() io.Writer { return &lineWriter{scope: c} }

type lineWriter struct {
	scope *Scope
	mu    sync.Mutex
	rest  []byte
}

// Write takes more output.
func (w *lineWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.rest = append(w.rest, p...)
	for {
		i := bytes.IndexAny(w.rest, "\r\n")
		if i < 0 && len(w.rest) < maxLogLine {
			return len(p), nil
		}
		if i < 0 {
			i = maxLogLine - 1
		}
		if line := bytes.TrimRight(w.rest[:i], " "); len(line) > 0 {
			w.scope.Logf("%s", line)
		}
		w.rest = w.rest[i+1:]
	}
}
