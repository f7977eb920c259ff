package phases

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"compose/config"
	"compose/image"
	"compose/internal/inputs"
	"compose/phases/dag"
	"compose/phases/event"
)

// NewLock gives a lock that takes down what a compose is made of.
func NewLock() *inputs.Lock { return inputs.New() }

// ReadLock reads a lock file, to which a compose is then held.
func ReadLock(name string) (*inputs.Lock, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	l, err := inputs.Read(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return l, nil
}

// WriteLock writes the lock file of what was taken down.
func WriteLock(name string, l *inputs.Lock) error {
	data, err := l.JSON()
	if err != nil {
		return err
	}
	return writeFile(name, data)
}

// addLockedFiles notes the files that the configuration names. They are known
// by the names that it has for them, so that it may lie elsewhere.
func (p *plan) addLockedFiles(cfg *config.Config, lock *inputs.Lock) {
	if !lock.Records() {
		return
	}
	s := p.Add("inputs", "disk")
	dag.Do(s, func(ctx context.Context, ev *event.Scope) (passed, error) {
		var faults []error
		for _, path := range cfg.InputPaths() {
			faults = append(faults, noteFiles(lock, path))
		}
		return passed{}, errors.Join(faults...)
	})
}

// noteFiles notes a file, or all files of a folder.
func noteFiles(lock *inputs.Lock, path config.Path) error {
	var faults []error
	err := filepath.WalkDir(path.Abs, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(path.Abs, name)
		if err != nil {
			return err
		}
		sums, err := image.SumFile(name, []string{"sha256"})
		if err != nil {
			return err
		}
		faults = append(faults, lock.Note(inputs.File, filepath.ToSlash(filepath.Join(path.Text, rel)), sums["sha256"]))
		return nil
	})
	return errors.Join(append(faults, err)...)
}
