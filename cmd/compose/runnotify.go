package main

import (
	"os"
	"path/filepath"
	"strings"

	"compose/phases"
)

// findScripts makes the paths of notification scripts absolute: they are
// called in other folders.
func (f *runFlags) findScripts(config string) error {
	f.ConfigFile = config
	for i, s := range f.Notify {
		if !strings.Contains(s, "/") {
			continue
		}
		abs, err := filepath.Abs(s)
		if err != nil {
			return err
		}
		f.Notify[i] = abs
	}
	return nil
}

// tellFailToStart tells scripts that nothing was begun, and why.
func (f *runFlags) tellFailToStart(scripts []string, cause error) {
	phases.TellFailToStart(scripts, os.Args, f.RunOptions, cause)
}
