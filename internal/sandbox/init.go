package sandbox

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// Hooks are functions of this program that can run inside. What one writes is
// the standard output of the sandbox; its error goes to standard error.
type Hooks map[string]func(args []string, out io.Writer) error

// The files that the first process finds open.
const (
	orderFile  = 3
	reportFile = 4
)

// Main has to be called first in the program that uses the package, for Run
// starts that program again as the first process of a sandbox. It returns at
// once where that is not so.
func Main(hooks Hooks) {
	if os.Args[0] != initName {
		return
	}
	runtime.LockOSThread()
	in, out := os.NewFile(orderFile, "order"), os.NewFile(reportFile, "report")
	unix.CloseOnExec(reportFile)
	if len(os.Args) > 1 { // the ids are not there yet
		err := again(in)
		finish(out, report{Setup: "namespaces: starting again: " + err.Error()})
	}
	unix.CloseOnExec(orderFile)
	var o order
	lines := bufio.NewReader(in)
	b, err := lines.ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(b, &o)
	}
	if err != nil {
		finish(out, report{Setup: "reading the order: " + err.Error()})
	}
	if err := unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL), 0, 0, 0); err != nil {
		finish(out, report{Setup: err.Error()})
	}
	go func() { // nothing more comes; the end of it is the end of the caller
		_, _ = lines.ReadByte()
		os.Exit(1)
	}()
	finish(out, o.obey(hooks))
}

// again waits for the ids, and starts this program once more: only then is it
// root inside.
func again(in *os.File) error {
	if n, err := unix.Read(int(in.Fd()), make([]byte, 1)); n != 1 {
		return errors.Join(err, errors.New("no ids came"))
	}
	if _, _, e := syscall.RawSyscall(syscall.SYS_FCNTL, reportFile, syscall.F_SETFD, 0); e != 0 {
		return e
	}
	return syscall.Exec("/proc/self/exe", []string{initName}, []string{})
}

// finish reports and ends the sandbox.
func finish(out *os.File, r report) {
	b, err := json.Marshal(r)
	if err == nil {
		_, err = out.Write(b)
	}
	if err != nil {
		os.Exit(1)
	}
	os.Exit(0)
}

// obey makes the sandbox and runs what is to run in it.
func (o order) obey(hooks Hooks) report {
	if err := o.build(); err != nil {
		r := report{Setup: err.Error()}
		errors.As(err, &r.Errno)
		return r
	}
	if o.Hook != "" {
		fn := hooks[o.Hook]
		if fn == nil {
			return report{Setup: fmt.Sprintf("this program has no function %q", o.Hook)}
		}
		if err := fn(o.Args, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return report{Code: 1}
		}
		return report{}
	}
	return o.program()
}

// program runs the program, and takes care of all processes that are left to
// the first one.
func (o order) program() report {
	os.Clearenv()
	for _, e := range o.Env {
		for i := range e {
			if e[i] == '=' && i > 0 {
				os.Setenv(e[:i], e[i+1:])
				break
			}
		}
	}
	name, err := exec.LookPath(o.Args[0])
	if err != nil {
		return report{Setup: err.Error()}
	}
	pid, err := syscall.ForkExec(name, o.Args, &syscall.ProcAttr{Dir: o.Dir, Env: o.Env, Files: []uintptr{0, 1, 2}})
	if err != nil {
		return report{Setup: fmt.Sprintf("starting %s: %v", name, err)}
	}
	for {
		var status syscall.WaitStatus
		got, err := syscall.Wait4(-1, &status, 0, nil)
		switch {
		case err == syscall.EINTR || err == nil && got != pid:
		case err != nil:
			return report{Setup: fmt.Sprintf("waiting for %s: %v", name, err)}
		case status.Signaled():
			return report{Signal: int(status.Signal())}
		case status.Exited():
			return report{Code: status.ExitStatus()}
		}
	}
}
