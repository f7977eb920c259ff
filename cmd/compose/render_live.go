package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"compose/phases/event"
	"compose/phases/overview"
	"compose/phases/report"
)

// redrawEvery is how often the block is drawn at most.
const redrawEvery = 100 * time.Millisecond

// maxPending bounds the messages that wait for a terminal that takes none
// (Ctrl-S); the logs have them all.
const maxPending = 1000

// liveView keeps a status block at the bottom of a terminal, and lets messages
// scroll by above it. Events only change its memory; a goroutine of its own
// draws, so a terminal that is slow or stopped does not hold up the run.
type liveView struct {
	style
	screen screen
	size   size
	stop   chan struct{}
	done   chan struct{}
	// expected says that the times of an earlier run were looked for.
	expected bool

	mu       sync.Mutex
	run      report.Run
	messages []string
	dropped  int
}

func newLiveView(out io.Writer, st style, sz size) *liveView {
	v := &liveView{style: st, screen: screen{out: out}, size: sz, stop: make(chan struct{}), done: make(chan struct{})}
	go v.loop()
	return v
}

// Handle takes in one event.
func (v *liveView) Handle(e event.Event) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.run.Handle(e)
	switch m := v.message(e, "    "); {
	case m == "":
	case len(v.messages) < maxPending:
		v.messages = append(v.messages, m)
	default:
		v.dropped++
	}
}

func (v *liveView) loop() {
	defer close(v.done)
	tick := time.NewTicker(redrawEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			v.draw()
		case <-v.stop:
			v.erase()
			return
		}
	}
}

// draw writes the messages that wait, and the block below them.
func (v *liveView) draw() {
	width, height := v.size()
	v.expect()
	v.mu.Lock()
	messages := v.takeMessages()
	var lines []string
	if len(v.run.Steps) > 0 {
		lines = block{v.style, width, height, time.Now()}.lines(&v.run)
	}
	v.mu.Unlock()
	v.screen.show(messages, lines, width)
}

// expect takes the times that steps took in an earlier compose, once the run
// has begun. It reads files, and so is not done while events come in.
func (v *liveView) expect() {
	v.mu.Lock()
	id, dir, begun := v.run.ID, v.run.Dir, len(v.run.Steps) > 0
	v.mu.Unlock()
	if !begun || v.expected {
		return
	}
	v.expected = true
	_, times := overview.Expected(dir, id, composePaths)
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, s := range v.run.Steps {
		s.Expected = times[s.Name]
	}
}

// erase writes the last messages in place of the block.
func (v *liveView) erase() {
	width, _ := v.size()
	v.mu.Lock()
	messages := v.takeMessages()
	v.mu.Unlock()
	v.screen.show(messages, nil, width)
}

// takeMessages needs v.mu.
func (v *liveView) takeMessages() []string {
	messages := v.messages
	if v.dropped > 0 {
		messages = append(messages, fmt.Sprintf("and %d more messages: see the logs", v.dropped))
	}
	v.messages, v.dropped = nil, 0
	return messages
}

// Close draws the last messages, removes the block, and returns the first
// error of writing.
func (v *liveView) Close() error {
	close(v.stop)
	<-v.done
	return v.screen.err
}

// screen draws a block of lines over the block that it drew before.
type screen struct {
	out   io.Writer
	lines []string // the block that is there
	err   error
}

// show replaces the block, with messages above the new one. The cursor is
// hidden only within this one write, so nothing that happens to the program
// can leave it hidden.
func (s *screen) show(messages, lines []string, width int) {
	if s.err != nil || len(messages) == 0 && len(lines) == 0 && len(s.lines) == 0 {
		return
	}
	var b strings.Builder
	b.WriteString("\x1b[?25l\r")
	if n := s.rows(width); n > 0 {
		fmt.Fprintf(&b, "\x1b[%dA", n)
	}
	for _, m := range messages {
		b.WriteString("\x1b[J" + m + "\n")
	}
	for _, l := range lines {
		b.WriteString(l + "\x1b[K\n")
	}
	b.WriteString("\x1b[J\x1b[?25h")
	s.lines = lines
	_, s.err = io.WriteString(s.out, b.String())
}

// rows is how many rows the old block takes at this width: a terminal that
// became narrower has wrapped its lines.
func (s *screen) rows(width int) int {
	n := 0
	for _, l := range s.lines {
		n += max(1, (textWidth(l)+width-1)/max(width, 1))
	}
	return n
}
