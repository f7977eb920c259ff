package proc

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// sh is a command that runs a script.
func sh(t *testing.T, script string) Command {
	return Command{Args: []string{"sh", "-c", script}, Dir: t.TempDir(), Env: Env()}
}

func TestRun(t *testing.T) {
	var out bytes.Buffer
	c := sh(t, `echo out; echo err >&2; pwd; echo "$X"; cat; env | grep -c SECRET`)
	t.Setenv("SECRET", "x")
	c.Env = Env("X=y")
	c.Stdin = strings.NewReader("in\n")
	c.Output = &out
	c.Args[2] += "; exit 0"
	if err := Run(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if want := "out\nerr\n" + c.Dir + "\ny\nin\n0\n"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}

func TestStdout(t *testing.T) {
	var out, other bytes.Buffer
	c := sh(t, "echo data; echo talk >&2")
	c.Output, c.Stdout = &other, &out
	if err := Run(t.Context(), c); err != nil || out.String() != "data\n" || other.String() != "talk\n" {
		t.Errorf("stdout %q, rest %q, %v", out.String(), other.String(), err)
	}
}

func TestErrors(t *testing.T) {
	dir := t.TempDir()
	for name, tt := range map[string]struct {
		c    Command
		want string
	}{
		"exit status":  {sh(t, "echo one; echo; echo two >&2; exit 3"), "running sh: exit status 3: one\ntwo"},
		"no output":    {sh(t, "exit 1"), "running sh: exit status 1"},
		"signal":       {sh(t, "kill -9 $$"), "running sh: signal: killed"},
		"last lines":   {sh(t, "seq 100000; exit 1"), "running sh: exit status 1: 99996\n99997\n99998\n99999\n100000"},
		"no program":   {Command{Args: []string{"no-such-program"}, Dir: dir}, `running no-such-program: exec: "no-such-program": executable file not found in $PATH`},
		"no folder":    {Command{Args: []string{"true"}}, "running true: no working folder given"},
		"empty":        {Command{Dir: dir}, "running a program: no name given"},
		"wrong folder": {Command{Args: []string{"true"}, Dir: dir + "/x"}, "running true: stat " + dir + "/x: no such file or directory"},
	} {
		t.Run(name, func(t *testing.T) {
			err := Run(t.Context(), tt.c)
			if err == nil || err.Error() != tt.want {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
		})
	}
	var exit *exec.ExitError
	if err := Run(t.Context(), sh(t, "exit 7")); !errors.As(err, &exit) || exit.ExitCode() != 7 {
		t.Errorf("no exit status in %v", err)
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("disk full") }

// A log that cannot be written does not stop the program, and is reported.
func TestOutputFails(t *testing.T) {
	c := sh(t, "seq 10000; touch done")
	c.Output = fullDisk{}
	err := Run(t.Context(), c)
	if err == nil || err.Error() != "running sh: keeping its output: disk full" {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(filepath.Join(c.Dir, "done")); err != nil {
		t.Error(err)
	}
}

// gone reports whether the process whose number is in the file has ended.
func gone(t *testing.T, file string) bool {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(data)))
	if err != nil {
		t.Fatal(err)
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	// An orphan's zombie is there until init reaps it.
	return err != nil || strings.Contains(string(stat[strings.LastIndex(string(stat), ")"):]), " Z ")
}

// awaitFile waits for a file that a child makes.
func awaitFile(t *testing.T, file string) {
	t.Helper()
	for range 500 {
		if fi, err := os.Stat(file); err == nil && fi.Size() > 0 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("%s does not appear", file)
}

// cancelWhen runs c and cancels it when the file exists.
func cancelWhen(t *testing.T, c Command, file string) (error, time.Duration) {
	t.Helper()
	ctx, cancel := context.WithCancelCause(t.Context())
	result := make(chan error, 1)
	go func() { result <- Run(ctx, c) }()
	awaitFile(t, filepath.Join(c.Dir, file))
	began := time.Now()
	cancel(errStop)
	return <-result, time.Since(began)
}

var errStop = errors.New("somebody failed")

func TestCancelKillsGrandchildren(t *testing.T) {
	c := sh(t, `sh -c 'sleep 1000 & echo $! > deep; wait' & echo $! > child; wait`)
	err, _ := cancelWhen(t, c, "deep")
	if !errors.Is(err, errStop) || err.Error() != "running sh: stopped: somebody failed" {
		t.Errorf("got %v", err)
	}
	for _, f := range []string{"child", "deep"} {
		if !gone(t, filepath.Join(c.Dir, f)) {
			t.Errorf("the %s is still there", f)
		}
	}
}

// What ignores SIGTERM dies all the same, the child or what it left.
func TestCancelKillsTheDeaf(t *testing.T) {
	for name, script := range map[string]string{
		"child":      `trap '' TERM; echo $$ > pid; while :; do sleep 0.1; done`,
		"grandchild": `(trap '' TERM; sh -c 'echo $$ > pid; while :; do sleep 0.1; done') & wait`,
	} {
		t.Run(name, func(t *testing.T) {
			c := sh(t, script)
			c.Grace = 300 * time.Millisecond
			err, took := cancelWhen(t, c, "pid")
			if !errors.Is(err, errStop) || took < c.Grace {
				t.Errorf("got %v after %v", err, took)
			}
			if !gone(t, filepath.Join(c.Dir, "pid")) {
				t.Error("it is still there")
			}
		})
	}
}

// A program may tidy up after SIGTERM, even when its shell is dead already.
func TestCancelLetsTidyUp(t *testing.T) {
	c := sh(t, `sh -c 'trap "sleep 0.2; touch tidy; exit" TERM; echo $$ > pid; while :; do sleep 0.05; done' & wait`)
	c.Grace = time.Minute
	if err, _ := cancelWhen(t, c, "pid"); !errors.Is(err, errStop) {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(c.Dir, "tidy")); err != nil {
		t.Error(err)
	}
}

// A program that ends well leaves nothing behind either, and does not keep
// its caller waiting for output of what it left.
func TestLeftBehind(t *testing.T) {
	c := sh(t, `sleep 1000 & echo $! > pid`)
	if err := Run(t.Context(), c); err != nil {
		t.Error(err)
	}
	if !gone(t, filepath.Join(c.Dir, "pid")) {
		t.Error("it is still there")
	}
	c = sh(t, `setsid sleep 3 &`)
	began := time.Now()
	if err := Run(t.Context(), c); err != nil || time.Since(began) > 2500*time.Millisecond {
		t.Errorf("%v after %v", err, time.Since(began))
	}
}

func TestCanceledBefore(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c := sh(t, "touch ran")
	if err := Run(ctx, c); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(filepath.Join(c.Dir, "ran")); err == nil {
		t.Error("it ran")
	}
}

// No child is left for us to reap.
func TestNoZombies(t *testing.T) {
	for range 20 {
		_ = Run(t.Context(), sh(t, "exit 1"))
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_ = Run(ctx, sh(t, "sleep 100"))
	if pid, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil); err != syscall.ECHILD {
		t.Errorf("wait4 gives %d, %v", pid, err)
	}
}

// What this program inherited does not reach the child.
func TestNoInheritedFiles(t *testing.T) {
	fd, err := syscall.Open("/dev/null", syscall.O_RDONLY, 0) // no O_CLOEXEC
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(fd)
	var out bytes.Buffer
	c := sh(t, "cd /proc/self/fd; echo *")
	c.Stdout = &out
	if err := Run(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	// The shell itself opens the folder to list it.
	for _, n := range strings.Fields(out.String()) {
		if n == strconv.Itoa(fd) && fd > 3 {
			t.Errorf("open in the child: %s", out.String())
		}
	}
}

// When the program is killed, its direct child dies with it.
func TestDiesWithParent(t *testing.T) {
	dir := t.TempDir()
	if d := os.Getenv("PROC_TEST_PARENT"); d != "" {
		_ = Run(t.Context(), Command{Args: []string{"sh", "-c", "echo $$ > pid; exec sleep 1000"}, Dir: d, Env: Env()})
		return
	}
	parent := exec.Command(os.Args[0], "-test.run=^TestDiesWithParent$")
	parent.Env = append(os.Environ(), "PROC_TEST_PARENT="+dir)
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	awaitFile(t, filepath.Join(dir, "pid"))
	_ = parent.Process.Kill()
	_ = parent.Wait()
	for range 200 {
		if gone(t, filepath.Join(dir, "pid")) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("the child outlived its parent")
}

func TestTail(t *testing.T) {
	var o tail
	for i := range 10000 {
		o.add([]byte(fmt.Sprintf("line %d\n", i)))
		if len(o.buf) > tailBytes {
			t.Fatal("the tail grows")
		}
	}
	if got := o.String(); !strings.HasPrefix(got, "line 9995\n") || !strings.HasSuffix(got, "\nline 9999") {
		t.Errorf("got %q", got)
	}
	o = tail{}
	o.add(bytes.Repeat([]byte("x"), 10*tailBytes))
	if len(o.String()) != tailBytes {
		t.Errorf("one long line gives %d bytes", len(o.String()))
	}
	if got := inGroup([]byte("12 (a) b) c) S 1 77 77 0"), 77); !got {
		t.Error("a name with a bracket is misread")
	}
}
