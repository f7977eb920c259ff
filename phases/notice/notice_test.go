package notice

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"compose/phases/event"
)

// keeper is a receiver that keeps what it is told.
type keeper struct {
	mu   sync.Mutex
	got  []string
	wait chan struct{} // when not nil, Send hangs on it
}

func (k *keeper) Wants(string) bool { return true }
func (k *keeper) String() string    { return "keeper" }

func (k *keeper) Send(ctx context.Context, m Message) error {
	if k.wait != nil {
		select {
		case <-k.wait:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	b, err := json.Marshal(m.Fields)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.got = append(k.got, m.Name+" "+string(b))
	return err
}

func TestEvents(t *testing.T) {
	k := &keeper{}
	n := New(Options{Receivers: []Receiver{k}})
	stream := event.New(nil)
	stream.Subscribe(FromEvents(n))
	planned := func(step string, files ...string) {
		stream.Emit(event.Event{Kind: event.Planned, Step: step, Files: files})
	}
	planned("cache")
	planned("comps")
	planned("gather/A.x86_64")
	planned("link/A.x86_64")
	planned("createrepo/A.x86_64")
	planned("createiso/A.x86_64", "/c/a.iso")
	planned("createiso/B.s390x", "/c/b.iso")
	planned("treeinfo/A.x86_64")
	run := func(step string, state event.State) {
		stream.Emit(event.Event{Kind: event.Started, Step: step})
		stream.Emit(event.Event{Kind: event.Ended, Step: step, State: state})
	}
	run("cache", event.OK)
	run("comps", event.OK)
	run("gather/A.x86_64", event.Reused)
	run("link/A.x86_64", event.OK)
	stream.Emit(event.Event{Kind: event.Started, Step: "createiso/A.x86_64"})
	iso := stream.Scope("createiso/A.x86_64")
	iso.Made("/c/a1.iso")
	iso.Made("/c/a2.iso")
	iso.End(event.Event{State: event.OK})
	run("createiso/B.s390x", event.OptionalFailed)
	run("createrepo/A.x86_64", event.Failed)
	stream.Emit(event.Event{Kind: event.Ended, Step: "treeinfo/A.x86_64", State: event.Skipped})
	n.Say(StatusChange, map[string]any{"status": "DOOMED"})
	n.Close()
	want := `phase-start {"phase_name":"init"}
phase-stop {"phase_name":"init"}
phase-start {"phase_name":"gather"}
phase-stop {"phase_name":"gather"}
phase-start {"phase_name":"createiso"}
createiso-targets {"deliverables":["/c/a.iso","/c/b.iso"]}
createiso-imagedone {"arch":"x86_64","file":"/c/a1.iso","variant":"A"}
createiso-imagedone {"arch":"x86_64","file":"/c/a2.iso","variant":"A"}
createiso-imagefail {"arch":"s390x","file":"/c/b.iso","variant":"B"}
phase-stop {"phase_name":"createiso"}
phase-start {"phase_name":"createrepo"}
status-change {"status":"DOOMED"}`
	if got := strings.Join(k.got, "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// A receiver that hangs holds up nobody, and the end waits for it no longer
// than the timeout.
func TestSlowReceiver(t *testing.T) {
	slow, quick := &keeper{wait: make(chan struct{})}, &keeper{}
	var mu sync.Mutex
	var warnings []string
	n := New(Options{Receivers: []Receiver{slow, quick}, Timeout: 100 * time.Millisecond, Warn: func(text string) {
		mu.Lock()
		defer mu.Unlock()
		warnings = append(warnings, text)
	}})
	start := time.Now()
	for range 50 {
		n.Say(PhaseStart, map[string]any{"phase_name": "x"})
	}
	n.Close()
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("took %s", took)
	}
	if len(quick.got) != 50 || len(slow.got) != 0 || len(warnings) != 50 {
		t.Errorf("%d and %d messages, %d warnings", len(quick.got), len(slow.got), len(warnings))
	}
	n.Say(PhaseStop, nil) // after the end: nothing
}

func TestScript(t *testing.T) {
	dir := t.TempDir()
	program := filepath.Join(dir, "hook")
	text := "#!/bin/sh\necho \"$#:$1\" >> " + dir + "/calls\ncat >> " + dir + "/calls\necho out; echo err >&2\n[ \"$1\" != phase-stop ] || exit 3\n[ \"$1\" != createiso-targets ] || sleep 100\n"
	if err := os.WriteFile(program, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	s := &Script{Program: program, Dir: dir, Logs: filepath.Join(dir, "logs")}
	var warnings []string
	n := New(Options{
		Receivers: []Receiver{s}, Common: map[string]any{"compose_id": "DP-1"}, Timeout: 3 * time.Second,
		Warn: func(text string) { warnings = append(warnings, text) },
	})
	n.Say(StatusChange, map[string]any{"status": "STARTED"})
	n.Say(PhaseStop, map[string]any{"phase_name": "init"})
	n.Say(ISOTargets, map[string]any{"deliverables": []string{}})
	n.Close()
	calls, _ := os.ReadFile(filepath.Join(dir, "calls"))
	if want := "1:status-change\n" + `{"compose_id":"DP-1","status":"STARTED"}1:phase-stop` + "\n" + `{"compose_id":"DP-1","phase_name":"init"}1:createiso-targets`; !strings.HasPrefix(string(calls), want) {
		t.Errorf("got %s\nwant %s", calls, want)
	}
	if all := strings.Join(warnings, "\n"); len(warnings) != 2 || !strings.Contains(all, "exit status 3") || !strings.Contains(all, "not done") {
		t.Errorf("warnings: %s", all)
	}
	logs, err := filepath.Glob(filepath.Join(s.Logs, "notification-????-??-??_??-??-??.log"))
	if err != nil || len(logs) == 0 {
		t.Fatalf("logs: %v, %v", logs, err)
	}
	log, _ := os.ReadFile(logs[0])
	if !strings.Contains(string(log), program+" status-change\nout\nerr\ntook ") {
		t.Errorf("log: %s", log)
	}
}

func TestWebhook(t *testing.T) {
	var bodies []string
	tries := 0
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if tries++; tries == 1 {
			w.WriteHeader(503)
			return
		}
		if r.URL.Path == "/moved" {
			http.Redirect(w, r, "http://198.51.100.1/", http.StatusTemporaryRedirect)
			return
		}
		if got, want := r.Header.Get("X-Compose-Signature-256"), "sha256="+Signature([]byte("key"), body); got != want {
			t.Errorf("signature %s, want %s", got, want)
		}
		bodies = append(bodies, r.Header.Get("X-Compose-Message")+" "+string(body))
	}))
	defer srv.Close()
	w := &Webhook{URL: srv.URL + "/hook?token=hidden", Messages: []string{StatusChange}, Secret: []byte("key"), Retries: 2, Pause: time.Millisecond}
	if w.Wants(PhaseStart) || !w.Wants(StatusChange) {
		t.Error("wants the wrong messages")
	}
	if err := w.Send(t.Context(), Message{StatusChange, map[string]any{"status": "FINISHED"}}); err != nil {
		t.Fatal(err)
	}
	if want := `status-change {"message":"status-change","status":"FINISHED"}`; len(bodies) != 1 || bodies[0] != want || tries != 2 {
		t.Errorf("after %d tries: %q", tries, bodies)
	}
	w.URL = srv.URL + "/moved"
	if err := w.Send(t.Context(), Message{StatusChange, map[string]any{}}); err == nil || !strings.Contains(err.Error(), "307") {
		t.Errorf("a redirect: %v", err)
	}
	srv.Close()
	w.URL = "http://user:hidden@" + srv.Listener.Addr().String() + "/hook?token=hidden"
	err := w.Send(t.Context(), Message{StatusChange, map[string]any{}})
	if text := fmt.Sprint(err, w); err == nil || strings.Contains(text, "hidden") {
		t.Errorf("a secret in %s", text)
	}
}
