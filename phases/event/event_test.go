package event

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// clock counts seconds from a fixed time, one per reading.
func clock() func() time.Time {
	t := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	return func() time.Time {
		t = t.Add(time.Second)
		return t
	}
}

func collect(s *Stream) *[]Event {
	var got []Event
	s.Subscribe(HandlerFunc(func(e Event) { got = append(got, e) }))
	return &got
}

// Who subscribes late gets the facts all the same, each once.
func TestSubscribeReplays(t *testing.T) {
	s := New(clock())
	c := s.Scope("a")
	c.Note("one")
	c.Progress(1, 2, "files")
	got := collect(s)
	c.Warn("two %d", 2)
	c.Logf("detail")
	if len(*got) != 3 {
		t.Fatalf("got %v", *got)
	}
	for i, want := range []Event{
		{Seq: 1, Kind: Note, Step: "a", Text: "one"},
		{Seq: 2, Kind: Note, Step: "a", Level: Warning, Text: "two 2"},
		{Kind: Log, Step: "a", Text: "detail"},
	} {
		e := (*got)[i]
		e.Time = time.Time{}
		if !reflect.DeepEqual(e, want) {
			t.Errorf("event %d: got %+v, want %+v", i, e, want)
		}
	}
}

// Facts keep their order and numbers however many speak at once.
func TestConcurrent(t *testing.T) {
	s := New(nil)
	got := collect(s)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			c := s.Scope(fmt.Sprint(i))
			for n := range 500 {
				c.Note("%d", n)
				c.Progress(int64(n), 500, "n")
			}
			c.End(Event{State: OK})
		})
	}
	wg.Wait()
	seq, next := int64(0), map[string]int{}
	for _, e := range *got {
		if !e.Fact() {
			continue
		}
		if seq++; e.Seq != seq {
			t.Fatalf("number %d after %d", e.Seq, seq-1)
		}
		if e.Kind == Note && e.Text != fmt.Sprint(next[e.Step]) {
			t.Fatalf("step %s said %s, want %d", e.Step, e.Text, next[e.Step])
		}
		next[e.Step]++
	}
	if seq != 8*501 {
		t.Errorf("%d facts, want %d", seq, 8*501)
	}
}

// Progress is thinned out, but the end of a step knows the last word.
func TestProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(nil)
		got := collect(s)
		c := s.Scope("a")
		say := c.Counter("packages")
		for i := range 1000 {
			time.Sleep(time.Millisecond)
			say(i, 2000)
		}
		c.End(Event{State: OK})
		n := len(*got) - 1
		if n < 5 || n > 15 {
			t.Errorf("%d progress events in a second", n)
		}
		if e := (*got)[n]; e.Kind != Ended || e.Done != 999 || e.Total != 2000 || e.Unit != "packages" {
			t.Errorf("ended %+v", e)
		}
	})
}

func TestScopeIsSilentAfterEnd(t *testing.T) {
	s := New(nil)
	got := collect(s)
	c := s.Scope("a")
	c.Reused("earlier")
	if e := c.End(Event{State: OK}); e.State != Reused || e.Text != "earlier" {
		t.Errorf("ended %+v", e)
	}
	c.Note("late")
	c.Progress(1, 1, "x")
	if len(*got) != 1 {
		t.Errorf("heard %v", *got)
	}
}

func TestJSON(t *testing.T) {
	s := New(clock())
	var b bytes.Buffer
	lines := &JSONLines{W: &b}
	s.Subscribe(lines)
	s.Start(Run{ID: "DP-1.0-20260102.0", Dir: "/c", Version: "1", Pools: map[string]int{"cpu": 2}})
	s.Emit(Event{Kind: Planned, Step: "a/<b>", Pool: "cpu", Needs: []string{"x"}, Optional: true})
	s.Emit(Event{Kind: Started, Step: "a/<b>", Waited: 1500 * time.Millisecond})
	c := s.Scope("a/<b>")
	c.Warn("odd\x1b[2J\xff")
	c.Progress(3, 4, "files")
	c.Logf("not here")
	c.End(Event{State: Failed, Error: "it broke", Waited: time.Second, Ran: 1234567 * time.Microsecond})
	s.End(Run{Status: "DOOMED", Critical: []string{"x", "a/<b>"}})
	want, err := os.ReadFile("testdata/events.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != string(want) || lines.Err() != nil {
		t.Errorf("got\n%s\nwant\n%s\n%v", b.String(), want, lines.Err())
	}
	// and back
	facts := s.Facts()
	for i, sc := 0, bufio.NewScanner(&b); sc.Scan(); i++ {
		var e Event
		if err := json.Unmarshal(sc.Bytes(), &e); err != nil {
			t.Fatal(err)
		}
		facts[i].Text = strings.ToValidUTF8(facts[i].Text, "\uFFFD")
		if !reflect.DeepEqual(e, facts[i]) {
			t.Errorf("line %d reads back as\n%+v, want\n%+v", i, e, facts[i])
		}
	}
}

type failing struct{ n int }

