// Package event is the one stream of facts about a run. Steps say what they
// do, the executor says when they begin and end, and whoever wants to know
// (terminal, log files, events.jsonl, report, tests) subscribes. It knows
// nothing of composes and prints nothing; docs/events.md describes the JSON
// form, which is a documented format.
package event

import (
	"strings"
	"time"
)

// Kind says what an event is about.
type Kind string

// The kinds of events. All but Progress and Log are facts: numbered, kept,
// and never dropped.
const (
	RunStarted Kind = "run-started" // the first fact about a run; Run tells which
	Planned    Kind = "planned"     // a step of the plan, with its pool and its needs
	Started    Kind = "started"     // a step has got its place and runs
	Note       Kind = "note"        // something a reader should know; Level tells how much
	Ended      Kind = "ended"       // the last fact about a step; State tells how
	RunEnded   Kind = "run-ended"   // the last fact about a run; Run tells its status
	Progress   Kind = "progress"    // how far a step is; may be dropped
	Log        Kind = "log"         // a detail for the log of the step only
)

// Level is the weight of a note.
type Level string

// The levels of a note.
const (
	Info    Level = ""
	Warning Level = "warning"
)

// State is how a step ended.
type State string

// The states in which a step ends.
const (
	OK             State = "ok"
	Reused         State = "reused"          // ok, by taking over an earlier result
	Failed         State = "failed"          // and the run with it
	OptionalFailed State = "optional-failed" // the run goes on without its result
	Canceled       State = "canceled"        // was running when the run was stopped
	NotRun         State = "not-run"         // never started; Text names the reason
	Skipped        State = "skipped"         // the plan left it out; Text names the reason
)

// Good reports whether a step that ended so has a result.
func (s State) Good() bool { return s == OK || s == Reused }

// Event is one entry of the stream. Only the fields that its kind names are
// set. An Event is plain data; its slices and maps are shared and must not be
// changed.
type Event struct {
	// Seq numbers the facts of a stream 1, 2, 3 … without gaps. It is 0 for
	// Progress and Log.
	Seq  int64
	Time time.Time
	Kind Kind
	Step string // empty for what is said about the whole run

	Pool     string   // Planned: the pool in which the step takes a place
	Needs    []string // Planned: the steps whose end it waits for, in plan order
	Optional bool     // Planned: its failure does not fail the run
	// Takes has the units that it takes of pools (Planned), where that is more
	// than one of its own.
	Takes map[string]int
	// Files are images for publishing, as absolute paths: Planned: those that
	// it is expected to make, Ended: those that it made.
	Files []string

	Level Level  // Note
	Text  string // Note, Log: the text; Ended: why it was skipped, not run or reused

	State State  // Ended
	Error string // Ended: what went wrong, without the name of the step
	// Waited is the time from the end of the last need to the start, spent
	// waiting for a place (Started, Ended); Ran is the time from start to
	// end (Ended, RunEnded).
	Waited, Ran time.Duration

	// Progress, Ended: how much was done, of how much (0 when that is not
	// known), in which unit ("packages", "bytes").
	Done, Total int64
	Unit        string

	Run *Run // RunStarted, RunEnded
}

// Run is what is said about the run as a whole. RunStarted carries the first
// block, RunEnded the second.
type Run struct {
	ID      string         // of the compose
	Dir     string         // where it is made
	Version string         // of the program
	Pools   map[string]int // places per pool

	Status   string   // FINISHED, DOOMED, …
	Critical []string // the chain of steps that decided how long the run took, in order
}

// Fact reports whether e is a fact, which is kept and never dropped.
func (e Event) Fact() bool { return e.Kind != Progress && e.Kind != Log }

// Phase is the part of a step's name before the first slash:
// "createrepo/Server.x86_64" belongs to phase "createrepo".
func Phase(step string) string {
	phase, _, _ := strings.Cut(step, "/")
	return phase
}
