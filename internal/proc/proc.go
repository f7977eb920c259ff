// Package proc runs child processes that do not outlive their caller: each in
// a process group of its own, which is ended as a whole when the context
// ends, when the program is killed (the direct child), and when the child
// itself has ended but left something behind. It knows nothing of what it
// runs. Linux only.
package proc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Command says what to run.
type Command struct {
	// Args is the program and its arguments. A name without a slash is
	// looked up in this program's PATH.
	Args []string
	// Dir is the working folder; there is no default.
	Dir string
	// Env is the whole environment, see Env. Nothing is inherited.
	Env []string
	// Stdin is read by the child; nil means /dev/null.
	Stdin io.Reader
	// Output gets what the child writes, standard output and standard error
	// in the order in which they were written. It may be nil; the end of it
	// is kept for the error anyway.
	Output io.Writer
	// Stdout, when not nil, gets standard output in place of Output.
	Stdout io.Writer
	// Grace is how long the group may take to end after SIGTERM before it
	// gets SIGKILL; 0 means a second.
	Grace time.Duration
}

const defaultGrace = time.Second

// Env returns an environment for Command: PATH, HOME and TMPDIR of this
// program, a neutral locale and time zone, then extra ("NAME=value").
func Env(extra ...string) []string {
	env := []string{"LC_ALL=C.UTF-8", "TZ=UTC"}
	for _, name := range []string{"PATH", "HOME", "TMPDIR"} {
		if v, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+v)
		}
	}
	return append(env, extra...)
}

// Error is the failure of a program that ran.
type Error struct {
	Program string
	// Err is an *exec.ExitError, or wraps the cause of the context when
	// that ended the program.
	Err error
	// Tail is the last lines that the program wrote, if any.
	Tail string
}

func (e *Error) Error() string {
	s := "running " + e.Program + ": " + e.Err.Error()
	if e.Tail != "" {
		s += ": " + e.Tail
	}
	return s
}

func (e *Error) Unwrap() error { return e.Err }

// Run runs the command to its end. When ctx ends first, the whole process
// group gets SIGTERM and, after Command.Grace, SIGKILL, and the error wraps
// the cause of ctx. When Run returns, no process of the group is left. A
// program that ran and failed gives an *Error.
func Run(ctx context.Context, c Command) error {
	if err := c.check(); err != nil {
		return err
	}
	name := filepath.Base(c.Args[0])
	if ctx.Err() != nil {
		return fmt.Errorf("running %s: %w", name, context.Cause(ctx))
	}
	out := &output{to: c.Output}
	cmd := c.command(out)

	// Pdeathsig is sent when the thread that started the child ends, so
	// this thread must stay with us until the child has ended.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	closeOnExec()
	if err := cmd.Start(); err != nil {
		if _, e := os.Stat(c.Dir); e != nil {
			err = e // the kernel's answer would blame the program
		}
		return fmt.Errorf("running %s: %w", name, err)
	}
	stopped := supervise(ctx, cmd.Process.Pid, c.grace())
	err := cmd.Wait()
	awaitEmpty(cmd.Process.Pid)
	if errors.Is(err, exec.ErrWaitDelay) {
		err = nil // the program is done; what left its group holds the output
	}
	switch {
	case stopped:
		return &Error{name, fmt.Errorf("stopped: %w", context.Cause(ctx)), ""}
	case err != nil:
		return &Error{name, err, out.tail.String()}
	case out.err != nil:
		return fmt.Errorf("running %s: keeping its output: %w", name, out.err)
	}
	return nil
}

func (c *Command) check() error {
	switch {
	case len(c.Args) == 0 || c.Args[0] == "":
		return errors.New("running a program: no name given")
	case c.Dir == "":
		return fmt.Errorf("running %s: no working folder given", c.Args[0])
	}
	return nil
}

func (c *Command) grace() time.Duration {
	if c.Grace > 0 {
		return c.Grace
	}
	return defaultGrace
}

func (c *Command) command(out *output) *exec.Cmd {
	cmd := exec.Command(c.Args[0], c.Args[1:]...)
	cmd.Dir = c.Dir
	cmd.Env = append([]string{}, c.Env...) // never nil, which would inherit
	cmd.Stdin = c.Stdin
	cmd.Stdout, cmd.Stderr = out, out
	if c.Stdout != nil {
		cmd.Stdout = c.Stdout
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	// How long to wait for output that something outside of the group still
	// holds open after the child has ended.
	cmd.WaitDelay = time.Second
	return cmd
}

// closeOnExec keeps the child from inheriting what this program itself
// inherited (the job server of make, a shell's redirections); everything that
// Go opens has the mark already. A kernel before 5.11 cannot, which is no
// reason to fail.
func closeOnExec() { _ = unix.CloseRange(3, math.MaxUint32, unix.CLOSE_RANGE_CLOEXEC) }
