package phases

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"time"

	"compose/internal/notify"
)

// WatchDir keeps the repository of a folder current: it writes it, and again
// whenever packages come or go.
type WatchDir struct {
	CreaterepoDir
	// Settle is how long nothing must happen before the repository is written
	// again, and how long a file must be the same before it is believed to be
	// whole, unless it was seen to be closed. 0 is 2 seconds.
	Settle time.Duration
	// Rescan is how often the folder is looked through in any case; 0 is 10
	// minutes, or 30 seconds where the system does not tell of changes.
	Rescan time.Duration
	// Poll does not ask the system to tell of changes.
	Poll bool
	// Tell is told what happened, by one goroutine.
	Tell func(WatchEvent)
}

// WatchEvent is something that WatchDir did.
type WatchEvent struct {
	Time time.Time `json:"time"`
	// Kind is watching (changes are told of), polling (they are not, and Text
	// says why), written, unchanged, or failed (Text says why; it is tried
	// again).
	Kind     string `json:"kind"`
	Text     string `json:"text,omitempty"`
	Packages int    `json:"packages,omitempty"`
	Read     int    `json:"read,omitempty"`    // packages that were not known
	Skipped  int    `json:"skipped,omitempty"` // that cannot be read
	Waiting  int    `json:"waiting,omitempty"` // files that are still being written
}

const (
	defaultSettle = 2 * time.Second
	defaultRescan = 10 * time.Minute
	defaultPoll   = 30 * time.Second
	// maxBusy bounds how long steady changes put off the next writing, in
	// settle times.
	maxBusy = 10
	// maxRetry is the longest wait after a failure.
	maxRetry = 5 * time.Minute
)

// Run works until the context ends, which is no error. It fails when the
// repository cannot be written the first time.
func (w WatchDir) Run(ctx context.Context) error {
	if w.Settle <= 0 {
		w.Settle = defaultSettle
	}
	if w.Output == "" {
		w.Output = w.Dir
	}
	r := &watchRun{WatchDir: w, settling: settling{dir: w.Dir, wait: w.Settle}, toldNotes: map[string]bool{}}
	defer r.stopWatching()
	err := r.run(ctx)
	if ctx.Err() != nil {
		return nil
	}
	return err
}

type watchRun struct {
	WatchDir
	settling  settling
	watcher   *notify.Watcher
	polling   bool // that it is was told
	toldNotes map[string]bool
	failures  int
}

func (r *watchRun) run(ctx context.Context) error {
	for first := true; ; first = false {
		r.watch()
		err := r.once(ctx)
		if ctx.Err() != nil || err != nil && first {
			return err
		}
		if err != nil {
			r.failures++
			r.tell(WatchEvent{Kind: "failed", Text: err.Error()})
		} else {
			r.failures = 0
		}
		if err := r.wait(ctx); err != nil {
			return err
		}
	}
}

func (r *watchRun) tell(e WatchEvent) {
	e.Time = time.Now()
	if r.Tell != nil {
		r.Tell(e)
	}
}

// watch begins to watch, again after the folder went away and came back.
func (r *watchRun) watch() {
	if r.watcher != nil && r.watcher.Err() == nil {
		return
	}
	r.stopWatching()
	err := errors.New("as asked")
	if !r.Poll {
		r.watcher, err = notify.New(r.Dir, r.ownFile)
	}
	r.settling.watcher = r.watcher
	switch {
	case err == nil:
		r.polling = false
		r.tell(WatchEvent{Kind: "watching"})
	case !r.polling:
		r.polling = true
		r.tell(WatchEvent{Kind: "polling", Text: err.Error()})
	}
}

func (r *watchRun) stopWatching() {
	if r.watcher != nil {
		r.watcher.Close()
		r.watcher, r.settling.watcher = nil, nil
	}
}

// ownFile says whether a path below the folder is metadata: changes of it are
// the program's own, or of no interest.
func (r *watchRun) ownFile(rel string) bool {
	base := filepath.Base(rel)
	return base == "repodata" || strings.HasPrefix(base, ".repodata") || strings.HasPrefix(rel, "repodata/")
}

// once writes the repository.
func (r *watchRun) once(ctx context.Context) error {
	r.settling.begin(time.Now())
	c := r.CreaterepoDir
	c.NotYet = r.settling.notYet
	if !c.Repo.SetTimes {
		c.Repo.Time = time.Now()
	}
	now := map[string]bool{}
	c.Note = func(text string) {
		now[text] = true
		r.note(text)
	}
	made, err := c.Write(ctx)
	if err != nil {
		return err
	}
	r.toldNotes = now
	r.settling.end()
	kind := "written"
	if made.Same {
		kind = "unchanged"
	}
	r.tell(WatchEvent{Kind: kind, Packages: made.Packages, Read: made.Read, Skipped: len(made.Skipped), Waiting: len(r.settling.open)})
	return nil
}

// note passes on what was not said the last time already.
func (r *watchRun) note(text string) {
	if !r.toldNotes[text] {
		r.CreaterepoDir.note(text)
	}
}

// wait returns when the repository should be written again.
func (r *watchRun) wait(ctx context.Context) error {
	var changed <-chan struct{}
	if r.watcher != nil {
		changed = r.watcher.Changed()
	}
	t := time.NewTimer(r.nextLook())
	defer t.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-t.C:
		return nil
	case <-changed:
	}
	return r.quiet(ctx, changed)
}

// nextLook is when the folder is looked through if nothing is told.
func (r *watchRun) nextLook() time.Duration {
	next := r.Rescan
	if next <= 0 {
		next = defaultRescan
		if r.watcher == nil {
			next = defaultPoll
		}
	}
	if r.settling.soon {
		next = min(next, r.Settle)
	}
	if r.failures > 0 {
		next = min(next, maxRetry, r.Settle<<min(r.failures, 10))
	}
	return next
}

// quiet waits until nothing has happened for a while, but not for ever.
func (r *watchRun) quiet(ctx context.Context, changed <-chan struct{}) error {
	end := time.NewTimer(maxBusy * r.Settle)
	defer end.Stop()
	for {
		calm := time.NewTimer(r.Settle)
		select {
		case <-ctx.Done():
			calm.Stop()
			return context.Cause(ctx)
		case <-end.C:
			calm.Stop()
			return nil
		case <-calm.C:
			return nil
		case <-changed:
			calm.Stop()
		}
	}
}
