package main

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"compose/phases/event"
)

// counter counts writes and keeps the last one.
type counter struct {
	mu     sync.Mutex
	writes []string
	block  chan struct{}
}

func (c *counter) Write(p []byte) (int, error) {
	if c.block != nil {
		<-c.block
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.writes = append(c.writes, string(p))
	return len(p), nil
}

func TestLive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &counter{}
		v := newLiveView(c, style{}, func() (int, int) { return 80, 24 })
		for _, e := range middle().events {
			v.Handle(e)
		}
		for range 1000 {
			time.Sleep(2 * time.Millisecond)
			v.Handle(event.Event{Kind: event.Progress, Step: "createrepo/Server.x86_64", Done: 1, Total: 2})
		}
		v.Close()
		if n := len(c.writes); n > 21 || n < 15 {
			t.Errorf("%d drawings in two seconds", n)
		}
		for i, w := range c.writes {
			if !strings.HasPrefix(w, "\x1b[?25l") || !strings.HasSuffix(w, "\x1b[?25h") {
				t.Errorf("drawing %d can leave the cursor hidden: %q", i, w)
			}
		}
		if !strings.Contains(c.writes[0], "warning: pkgset/base: evil") || strings.Contains(c.writes[1], "warning:") {
			t.Error("a message is not shown once")
		}
		// The last drawing goes up over the block and clears it.
		if last := c.writes[len(c.writes)-1]; last != "\x1b[?25l\r\x1b[3A\x1b[J\x1b[?25h" {
			t.Errorf("last drawing %q", last)
		}
	})
}

// A terminal that takes nothing does not hold up the run, nor fill memory.
func TestLiveStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &counter{block: make(chan struct{})}
		v := newLiveView(c, style{}, func() (int, int) { return 80, 24 })
		v.Handle(event.Event{Kind: event.Note, Text: "first"})
		time.Sleep(time.Second)
		for range 5 * maxPending {
			v.Handle(event.Event{Kind: event.Note, Text: "more"})
		}
		close(c.block)
		v.Close()
		out := strings.Join(c.writes, "")
		if !strings.Contains(out, fmt.Sprintf("and %d more messages", 4*maxPending)) {
			t.Errorf("%d bytes of output", len(out))
		}
	})
}

// A terminal that became narrower has wrapped the old block.
func TestScreenResize(t *testing.T) {
	var b bytes.Buffer
	s := screen{out: &b}
	s.show(nil, []string{strings.Repeat("x", 79), "short"}, 80)
	b.Reset()
	s.show([]string{"hello"}, []string{"y"}, 30)
	if want := "\x1b[?25l\r\x1b[4A\x1b[Jhello\ny\x1b[K\n\x1b[J\x1b[?25h"; b.String() != want {
		t.Errorf("got  %q\nwant %q", b.String(), want)
	}
}
