// Package notice tells scripts and web services how a compose fares: the
// messages of Pungi's notification scripts, with their names and fields, made
// from the stream of events. Each receiver has a goroutine and a queue of its
// own, so that a slow or broken one holds up neither the run nor the others.
// The package knows neither configuration nor plans.
package notice

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"time"
)

// Message is what is said to a receiver.
type Message struct {
	// Name is one of Names.
	Name string
	// Fields are those of the message and the common ones (see Common), as
	// they go into a JSON object.
	Fields map[string]any
}

// The names of the messages, as Pungi's.
const (
	StatusChange = "status-change"       // status
	PhaseStart   = "phase-start"         // phase_name
	PhaseStop    = "phase-stop"          // phase_name; not for a phase that failed
	ISOTargets   = "createiso-targets"   // deliverables: the images that will be made
	ISODone      = "createiso-imagedone" // file, arch, variant
	ISOFail      = "createiso-imagefail" // file, arch, variant
	FailToStart  = "fail-to-start"       // command, config, target_dir, detail; no common ones
)

// Names are the messages that there are.
func Names() []string {
	return []string{StatusChange, PhaseStart, PhaseStop, ISOTargets, ISODone, ISOFail, FailToStart}
}

// Receiver gets the messages, one at a time and in order.
type Receiver interface {
	// Wants says whether it takes messages of this name.
	Wants(name string) bool
	// Send delivers one. It may be called again after an error, with the next.
	Send(ctx context.Context, m Message) error
	// String names the receiver in warnings, without what is secret.
	String() string
}

// Options say whom to tell, and how long that may take.
type Options struct {
	Receivers []Receiver
	// Common are the fields that every message has beside its own.
	Common map[string]any
	// Timeout bounds the delivery of one message, with its retries, and in the
	// end that of all that still wait; 0 is a minute.
	Timeout time.Duration
	// Warn is told of what could not be delivered, from any goroutine.
	Warn func(text string)
}

const defaultTimeout = time.Minute

// Notifier hands messages to receivers. Its methods may be called from any
// goroutine, also while a stream of events is locked.
type Notifier struct {
	opt   Options
	lines []*line
}

// New begins to deliver to the receivers. Close has to be called.
func New(o Options) *Notifier {
	if o.Timeout <= 0 {
		o.Timeout = defaultTimeout
	}
	n := &Notifier{opt: o}
	for _, r := range o.Receivers {
		l := &line{to: r, opt: o, done: make(chan struct{})}
		l.more = sync.NewCond(&l.mu)
		l.ctx, l.giveUp = context.WithCancelCause(context.Background())
		n.lines = append(n.lines, l)
		go l.deliver()
	}
	return n
}

// Say queues a message; it never waits.
func (n *Notifier) Say(name string, fields map[string]any) {
	for _, l := range n.lines {
		if !l.to.Wants(name) {
			continue
		}
		all := maps.Clone(n.opt.Common)
		if all == nil {
			all = map[string]any{}
		}
		maps.Copy(all, fields)
		l.add(Message{name, all})
	}
}

// Close waits until all is delivered, at most for the timeout. Nothing is
// delivered after it.
func (n *Notifier) Close() {
	end := time.NewTimer(n.opt.Timeout)
	defer end.Stop()
	for _, l := range n.lines {
		l.end()
	}
	for _, l := range n.lines {
		select {
		case <-l.done:
		case <-end.C:
			for _, l := range n.lines {
				l.giveUp(fmt.Errorf("not done %s after the end of the compose", n.opt.Timeout))
			}
			end.Reset(0) // for the other lines
		}
		<-l.done
	}
}

// line is what waits for one receiver.
type line struct {
	to     Receiver
	opt    Options
	ctx    context.Context
	giveUp context.CancelCauseFunc
	done   chan struct{}

	mu    sync.Mutex
	more  *sync.Cond
	queue []Message
	ended bool
}

func (l *line) add(m Message) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.ended {
		l.queue = append(l.queue, m)
		l.more.Signal()
	}
}

func (l *line) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended = true
	l.more.Signal()
}

// next gives the next message, and false when there will be none.
func (l *line) next() (Message, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.queue) == 0 && !l.ended {
		l.more.Wait()
	}
	if len(l.queue) == 0 {
		return Message{}, false
	}
	m := l.queue[0]
	l.queue = l.queue[1:]
	return m, true
}

func (l *line) deliver() {
	defer close(l.done)
	defer l.giveUp(nil)
	for {
		m, ok := l.next()
		if !ok {
			return
		}
		if err := l.send(m); err != nil && l.opt.Warn != nil {
			l.opt.Warn(fmt.Sprintf("notification %s to %s: %v", m.Name, l.to, err))
		}
	}
}

func (l *line) send(m Message) error {
	if l.ctx.Err() != nil {
		return context.Cause(l.ctx)
	}
	ctx, cancel := context.WithTimeoutCause(l.ctx, l.opt.Timeout, fmt.Errorf("not done after %s", l.opt.Timeout))
	defer cancel()
	return l.to.Send(ctx, m)
}
