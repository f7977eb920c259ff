package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"compose/phases"
	"compose/phases/event"
)

// running makes a compose that this process holds, in the middle of it.
func running(t *testing.T) string {
	t.Helper()
	l := phases.Layout{Top: filepath.Join(t.TempDir(), "DP-1-20260103.n.0")}
	if err := os.MkdirAll(filepath.Dir(l.EventLog()), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		l.ComposeID(): "DP-1-20260103.n.0", l.Status(): "STARTED\n",
		l.Progress(): `{"steps":{"createrepo/A.x86_64":{"done":300,"total":1000,"unit":"packages"}}}`,
	} {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	log, err := os.Create(l.EventLog())
	if err != nil {
		t.Fatal(err)
	}
	s := event.New(func() time.Time { return time.Now().Add(-10 * time.Second) })
	s.Subscribe(&event.JSONLines{W: log})
	s.Start(event.Run{ID: "DP-1-20260103.n.0", Version: "1", Pools: map[string]int{"cpu": 2, "disk": 4}})
	for _, step := range []string{"cache", "createrepo/A.x86_64", "createrepo/B.x86_64", "createrepo/C.x86_64"} {
		s.Emit(event.Event{Kind: event.Planned, Step: step, Pool: "cpu", Optional: step == "cache"})
	}
	s.Emit(event.Event{Kind: event.Started, Step: "cache"})
	s.Scope("cache").End(event.Event{State: event.OptionalFailed, Error: "no \x1b[31mroom", Ran: time.Second})
	s.Emit(event.Event{Kind: event.Started, Step: "createrepo/C.x86_64", Time: time.Now().Add(-15 * time.Second)})
	s.Scope("createrepo/C.x86_64").End(event.Event{State: event.OK, Ran: 5 * time.Second})
	s.Emit(event.Event{Kind: event.Started, Step: "createrepo/A.x86_64"})
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(l.ComposeID())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	return l.Top
}

// output runs the program in this process.
func output(t *testing.T, args ...string) string {
	t.Helper()
	var out bytes.Buffer
	cmd := newRootCmd()
	cmd.SetOut(&out)
	cmd.SetArgs(args)
	if err := cmd.ExecuteContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestStatusOfRunning(t *testing.T) {
	dir := running(t)
	text := output(t, "status", dir)
	for _, want := range []string{
		"DP-1-20260103.n.0  running for 10", "2 of 4 steps ended, 0 reused, 1 running, 1 waiting, 1 failed, 0 warnings",
		"createrepo/A.x86_64", "300/1,000 packages", "failed: cache: no ", "logs/global/cache.log", "cache optional-failed after 1.0s",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if strings.Contains(text, "\x1b") {
		t.Errorf("an escape sequence in %q", text)
	}
	var got statusJSON
	if err := json.Unmarshal([]byte(output(t, "status", "--json", dir)), &got); err != nil {
		t.Fatal(err)
	}
	if got.State != "running" || got.Left == nil || *got.Left < 20 || got.Running[0].Done != 300 || got.Pools["cpu"] != [2]int{1, 2} || len(got.Failed) != 1 {
		t.Errorf("%+v", got)
	}
}

func TestTopSnapshot(t *testing.T) {
	dir := running(t)
	for _, arg := range []string{dir, filepath.Dir(dir)} {
		text := output(t, "top", arg)
		for _, want := range []string{"DP-1-20260103.n.0  running for 10", "2/4 steps, 1 failed  cpu 1/2, disk 0/4", "createrepo/A.x86_64"} {
			if !strings.Contains(text, want) {
				t.Errorf("no %q in\n%s", want, text)
			}
		}
	}
	if text := output(t, "top", t.TempDir()); text != "no compose is being made\n" {
		t.Error(text)
	}
}
