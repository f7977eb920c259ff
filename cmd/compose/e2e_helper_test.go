package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"compose/internal/composetest"
)

// workplace is a folder with a configuration, its packages, a cache and a
// target. The program runs there as a process of its own.
type workplace struct {
	t   testing.TB
	dir string
}

// newWorkplace sets up a case of testdata/composes.
func newWorkplace(t testing.TB, name string) *workplace {
	t.Helper()
	return &workplace{t, filepath.Dir(composetest.Setup(t, name))}
}

// path is the path of something in the workplace.
func (w *workplace) path(elem ...string) string {
	return filepath.Join(append([]string{w.dir}, elem...)...)
}

// command is the program with its arguments, in a process group of its own.
func (w *workplace) command(args ...string) *exec.Cmd {
	cmd := exec.Command("compose", args...)
	cmd.Dir = w.dir
	cmd.Env = append(os.Environ(), "SOURCE_DATE_EPOCH="+scriptTime, "TZ=UTC", "GORACE="+noRaceSleep, "XDG_CACHE_HOME="+w.path("cache"))
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return cmd
}

// run runs the program and wants it to end with a code. It gives standard
// output and standard error.
func (w *workplace) run(code int, args ...string) (stdout, stderr string) {
	w.t.Helper()
	var out, bad bytes.Buffer
	cmd := w.command(args...)
	cmd.Stdout, cmd.Stderr = &out, &bad
	if got := exitOf(w.t, cmd.Run()); got != code {
		w.t.Fatalf("compose %s ended with %d, want %d\n%s%s", strings.Join(args, " "), got, code, &out, &bad)
	}
	return out.String(), bad.String()
}

// exitOf gives the exit code of a process that was waited for.
func exitOf(t testing.TB, err error) int {
	t.Helper()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		return exit.ExitCode()
	}
	t.Fatal(err)
	return 0
}

// compose is the only compose of the target, or fails the test.
func (w *workplace) compose() string {
	w.t.Helper()
	dirs, err := filepath.Glob(w.path("composes", "*", "COMPOSE_ID"))
	if err != nil {
		w.t.Fatal(err)
	}
	var real []string
	for _, d := range dirs {
		if dir := filepath.Dir(d); !strings.HasPrefix(filepath.Base(dir), "latest-") {
			real = append(real, dir)
		}
	}
	if len(real) != 1 {
		w.t.Fatalf("there are %d composes: %v", len(real), real)
	}
	return real[0]
}

// status is what STATUS says, without the end of the line.
func (w *workplace) status(dir string) string {
	w.t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, "STATUS"))
	if err != nil {
		w.t.Fatal(err)
	}
	return strings.TrimSuffix(string(b), "\n")
}

// whole wants nothing half-made to be there.
func (w *workplace) whole(dir string) {
	w.t.Helper()
	composetest.Whole(w.t, filepath.Join(dir, "compose"), w.path("packages"))
	composetest.NoLeftovers(w.t, w.path("composes"))
	composetest.NoLeftovers(w.t, w.path("cache"), ".part")
}

// waitFor waits until a condition holds.
func waitFor(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !holds(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain until %s", what)
		}
	}
}
