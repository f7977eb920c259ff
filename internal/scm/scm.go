// Package scm gets files that are kept beside packages: from a folder, from a
// git repository, or out of RPM packages. It copies what is wanted and knows
// nothing of what it is for.
package scm

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"compose/internal/payload"
	"compose/internal/whole"
)

// Want says which files are wanted: those that globs name, each under its own
// last name, or all that is in a folder, with the folders in it. Names are
// relative to where the files are kept.
type Want struct {
	Files []string
	Dir   string
}

// check refuses names that lead elsewhere.
func (w Want) check() error {
	for _, name := range append(slices.Clone(w.Files), w.Dir) {
		if name != "" && !filepath.IsLocal(strings.TrimPrefix(name, "/")) {
			return fmt.Errorf("%q leads out of where the files are kept", name)
		}
	}
	return nil
}

// CopyFolder copies what is wanted of a folder into another one, and gives the
// paths below that. A glob that matches nothing is an error.
func CopyFolder(ctx context.Context, from string, w Want, to string) ([]string, error) {
	if err := w.check(); err != nil {
		return nil, err
	}
	var out []string
	for _, pattern := range w.Files {
		found, err := filepath.Glob(filepath.Join(escape(from), pattern))
		if err != nil {
			return nil, fmt.Errorf("%q: %w", pattern, err)
		}
		if len(found) == 0 {
			return nil, fmt.Errorf("%s: no such file", filepath.Join(from, pattern))
		}
		for _, name := range found {
			if err := copyFile(ctx, name, filepath.Join(to, filepath.Base(name))); err != nil {
				return nil, err
			}
			out = append(out, filepath.Base(name))
		}
	}
	if w.Dir == "" {
		return out, nil
	}
	more, err := copyTree(ctx, filepath.Join(from, w.Dir), to)
	return append(out, more...), err
}

// escape keeps the characters of a folder's name from being a glob.
func escape(name string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(name)
}

func copyTree(ctx context.Context, from, to string) ([]string, error) {
	var out []string
	err := filepath.WalkDir(from, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(from, name)
		if err != nil {
			return err
		}
		out = append(out, filepath.ToSlash(rel))
		return copyFile(ctx, name, filepath.Join(to, rel))
	})
	return out, err
}

// copyFile copies a file, or what a link leads to, into a folder that is made.
func copyFile(ctx context.Context, from, to string) error {
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	return whole.Copy(ctx, from, to, 0o644)
}

// ExtractPackages copies what is wanted of the files in packages, as CopyFolder
// does of a folder.
func ExtractPackages(ctx context.Context, packages []string, w Want, to string) ([]string, error) {
	if err := w.check(); err != nil {
		return nil, err
	}
	work, err := os.MkdirTemp(filepath.Dir(to), ".tmp-rpm-*")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(work)
	for _, name := range packages {
		if _, err := payload.Extract(ctx, name, work, w.has); err != nil {
			return nil, err
		}
	}
	return CopyFolder(ctx, work, w, to)
}

// has says whether a file of a package is wanted.
func (w Want) has(e *payload.Entry) bool {
	dir := strings.Trim(w.Dir, "/")
	if w.Dir != "" && (dir == "" || strings.HasPrefix(e.Name, dir+"/")) {
		return true
	}
	return slices.ContainsFunc(w.Files, func(pattern string) bool {
		ok, err := path.Match(strings.TrimPrefix(pattern, "/"), e.Name)
		return ok && err == nil
	})
}
