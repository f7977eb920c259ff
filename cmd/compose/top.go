package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"compose/phases"
	"compose/phases/event"
	"compose/phases/overview"
	"compose/phases/report"
)

// topFlags are the flags of compose top.
type topFlags struct {
	repoFlags
	every time.Duration
	once  bool
}

func newTopCmd() *cobra.Command {
	f := &topFlags{}
	cmd := &cobra.Command{
		Use:   "top [flags] [DIR…]",
		Short: "Watch the composes that are being made",
		Long: `Show the composes that processes work on: which steps run for how long, how
far they are and how fast, and how many places of each pool are taken. A DIR is
a compose, or a folder of composes; without one it is ./composes. On a terminal
the view is drawn anew until Ctrl-C; elsewhere, or with --once, it is written
once.`,
		Example: `  compose top
  compose top --once composes /mnt/composes
  compose top --json composes | jq '.[].running[].name'`,
		ValidArgsFunction: completeDirs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.every < 100*time.Millisecond {
				return fmt.Errorf("--every %s: want 100ms or more", f.every)
			}
			if len(args) == 0 {
				args = []string{"composes"}
			}
			return f.run(cmd, args)
		},
	}
	cmd.Flags().BoolVar(&f.json, "json", false, "print what there is now as JSON, as compose status does of each")
	cmd.Flags().BoolVar(&f.once, "once", false, "write what there is now, and end")
	cmd.Flags().DurationVar(&f.every, "every", time.Second, "how often the view is drawn")
	return cmd
}

func (f *topFlags) run(cmd *cobra.Command, dirs []string) error {
	t := &top{dirs: dirs, watches: map[string]*overview.Watch{}}
	out := cmd.OutOrStdout()
	if f.json || f.once || !isTerminal(out) {
		list, err := t.look()
		if err != nil {
			return failure(err)
		}
		now := time.Now()
		all := []statusJSON{}
		for _, c := range list {
			all = append(all, statusOf(c, now))
		}
		return f.result(cmd, all, func(w io.Writer) error {
			_, err := io.WriteString(w, strings.Join(topLines(newStyle(renderOptions{Out: w, Env: environ}), list, 100, now), "\n")+"\n")
			return err
		})
	}
	return f.live(cmd.Context(), t, out)
}

// live draws until the context ends.
func (f *topFlags) live(ctx context.Context, t *top, out io.Writer) error {
	st, size, screen := newStyle(renderOptions{Out: out, Env: environ}), terminalSize(out), screen{out: out}
	tick := time.NewTicker(f.every)
	defer tick.Stop()
	for screen.err == nil {
		list, err := t.look()
		if err != nil {
			return failure(err)
		}
		width, height := size()
		lines := topLines(st, list, width, time.Now())
		screen.show(nil, lines[:min(len(lines), max(height-1, 1))], width)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
	return failure(screen.err)
}

// top follows the composes below some folders.
type top struct {
	dirs    []string
	watches map[string]*overview.Watch
}

// look gives the composes that processes work on, in the order of their
// folders. One that goes away meanwhile is passed over.
func (t *top) look() ([]*overview.Compose, error) {
	var out []*overview.Compose
	for _, dir := range t.dirs {
		found, err := overview.Find(dir, composePaths)
		if err != nil {
			return nil, err
		}
		for _, c := range found {
			if !phases.Running(c) {
				delete(t.watches, c)
				continue
			}
			if t.watches[c] == nil {
				w, err := overview.Open(c, composePaths, phases.Running)
				if err != nil {
					continue
				}
				t.watches[c] = w
			}
			if com, err := t.watches[c].Look(); err == nil {
				out = append(out, com)
			}
		}
	}
	return out, nil
}

// topLines draws the composes, none wider than the terminal.
func topLines(st style, list []*overview.Compose, width int, now time.Time) []string {
	if len(list) == 0 {
		return []string{"no compose is being made"}
	}
	var out []string
	for _, c := range list {
		n := countSteps(c.Run)
		out = append(out,
			st.paint(colorBold, st.clean(c.ID))+"  "+stateLine(st, c, now),
			fmt.Sprintf("  %s %d/%d steps, %d failed  %s", block{style: st}.bar(int64(n.Ended), int64(n.All), 20), n.Ended, n.All, n.Failed, poolLine(c)))
		out = append(out, runningLines(st, c, width, now)...)
	}
	for i := range out {
		out[i] = fit(out[i], width-1)
	}
	return out
}

// poolLine says how many places are taken.
func poolLine(c *overview.Compose) string {
	use := poolUse(c)
	var parts []string
	for _, pool := range slices.Sorted(maps.Keys(use)) {
		parts = append(parts, fmt.Sprintf("%s %d/%d", cleanLine(pool), use[pool][0], use[pool][1]))
	}
	return strings.Join(parts, ", ")
}

// runningLines are the lines about running steps, the oldest first.
func runningLines(st style, c *overview.Compose, width int, now time.Time) []string {
	var running []*report.Step
	names := 0
	for _, s := range c.Run.Steps {
		if s.Running() {
			running = append(running, s)
			names = max(names, textWidth(st.clean(s.Name)))
		}
	}
	slices.SortStableFunc(running, func(a, b *report.Step) int { return cmp.Or(a.Started.Compare(b.Started), cmp.Compare(a.Name, b.Name)) })
	b := block{style: st, width: width, now: now}
	var out []string
	for _, s := range running {
		line := b.row(s, min(names, max(width/2, 20)))
		if s.Expected > 0 && s.Total == 0 {
			line += st.paint(colorSoft, "  of about "+report.Duration(s.Expected))
		}
		out = append(out, fit(line, width-1))
	}
	if len(running) == 0 && c.Run.Count(event.OK) == 0 && len(c.Run.Steps) == 0 {
		out = append(out, "  nothing has begun yet")
	}
	return out
}

// environ is the environment, for what output can show.
func environ(name string) string { return os.Getenv(name) }
