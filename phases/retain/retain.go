// Package retain removes composes that nobody needs any more from the folder
// that they were made in. It knows of a compose what its folder says:
// COMPOSE_ID, STATUS, whether a process holds it, which links lead to it and
// whether somebody pinned it. Everything happens inside of that folder,
// whatever links lie there.
package retain

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Options say what stays.
type Options struct {
	// Keep is how many of the newest composes of a release and type stay that
	// ended with one of Statuses; none of them means FINISHED and
	// FINISHED_INCOMPLETE. With math.MaxInt all of them stay.
	Keep     int
	Statuses []string
	// KeepFor is how long every compose stays after it ended.
	KeepFor time.Duration
	// Now is the time of the run.
	Now time.Time
	// DryRun removes nothing.
	DryRun bool
	// InUse is a file of a compose, by its path there, that whoever takes from
	// the compose holds locked; "" is none.
	InUse string
	// Done is told of each compose that is removed, as it is; it may be nil.
	Done func(Compose)
}

// Compose is a compose of the folder, and what becomes of it.
type Compose struct {
	ID     string    `json:"id"`
	Status string    `json:"status"`
	Ended  time.Time `json:"ended"` // when STATUS was written last
	// Keep says why it stays; "" when it goes.
	Keep string `json:"keep,omitempty"`
	// Bytes is what its files and folders take on the disk, as du counts. Free
	// is how much becomes free by the removal of this one, after that of those
	// before it: files that have links elsewhere stay. Of one that stays it is
	// what would become free if it went alone.
	Bytes int64 `json:"bytes"`
	Free  int64 `json:"free"`
	Files int   `json:"files"`
	// Error says why it could not be removed.
	Error string `json:"error,omitempty"`
}

// Result is what a run did, or by a dry run would do.
type Result struct {
	// Composes are those of the folder, the oldest first.
	Composes []Compose `json:"composes"`
	Removed  int       `json:"removed"`
	Freed    int64     `json:"freed"` // bytes on the disk
	// Ignored are folders that look like composes and are left alone, with why.
	Ignored []string `json:"ignored,omitempty"`
}

// pinFile marks a compose that stays; it holds the reason.
const pinFile = "PINNED"

// goneName begins the names of folders that are being removed: none of them
// is a compose any more.
const goneName = ".compose-gc-"

// Run removes what may go from the composes in a folder. It goes on after one
// that cannot be removed; the error then joins all causes.
func Run(ctx context.Context, target string, o Options) (*Result, error) {
	root, err := os.OpenRoot(target)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	c := &collector{Options: o, root: root, res: &Result{}}
	if err := c.scan(); err != nil {
		return nil, err
	}
	c.judge()
	if err := c.measure(ctx); err != nil {
		return nil, err
	}
	if o.DryRun {
		return c.res, nil
	}
	return c.res, c.remove(ctx)
}

type collector struct {
	Options
	root  *os.Root
	res   *Result
	links map[string]string // by folder: a link that leads to it
	live  map[string]bool   // releases of which a compose is being made
	left  []string          // folders of an interrupted run
}

// scan finds the composes, the oldest first.
func (c *collector) scan() error {
	entries, err := fs.ReadDir(c.root.FS(), ".")
	if err != nil {
		return err
	}
	c.links, c.live = map[string]string{}, map[string]bool{}
	for _, e := range entries {
		switch {
		case e.Type()&fs.ModeSymlink != 0:
			if to, err := c.root.Readlink(e.Name()); err == nil {
				c.links[c.local(to)] = e.Name()
			}
		case !e.IsDir():
		case strings.HasPrefix(e.Name(), goneName):
			c.left = append(c.left, e.Name())
		default:
			c.look(e.Name())
		}
	}
	slices.SortFunc(c.res.Composes, func(a, b Compose) int {
		x, y := parse(a.ID), parse(b.ID)
		return cmp.Or(cmp.Compare(x.date, y.date), a.Ended.Compare(b.Ended), cmp.Compare(a.ID, b.ID))
	})
	return nil
}

// local gives the folder that a link leads to when it lies in the target.
func (c *collector) local(to string) string {
	if filepath.IsAbs(to) {
		abs, err := filepath.EvalSymlinks(c.root.Name())
		if err == nil {
			if abs, err = filepath.Abs(abs); err == nil {
				to = strings.TrimPrefix(to, abs+"/")
			}
		}
	}
	first, _, _ := strings.Cut(path.Clean(to), "/")
	return first
}

// look takes a folder in when it is a compose.
func (c *collector) look(name string) {
	id, err := c.read(name + "/COMPOSE_ID")
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	switch {
	case err != nil:
		c.ignore(name, err.Error())
		return
	case strings.TrimSpace(id) != name:
		c.ignore(name, "it holds another compose than its name says")
		return
	case parse(name).date == "":
		c.ignore(name, "its name has no date")
		return
	}
	com := Compose{ID: name}
	fi, err := c.root.Lstat(name + "/STATUS")
	if err == nil {
		com.Ended = fi.ModTime()
		com.Status, err = c.read(name + "/STATUS")
		com.Status = strings.TrimSpace(com.Status)
	}
	if err != nil {
		c.ignore(name, err.Error())
		return
	}
	c.res.Composes = append(c.res.Composes, com)
}

func (c *collector) ignore(name, why string) {
	c.res.Ignored = append(c.res.Ignored, name+": "+why)
}

// read reads a small file that is one.
func (c *collector) read(name string) (string, error) {
	fi, err := c.root.Lstat(name)
	if err != nil {
		return "", err
	}
	if !fi.Mode().IsRegular() {
		return "", fmt.Errorf("%s is not a file", name)
	}
	f, err := c.root.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, 4096))
	return string(data), err
}

// name is a compose id in parts.
type name struct{ release, date, kind string }

var composeID = regexp.MustCompile(`^(.+)-([0-9]{8})(\.[a-z]+)?\.[0-9]+$`)

func parse(id string) name {
	m := composeID.FindStringSubmatch(id)
	if m == nil {
		return name{}
	}
	return name{m[1], m[2], m[3]}
}

// held says what a process does with a compose, "" when none does anything:
// who works on it holds COMPOSE_ID, who takes from it InUse.
func (c *collector) held(id string) string {
	free, why, err := c.lock(id)
	if err == nil {
		free()
	}
	return why
}

// lock keeps others away from a compose until the function that it gives is
// called. Where somebody is there already, it says why.
func (c *collector) lock(id string) (free func(), why string, err error) {
	work, err := c.lockFile(id + "/COMPOSE_ID")
	if err != nil {
		if errors.Is(err, unix.EWOULDBLOCK) {
			why = "a process works on it"
		}
		return nil, why, err
	}
	if c.InUse == "" {
		return func() { work.Close() }, "", nil
	}
	use, err := c.lockFile(id + "/" + c.InUse)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return func() { work.Close() }, "", nil
	case errors.Is(err, unix.EWOULDBLOCK):
		work.Close()
		return nil, "a compose that is being made takes from it", err
	case err != nil:
		work.Close()
		return nil, "", err
	}
	return func() { use.Close(); work.Close() }, "", nil
}

func (c *collector) lockFile(name string) (*os.File, error) {
	f, err := c.root.Open(name)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}
