// Package overview follows a run from outside of its process: it reads the log
// of events as it grows, and the file that says how far the running steps are.
// The package reads files that somebody else writes at that moment, or has
// stopped to write in the middle of a line.
package overview

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"time"

	"compose/phases/event"
	"compose/phases/report"
)

// Progress is how far a step is.
type Progress struct {
	Done  int64  `json:"done"`
	Total int64  `json:"total,omitempty"`
	Unit  string `json:"unit,omitempty"`
}

// Follower is what is known of one run. It is not safe for concurrent use.
type Follower struct {
	events, progress string
	offset           int64
	run              *report.Run
	last             []event.Event
	// Times counts how often the compose was begun: more than once when it was
	// resumed.
	Times int
}

// keptEvents is how many of the last events are kept.
const keptEvents = 20

// maxLine is the longest line that is taken for an event, in bytes.
const maxLine = 16 << 20

// Follow gives a follower of the log of events and the file of progress.
func Follow(events, progress string) *Follower {
	return &Follower{events: events, progress: progress, run: &report.Run{}}
}

// Run is what the events have said so far; of a compose that was resumed what
// those of the last run have.
func (f *Follower) Run() *report.Run { return f.run }

// Last are the last events that mean something to a person, oldest first.
func (f *Follower) Last() []event.Event { return f.last }

// Update reads what is new. A log that is not there is one without events.
func (f *Follower) Update() error {
	file, err := os.Open(f.events)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer file.Close()
	if fi, err := file.Stat(); err == nil && fi.Size() < f.offset { // somebody cut it
		*f = *Follow(f.events, f.progress)
	}
	if _, err := file.Seek(f.offset, io.SeekStart); err != nil {
		return err
	}
	if err := f.read(bufio.NewReaderSize(file, 64<<10)); err != nil {
		return err
	}
	f.readProgress()
	return nil
}

// read takes in whole lines; half a line is read again the next time.
func (f *Follower) read(r *bufio.Reader) error {
	for {
		line, err := readLine(r)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		f.offset += int64(len(line))
		var e event.Event
		if json.Unmarshal(line, &e) == nil {
			f.take(e)
		}
	}
}

var errLine = errors.New("the log of events has a line without an end")

func readLine(r *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case err == nil:
			return line, nil
		case len(line) > maxLine:
			return nil, errLine
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, err
		}
	}
}

func (f *Follower) take(e event.Event) {
	if e.Kind == event.RunStarted || e.Kind == event.RunEnded {
		if e.Run == nil {
			return
		}
	}
	if e.Kind == event.RunStarted {
		f.Times++
		f.run = &report.Run{}
	}
	f.run.Handle(e)
	if e.Kind != event.Planned && e.Kind != event.Progress && e.Kind != event.Log {
		if len(f.last) == keptEvents {
			f.last = append(f.last[:0], f.last[1:]...)
		}
		f.last = append(f.last, e)
	}
}

// readProgress gives the running steps what the file of progress says, which
// may be gone, or older than they are.
func (f *Follower) readProgress() {
	data, err := os.ReadFile(f.progress)
	if err != nil {
		return
	}
	for name, p := range ReadProgress(bytes.NewReader(data)) {
		s := f.run.Find(name)
		if s != nil && s.Running() {
			s.Done, s.Total, s.Unit = p.Done, p.Total, p.Unit
		}
	}
}

// file is the JSON form of the file of progress.
type file struct {
	Time  time.Time           `json:"time"`
	Steps map[string]Progress `json:"steps"`
}

// ReadProgress reads a file of progress; what is none has nothing in it.
func ReadProgress(r io.Reader) map[string]Progress {
	var in file
	if json.NewDecoder(io.LimitReader(r, maxLine)).Decode(&in) != nil {
		return nil
	}
	return in.Steps
}
