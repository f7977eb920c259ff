package main

import (
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"compose/phases/event"
)

// renderMode is how a run is shown while it goes on.
type renderMode int

const (
	renderAuto  renderMode = iota // live on a terminal, plain lines elsewhere
	renderPlain                   // a line for each thing that happened
	renderQuiet                   // warnings and failures only
	renderJSON                    // events, one JSON object per line
)

// renderOptions say how and where to show a run. Out is where it goes, and
// is asked whether it is a terminal; Env reads the environment and may be nil.
type renderOptions struct {
	Out  io.Writer
	Mode renderMode
	Env  func(string) string
}

// renderer shows a run while it goes on. Close stops it and leaves the cursor
// on a line of its own; nothing is shown after that.
type renderer interface {
	event.Handler
	Close() error
}

// newRenderer returns the renderer for the mode and the output.
func newRenderer(o renderOptions) renderer {
	if o.Env == nil {
		o.Env = os.Getenv
	}
	switch {
	case o.Mode == renderJSON:
		return &jsonView{event.JSONLines{W: o.Out, WithProgress: true}}
	case o.Mode == renderAuto && isTerminal(o.Out) && o.Env("TERM") != "dumb":
		return newLiveView(o.Out, newStyle(o), terminalSize(o.Out))
	}
	return newPlainView(o.Out, newStyle(o), o.Mode)
}

// jsonView writes events as JSON lines.
type jsonView struct{ event.JSONLines }

// Close returns the first error of writing.
func (v *jsonView) Close() error { return v.Err() }

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// size gives the width and height of the terminal, asked anew for each
// drawing because people resize windows.
type size func() (width, height int)

func terminalSize(w io.Writer) size {
	return func() (int, int) {
		if f, ok := w.(*os.File); ok {
			if width, height, err := term.GetSize(int(f.Fd())); err == nil && width > 0 {
				return width, height
			}
		}
		return 80, 24
	}
}

// style says what the output can show.
type style struct {
	colors  bool
	unicode bool
}

// newStyle looks at the output and the environment: no escape sequences on
// what is no terminal, for TERM=dumb, and colours neither with NO_COLOR.
func newStyle(o renderOptions) style {
	return style{
		colors:  isTerminal(o.Out) && o.Env("TERM") != "dumb" && o.Env("NO_COLOR") == "",
		unicode: isUTF8(o.Env),
	}
}

// isUTF8 looks at the locale as programs in C do.
func isUTF8(env func(string) string) bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := strings.ToLower(env(name)); v != "" {
			return strings.Contains(v, "utf-8") || strings.Contains(v, "utf8")
		}
	}
	return false
}

// The colours, by what they mean.
const (
	colorError = "31"
	colorWarn  = "33"
	colorGood  = "32"
	colorBold  = "1"
	colorSoft  = "2"
)

func (s style) paint(color, text string) string {
	if !s.colors || color == "" || text == "" {
		return text
	}
	return "\x1b[" + color + "m" + text + "\x1b[0m"
}

// pick chooses between a text in Unicode and its stand-in.
func (s style) pick(unicode, ascii string) string {
	if s.unicode {
		return unicode
	}
	return ascii
}

// clean makes text from anywhere harmless to a terminal and, where it cannot
// show Unicode, plain.
func (s style) clean(text string) string {
	text = event.Clean(text)
	if s.unicode {
		return text
	}
	return strings.Map(func(r rune) rune {
		if r > 126 {
			return '?'
		}
		return r
	}, text)
}
