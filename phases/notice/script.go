package notice

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"compose/internal/proc"
)

// Script is a program that is called with the name of each message, which has
// its fields as a JSON object on standard input, as Pungi's notification
// scripts are. It has the environment of this program.
type Script struct {
	// Program is a path, or a name that is looked up in PATH.
	Program string
	// Dir is the working folder; Logs, if not "", the folder in which each
	// call leaves notification-DATE_TIME.log (UTC).
	Dir, Logs string
}

// String is the program.
func (s *Script) String() string { return s.Program }

// Wants takes all messages.
func (s *Script) Wants(string) bool { return true }

// Send calls the program.
func (s *Script) Send(ctx context.Context, m Message) error {
	data, err := json.Marshal(m.Fields)
	if err != nil {
		return err
	}
	start := time.Now()
	out := limited{left: maxOutput}
	err = proc.Run(ctx, proc.Command{
		Args: []string{s.Program, m.Name}, Dir: s.Dir, Env: os.Environ(),
		Stdin: bytes.NewReader(data), Output: &out,
	})
	if e := s.log(start, m, out.Bytes(), err); err == nil {
		err = e
	}
	return err
}

// maxOutput is how much of what a script writes is kept, in bytes.
const maxOutput = 1 << 20

// limited keeps the beginning of what is written to it.
type limited struct {
	bytes.Buffer
	left int
}

func (l *limited) Write(p []byte) (int, error) {
	keep := p[:min(len(p), l.left)]
	l.left -= len(keep)
	l.Buffer.Write(keep)
	return len(p), nil
}

// log keeps what a call wrote. Scripts that are called in the same second
// share a file, each with one piece of it.
func (s *Script) log(start time.Time, m Message, output []byte, result error) error {
	if s.Logs == "" {
		return nil
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s\n%s", s.Program, m.Name, output)
	if len(output) > 0 && output[len(output)-1] != '\n' {
		b.WriteByte('\n')
	}
	if result != nil {
		fmt.Fprintf(&b, "%v\n", result)
	}
	fmt.Fprintf(&b, "took %s\n\n", time.Since(start).Round(time.Millisecond))
	return appendLog(s.Logs, start, b.Bytes())
}

// appendLog adds to the log of a second, in one write.
func appendLog(dir string, at time.Time, data []byte) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	name := filepath.Join(dir, "notification-"+at.UTC().Format("2006-01-02_15-04-05")+".log")
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if e := f.Close(); err == nil {
		err = e
	}
	return err
}
