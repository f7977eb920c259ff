package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"compose/phases/dag"
	"compose/phases/event"
	"compose/phases/report"
)

var updateRender = flag.Bool("update", false, "write the golden files anew")

// golden compares with testdata/render/NAME, or writes it with -update.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", "render", name)
	if *updateRender {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
	}
}

var t0 = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

const hostile = "\x1b[2J\x1b]0;owned\x07\u202egnp\xff\r\x9b31m"

// script is a run told event by event.
type script struct{ events []event.Event }

func (s *script) say(at float64, e event.Event) {
	e.Time = t0.Add(time.Duration(at * float64(time.Second)))
	if e.Fact() {
		e.Seq = int64(len(s.events)) + 1
	}
	s.events = append(s.events, e)
}

func (s *script) started(at float64, step string) {
	s.say(at, event.Event{Kind: event.Started, Step: step})
}

func (s *script) ended(at, ran float64, step string, e event.Event) {
	e.Kind, e.Step, e.Ran = event.Ended, step, time.Duration(ran*float64(time.Second))
	s.say(at, e)
}

// middle is a run up to its middle, with something of everything.
func middle() *script {
	s := &script{}
	s.say(0, event.Event{Kind: event.RunStarted, Run: &event.Run{ID: "DP-1.0-20260102.n.0", Dir: "/srv/DP-1.0-20260102.n.0", Pools: map[string]int{"cpu": 2, "net": 1}}})
	plan := []struct {
		name  string
		needs []string
	}{
		{"pkgset/base", nil},
		{"gather/Server.x86_64", []string{"pkgset/base"}},
		{"gather/Server.aarch64", []string{"pkgset/base"}},
		{"createrepo/Server.x86_64", []string{"gather/Server.x86_64"}},
		{"createrepo/Server.aarch64", []string{"gather/Server.aarch64"}},
		{"createiso/Server.x86_64", []string{"createrepo/Server.x86_64"}},
		{"createiso/Server.aarch64", []string{"createrepo/Server.aarch64"}},
		{"repoclosure/" + hostile, []string{"createrepo/Server.x86_64"}},
		{"metadata", []string{"createrepo/Server.x86_64", "createrepo/Server.aarch64"}},
	}
	for _, p := range plan {
		s.say(0, event.Event{Kind: event.Planned, Step: p.name, Needs: p.needs, Pool: "cpu"})
	}
	s.say(0.1, event.Event{Kind: event.Note, Text: "cache opened in /var/cache/compose"})
	s.started(0.1, "pkgset/base")
	s.say(3, event.Event{Kind: event.Note, Level: event.Warning, Step: "pkgset/base", Text: "evil" + hostile + ".rpm: not a package\nand a second line"})
	s.ended(4.1, 4, "pkgset/base", event.Event{State: event.OK, Done: 23400, Total: 23400, Unit: "packages"})
	s.started(4.1, "gather/Server.x86_64")
	s.started(4.2, "gather/Server.aarch64")
	s.ended(7.1, 3, "gather/Server.x86_64", event.Event{State: event.Reused, Text: "DP-1.0-20260101.n.0"})
	s.started(7.2, "createrepo/Server.x86_64")
	s.say(9, event.Event{Kind: event.Progress, Step: "createrepo/Server.x86_64", Done: 12000, Total: 23400, Unit: "packages"})
	s.say(9, event.Event{Kind: event.Progress, Step: "gather/Server.aarch64", Done: 3 << 20, Unit: "bytes"})
	s.say(9, event.Event{Kind: event.Log, Step: "gather/Server.aarch64", Text: "a detail"})
	return s
}

