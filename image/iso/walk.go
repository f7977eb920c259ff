package iso

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"unicode/utf16"
)

// Entry is a name that was found on an image.
type Entry struct {
	Path    string
	Mode    fs.FileMode // the permissions are 0 in a Joliet tree
	ModTime int64
	Size    int64
	Target  string
	spans   []span
}

// Sector gives the first sector of the content; 0 where there is none.
func (e *Entry) Sector() uint32 {
	if e.Size == 0 || len(e.spans) == 0 {
		return 0
	}
	return uint32(e.spans[0].at / sectorSize)
}

// Content reads what is in a file.
func (x *Reader) Content(e *Entry) io.Reader {
	var parts []io.Reader
	for _, s := range e.spans {
		parts = append(parts, io.NewSectionReader(x.r, s.at, s.size))
	}
	return io.MultiReader(parts...)
}

// Tree is one of the trees of names of an image.
type Tree int

// Trees.
const (
	TreeRockRidge Tree = primary // plain names where there is no Rock Ridge
	TreeJoliet    Tree = joliet
)

// Walk gives every name of a tree, folders before what is in them, in the
// order of the records; an error of fn ends it. Names that would lead out of
// a folder, folders in a circle and content outside of the image are errors.
func (x *Reader) Walk(t Tree, fn func(*Entry) error) error {
	if t == TreeJoliet && !x.Joliet {
		return errors.New("the image has no Joliet tree")
	}
	w := &walker{x: x, which: int(t), fn: fn, seen: map[int64]bool{}, left: x.size}
	if err := w.folder(x.roots[t], "", 0); err != nil {
		return fmt.Errorf("reading an ISO image: %w", err)
	}
	return nil
}

// Find gives the file or folder of that name in the Rock Ridge tree.
func (x *Reader) Find(name string) (*Entry, error) {
	var found *Entry
	err := x.Walk(TreeRockRidge, func(e *Entry) error {
		if e.Path == name {
			found = e
			return errStop
		}
		return nil
	})
	if found != nil {
		return found, nil
	}
	if err == nil {
		err = fmt.Errorf("%s: %w", name, fs.ErrNotExist)
	}
	return nil, err
}

var errStop = errors.New("found")

// maxLevels deep is more than any image has.
const maxLevels = 256

type walker struct {
	x       *Reader
	which   int
	fn      func(*Entry) error
	seen    map[int64]bool
	records int
	left    int64 // bytes of folders that may still be read: none is read twice
}

// folder reads one folder and what is below it.
func (w *walker) folder(s span, name string, depth int) error {
	if w.seen[s.at] || depth > maxLevels {
		return fmt.Errorf("folder %q lies in itself", name)
	}
	w.seen[s.at] = true
	if w.left -= s.size; s.size > maxFolderSize || w.left < 0 {
		return fmt.Errorf("folder %q has %d bytes", name, s.size)
	}
	b, err := w.x.read(s)
	if err != nil {
		return fmt.Errorf("folder %q: %w", name, err)
	}
	all, err := w.entries(b, name)
	if err != nil {
		return fmt.Errorf("folder %q: %w", name, err)
	}
	for i := range all {
		f := &all[i]
		if err := w.fn(f); err != nil {
			return err
		}
		if f.Mode.IsDir() {
			if err := w.folder(f.spans[0], f.Path, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

// entries reads the records of a folder.
func (w *walker) entries(b []byte, folder string) ([]Entry, error) {
	var out []Entry
	more := false
	for n := 0; len(b) > 0; {
		if b[0] == 0 { // the rest of the sector is empty
			skip := min(sectorSize-n%sectorSize, len(b))
			b, n = b[skip:], n+skip
			continue
		}
		rec, err := parseRecord(b)
		if err != nil {
			return nil, err
		}
		b, n = b[b[0]:], n+int(b[0])
		if w.records++; w.records > maxRecords {
			return nil, fmt.Errorf("more than %d records", maxRecords)
		}
		if rec.id == idSelf || rec.id == idParent {
			continue
		}
		if more {
			last := &out[len(out)-1]
			last.spans, last.Size = append(last.spans, rec.span()), last.Size+int64(rec.size)
		} else if err := w.entry(&rec, folder, &out); err != nil {
			return nil, err
		}
		if err := w.inside(rec.span()); err != nil {
			return nil, fmt.Errorf("%q: %w", rec.id, err)
		}
		more = rec.flags&flagMore != 0 && len(out) > 0
	}
	return out, nil
}

func (w *walker) inside(s span) error {
	if s.size > 0 && s.at+s.size > w.x.size {
		return fmt.Errorf("%d bytes at %d lie outside of the image of %d", s.size, s.at, w.x.size)
	}
	return nil
}

// entry appends what a record stands for; nothing for a folder whose place is
// elsewhere.
func (w *walker) entry(rec *rawRecord, folder string, out *[]Entry) error {
	dir := kind(rec.flags&flagDir != 0)
	e := Entry{ModTime: rec.time, Size: int64(rec.size), spans: []span{rec.span()}}
	name := plainName(rec.id)
	if dir == isDir {
		e.Mode = fs.ModeDir
	}
	if w.which == joliet {
		name = jolietText(rec.id)
	} else if w.x.RockRidge && len(rec.use) >= w.x.skip {
		info, err := w.x.rock(rec.use[w.x.skip:], &w.left)
		if err != nil {
			return fmt.Errorf("%q: %w", rec.id, err)
		}
		if info.moved {
			rec.flags = 0
			return nil
		}
		if err := w.apply(&e, info, dir); err != nil {
			return fmt.Errorf("%q: %w", rec.id, err)
		}
		if info.name != "" {
			name = info.name
		}
	}
	if name == "" || name == "." || name == ".." || strings.ContainsAny(name, "/\x00") {
		return fmt.Errorf("%q is not a name", name)
	}
	e.Path = name
	if folder != "" {
		e.Path = folder + "/" + name
	}
	*out = append(*out, e)
	return nil
}

// apply sets what Rock Ridge says about an entry.
func (w *walker) apply(e *Entry, info rockInfo, d kind) error {
	e.Mode, e.Target = info.fileMode(d), info.target
	if info.hasTF {
		e.ModTime = info.mtime
	}
	if info.child == 0 {
		return nil
	}
	at := int64(info.child) * sectorSize
	b, err := w.x.read(span{at, sectorSize})
	if err != nil {
		return err
	}
	self, err := parseRecord(b)
	if err != nil {
		return err
	}
	e.spans, e.Size = []span{{at, int64(self.size)}}, int64(self.size)
	return nil
}

// plainName gives the name that stands in an identifier of the primary tree.
func plainName(id string) string {
	if i := strings.LastIndexByte(id, ';'); i > 0 {
		id = id[:i]
	}
	return strings.TrimSuffix(id, ".")
}

// jolietText reads big-endian UTF-16.
func jolietText(id string) string {
	var units []uint16
	for i := 0; i+1 < len(id); i += 2 {
		units = append(units, uint16(id[i])<<8|uint16(id[i+1]))
	}
	name := string(utf16.Decode(units))
	if i := strings.LastIndexByte(name, ';'); i > 0 {
		name = name[:i]
	}
	return name
}
