package phases

import (
	"context"
	"fmt"
	"strings"

	"compose/phases/dag"
	"compose/phases/event"
	"compose/phases/reuse"
)

// kept says how the result of a step is kept for later composes and found
// again. The result is plain data that survives being written as JSON.
type kept[T any] struct {
	// code is raised when the step makes something else of the same key.
	code int
	// key gives a struct of plain data with everything that the result depends
	// on, see reuse.Of. It is called when what the step needs is there. The id
	// and the time of the compose are in it only where the files have to show
	// those of their own compose.
	key func() any
	// files gives the files and folders that a result stands for, absolute,
	// below the compose. Nil is for results without any.
	files func(T) []string
	// adapt turns the result of another compose into that of this one: paths
	// below the compose are those of this one already, names with the compose's
	// id may have to change. The files of what it gives are those of its
	// argument, in the same order, under their new names. Nil changes nothing.
	adapt func(T) (T, error)
}

// doKept is dag.Do for a step whose result is taken over from an earlier
// compose, or from this one before it was interrupted, where that was made
// from the same.
func doKept[T any](p *plan, s *dag.Step, k kept[T], fn func(ctx context.Context, ev *event.Scope) (T, error)) dag.Promise[T] {
	if k.files == nil {
		k.files = func(T) []string { return nil }
	}
	kind, _, _ := strings.Cut(s.Name(), "/")
	return dag.Do(s, func(ctx context.Context, ev *event.Scope) (T, error) {
		if p.memory == nil {
			return fn(ctx, ev)
		}
		print, err := reuse.Of(kind, k.code, k.key())
		if err != nil {
			var none T
			return none, err
		}
		if out, ok := takeOver(ctx, p, ev, k, p.memory.Found(print)); ok {
			return out, p.memory.Note(s.Name(), print, out, k.files(out))
		}
		why := madeAgain(p.memory.Before(s.Name()), print)
		if p.rehearsal != nil {
			var none T
			return none, p.rehearsal.note(s.Name(), why)
		}
		ev.Logf("made: %s", why)
		if err := p.memory.Discard(s.Name()); err != nil {
			var none T
			return none, err
		}
		out, err := fn(ctx, ev)
		if err == nil {
			err = p.memory.Note(s.Name(), print, out, k.files(out))
		}
		return out, err
	})
}

// madeAgain says why the result of an earlier compose is not used.
func madeAgain(before *reuse.Record, print reuse.Fingerprint) string {
	if before == nil {
		return "no earlier compose has it"
	}
	if differ := print.Differ(before.Print); differ != nil {
		return "other than in " + before.Origin() + ": " + strings.Join(differ, ", ")
	}
	return "its files are not in " + before.Origin() + " any more"
}

// takeOver gives the result of the first record that can be used.
func takeOver[T any](ctx context.Context, p *plan, ev *event.Scope, k kept[T], records []*reuse.Record) (out T, ok bool) {
	for _, rec := range records {
		got, err := takeOne(ctx, p, k, rec)
		if err == nil {
			ev.Reused(rec.Origin())
			return got, true
		}
		ev.Logf("the result of %s cannot be used: %v", rec.Origin(), err)
	}
	return out, false
}

func takeOne[T any](ctx context.Context, p *plan, k kept[T], rec *reuse.Record) (out T, err error) {
	if err := rec.Decode(p.dirs.Top, &out); err != nil {
		return out, err
	}
	if k.adapt != nil {
		if out, err = k.adapt(out); err != nil {
			return out, fmt.Errorf("adapting it: %w", err)
		}
	}
	return out, rec.Take(ctx, k.files(out))
}