// failed is the whole of a run that fails.
func failed() *script {
	s := middle()
	s.ended(10, 3, "createrepo/Server.x86_64", event.Event{State: event.OK, Done: 23400, Total: 23400, Unit: "packages"})
	s.started(10, "createiso/Server.x86_64")
	s.started(10, "repoclosure/"+hostile)
	s.ended(11, 1, "repoclosure/"+hostile, event.Event{State: event.OptionalFailed, Error: "broken" + hostile})
	s.ended(12.6, 8.5, "gather/Server.aarch64", event.Event{State: event.Failed, Error: "bash needs libtinfo.so.6()(64bit): no candidate left\n    ncurses-libs-6.4-8.aarch64: excluded by filter_packages \"ncurses*\""})
	for _, name := range []string{"createrepo/Server.aarch64", "createiso/Server.aarch64", "metadata"} {
		s.ended(12.6, 0, name, event.Event{State: event.NotRun, Text: "gather/Server.aarch64 failed"})
	}
	s.ended(12.7, 2.7, "createiso/Server.x86_64", event.Event{State: event.Canceled, Error: "context canceled"})
	s.say(12.8, event.Event{Kind: event.RunEnded, Ran: 12800 * time.Millisecond, Run: &event.Run{Status: "DOOMED", Critical: []string{"pkgset/base", "gather/Server.aarch64"}}})
	return s
}

var styles = map[string]style{
	"ascii":   {},
	"unicode": {unicode: true},
	"color":   {unicode: true, colors: true},
}

func TestBlock(t *testing.T) {
	run := report.Digest(middle().events)
	now := t0.Add(12 * time.Second)
	for name, st := range styles {
		golden(t, "block-"+name+".txt", strings.Join(block{st, 110, 24, now}.lines(run), "\n")+"\n")
	}
	for _, width := range []int{1, 2, 10, 20, 40, 60, 80, 200} {
		for height := 1; height < 10; height++ {
			lines := block{styles["color"], width, height, now}.lines(run)
			for _, l := range lines {
				if w := textWidth(l); w > max(width-1, 1) {
					t.Errorf("width %d: a line of %d columns: %q", width, w, l)
				}
			}
			if len(lines) > max(height-1, 3) {
				t.Errorf("%d lines on a terminal of %d", len(lines), height)
			}
		}
	}
}

func TestBlockManySteps(t *testing.T) {
	run := &report.Run{}
	for i := range 3000 {
		run.Handle(event.Event{Kind: event.Planned, Step: fmt.Sprint("a/", i), Pool: "cpu"})
	}
	for i := range 40 {
		run.Handle(event.Event{Kind: event.Started, Step: fmt.Sprint("a/", i), Time: t0})
	}
	lines := block{style{}, 80, 30, t0}.lines(run)
	if len(lines) != 14 || lines[13] != "  and 28 more" {
		t.Errorf("got %d lines, %q", len(lines), lines[len(lines)-1])
	}
}

// play lets the events pass a renderer, one every hundredth of a second.
func play(v renderer, events []event.Event) {
	for _, e := range events {
		v.Handle(e)
	}
	v.Close()
}

func TestPlain(t *testing.T) {
	for mode, name := range map[renderMode]string{renderPlain: "plain.txt", renderQuiet: "quiet.txt"} {
		var b bytes.Buffer
		play(newPlainView(&b, style{}, mode), failed().events)
		golden(t, name, b.String())
	}
}

// A long silence is broken, so that nobody takes the run for dead.
func TestPlainSignOfLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b bytes.Buffer
		v := newPlainView(&b, style{}, renderPlain)
		v.Handle(event.Event{Kind: event.RunStarted, Time: time.Now(), Run: &event.Run{ID: "X", Dir: "/x"}})
		v.Handle(event.Event{Kind: event.Started, Time: time.Now(), Step: "createiso/A"})
		time.Sleep(140 * time.Second)
		v.Close()
		want := "   [0.0s] started X in /x\n  [60.0s] still running: createiso/A (1m00s)\n [120.0s] still running: createiso/A (2m00s)\n"
		if b.String() != want {
			t.Errorf("got\n%s\nwant\n%s", b.String(), want)
		}
	})
}

