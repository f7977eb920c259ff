package overview

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"compose/phases/event"
)

func paths(dir string) Paths {
	return Paths{filepath.Join(dir, "COMPOSE_ID"), filepath.Join(dir, "STATUS"), filepath.Join(dir, "events"), filepath.Join(dir, "progress")}
}

// begin makes a compose whose events are written by the stream it gives.
func begin(t *testing.T, target, id, status string) (string, *event.Stream) {
	t.Helper()
	dir := filepath.Join(target, id)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	put(t, paths(dir).ID, id)
	put(t, paths(dir).Status, status+"\n")
	f, err := os.OpenFile(paths(dir).Events, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	s := event.New(nil)
	s.Subscribe(&event.JSONLines{W: f})
	return dir, s
}

func put(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func look(t *testing.T, w *Watch) *Compose {
	t.Helper()
	c, err := w.Look()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestWatch(t *testing.T) {
	target := t.TempDir()
	for i, ran := range []time.Duration{1, 2, 3} {
		_, s := begin(t, target, fmt.Sprintf("DP-1-20260101.n.%d", 8+i), "FINISHED")
		s.Start(event.Run{})
		s.Emit(event.Event{Kind: event.Planned, Step: "a/x"})
		s.Emit(event.Event{Kind: event.Started, Step: "a/x", Time: time.Unix(0, 0)})
		s.Emit(event.Event{Kind: event.Ended, Step: "a/x", State: event.OK, Time: time.Unix(0, 0).Add(ran * time.Second)})
	}
	begin(t, target, "DP-1-20260101.0", "FINISHED")   // another type
	begin(t, target, "DP-2-20260101.n.0", "FINISHED") // another release
	begin(t, target, "DP-1-20260102.n.0", "DOOMED")
	dir, s := begin(t, target, "DP-1-20260103.n.0", "STARTED")
	held := true
	w, err := Open(dir, paths, func(string) bool { return held })
	if err != nil {
		t.Fatal(err)
	}
	if c := look(t, w); c.State() != "running" || len(c.Run.Steps) != 0 || filepath.Base(c.Before) != "DP-1-20260101.n.10" {
		t.Errorf("%+v", c)
	}
	s.Start(event.Run{ID: "DP-1-20260103.n.0", Pools: map[string]int{"cpu": 2}})
	s.Emit(event.Event{Kind: event.Planned, Step: "a/x", Pool: "cpu"})
	s.Emit(event.Event{Kind: event.Started, Step: "a/x"})
	put(t, paths(dir).Progress, `{"steps":{"a/x":{"done":3,"total":7,"unit":"packages"},"gone":{"done":1}}}`)
	c := look(t, w)
	if st := c.Run.Find("a/x"); !st.Running() || st.Done != 3 || st.Total != 7 || st.Expected != 3*time.Second || c.Run.Pools["cpu"] != 2 {
		t.Errorf("%+v", st)
	}
	// Half a line is taken when it is whole; what is no event is passed over.
	f, err := os.OpenFile(paths(dir).Events, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	line, _ := event.Event{Seq: 4, Kind: event.Note, Text: "hello"}.MarshalJSON()
	f.Write([]byte("nonsense\n"))
	f.Write(line[:10])
	if c = look(t, w); len(c.Last) != 2 {
		t.Errorf("last: %+v", c.Last)
	}
	f.Write(append(line[10:], '\n'))
	if c = look(t, w); len(c.Last) != 3 || c.Last[2].Text != "hello" {
		t.Errorf("last: %+v", c.Last)
	}
	held = false
	if c = look(t, w); c.State() != "killed" || c.Times != 1 {
		t.Errorf("%s, %d", c.State(), c.Times)
	}
	// It is resumed: what counts is the last run.
	_, s = begin(t, target, "DP-1-20260103.n.0", "STARTED")
	s.Start(event.Run{})
	if c = look(t, w); len(c.Run.Steps) != 0 || c.Times != 2 {
		t.Errorf("%d steps, %d times", len(c.Run.Steps), c.Times)
	}
	put(t, paths(dir).Status, "DOOMED\n")
	if c = look(t, w); c.State() != "ended" || c.Status != "DOOMED" {
		t.Error(c.State())
	}
	if found, err := Find(target, paths); err != nil || len(found) != 7 {
		t.Errorf("%v, %v", found, err)
	}
	if _, err := Open(target, paths, nil); err == nil {
		t.Error("a folder of composes is taken for one")
	}
}

func TestProgressFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "progress")
	wrote := make(chan []byte, 10)
	w := StartProgress(name, func(name string, data []byte) error {
		wrote <- data
		return os.WriteFile(name, data, 0o644)
	})
	s := event.New(nil)
	s.Subscribe(w)
	s.Scope("a").Progress(1, 2, "packages")
	s.Scope("b").Progress(1, 2, "packages")
	s.Emit(event.Event{Kind: event.Ended, Step: "b", State: event.OK})
	got := ReadProgress(bytes.NewReader(<-wrote))
	if len(got) != 1 || got["a"] != (Progress{1, 2, "packages"}) {
		t.Errorf("%v", got)
	}
	w.Close()
	if _, err := os.Stat(name); err == nil {
		t.Error("the file is still there")
	}
	if ReadProgress(bytes.NewReader([]byte("no"))) != nil {
		t.Error("nonsense is taken for progress")
	}
}
