package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"
)

// repoProgress shows how far a repository is: a line that is written over on
// a terminal, nothing elsewhere. Notes are lines that stay.
type repoProgress struct {
	out  io.Writer
	live bool

	mu    sync.Mutex
	shown time.Time
	width int // of the line on the terminal
}

func newRepoProgress(out io.Writer) *repoProgress {
	f, ok := out.(*os.File)
	return &repoProgress{out: out, live: ok && term.IsTerminal(int(f.Fd()))}
}

// hush leaves only what must be said.
func (p *repoProgress) hush() { p.live = false }

// progress takes how many of the packages are done.
func (p *repoProgress) progress(done, total int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.live || time.Since(p.shown) < redrawEvery {
		return
	}
	p.shown = time.Now()
	p.line(fmt.Sprintf("%d of %d packages", done, total))
}

// line writes over the line that is there.
func (p *repoProgress) line(text string) {
	fmt.Fprint(p.out, "\r"+text+strings.Repeat(" ", max(0, p.width-len(text))))
	p.width = len(text)
}

func (p *repoProgress) note(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
	fmt.Fprintln(p.out, "compose:", text)
}

func (p *repoProgress) clear() {
	if p.width > 0 {
		p.line("")
		fmt.Fprint(p.out, "\r")
	}
}

func (p *repoProgress) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
}
