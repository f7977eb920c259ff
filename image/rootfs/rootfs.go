// Package rootfs installs packages into an empty folder, and gives what is
// then in it: as a tar archive, squashfs or EROFS. Nothing of the machine gets
// into it but what its programs make, and no time but that of Options. It
// knows neither the compose nor how packages are chosen.
package rootfs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"compose/internal/sandbox"
)

// Docs says what becomes of files that packages mark as documentation.
type Docs int

// What becomes of documentation.
const (
	KeepDocs Docs = iota
	ExcludeDocs
)

// Scriptlets says what a scriptlet that fails does.
type Scriptlets int

// What a failed scriptlet does.
const (
	MustSucceed Scriptlets = iota
	MayFail                // rpm tells of it, and goes on where it can
)

// DefaultDB is where the database of installed packages lies.
const DefaultDB = "/usr/lib/sysimage/rpm"

// Options say what to install.
type Options struct {
	// Dir is the folder, which exists and is empty.
	Dir string
	// Packages are RPM files, absolute. They go in together; rpm orders them, and
	// refuses them where something that they need is not among them.
	Packages []string
	Docs
	// Langs are the languages of which translations are kept; all where empty.
	Langs []string
	Scriptlets
	// DB is the folder of the database of rpm inside; DefaultDB where empty.
	DB string
	// Hostname goes into /etc/hostname where it is not empty.
	Hostname string
	// Commands are run inside by /bin/sh, one after another, when all packages
	// are installed.
	Commands []string
	// Epoch is the latest time that a file has, in seconds since 1970: later ones
	// become this one.
	Epoch int64
	// Log gets what rpm, scriptlets and commands write; it may be nil.
	Log io.Writer
}

// inside is where the folder is seen by programs of the machine.
const inside = "/sysroot"

// Install installs the packages. When it fails the folder has to be removed,
// with Remove.
func Install(ctx context.Context, o Options) error {
	if err := o.check(); err != nil {
		return fmt.Errorf("root file system: %w", err)
	}
	for _, step := range []func(context.Context) error{o.rpm, o.commands, o.clean} {
		if err := step(ctx); err != nil {
			return fmt.Errorf("root file system: %w", err)
		}
	}
	return nil
}

func (o *Options) check() error {
	if o.DB == "" {
		o.DB = DefaultDB
	}
	if o.Log == nil {
		o.Log = io.Discard
	}
	if !path.IsAbs(o.DB) || path.Clean(o.DB) != o.DB || strings.ContainsAny(o.DB, "% ") {
		return fmt.Errorf("database %q is not an absolute path", o.DB)
	}
	list, err := os.ReadDir(o.Dir)
	if err == nil && len(list) > 0 {
		err = fmt.Errorf("%s is not empty", o.Dir)
	}
	return err
}

// rpm runs rpm with the programs of the machine over the folder. Its
// configuration is not that in /etc of the machine.
func (o *Options) rpm(ctx context.Context) error {
	if len(o.Packages) == 0 {
		return errors.New("there are no packages to install")
	}
	for dir, mode := range map[string]os.FileMode{"dev": 0o755, "proc": 0o555, "sys": 0o555} { // rpm keeps off these
		if err := os.Mkdir(filepath.Join(o.Dir, dir), mode); err != nil {
			return err
		}
	}
	binds := []sandbox.Bind{{From: o.Dir, To: inside, Access: sandbox.Writable}}
	args := o.rpmArgs()
	at := map[string]string{}
	for _, file := range o.Packages {
		file, err := filepath.EvalSymlinks(file)
		if err != nil {
			return err
		}
		dir := filepath.Dir(file)
		if at[dir] == "" {
			at[dir] = "/packages/" + strconv.Itoa(len(at))
			binds = append(binds, sandbox.Bind{From: dir, To: at[dir]})
		}
		args = append(args, path.Join(at[dir], filepath.Base(file)))
	}
	said := &bytes.Buffer{}
	err := sandbox.Run(ctx, sandbox.Command{
		Args: args, Binds: binds, Systems: []string{inside}, Env: o.env(),
		Output: io.MultiWriter(o.Log, &limited{said, 1 << 20}),
	})
	if line := chownFault.FindString(said.String()); line != "" && !sandbox.ManyIDs() {
		return fmt.Errorf("installing packages: a file does not belong to root, and this user has no subordinate ids "+
			"(/etc/subuid and /etc/subgid, newuidmap and newgidmap): %s", line)
	}
	if faults := scriptletFaults(said.String()); len(faults) > 0 && o.Scriptlets == MustSucceed && ctx.Err() == nil {
		return fmt.Errorf("installing packages: %s", strings.Join(faults, "; "))
	}
	if e := (*sandbox.ExitError)(nil); errors.As(err, &e) {
		e.Tail = debianSays.ReplaceAllString(e.Tail, "")
	}
	if err != nil {
		return fmt.Errorf("installing packages: %w", err)
	}
	return nil
}