func TestSummary(t *testing.T) {
	events := failed().events
	stepErr := &dag.StepError{Step: "gather/Server.aarch64", Err: errors.New("bash needs libtinfo")}
	s := summary{
		Run:    report.Digest(events),
		Log:    func(step string) string { return "/srv/DP/logs/" + strings.ReplaceAll(step, "/", "-") + ".log" },
		Report: "/srv/DP/logs/report.html",
		Err:    errors.Join(errors.Join(stepErr), errors.New("logs: writing events.jsonl: no space left on device")),
	}
	write := func(name string, write func(io.Writer) error) {
		t.Helper()
		var b bytes.Buffer
		if err := write(&b); err != nil {
			t.Fatal(err)
		}
		golden(t, name, b.String())
	}
	write("summary-doomed.txt", s.write)
	write("summary-quiet.txt", s.writeQuiet)
	s.style = styles["color"]
	write("summary-color.txt", s.write)

	ok := middle()
	ok.ended(12.6, 8.5, "gather/Server.aarch64", event.Event{State: event.OK})
	ok.say(60, event.Event{Kind: event.RunEnded, Ran: time.Minute, Run: &event.Run{Status: "FINISHED", Critical: []string{"pkgset/base", "gather/Server.aarch64"}}})
	write("summary-finished.txt", summary{Run: report.Digest(ok.events), Report: "/srv/DP/logs/report.html"}.write)

	stopped := middle()
	stopped.ended(12, 1, "createrepo/Server.x86_64", event.Event{State: event.Canceled})
	stopped.say(12, event.Event{Kind: event.RunEnded, Run: &event.Run{Status: "TERMINATED"}})
	write("summary-terminated.txt", summary{Run: report.Digest(stopped.events), Err: errors.New("stopped by interrupt")}.write)
}

var ownEscapes = regexp.MustCompile("\x1b\\[(0|1|2|31|32|33)m|\x1b\\[\\?25[lh]|\x1b\\[[JK]|\x1b\\[\\d+A")

// Nothing from a package reaches the terminal unmade, in any form.
func TestHostileText(t *testing.T) {
	var b bytes.Buffer
	for _, st := range styles {
		play(newPlainView(&b, st, renderPlain), failed().events)
		play(newLiveView(&b, st, func() (int, int) { return 80, 24 }), failed().events)
		b.WriteString(strings.Join(block{st, 100, 24, t0}.lines(report.Digest(failed().events)), "\n"))
		_ = summary{style: st, Run: report.Digest(failed().events), Err: errors.New(hostile)}.write(&b)
	}
	rest := ownEscapes.ReplaceAllString(b.String(), "")
	rest = strings.ReplaceAll(rest, "\r", "") // the live view returns the carriage
	if cleaned := event.Clean(rest); cleaned != rest {
		for line := range strings.Lines(rest) {
			if event.Clean(line) != line {
				t.Fatalf("got through: %q", line)
			}
		}
	}
}

func TestNewRenderer(t *testing.T) {
	env := func(values map[string]string) func(string) string {
		return func(name string) string { return values[name] }
	}
	var b bytes.Buffer
	play(newRenderer(renderOptions{Out: &b, Env: env(map[string]string{"LANG": "C.UTF-8"})}), failed().events)
	if strings.Contains(b.String(), "\x1b") || !strings.Contains(b.String(), "pkgset/base: ok, 4.0s") {
		t.Errorf("no plain lines: %q", b.String())
	}
	b.Reset()
	play(newRenderer(renderOptions{Out: &b, Mode: renderJSON}), failed().events)
	for line := range strings.Lines(b.String()) {
		if !strings.HasPrefix(line, "{") || strings.Contains(line, `"log"`) {
			t.Errorf("odd line %s", line)
		}
	}
	if !strings.Contains(b.String(), `"kind":"progress"`) {
		t.Error("no progress")
	}
	for _, tt := range []struct {
		vars map[string]string
		want bool
	}{
		{nil, false}, {map[string]string{"LANG": "de_DE.UTF-8"}, true}, {map[string]string{"LC_ALL": "C", "LANG": "C.utf8"}, false},
	} {
		if got := isUTF8(env(tt.vars)); got != tt.want {
			t.Errorf("%v: %v", tt.vars, got)
		}
	}
}

