package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// initName is how this program is called to be the first process inside.
const initName = "compose-sandbox"

// order is what the first process is told, as JSON: in one line, after which
// its input stays open for as long as the sandbox is to live.
type order struct {
	Root, Base          string
	Binds               []Bind
	Systems             []string
	Host                bool // the machine's programs are in "/"
	Loopback            bool
	Hostname, Hook, Dir string
	Args, Env           []string
}

// report is how it ended, as JSON.
type report struct {
	Setup  string // what could not be done before anything ran; Errno is its cause
	Errno  syscall.Errno
	Code   int
	Signal int
}

// start starts the first process, and waits for it.
func start(ctx context.Context, c Command) error {
	m, err := ids()
	if err != nil {
		return fmt.Errorf("sandbox: %w", err)
	}
	inside, err := newPipes()
	if err != nil {
		return fmt.Errorf("sandbox: %w", err)
	}
	defer inside.close()
	tail := &tail{to: c.Output}
	cmd := c.process(m, tail, inside)
	runtime.LockOSThread() // Pdeathsig looks at the thread
	defer runtime.UnlockOSThread()
	if err := cmd.Start(); err != nil {
		return &UnavailableError{err}
	}
	inside.started()
	over := make(chan struct{})
	go func() {
		select {
		case <-ctx.Done():
		case <-over:
		}
		inside.end()
		_ = cmd.Process.Kill() // the first process takes all others with it
	}()
	err = inside.tell(c, m, cmd.Process.Pid)
	rep, err2 := inside.result()
	if err != nil || err2 != nil {
		_ = cmd.Process.Kill()
	}
	waited := cmd.Wait()
	close(over)
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("running %s: stopped: %w", c.name(), context.Cause(ctx))
	case err != nil:
		return fmt.Errorf("sandbox: %w", err)
	case err2 != nil:
		return fmt.Errorf("sandbox: %w", errors.Join(fmt.Errorf("it was ended from outside: %w", err2), waited))
	case tail.err != nil:
		return fmt.Errorf("running %s: keeping its output: %w", c.name(), tail.err)
	}
	return rep.err(c, tail)
}

// err words a report.
func (r report) err(c Command, t *tail) error {
	switch {
	case r.Setup != "" && (r.Errno == syscall.EPERM || r.Errno == syscall.EACCES) && strings.HasPrefix(r.Setup, "namespaces: "):
		return &UnavailableError{errors.New(strings.TrimPrefix(r.Setup, "namespaces: "))}
	case r.Setup != "":
		return fmt.Errorf("sandbox: %s", r.Setup)
	case r.Code != 0 || r.Signal != 0:
		return &ExitError{c.name(), r.Code, syscall.Signal(r.Signal), t.String()}
	}
	return nil
}

func (c Command) process(m idMap, out io.Writer, p *pipes) *exec.Cmd {
	cmd := exec.Command("/proc/self/exe")
	cmd.Args = []string{initName}
	cmd.Env = []string{}
	cmd.Dir = "/"
	cmd.Stdin, cmd.Stdout, cmd.Stderr = c.Stdin, out, out
	if c.Stdout != nil {
		cmd.Stdout = c.Stdout
	}
	cmd.ExtraFiles = []*os.File{p.orderRead, p.reportWrite}
	cmd.WaitDelay = time.Second
	flags := uintptr(syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS | syscall.CLONE_NEWPID | syscall.CLONE_NEWUTS | syscall.CLONE_NEWIPC)
	if c.Network == NoNetwork {
		flags |= syscall.CLONE_NEWNET
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: flags, Setsid: true, Pdeathsig: syscall.SIGKILL}
	if m.helper {
		cmd.Args = append(cmd.Args, "wait")
		return cmd
	}
	cmd.SysProcAttr.UidMappings, cmd.SysProcAttr.GidMappings = m.uids, m.gids
	cmd.SysProcAttr.GidMappingsEnableSetgroups = m.groups
	return cmd
}

// pipes lead to the first process.
type pipes struct{ orderRead, orderWrite, reportRead, reportWrite *os.File }

func newPipes() (*pipes, error) {
	p := &pipes{}
	var err error
	if p.orderRead, p.orderWrite, err = os.Pipe(); err != nil {
		return nil, err
	}
	if p.reportRead, p.reportWrite, err = os.Pipe(); err != nil {
		return nil, errors.Join(err, p.orderRead.Close(), p.orderWrite.Close())
	}
	return p, nil
}

// started closes the ends that are the child's.
func (p *pipes) started() {
	p.orderRead.Close()
	p.reportWrite.Close()
}

// end lets the first process go, and all others with it.
func (p *pipes) end() { p.orderWrite.Close() }

func (p *pipes) close() {
	for _, f := range []*os.File{p.orderRead, p.orderWrite, p.reportRead, p.reportWrite} {
		f.Close()
	}
}

// tell gives the order.
func (p *pipes) tell(c Command, m idMap, pid int) error {
	if m.helper {
		if err := m.help(pid); err != nil {
			return err
		}
		if _, err := p.orderWrite.WriteString("\n"); err != nil {
			return err
		}
	}
	o := order{
		Root: c.Root, Base: os.TempDir(), Binds: c.Binds, Systems: append([]string{"/"}, c.Systems...), Host: c.Root == "",
		Loopback: c.Network == NoNetwork, Hostname: c.Hostname, Hook: c.Hook, Dir: c.Dir, Args: c.Args, Env: c.Env,
	}
	b, err := json.Marshal(o)
	if err == nil {
		_, err = p.orderWrite.Write(append(b, '\n'))
	}
	return err
}

func (p *pipes) result() (r report, err error) {
	err = json.NewDecoder(p.reportRead).Decode(&r)
	return r, err
}

// tailSize is how much of what a program wrote goes into an error.
const tailSize = 4096

// tail keeps the end of what is written, and passes all of it on.
type tail struct {
	to  io.Writer
	b   []byte
	err error
}

// Write takes the next bytes; an error of the one behind is kept for later.
func (t *tail) Write(p []byte) (int, error) {
	t.b = append(t.b, p...)
	if len(t.b) > 2*tailSize {
		t.b = append(t.b[:0], t.b[len(t.b)-tailSize:]...)
	}
	if t.to != nil && t.err == nil {
		_, t.err = t.to.Write(p)
	}
	return len(p), nil
}

// String gives the last lines.
func (t *tail) String() string {
	b := t.b[max(0, len(t.b)-tailSize):]
	return strings.TrimSpace(strings.ToValidUTF8(string(b), "?"))
}
