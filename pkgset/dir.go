package pkgset

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"compose/internal/inputs"
	"compose/internal/repository"
	"compose/internal/rpm"
	"compose/internal/rpm/header"
	"compose/internal/rpm/store"
	"compose/internal/rpmmd"
)

// loadDir lists the packages of a folder. A file that the store knows is not
// opened.
func loadDir(ctx context.Context, src *Source, env Env) ([]*Entry, error) {
	top, err := filepath.Abs(src.Path)
	if err != nil {
		return nil, err
	}
	if fi, err := os.Stat(top); err != nil || !fi.IsDir() {
		if err == nil {
			err = fmt.Errorf("folder %s: not a folder", src.Path)
		}
		return nil, err
	}
	w := newWalker(ctx, LinksOnce)
	w.kept = openFolders(KeptFolders(env.CacheDir), top, "")
	defer w.kept.close()
	files, bad, err := w.walk(top, env.workers())
	if err != nil {
		return nil, err
	}
	r := newReader(env)
	entries, wrong, err := readFound(ctx, files, r, env)
	if err := r.end(err); err != nil {
		return nil, err
	}
	r.tell(env)
	if err := settle(append(bad, wrong...), src, env); err != nil {
		return nil, err
	}
	return entries, takeDown(src.Tag, top, entries, env.Inputs)
}

// takeDown notes the packages of a folder in a lock.
func takeDown(tag, top string, entries []*Entry, lock *inputs.Lock) error {
	if !lock.Records() {
		return nil
	}
	sums := make(map[string]string, len(entries))
	for _, e := range entries {
		rel, err := filepath.Rel(top, filepath.Join(e.dir, e.File))
		if err != nil {
			return err
		}
		sums[filepath.ToSlash(rel)] = e.Pkg.Sum.Hex
	}
	return lock.NotePackages(tag, sums)
}

// readFound makes an entry of each file; nil where it is broken.
func readFound(ctx context.Context, files []found, r *reader, env Env) ([]*Entry, []BrokenFile, error) {
	slab := make([]Entry, len(files))
	errs := make([]error, len(files))
	count := env.progress(len(files))
	err := each(ctx, env.workers(), len(files), func(_, i int) error {
		f := &files[i]
		defer count.add()
		if errs[i] = repository.CheckFileName(f.name); errs[i] != nil {
			return nil
		}
		rec, bad, err := r.known(f)
		if err != nil || bad != nil {
			errs[i] = bad
			return err
		}
		slab[i] = Entry{Pkg: rec.Pkg, File: f.name, Rec: rec, dir: f.dir, mtime: f.mtime}
		return nil
	})
	entries := make([]*Entry, 0, len(files))
	var bad []BrokenFile
	for i := range slab {
		if errs[i] != nil {
			bad = append(bad, BrokenFile{files[i].path(), errs[i]})
		} else {
			entries = append(entries, &slab[i])
		}
	}
	return entries, bad, err
}

// reader reads packages into the store.
type reader struct {
	store *store.Store
	begin func() (*store.Writer, error)
	own   bool // the writer is ours to commit

	mu       sync.Mutex
	writer   *store.Writer
	warnings []string
}

func newReader(env Env) *reader {
	return &reader{store: env.Store, begin: env.Store.Begin, writer: env.Writer}
}

func (r *reader) write() (*store.Writer, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.writer != nil {
		return r.writer, nil
	}
	w, err := r.begin()
	if err == nil {
		r.writer, r.own = w, true
	}
	return w, err
}

// end keeps what was read, even when the work failed.
func (r *reader) end(failed error) error {
	if r.own {
		if err := r.writer.Commit(); failed == nil {
			return err
		}
	}
	return failed
}

// known gives the record of a file, reading it when there is none. bad says
// what is wrong with the file, err what is wrong here.
func (r *reader) known(f *found) (rec *store.Record, bad, err error) {
	rec, ok, err := r.store.Get(f.key)
	if ok || err != nil {
		return rec, nil, err
	}
	p, d, bad := header.Options{Payload: true}.ReadFile(f.path())
	if bad != nil {
		return nil, cmp.Or(errors.Unwrap(bad), bad), nil // without the path
	}
	if key, bad := fileKey(f.path()); bad != nil || key != f.key {
		return nil, errChanged, nil
	}
	rec, err = r.keep([]store.Key{f.key, store.SumKey(p.Sum)}, p, d)
	return rec, nil, err
}

var errChanged = errors.New("the file changed while it was read")

// keep makes a record under its keys, or makes a record that the last key
// has already known under the others.
func (r *reader) keep(keys []store.Key, p *rpm.Package, d *rpm.Details) (*store.Record, error) {
	w, err := r.write()
	if err != nil {
		return nil, err
	}
	rec, ok, err := r.store.Get(keys[len(keys)-1])
	if err != nil {
		return nil, err
	}
	if ok {
		for _, k := range keys[:len(keys)-1] {
			if err := w.Alias(k, rec); err != nil {
				return nil, err
			}
		}
		return rec, nil
	}
	f, warnings := rpmmd.Render(p, d)
	if len(warnings) > 0 {
		r.mu.Lock()
		for _, text := range warnings {
			r.warnings = append(r.warnings, p.String()+": "+text)
		}
		r.mu.Unlock()
	}
	return w.Add(keys, p, d, f)
}

// tell notes what is odd about the packages that were read.
func (r *reader) tell(env Env) {
	slices.Sort(r.warnings)
	for _, text := range r.warnings {
		env.note(text)
	}
}
