// Package publish brings a finished compose into the folder that a mirror
// serves. What is served is whole at every instant: first everything that is
// new is put together beside it, then each tree changes places with its new
// self in one rename, and what the new tree does not name stays until readers
// of the old one are done. The package knows folders and files; it knows
// neither configuration nor plans.
package publish

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Options say what to publish and how.
type Options struct {
	// Variants and Arches are globs; none take all. Arch "source" is that of
	// source trees. compose/metadata goes along with any choice.
	Variants, Arches []string
	// Copy copies files where the zero value links them, if both folders lie
	// on one file system.
	Copy bool
	// CheckAll compares the content of files; the zero value believes size and
	// time, as rsync does.
	CheckAll bool
	// Delete removes what the compose does not have, Grace after it was seen
	// to be so for the first time: by a run then, or by this one for 0.
	Delete bool
	Grace  time.Duration
	// DryRun changes nothing.
	DryRun bool
	// Now is the time of the run.
	Now time.Time
	// Progress is told how much of what has to be brought over is there.
	Progress func(Progress)
	Note     func(text string)
}

// Progress counts files and bytes that are new to the mirror.
type Progress struct {
	Files, AllFiles int
	Bytes, AllBytes int64
}

// Result says what was done, or by a dry run would be.
type Result struct {
	// Same files were there; Linked and Copied ones are new or changed, with
	// their sizes.
	Same        int   `json:"same"`
	Linked      int   `json:"linked"`
	Copied      int   `json:"copied"`
	LinkedBytes int64 `json:"linked_bytes"`
	CopiedBytes int64 `json:"copied_bytes"`
	// Switched are the folders that changed, in the order in which they did.
	Switched []string `json:"switched"`
	// Deleted files went; Kept ones are not of the compose and stay.
	Deleted []string `json:"deleted"`
	Kept    int      `json:"kept"`
}

// stageDir is where trees are put together, in the published folder itself:
// only there a rename is sure to be on one file system.
const stageDir = ".compose-publish"

// Compose publishes the compose whose folder is dir into dest, which is made
// when it is not there. It goes on where a run that was interrupted ended. A
// compose that did not finish is refused, and so are two runs at once.
func Compose(ctx context.Context, dir, dest string, opt Options) (*Result, error) {
	source, err := finished(dir)
	if err != nil {
		return nil, err
	}
	for _, glob := range slices.Concat(opt.Variants, opt.Arches) {
		if _, err := filepath.Match(glob, ""); err != nil {
			return nil, fmt.Errorf("%q: %w", glob, err)
		}
	}
	if !opt.DryRun {
		if err := os.MkdirAll(dest, 0o755); err != nil {
			return nil, err
		}
		unlock, err := lock(dest)
		if err != nil {
			return nil, err
		}
		defer unlock()
	}
	p := &publisher{Options: opt, source: source, dest: dest, res: &Result{}}
	return p.run(ctx)
}

// finished gives the folder of a finished compose that is published.
func finished(dir string) (string, error) {
	status, err := os.ReadFile(filepath.Join(dir, "STATUS"))
	if err != nil {
		return "", fmt.Errorf("%s is no compose: %w", dir, err)
	}
	word := strings.TrimSpace(string(status))
	if word != "FINISHED" && word != "FINISHED_INCOMPLETE" {
		return "", fmt.Errorf("%s is %s; only what has finished is published", dir, word)
	}
	return filepath.EvalSymlinks(filepath.Join(dir, "compose"))
}

// stateFile keeps since when files are not of the compose. It lies beside the
// published folder.
func stateFile(dest string) string {
	dest = filepath.Clean(dest)
	return filepath.Join(filepath.Dir(dest), "."+filepath.Base(dest)+".publish.json")
}

// lock keeps other runs out until the function it gives is called.
func lock(dest string) (func(), error) {
	abs, err := filepath.EvalSymlinks(dest)
	if err != nil {
		return nil, err
	}
	f, err := os.OpenFile(stateFile(abs)+".lock", os.O_CREATE|os.O_RDWR|unix.O_NOFOLLOW, 0o644)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		f.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, fmt.Errorf("%s is being published to by another run", dest)
		}
		return nil, fmt.Errorf("locking %s: %w", f.Name(), err)
	}
	return func() { f.Close() }, nil
}

// publisher is one run.
type publisher struct {
	Options
	source, dest string
	root         *os.Root // dest; nil while it is not there, in a dry run
	res          *Result
	progress     Progress
	state        map[string]int64 // by path: since when a file is not of the compose
	apart        bool             // links to the mirror are not possible
}

func (p *publisher) run(ctx context.Context) (*Result, error) {
	fresh, err := scanSource(p.source, p.Options)
	if err != nil {
		return nil, err
	}
	there := files{}
	if p.root, err = os.OpenRoot(p.dest); err == nil {
		defer p.root.Close()
		there, err = scanDest(p.root)
	}
	if err != nil && !(p.DryRun && errors.Is(err, fs.ErrNotExist)) {
		return nil, err
	}
	if err := p.loadState(); err != nil {
		return nil, err
	}
	units, err := p.plan(ctx, fresh, there)
	if err != nil || p.DryRun {
		return p.res, err
	}
	if err := p.switchAll(ctx, units); err != nil {
		return nil, err
	}
	return p.res, p.saveState()
}

// switchAll puts the new folders together, all of them, before the first one
// is switched.
func (p *publisher) switchAll(ctx context.Context, units []*unit) error {
	if len(units) == 0 {
		return p.root.RemoveAll(stageDir)
	}
	for _, u := range units {
		if err := p.stage(ctx, u); err != nil {
			return fmt.Errorf("putting %s together: %w", u.dir, err)
		}
	}
	for _, u := range units {
		if err := p.change(u); err != nil {
			return fmt.Errorf("switching %s: %w", u.dir, err)
		}
	}
	return p.root.RemoveAll(stageDir)
}
