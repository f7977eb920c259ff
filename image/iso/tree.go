package iso

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// The two trees of names on an image.
const (
	primary = 0 // ISO 9660 names with Rock Ridge
	joliet  = 1
)

// maxFolders is how many folders a path table can number.
const maxFolders = 65535

// node is a file, a folder or a symbolic link. A folder has views, all others
// none; a file has data.
type node struct {
	name    string // as the caller wrote it
	parent  *node
	mode    fs.FileMode
	modTime int64
	target  string
	data    *extent
	named   bool // by an entry of its own, not only as the folder of another
	away    bool // a folder whose records are in tree.deep
	kids    []*node
	subdirs uint32
	views   *[2]view
}

// view is a folder in one of the trees.
type view struct {
	parent  *node
	list    []entry // in the order of the records
	sector  uint32
	records uint32 // sectors of records
	more    uint32 // sectors behind them that continue the records' Rock Ridge fields
	num     uint16 // in the path table, from 1
}

// role is what a record of a folder stands for.
type role uint8

const (
	plain       role = iota
	placeholder      // a folder that is too deep, where it belongs
	moved            // the same, where its records are
)

// entry is a name in one of the trees.
type entry struct {
	node *node
	id   string // identifier as it is written
	role role
}

// extent is content on the image, which several names may have.
type extent struct {
	from   string
	size   int64
	data   []byte // content where it is at hand
	links  uint32 // how many names have it
	sector uint32
	seen   stamp // of the file, when it was read first
}

func (n *node) isDir() bool { return n.views != nil }

// tree is all names of an image.
type tree struct {
	root    *node
	dirs    map[string]*node
	extents []*extent // in the order of the data
	byFrom  map[string]*extent
	latest  int64 // no time is later
	section int64 // most bytes in one extent: maxSection but in tests
	away    []*node
	deep    *node // for the folders that lie too deep
}

func newTree(latest int64) *tree {
	t := &tree{dirs: map[string]*node{}, byFrom: map[string]*extent{}, latest: latest, section: maxSection}
	t.root = &node{mode: fs.ModeDir, modTime: latest, views: &[2]view{}, named: true}
	t.dirs["."] = t.root
	return t
}

// add puts a file into the tree. That a name comes twice is seen later.
func (t *tree) add(f *File) error {
	if err := checkPath(f.Path); err != nil {
		return err
	}
	n := &node{name: path.Base(f.Path), mode: f.Mode, modTime: min(max(f.ModTime, 0), t.latest)}
	switch f.Mode.Type() {
	case fs.ModeDir:
		d := t.dir(f.Path)
		if d.named {
			return fmt.Errorf("%s comes twice", f.Path)
		}
		d.modTime, d.named = n.modTime, true
		return nil
	case fs.ModeSymlink:
		if err := checkTarget(f.Target); err != nil {
			return fmt.Errorf("%s: %w", f.Path, err)
		}
		n.target = f.Target
	case 0:
		if f.length() < 0 {
			return fmt.Errorf("%s: negative size", f.Path)
		}
		n.data = t.extent(f)
	default:
		return fmt.Errorf("%s: neither file, folder nor symbolic link", f.Path)
	}
	n.parent = t.dir(path.Dir(f.Path))
	n.parent.kids = append(n.parent.kids, n)
	return nil
}

// extent gives the content of a file, the same one for the same source.
func (t *tree) extent(f *File) *extent {
	if e := t.byFrom[f.From]; f.From != "" && e != nil {
		e.links++
		return e
	}
	e := &extent{from: f.From, size: f.length(), data: f.Data, links: 1}
	if f.From != "" {
		t.byFrom[f.From] = e
	}
	t.extents = append(t.extents, e)
	return e
}

// dir gives a folder, made with those above it where it is new.
func (t *tree) dir(name string) *node {
	if d := t.dirs[name]; d != nil {
		return d
	}
	up := t.dir(path.Dir(name))
	d := &node{name: path.Base(name), parent: up, mode: fs.ModeDir, modTime: t.latest, views: &[2]view{}}
	t.dirs[name] = d
	up.kids = append(up.kids, d)
	up.subdirs++
	return d
}

// sort orders the names in each folder, and refuses those that come twice.
func (t *tree) sort() error {
	if len(t.dirs) > maxFolders {
		return fmt.Errorf("%d folders, at most %d", len(t.dirs), maxFolders)
	}
	var errs []error
	for name, d := range t.dirs {
		sortKids(d)
		for i := 1; i < len(d.kids); i++ {
			if d.kids[i].name == d.kids[i-1].name {
				errs = append(errs, fmt.Errorf("%s comes twice", path.Join(name, d.kids[i].name)))
			}
		}
	}
	slices.SortFunc(errs, func(a, b error) int { return cmp.Compare(a.Error(), b.Error()) })
	return errors.Join(errs...)
}

func sortKids(d *node) {
	slices.SortFunc(d.kids, func(a, b *node) int { return cmp.Compare(a.name, b.name) })
}

// find gives the file of that name, nil where there is none.
func (t *tree) find(name string) *node {
	d := t.dirs[path.Dir(name)]
	if d == nil {
		return nil
	}
	for _, k := range d.kids {
		if k.name == path.Base(name) {
			return k
		}
	}
	return nil
}

// remove takes a file out of the tree, and its content where no other name
// has it.
func (t *tree) remove(n *node) {
	n.parent.kids = slices.DeleteFunc(n.parent.kids, func(k *node) bool { return k == n })
	if n.data.links--; n.data.links == 0 {
		t.extents = slices.DeleteFunc(t.extents, func(e *extent) bool { return e == n.data })
	}
}

// maxName is the longest name that a file system of today knows, in bytes.
const maxName = 255

func checkPath(p string) error {
	if p == "" || p[0] == '/' || path.Clean(p) != p || p == "." || p == ".." || strings.HasPrefix(p, "../") {
		return fmt.Errorf("%q is not a path on an image", p)
	}
	for name := range strings.SplitSeq(p, "/") {
		if len(name) > maxName {
			return fmt.Errorf("%s…: a name of %d bytes, at most %d", p[:min(len(p), 60)], len(name), maxName)
		}
	}
	if hasControl(p) {
		return fmt.Errorf("%q: control characters in the name", p)
	}
	return nil
}

func hasControl(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r < 0x20 || r == 0x7f })
}

func checkTarget(s string) error {
	if s == "" || len(s) > 4095 || hasControl(s) {
		return fmt.Errorf("%q is not the target of a symbolic link", s[:min(len(s), 60)])
	}
	return nil
}
