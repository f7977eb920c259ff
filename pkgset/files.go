package pkgset

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"compose/internal/results"
	"compose/internal/rpm/store"
)

// File is an RPM file below a folder, of which nothing but its state was
// looked at. There are many, so each is small.
type File struct {
	top   *string // the folder
	rel   string
	key   store.Key
	mtime int64
	size  int64
}

// Rel gives the path relative to the folder.
func (f *File) Rel() string { return f.rel }

// Path gives the path with that of the folder.
func (f *File) Path() string { return *f.top + "/" + f.rel }

// Time gives the modification time in seconds since the epoch.
func (f *File) Time() int64 { return f.mtime / 1e9 }

// Size gives the length in bytes.
func (f *File) Size() int64 { return f.size }

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
	Also func(name string) bool
	// AlsoName tells one such function from another, where listings are kept.
	AlsoName string
	Workers  int // how many folders are read at once; 0: GOMAXPROCS
	// Keep has listings of folders from the last time, which need not be made
	// again where the folders did not change; the zero value keeps none.
	Keep results.Store
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
	w.kept = openFolders(o.Keep, top, o.AlsoName)
	defer w.kept.close()
	env := Env{Workers: o.Workers}
	all, bad, err := w.walk(top, env.workers())
	if err != nil {
		return nil, err
	}
	slices.Sort(w.others)
	slices.SortFunc(bad, func(a, b BrokenFile) int { return strings.Compare(a.Path, b.Path) })
	return &Listing{newFiles(all, top), w.others, bad}, nil
}

// newFiles makes files of what was found below a folder, and keeps nothing
// of that.
func newFiles(all []found, top string) []File {
	top = strings.TrimRight(top, "/")
	n := len(top) + 1
	if top == "" {
		n = 3 // the root is walked as "/."
	}
	out := make([]File, len(all))
	var s slab
	for i := range all {
		f := &all[i]
		rel := ""
		if len(f.dir) >= n {
			rel = s.join(f.dir[n:], "/", f.name)
		} else {
			rel = s.join(f.name)
		}
		out[i] = File{&top, rel, f.key, f.mtime, f.size}
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
