package pkgset

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// File is an RPM file below a folder, of which nothing but its state was
// looked at.
type File struct {
	found
	top int // length of the folder's path, with the slash
}

// Rel gives the path relative to the folder.
func (f *File) Rel() string {
	if len(f.dir) < f.top {
		return f.name
	}
	return f.dir[f.top:] + "/" + f.name
}

func (f *File) rel(s *slab) string {
	if len(f.dir) < f.top {
		return f.name
	}
	return s.join(f.dir[f.top:], "/", f.name)
}

// Rels gives the relative paths of files. They share memory.
func Rels(files []File) []string {
	out := make([]string, len(files))
	var s slab
	for i := range files {
		out[i] = files[i].rel(&s)
	}
	return out
}

// Time gives the modification time in seconds since the epoch.
func (f *File) Time() int64 { return f.mtime / 1e9 }

// Links says what becomes of symbolic links to RPM files. Links to folders
// are followed in any case, and each folder is read once.
type Links int

const (
	// LinksOnce follows links, but takes no file that was found before.
	LinksOnce Links = iota
	// LinksAll takes a link like a file, as createrepo_c does.
	LinksAll
	// LinksNone leaves links out.
	LinksNone
)

// ListOptions are the choices of ListFiles.
type ListOptions struct {
	Links Links
	// Also asks for the paths of files of other names, that it accepts. It
	// is called by several goroutines.
	Also    func(name string) bool
	Workers int // how many folders are read at once; 0: GOMAXPROCS
}

// Listing is what ListFiles found, each part sorted by path.
type Listing struct {
	Files []File
	Also  []string     // paths of what ListOptions.Also accepts
	Bad   []BrokenFile // what is named like an RPM file and cannot be one
}

// ListFiles finds all RPM files below a folder.
func ListFiles(ctx context.Context, dir string, o ListOptions) (*Listing, error) {
	top, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if fi, err := os.Stat(top); err != nil || !fi.IsDir() {
		if err == nil {
			err = fmt.Errorf("%s: not a folder", dir)
		}
		return nil, err
	}
	w := newWalker(ctx, o.Links)
	w.also = o.Also
	env := Env{Workers: o.Workers}
	all, bad, err := w.walk(top, env.workers())
	if err != nil {
		return nil, err
	}
	slices.Sort(w.others)
	slices.SortFunc(bad, func(a, b BrokenFile) int { return strings.Compare(a.Path, b.Path) })
	return &Listing{newFiles(all, top), w.others, bad}, nil
}

func newFiles(all []found, top string) []File {
	n := len(strings.TrimRight(top, "/")) + 1
	if n == 1 {
		n = 3 // the root is walked as "/."
	}
	out := make([]File, len(all))
	for i := range all {
		out[i] = File{all[i], n}
	}
	return out
}

// FileAt gives one RPM file by its path relative to a folder.
func FileAt(dir, rel string) (File, error) {
	top, err := filepath.Abs(dir)
	if err != nil {
		return File{}, err
	}
	path := filepath.Join(top, rel)
	f, err := foundAt(path)
	if err != nil {
		return File{}, err
	}
	return newFiles([]found{f}, top)[0], nil
}
