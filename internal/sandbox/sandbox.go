// Package sandbox runs programs in namespaces of their own: users, mounts,
// processes, host name, System V IPC and, unless asked otherwise, network. What
// runs there is root, but only over the folders that it was given; it sees no
// device but null, zero, full, random, urandom and tty. When Run returns, and
// when this program is killed, no process and no mount of it is left.
//
// Root and ordinary users may call it. A user has as many ids inside as
// /etc/subuid and newuidmap give him; without these there is only id 0, and
// files can belong to nobody else. Linux 5.12 or later.
package sandbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"path/filepath"
	"syscall"
)

// Access says what may be done with a folder of the machine.
type Access int

// The kinds of access.
const (
	ReadOnly Access = iota
	Writable
)

// Bind is a file or folder of the machine that is seen inside.
type Bind struct {
	From string // absolute
	To   string // absolute path inside; folders above are made
	Access
}

// Network says what is reached from inside.
type Network int

// The networks.
const (
	NoNetwork   Network = iota // only the sandbox's own loopback
	HostNetwork                // what the machine reaches
)

// Command says what to run, and what it sees.
type Command struct {
	// Root is the folder that is "/" inside, writable. Where it is empty, "/"
	// is an empty folder in memory with the programs of the machine in it
	// (/usr and what belongs to it, read-only, and an /etc with next to nothing).
	Root string
	// Binds come on top of that, in order.
	Binds []Bind
	// Systems are folders inside that get /dev, /proc and /sys; "/" always does.
	Systems []string
	Network Network
	// Hostname is that inside; "localhost" where it is empty.
	Hostname string
	// Args is the program, looked up inside in PATH, and its arguments.
	Args []string
	// Hook names a function given to Main that runs in place of a program; Args
	// are its arguments.
	Hook string
	// Dir is the working folder; "/" where it is empty.
	Dir string
	// Env is the whole environment of the program; a hook sees none.
	Env []string
	// Stdin is read by the program; nil means nothing to read.
	Stdin io.Reader
	// Output gets standard output and standard error, and may be nil; the end
	// of it is kept for the error. Stdout, when not nil, gets standard output.
	Output, Stdout io.Writer
}

// ExitError is the failure of a program that ran.
type ExitError struct {
	Program string
	Code    int            // exit code, where Signal is 0
	Signal  syscall.Signal // that ended it
	Tail    string         // the last of what it wrote
}

func (e *ExitError) Error() string {
	s := fmt.Sprintf("running %s: exit status %d", e.Program, e.Code)
	if e.Signal != 0 {
		s = fmt.Sprintf("running %s: %s", e.Program, e.Signal)
	}
	if e.Tail != "" {
		s += ": " + e.Tail
	}
	return s
}

// UnavailableError says that namespaces cannot be made here.
type UnavailableError struct{ Err error }

func (e *UnavailableError) Error() string {
	return "making namespaces: " + e.Err.Error() +
		"; the kernel or a container that this runs in forbids it (user.max_user_namespaces, kernel.unprivileged_userns_clone, kernel.apparmor_restrict_unprivileged_userns, seccomp)"
}

func (e *UnavailableError) Unwrap() error { return e.Err }

// Run runs a command to its end. When ctx ends, everything inside is killed
// and the error wraps the cause. A program that failed gives an *ExitError,
// a machine without namespaces an *UnavailableError.
func Run(ctx context.Context, c Command) error {
	if err := c.check(); err != nil {
		return fmt.Errorf("sandbox: %w", err)
	}
	if ctx.Err() != nil {
		return fmt.Errorf("running %s: %w", c.name(), context.Cause(ctx))
	}
	return start(ctx, c)
}

func (c Command) name() string {
	if c.Hook != "" {
		return c.Hook
	}
	return path.Base(c.Args[0])
}

func (c Command) check() error {
	if c.Hook == "" && (len(c.Args) == 0 || c.Args[0] == "") {
		return errors.New("no program given")
	}
	if c.Root != "" && !filepath.IsAbs(c.Root) {
		return fmt.Errorf("root %q is not absolute", c.Root)
	}
	for _, b := range c.Binds {
		if !filepath.IsAbs(b.From) || !path.IsAbs(b.To) || path.Clean(b.To) == "/" {
			return fmt.Errorf("binding %q to %q: not absolute paths below /", b.From, b.To)
		}
	}
	for _, s := range c.Systems {
		if !path.IsAbs(s) {
			return fmt.Errorf("folder %q is not absolute", s)
		}
	}
	return nil
}