func (f *failing) Write(p []byte) (int, error) {
	f.n++
	return 0, errors.New("disk full")
}

func TestJSONError(t *testing.T) {
	s, w := New(nil), &failing{}
	lines := &JSONLines{W: w}
	s.Subscribe(lines)
	s.Scope("a").Note("x")
	s.Scope("a").Note("y")
	if lines.Err() == nil || w.n != 1 {
		t.Errorf("error %v after %d writes", lines.Err(), w.n)
	}
}

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"plain-1.0~rc1":    "plain-1.0~rc1",
		"Grüße, 世界":        "Grüße, 世界",
		"a\x1b[31mred\x07": `a\x1b[31mred\a`,
		"two\nlines\there": "two\nlines\there",
		"back\rwards\x7f":  `back\rwards\x7f`,
		"bad\xffbyte":      `bad\xffbyte`,
		"real \uFFFD":      `real \ufffd`,
		"c1 \u009b2J":      `c1 \u009b2J`,
		"bidi \u202egnp":   `bidi \u202egnp`,
		"nul\x00":          `nul\x00`,
		"sep\u2028arator":  `sep\u2028arator`,
	} {
		if got := Clean(in); got != want {
			t.Errorf("Clean(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzClean(f *testing.F) {
	f.Add("a\x1b[31m\xff\u202e")
	f.Fuzz(func(t *testing.T, s string) {
		got := Clean(s)
		if strings.ContainsFunc(got, hidden) {
			t.Errorf("Clean(%q) = %q", s, got)
		}
		if Clean(got) != got {
			t.Errorf("cleaning twice changes %q", got)
		}
	})
}

func TestOutput(t *testing.T) {
	s := New(nil)
	got := collect(s)
	w := s.Scope("a").Output()
	fmt.Fprint(w, "one\ntwo\r\nthr")
	fmt.Fprint(w, "ee\n 10%\r 20%\r100%\nlast")
	fmt.Fprint(w, strings.Repeat("x", 3*maxLine))
	w.Close()
	var texts []string
	for _, e := range *got {
		texts = append(texts, e.Text)
	}
	want := []string{"one", "two", "three", "100%"}
	if !reflect.DeepEqual(texts[:4], want) || len(texts) != 8 {
		t.Errorf("got %d lines, %q", len(texts), texts[:4])
	}
	if joined := strings.Join(texts[4:], ""); joined != "last"+strings.Repeat("x", 3*maxLine) {
		t.Error("a long line lost something")
	}
}

func TestLogFiles(t *testing.T) {
	dir := t.TempDir()
	logs := NewLogFiles(func(step string) string {
		switch step {
		case "quiet":
			return ""
		case "":
			return filepath.Join(dir, "run.log")
		}
		return filepath.Join(dir, filepath.FromSlash(step)+".log")
	})
	s := New(clock())
	s.Subscribe(logs)
	s.Start(Run{ID: "DP-1.0", Dir: "/c"})
	s.Emit(Event{Kind: Started, Step: "iso/A.x86_64", Waited: time.Second})
	c := s.Scope("iso/A.x86_64")
	c.Logf("xorriso -as mkisofs")
	c.Warn("no boot tree\x1b[2J\n03:04:05.000 ended ok")
	c.Progress(7, 7, "files")
	c.End(Event{State: Failed, Error: "it broke", Ran: time.Minute})
	s.Scope("quiet").Note("nothing")
	s.Scope("never").End(Event{State: NotRun, Text: "iso/A.x86_64 failed"})
	s.Scope("open").Note("still open")
	s.End(Run{Status: "DOOMED"})
	if err := logs.Close(); err != nil {
		t.Fatal(err)
	}
	got, _ := os.ReadFile(filepath.Join(dir, "iso/A.x86_64.log"))
	want := `03:04:07.000 started iso/A.x86_64 after waiting 1s
03:04:08.000 xorriso -as mkisofs
03:04:09.000 warning: no boot tree\x1b[2J
             03:04:05.000 ended ok
03:04:11.000 ended failed after 1m0s, 7 files: it broke
`
	if string(got) != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	got, _ = os.ReadFile(filepath.Join(dir, "run.log"))
	if !strings.Contains(string(got), "ended DOOMED") {
		t.Errorf("got %q", got)
	}
	names, _ := filepath.Glob(filepath.Join(dir, "*"))
	if len(names) != 3 {
		t.Errorf("files %v", names)
	}
}

func TestLogFilesError(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "f"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	logs := NewLogFiles(func(step string) string { return filepath.Join(dir, "f", step) })
	s := New(nil)
	s.Subscribe(logs)
	s.Scope("a").Note("x")
	s.Scope("a").Note("y")
	if logs.Close() == nil {
		t.Error("no error")
	}
}

// Progress is called for each package; it must cost next to nothing.
func BenchmarkProgress(b *testing.B) {
	c := New(nil).Scope("a")
	for i := 0; b.Loop(); i++ {
		c.Progress(int64(i), 0, "packages")
	}
}
