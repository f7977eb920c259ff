package pkgset

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// BrokenFile is a file that is named like a package and is none, and why.
type BrokenFile struct {
	Path string // or address
	Err  error
}

// BrokenError names everything in a source that cannot be used.
type BrokenError struct {
	Files []BrokenFile // sorted by path
}

// Error names the first files; all are in Files.
func (e *BrokenError) Error() string {
	what := "files are no usable packages"
	if len(e.Files) == 1 {
		what = "file is no usable package"
	}
	return fmt.Sprintf("%d %s: ", len(e.Files), what) +
		firstFew(len(e.Files), func(i int) string { return e.Files[i].String() })
}

// Each has a line for every file, for a log.
func (e *BrokenError) Each() []string {
	lines := make([]string, len(e.Files))
	for i, f := range e.Files {
		lines[i] = f.String()
	}
	return lines
}

// String gives "PATH: cause" in one line.
func (f BrokenFile) String() string {
	path := f.Path
	if hasControl(path) {
		path = strconv.Quote(path)
	}
	return path + ": " + f.Err.Error()
}

// settle makes broken files an error, or notes where the source skips them.
func settle(bad []BrokenFile, src *Source, env Env) error {
	if len(bad) == 0 {
		return nil
	}
	slices.SortFunc(bad, func(a, b BrokenFile) int { return strings.Compare(a.Path, b.Path) })
	if src.Broken != SkipBroken {
		return &BrokenError{bad}
	}
	for _, f := range bad {
		env.note("skipped " + f.String())
	}
	return nil
}
