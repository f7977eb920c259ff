package proc

import (
	"bytes"
	"io"
	"strings"
)

// output passes on what a child writes and keeps the end of it. It never
// fails, so that a full disk under a log does not look like a failure of the
// child; the first error is kept.
type output struct {
	to   io.Writer
	err  error
	tail tail
}

func (o *output) Write(p []byte) (int, error) {
	o.tail.add(p)
	if o.to != nil && o.err == nil {
		_, o.err = o.to.Write(p)
	}
	return len(p), nil
}

const (
	tailBytes = 4 << 10
	tailLines = 5
)

// tail is the last tailBytes of what was added.
type tail struct {
	buf []byte
	cut bool // something before buf was dropped
}

func (t *tail) add(p []byte) {
	if n := len(p) - tailBytes; n > 0 {
		p, t.buf, t.cut = p[n:], t.buf[:0], true
	}
	if n := len(t.buf) + len(p) - tailBytes; n > 0 {
		t.buf, t.cut = append(t.buf[:0], t.buf[n:]...), true
	}
	t.buf = append(t.buf, p...)
}

// String is the last few lines that are not empty, the first of them whole.
func (t *tail) String() string {
	b := t.buf
	if i := bytes.IndexByte(b, '\n'); t.cut && i >= 0 && i < len(b)-1 {
		b = b[i+1:]
	}
	var lines []string
	for line := range strings.Lines(string(b)) {
		line = strings.TrimRight(line, "\r\n")
		line = line[strings.LastIndexByte(line, '\r')+1:]
		if strings.TrimSpace(line) != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines[max(0, len(lines)-tailLines):], "\n")
}
