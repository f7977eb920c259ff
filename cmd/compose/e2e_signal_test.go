package main

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"compose/internal/composetest"
)

// stallingServer answers with the beginning of an answer, and then with
// nothing more. asked counts requests.
func stallingServer(t *testing.T) (url string, asked *atomic.Int32) {
	asked = &atomic.Int32{}
	stop := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Write([]byte("<?xml version=\"1.0\"?>\n<repomd>"))
		w.(http.Flusher).Flush()
		asked.Add(1)
		select {
		case <-r.Context().Done():
		case <-stop:
		}
	}))
	t.Cleanup(func() { close(stop); srv.Close() })
	return srv.URL, asked
}

// fromServer makes the set of the case "layered" a repository.
func (w *workplace) fromServer(url string) {
	w.t.Helper()
	b, err := os.ReadFile(w.path("config.toml"))
	if err != nil {
		w.t.Fatal(err)
	}
	text := strings.Replace(string(b), `source = "dir"`, `source = "repo"`, 1)
	text = strings.Replace(text, `path = "packages/layer"`, `url = "`+url+`"`, 1)
	if err := os.WriteFile(w.path("config.toml"), []byte(text), 0o644); err != nil {
		w.t.Fatal(err)
	}
}

// groupIsGone says whether no process of a group is left.
func groupIsGone(pgid int) bool {
	return errors.Is(syscall.Kill(-pgid, 0), syscall.ESRCH)
}

// TestSignals stops the program while a server stalls.
func TestSignals(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		t.Run(sig.String(), func(t *testing.T) {
			t.Parallel()
			w := newWorkplace(t, "layered")
			url, asked := stallingServer(t)
			w.fromServer(url)
			var out bytes.Buffer
			cmd := w.command("run", "--skip-preflight", "config.toml")
			cmd.Stdout, cmd.Stderr = &out, &out
			start(t, cmd)
			waitFor(t, "the server is asked", func() bool { return asked.Load() > 0 })
			began := time.Now()
			if err := cmd.Process.Signal(sig); err != nil {
				t.Fatal(err)
			}
			if code := exitOf(t, cmd.Wait()); code != exitTerminated {
				t.Errorf("ended with %d, want %d", code, exitTerminated)
			}
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("it took %s", took)
			}
			if !groupIsGone(cmd.Process.Pid) {
				t.Error("a process is left")
			}
			dir := w.compose()
			if s := w.status(dir); s != "TERMINATED" {
				t.Errorf("STATUS is %s", s)
			}
			w.whole(dir)
			for _, want := range []string{"TERMINATED", "stopped by " + sig.String()} {
				if !strings.Contains(out.String(), want) {
					t.Errorf("the output does not say %q:\n%s", want, &out)
				}
			}
			if links, _ := filepath.Glob(w.path("composes", "latest-*")); links != nil {
				t.Errorf("there is %s", links)
			}
		})
	}
}

func start(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) })
}

// TestSignalAnyTime stops the program at moments all over a run. It ends as
// stopped or, when it was done already, as finished, and either is true.
func TestSignalAnyTime(t *testing.T) {
	w := newWorkplace(t, "sample")
	began := time.Now()
	w.run(exitFinished, "run", "-q", "--target-dir", "first", "config.toml")
	took := time.Since(began)
	const moments = 12
	ended := map[string]int{}
	for i := range moments {
		target := filepath.Join(w.dir, "composes")
		if err := os.RemoveAll(target); err != nil {
			t.Fatal(err)
		}
		os.RemoveAll(w.path("cache"))
		cmd := w.command("run", "-q", "config.toml")
		start(t, cmd)
		time.Sleep(took * time.Duration(i) / moments)
		cmd.Process.Signal(syscall.SIGTERM)
		code := exitOf(t, cmd.Wait())
		if _, err := os.Stat(target); err != nil {
			ended["nothing"]++ // before it began; the code is the kernel's or ours
			continue
		}
		dir := w.compose()
		status := w.status(dir)
		ended[status]++
		want := map[string]int{"TERMINATED": exitTerminated, "FINISHED": exitFinished}
		if code != want[status] {
			t.Errorf("moment %d: STATUS is %s, the code %d", i, status, code)
		}
		w.whole(dir)
	}
	t.Logf("ends: %v", ended)
	w.run(exitFinished, "run", "-q", "--target-dir", "last", "config.toml")
}

// TestKilled kills the program without warning at moments all over a run.
// What is under a final name is whole, and the next run is none the worse.
func TestKilled(t *testing.T) {
	w := newWorkplace(t, "sample")
	began := time.Now()
	w.run(exitFinished, "run", "-q", "--target-dir", "first", "config.toml")
	took := time.Since(began)
	want := composetest.Tree(t, w.path("first", "latest-Dummy-1", "compose")+"/", composetest.Listing{})
	os.RemoveAll(w.path("cache"))
	const moments = 10
	for i := range moments {
		cmd := w.command("run", "-q", "config.toml")
		start(t, cmd)
		time.Sleep(took * time.Duration(i) / moments)
		cmd.Process.Kill()
		cmd.Wait()
	}
	dirs, _ := filepath.Glob(w.path("composes", "*"))
	for _, dir := range dirs {
		composetest.Whole(t, filepath.Join(dir, "compose"), w.path("packages"))
	}
	w.run(exitFinished, "run", "-q", "--target-dir", "last", "config.toml")
	if got := composetest.Tree(t, w.path("last", "latest-Dummy-1", "compose")+"/", composetest.Listing{}); got != want {
		t.Error("the compose after the kills is another")
	}
}

// TestSignalBeforehand stops the program while it looks for what is in the
// way of a compose: nothing was begun.
func TestSignalBeforehand(t *testing.T) {
	w := newWorkplace(t, "layered")
	url, asked := stallingServer(t)
	w.fromServer(url)
	cmd := w.command("run", "config.toml")
	start(t, cmd)
	waitFor(t, "the server is asked", func() bool { return asked.Load() > 0 })
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if code := exitOf(t, cmd.Wait()); code != exitTerminated {
		t.Errorf("ended with %d, want %d", code, exitTerminated)
	}
	if entries, err := os.ReadDir(w.path("composes")); err == nil && len(entries) > 0 {
		t.Errorf("there is %s", entries[0].Name())
	}
}
