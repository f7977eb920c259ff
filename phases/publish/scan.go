package publish

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// file is a file of the compose or of the mirror.
type file struct {
	size  int64
	mtime int64 // nanoseconds
}

// files are those of a folder by their path in it, with slashes.
type files map[string]file

func describe(fi fs.FileInfo) file { return file{fi.Size(), fi.ModTime().UnixNano()} }

// scanSource finds what is to be published. Links are followed: what they
// lead to is published, since a mirror has not what lies elsewhere.
func scanSource(dir string, o Options) (files, error) {
	out := files{}
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || name == dir {
			return err
		}
		rel, err := filepath.Rel(dir, name)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		switch {
		case d.IsDir() && !o.chosenDir(rel):
			return fs.SkipDir
		case d.IsDir() || !o.chosen(rel):
			return nil
		}
		fi, err := os.Stat(name)
		if err != nil {
			return err
		}
		if !fi.Mode().IsRegular() {
			return fmt.Errorf("%s is neither a file nor a link to one", name)
		}
		out[rel] = describe(fi)
		return nil
	})
	return out, err
}

// chosen says whether a file of the compose is to be published.
func (o Options) chosen(rel string) bool {
	if !strings.Contains(rel, "/") {
		return len(o.Variants)+len(o.Arches) == 0
	}
	return o.chosenDir(path.Dir(rel))
}

// chosenDir says whether a folder may hold files that are chosen.
func (o Options) chosenDir(rel string) bool {
	elem := strings.Split(rel, "/")
	if elem[0] == "metadata" {
		return true
	}
	return matches(o.Variants, elem[0]) && (len(elem) == 1 || matches(o.Arches, elem[1]))
}

func matches(globs []string, name string) bool {
	for _, g := range globs {
		if ok, err := path.Match(g, name); ok && err == nil {
			return true
		}
	}
	return len(globs) == 0
}

// scanDest lists what is published. A link in it is refused: it could lead
// what is written, or deleted, anywhere.
func scanDest(root *os.Root) (files, error) {
	out := files{}
	err := fs.WalkDir(root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case name == stageDir:
			return fs.SkipDir
		case d.IsDir():
			return nil
		case !d.Type().IsRegular():
			return fmt.Errorf("%s is not a file; a published folder has files and folders only", filepath.Join(root.Name(), name))
		}
		fi, err := d.Info()
		if err == nil {
			out[name] = describe(fi)
		}
		return err
	})
	return out, err
}
