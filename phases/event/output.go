package event

import (
	"bytes"
	"io"
	"sync"
)

// Output returns a writer that turns each line into one entry of the step's
// log, for the output of child processes. Close says the unfinished last line.
func (c *Scope) Output() io.WriteCloser { return &lines{scope: c} }

// maxLine bounds what a child that never ends its line can make us hold.
const maxLine = 64 << 10

type lines struct {
	scope *Scope
	mu    sync.Mutex
	rest  []byte
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := len(p)
	for {
		i := bytes.IndexByte(p, '\n')
		if i < 0 {
			break
		}
		l.add(p[:i])
		l.flush()
		p = p[i+1:]
	}
	l.add(p)
	return n, nil
}

// add keeps a piece of the current line and says it when it grows too long.
func (l *lines) add(p []byte) {
	for len(l.rest)+len(p) > maxLine {
		n := maxLine - len(l.rest)
		l.rest = append(l.rest, p[:n]...)
		l.flush()
		p = p[n:]
	}
	l.rest = append(l.rest, p...)
}

func (l *lines) flush() {
	line := bytes.TrimSuffix(l.rest, []byte{'\r'})
	// Programs redraw their progress after a carriage return; keep what a
	// terminal would show in the end.
	l.scope.Logf("%s", line[bytes.LastIndexByte(line, '\r')+1:])
	l.rest = l.rest[:0]
}

func (l *lines) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.rest) > 0 {
		l.flush()
	}
	return nil
}
