package phases

import (
	"cmp"
	"errors"
	"os"
	"path/filepath"
	"slices"

	"compose/phases/reuse"
)

// StepsInUse is a file of a compose, by its path there, that is locked while
// another compose takes results from it.
const StepsInUse = reuse.JournalFile

// maxEarlier is how many earlier composes are looked at.
const maxEarlier = 8

// openMemory opens what is remembered of earlier composes: of those in the
// target folder and in OldComposes, and of this one before it was interrupted.
func (o *RunOptions) openMemory() error {
	if o.NoReuse {
		return nil
	}
	var err error
	o.Steps, err = reuse.Open(o.Layout.Top, earlierComposes(append([]string{o.Target}, o.OldComposes...), o.Layout.Top))
	return err
}

// closeMemory gives remarks on what could not be used.
func (o *RunOptions) closeMemory() ([]string, error) {
	if o.Steps == nil {
		return nil, nil
	}
	return o.Steps.Notes(), o.Steps.Close()
}

// earlierComposes gives the composes in some folders that have written down
// what their steps made, the newest first.
func earlierComposes(folders []string, self string) []string {
	type found struct {
		top  string
		time int64
	}
	var all []found
	for _, dir := range folders {
		entries, err := os.ReadDir(dir)
		if err != nil {
			continue
		}
		for _, e := range entries {
			top, err := filepath.Abs(filepath.Join(dir, e.Name()))
			if err != nil || !e.IsDir() || top == self {
				continue
			}
			if fi, err := os.Stat(reuse.JournalOf(top)); err == nil {
				all = append(all, found{top, fi.ModTime().UnixNano()})
			}
		}
	}
	slices.SortFunc(all, func(a, b found) int { return cmp.Or(cmp.Compare(b.time, a.time), cmp.Compare(b.top, a.top)) })
	var out []string
	for _, f := range all[:min(len(all), maxEarlier)] {
		if !slices.Contains(out, f.top) {
			out = append(out, f.top)
		}
	}
	return out
}

// checkOldComposes refuses folders that are not there.
func checkOldComposes(dirs []string) error {
	var errs []error
	for _, dir := range dirs {
		_, err := os.ReadDir(dir)
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}
