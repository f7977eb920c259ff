package event

import (
	"slices"
	"sync"
	"time"
)

// Handler takes the events of a stream, one at a time and in order. It is
// called while the stream is locked: it must be quick and must not call the
// stream, nor a scope of it.
type Handler interface{ Handle(Event) }

// HandlerFunc is a function as a Handler.
type HandlerFunc func(Event)

// Handle calls f.
func (f HandlerFunc) Handle(e Event) { f(e) }

// Stream numbers events and hands them to its handlers. All methods may be
// called at once from any goroutine.
type Stream struct {
	now func() time.Time

	mu       sync.Mutex
	facts    []Event
	handlers []Handler
}

// New returns an empty stream that reads the time from now; nil means time.Now.
func New(now func() time.Time) *Stream {
	if now == nil {
		now = time.Now
	}
	return &Stream{now: now}
}

// Now is the time by the clock of the stream.
func (s *Stream) Now() time.Time { return s.now() }

// Subscribe hands h the facts that were said already, then everything that
// follows. Facts arrive before the call that said them returns.
func (s *Stream) Subscribe(h Handler) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.facts {
		h.Handle(e)
	}
	s.handlers = append(s.handlers, h)
}

// Facts returns all facts said so far, in order.
func (s *Stream) Facts() []Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.facts)
}

// Emit says e. Seq and, when it is zero, Time are filled in.
func (s *Stream) Emit(e Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.emit(e)
}

// Start says RunStarted.
func (s *Stream) Start(r Run) { s.Emit(Event{Kind: RunStarted, Run: &r}) }

// End says RunEnded, with the time that passed since RunStarted.
func (s *Stream) End(r Run) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := Event{Kind: RunEnded, Run: &r, Time: s.now()}
	for _, f := range s.facts {
		if f.Kind == RunStarted {
			e.Ran = e.Time.Sub(f.Time)
			break
		}
	}
	s.emit(e)
}

// emit needs s.mu.
func (s *Stream) emit(e Event) {
	if e.Time.IsZero() {
		e.Time = s.now()
	}
	if e.Fact() {
		e.Seq = int64(len(s.facts)) + 1
		s.facts = append(s.facts, e)
	}
	for _, h := range s.handlers {
		h.Handle(e)
	}
}
