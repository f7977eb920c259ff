package event

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
	"time"
)

// wire is the JSON form of an Event; docs/events.md describes it. Adding a
// field is allowed, changing the meaning of one is not.
type wire struct {
	Seq      int64          `json:"seq,omitempty"`
	Time     time.Time      `json:"time"`
	Kind     Kind           `json:"kind"`
	Step     string         `json:"step,omitempty"`
	Pool     string         `json:"pool,omitempty"`
	Needs    []string       `json:"needs,omitempty"`
	Optional bool           `json:"optional,omitempty"`
	Takes    map[string]int `json:"takes,omitempty"`
	Files    []string       `json:"files,omitempty"`
	Level    Level          `json:"level,omitempty"`
	Text     string         `json:"text,omitempty"`
	State    State          `json:"state,omitempty"`
	Error    string         `json:"error,omitempty"`
	Waited   seconds        `json:"waited,omitempty"`
	Ran      seconds        `json:"ran,omitempty"`
	Done     int64          `json:"done,omitempty"`
	Total    int64          `json:"total,omitempty"`
	Unit     string         `json:"unit,omitempty"`
	Run      *wireRun       `json:"run,omitempty"`
}

type wireRun struct {
	Format   int            `json:"format"`
	ID       string         `json:"id,omitempty"`
	Dir      string         `json:"dir,omitempty"`
	Version  string         `json:"version,omitempty"`
	Pools    map[string]int `json:"pools,omitempty"`
	Status   string         `json:"status,omitempty"`
	Critical []string       `json:"critical,omitempty"`
}

// format is the version of the JSON form.
const format = 1

// seconds is a duration in seconds, to the microsecond.
type seconds float64

func toSeconds(d time.Duration) seconds {
	return seconds(math.Round(d.Seconds()*1e6) / 1e6)
}

func (s seconds) duration() time.Duration {
	return time.Duration(math.Round(float64(s)*1e6)) * time.Microsecond
}

// MarshalJSON writes the documented form: times in UTC, durations in seconds.
func (e Event) MarshalJSON() ([]byte, error) {
	w := wire{
		Seq: e.Seq, Time: e.Time.UTC(), Kind: e.Kind, Step: e.Step,
		Pool: e.Pool, Needs: e.Needs, Optional: e.Optional, Takes: e.Takes, Files: e.Files,
		Level: e.Level, Text: e.Text, State: e.State, Error: e.Error,
		Waited: toSeconds(e.Waited), Ran: toSeconds(e.Ran),
		Done: e.Done, Total: e.Total, Unit: e.Unit,
	}
	if r := e.Run; r != nil {
		w.Run = &wireRun{format, r.ID, r.Dir, r.Version, r.Pools, r.Status, r.Critical}
	}
	return marshal(w)
}

// UnmarshalJSON reads what MarshalJSON wrote; unknown fields are ignored.
func (e *Event) UnmarshalJSON(data []byte) error {
	var w wire
	if err := json.Unmarshal(data, &w); err != nil {
		return err
	}
	*e = Event{
		Seq: w.Seq, Time: w.Time, Kind: w.Kind, Step: w.Step,
		Pool: w.Pool, Needs: w.Needs, Optional: w.Optional, Takes: w.Takes, Files: w.Files,
		Level: w.Level, Text: w.Text, State: w.State, Error: w.Error,
		Waited: w.Waited.duration(), Ran: w.Ran.duration(),
		Done: w.Done, Total: w.Total, Unit: w.Unit,
	}
	if r := w.Run; r != nil {
		e.Run = &Run{r.ID, r.Dir, r.Version, r.Pools, r.Status, r.Critical}
	}
	return nil
}

// marshal is json.Marshal without turning < and > into escapes, which serve
// nobody here and make the file hard to read.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// JSONLines is a Handler that writes one JSON object per line: all facts, and
// Progress if asked for; never Log. Each line is one write, so that a reader
// or a crash finds whole lines.
type JSONLines struct {
	W            io.Writer
	WithProgress bool

	err error
}

// Handle writes e.
func (j *JSONLines) Handle(e Event) {
	if j.err != nil || e.Kind == Log || e.Kind == Progress && !j.WithProgress {
		return
	}
	line, err := e.MarshalJSON()
	if err == nil {
		_, err = j.W.Write(append(line, '\n'))
	}
	j.err = err
}

// Err is the first error of writing; nothing is written after it. To be
// called when nobody speaks any more.
func (j *JSONLines) Err() error { return j.err }
