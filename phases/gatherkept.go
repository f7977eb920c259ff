package phases

import (
	"context"
	"errors"
	"fmt"
	"os"

	"compose/gather"
	"compose/phases/event"
	"compose/phases/reuse"
)

// treeSolve is a tree that is to be solved.
type treeSolve struct {
	*treeInput
	plan     *plan
	universe *gather.Universe
	from     choice
}

// gatherKey finds earlier results for a tree. What they depend on is in their
// footprints: a change of other packages than those that a solve looked at
// cannot change its result, so package sets are no part of the key.
type gatherKey struct{ Tree string }

// gatherKept is what is kept of a solved tree: its footprints, one per input.
type gatherKept struct{ Footprints []string }

// gatherCode is raised when footprints of before are of no use; package gather
// counts its own changes.
const gatherCode = 1

// run solves the tree, or takes the result of an earlier compose that cannot
// be another one.
func (s treeSolve) run(ctx context.Context, ev *event.Scope) (*gather.Result, error) {
	memory := s.plan.memory
	if memory == nil {
		return s.solve(ctx, s.universe, s.from)
	}
	print, err := reuse.Of("gather", gatherCode, gatherKey{s.tree.String()})
	if err != nil {
		return nil, err
	}
	for _, rec := range memory.Found(print) {
		res, kept, err := s.again(ctx, rec)
		if err == nil {
			ev.Reused(rec.Origin())
			return res, memory.Note(s.step(), print, kept, kept.Footprints)
		}
		ev.Logf("solved again, other than in %s: %v", rec.Origin(), err)
	}
	res, footprints, err := s.solveNoting(ctx, s.universe, s.from)
	if err != nil {
		return nil, err
	}
	var kept gatherKept
	for i, f := range footprints {
		if f == nil {
			return res, nil // packages of which not even the sums are known
		}
		kept.Footprints = append(kept.Footprints, s.plan.dirs.GatherFootprint(s.tree, i))
		if err := writeFile(kept.Footprints[i], f); err != nil {
			return nil, err
		}
	}
	return res, memory.Note(s.step(), print, kept, kept.Footprints)
}

func (s treeSolve) step() string { return "gather/" + s.tree.String() }

// again gives the result of an earlier compose where it stands.
func (s treeSolve) again(ctx context.Context, rec *reuse.Record) (*gather.Result, gatherKept, error) {
	var kept gatherKept
	if err := rec.Decode(s.plan.dirs.Top, &kept); err != nil {
		return nil, kept, err
	}
	for i, path := range kept.Footprints {
		if path != s.plan.dirs.GatherFootprint(s.tree, i) {
			return nil, kept, errors.New("footprints are at another place")
		}
	}
	if err := rec.Take(ctx, kept.Footprints); err != nil {
		return nil, kept, err
	}
	footprints := make([][]byte, len(kept.Footprints))
	for i, path := range kept.Footprints {
		var err error
		if footprints[i], err = os.ReadFile(path); err != nil {
			return nil, kept, err
		}
	}
	res, err := s.solvedBefore(s.universe, s.from, footprints)
	if err != nil {
		for _, path := range kept.Footprints {
			err = errors.Join(err, os.Remove(path))
		}
	}
	return res, kept, err
}

// GatherFootprint is what one solve of a tree asked and saw; see gather.Kept.
func (l Layout) GatherFootprint(t Tree, i int) string {
	return l.Work(t.Arch, "gather_result", fmt.Sprintf("%s.%d.footprint", t, i))
}