func (o *Options) rpmArgs() []string {
	args := []string{"rpm", "--root", inside, "--noplugins", "--nosignature",
		"--define", "_dbpath " + o.DB, "--define", "_netsharedpath /sys:/proc:/dev", "--define", "_flush_io 0"}
	if o.Docs == ExcludeDocs {
		args = append(args, "--define", "_excludedocs 1")
	}
	if len(o.Langs) > 0 {
		args = append(args, "--define", "_install_langs "+strings.Join(o.Langs, ":"))
	}
	return append(args, "--install", "--")
}

func (o *Options) env() []string {
	return []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LC_ALL=C.UTF-8", "TZ=UTC",
		"SOURCE_DATE_EPOCH=" + strconv.FormatInt(o.Epoch, 10)}
}

// commands runs what the configuration wants to be run.
func (o *Options) commands(ctx context.Context) error {
	for _, c := range o.Commands {
		err := sandbox.Run(ctx, sandbox.Command{
			Root: o.Dir, Args: []string{"/bin/sh", "-c", c}, Env: o.env(), Hostname: o.Hostname, Output: o.Log,
		})
		if err != nil {
			return fmt.Errorf("command %q: %w", c, err)
		}
	}
	return nil
}

func (o *Options) clean(ctx context.Context) error {
	c := hook(hookClean, o.Dir, strconv.FormatInt(o.Epoch, 10), o.DB, o.Hostname)
	if err := sandbox.Run(ctx, c); err != nil {
		return fmt.Errorf("cleaning up: %w", err)
	}
	return nil
}

// Remove removes a folder that Install has filled, with all files whoever they
// belong to.
func Remove(dir string) error {
	if err := os.RemoveAll(dir); err == nil {
		return nil
	}
	err := sandbox.Run(context.Background(), hook(hookEmpty, dir))
	return errors.Join(err, os.RemoveAll(dir))
}

// chownFault is what rpm says of a file that it cannot give to its owner.
var chownFault = regexp.MustCompile(`(?m)^error: unpacking of archive failed on file .*chown failed.*$`)

var scriptletFault = regexp.MustCompile(`(?m)^(?:error|warning): (%?\w+\([^)]*\).* (?:scriptlet|trigger) failed.*)$`)

// debianSays is how rpm greets on Debian.
var debianSays = regexp.MustCompile(`(?m)^rpm: (RPM should not be used directly|However assuming you know what).*\n`)

// scriptletFaults finds in the output of rpm the scriptlets that failed, each
// with what was written before.
func scriptletFaults(said string) []string {
	var out []string
	at := 0
	for _, m := range scriptletFault.FindAllStringSubmatchIndex(said, -1) {
		before := strings.Split(strings.TrimSpace(debianSays.ReplaceAllString(said[at:m[0]], "")), "\n")
		text := said[m[2]:m[3]]
		if tail := strings.Join(before[max(0, len(before)-5):], "\n"); tail != "" {
			text += ", which said: " + tail
		}
		out = append(out, text)
		at = m[1]
	}
	return slices.Compact(out)
}

// limited keeps the first bytes of what is written.
type limited struct {
	b    *bytes.Buffer
	left int
}

// Write takes the next bytes.
func (l *limited) Write(p []byte) (int, error) {
	n := min(len(p), l.left)
	l.b.Write(p[:n])
	l.left -= n
	return len(p), nil
}