func TestText(t *testing.T) {
	for _, tt := range []struct {
		in    string
		width int
		want  string
	}{
		{"hello", 5, "hello"}, {"hello", 4, "hel~"}, {"世界", 4, "世界"}, {"世界", 3, "世~"}, {"e\u0301e", 2, "e\u0301e"},
		{"\x1b[31mred\x1b[0m one", 7, "\x1b[31mred\x1b[0m one"}, {"\x1b[31mred one\x1b[0m", 4, "\x1b[31mred~\x1b[0m"}, {"", 0, ""},
	} {
		if got := fit(tt.in, tt.width); got != tt.want {
			t.Errorf("fit(%q, %d) = %q, want %q", tt.in, tt.width, got, tt.want)
		}
	}
	if got := shorten("a\nb\nc\nd\n", 2); got != "a\nb\nand 2 more lines: see its log" {
		t.Errorf("shortened to %q", got)
	}
	if got := shorten("a\nb\nc\n", 2); got != "a\nb\nc\n" {
		t.Errorf("shortened to %q", got)
	}
	for _, st := range styles {
		for width := range 30 {
			for done := range int64(12) {
				if w := textWidth(st.bar(done, 10, width)); w != width {
					t.Errorf("a bar of %d columns, want %d", w, width)
				}
			}
		}
	}
}

func TestRemaining(t *testing.T) {
	s := middle()
	run := report.Digest(s.events)
	at := func(sec float64) time.Time { return t0.Add(time.Duration(sec * float64(time.Second))) }
	// Only pkgset and one gather have ended: most phases are unknown.
	if left, ok := remaining(run, at(9)); ok {
		t.Errorf("a guess without grounds: %v", left)
	}
	run = &report.Run{Pools: map[string]int{"cpu": 2}}
	for i := range 10 {
		run.Handle(event.Event{Kind: event.Planned, Step: fmt.Sprint("a/", i), Pool: "cpu"})
	}
	for i := range 2 {
		run.Handle(event.Event{Kind: event.Started, Step: fmt.Sprint("a/", i), Time: at(0)})
		run.Handle(event.Event{Kind: event.Ended, Step: fmt.Sprint("a/", i), Time: at(10), State: event.OK})
	}
	if left, ok := remaining(run, at(10)); !ok || left != 40*time.Second {
		t.Errorf("8 steps of 10 s in 2 places: %v, %v", left, ok)
	}
	run.Handle(event.Event{Kind: event.Started, Step: "a/2", Time: at(10)})
	run.Handle(event.Event{Kind: event.Progress, Step: "a/2", Done: 1, Total: 11})
	if left, _ := remaining(run, at(20)); left != 100*time.Second {
		t.Errorf("one step with 10/11 to go after 10 s: %v", left)
	}
	for in, want := range map[time.Duration]time.Duration{
		900 * time.Millisecond: time.Second, 61 * time.Second: 65 * time.Second, 5 * time.Minute: 5 * time.Minute, 11*time.Minute + 1: 12 * time.Minute,
	} {
		if got := roundly(in); got != want {
			t.Errorf("roundly(%v) = %v, want %v", in, got, want)
		}
	}
}

func BenchmarkBlock3000(b *testing.B) {
	run := &report.Run{}
	for i := range 3000 {
		run.Handle(event.Event{Kind: event.Planned, Step: fmt.Sprint("a/", i), Pool: "cpu"})
	}
	for b.Loop() {
		block{style{}, 80, 30, t0}.lines(run)
	}
}
