package publish

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// loadState reads since when files are not of the compose.
func (p *publisher) loadState() error {
	p.state = map[string]int64{}
	dest, err := filepath.EvalSymlinks(p.dest)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	p.dest = dest
	data, err := os.ReadFile(stateFile(p.dest))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, &p.state); err != nil {
		return fmt.Errorf("%s: %w; without the file the time of grace begins anew", stateFile(p.dest), err)
	}
	return nil
}

func (p *publisher) saveState() error {
	name := stateFile(p.dest)
	if len(p.state) == 0 {
		if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	}
	data, err := json.MarshalIndent(p.state, "", "\t")
	if err != nil {
		return err
	}
	tmp := name + ".tmp"
	if err := os.WriteFile(tmp, data, 0o644); err != nil {
		return err
	}
	return os.Rename(tmp, name)
}
