package event

import (
	"fmt"
	"sync"
	"time"
)

// progressEvery is how often one step may say its progress. More often than
// a terminal redraws helps nobody.
const progressEvery = 100 * time.Millisecond

// Scope is what one step speaks through. Its methods may be called at once
// from any goroutine of the step. After the step has ended a scope is silent:
// what a goroutine that outlived its step says is dropped.
type Scope struct {
	stream *Stream
	step   string
	closed bool // guarded by stream.mu, so that nothing follows Ended

	mu          sync.Mutex // guards what follows
	said        time.Time  // when progress was said last
	done, total int64
	unit        string
	reused      bool
	reusedFrom  string
	files       []string
}

// Scope returns the scope of a step; the name "" speaks for the whole run.
func (s *Stream) Scope(step string) *Scope { return &Scope{stream: s, step: step} }

// Step is the name of the step.
func (c *Scope) Step() string { return c.step }

// Note says something that the user should see.
func (c *Scope) Note(format string, args ...any) {
	c.emit(Event{Kind: Note, Text: fmt.Sprintf(format, args...)})
}

// Warn says something that the user should look at; warnings are counted and
// listed again at the end.
func (c *Scope) Warn(format string, args ...any) {
	c.emit(Event{Kind: Note, Level: Warning, Text: fmt.Sprintf(format, args...)})
}

// Logf writes a detail that only the log of the step keeps.
func (c *Scope) Logf(format string, args ...any) {
	c.emit(Event{Kind: Log, Text: fmt.Sprintf(format, args...)})
}

func (c *Scope) emit(e Event) {
	c.stream.mu.Lock()
	defer c.stream.mu.Unlock()
	if c.closed {
		return
	}
	e.Step = c.step
	c.stream.emit(e)
}

// Progress says that done of total units are done; a total of 0 means that
// nobody knows it. It is cheap enough to be called for each package: what
// comes faster than anybody can read is dropped, and the last word is part of
// the step's Ended.
func (c *Scope) Progress(done, total int64, unit string) {
	now := c.stream.now()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.done, c.total, c.unit = done, total, unit
	due := c.said.IsZero() || now.Sub(c.said) >= progressEvery || done == total
	if due && c.stream.mu.TryLock() { // busy: drop it, nobody waits for progress
		defer c.stream.mu.Unlock()
		c.said = now
		if !c.closed {
			c.stream.emit(Event{Kind: Progress, Step: c.step, Time: now, Done: done, Total: total, Unit: unit})
		}
	}
}

// Counter returns Progress in the form that the domain packages take.
func (c *Scope) Counter(unit string) func(done, total int) {
	return func(done, total int) { c.Progress(int64(done), int64(total), unit) }
}

// Reused says that the step took its result over from an earlier run instead
// of making it; from names that run. The step then ends as Reused, not as OK.
func (c *Scope) Reused(from string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reused, c.reusedFrom = true, from
}

// Made says that the step has made an image for publishing; it is told with
// the end of the step.
func (c *Scope) Made(file string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.files = append(c.files, file)
}

// End says Ended and silences the scope. It fills in the step and the last
// progress, and turns OK into Reused where the step said so. The executor
// calls it; steps do not.
func (c *Scope) End(e Event) Event {
	c.mu.Lock()
	e.Kind, e.Step = Ended, c.step
	e.Done, e.Total, e.Unit, e.Files = c.done, c.total, c.unit, c.files
	if c.reused && e.State == OK {
		e.State, e.Text = Reused, c.reusedFrom
	}
	c.mu.Unlock()
	c.stream.mu.Lock()
	defer c.stream.mu.Unlock()
	c.stream.emit(e)
	c.closed = true
	return e
}
