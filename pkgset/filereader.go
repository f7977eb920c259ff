package pkgset

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"sync"
	"unicode/utf8"

	"compose/internal/repository"
	"compose/internal/rpm"
	"compose/internal/rpm/header"
	"compose/internal/rpm/store"
	"compose/internal/rpmmd"
)

// FileReader reads RPM files for who writes their metadata: one at a time,
// and nothing of them is kept in memory. It is safe for concurrent use.
type FileReader struct {
	// Filler is the store that knows packages and takes what is read; nil
	// reads every file and keeps nothing.
	Filler *store.Filler
	// Checksum is the type of the packages' checksums: sha256 (also ""),
	// sha384 or sha512. Packages are known per type.
	Checksum string
	// Digests asks for the filelists-ext fragments, with the digests of the
	// files in the packages.
	Digests bool
	// KeepPaths notes which files are read; see Paths.
	KeepPaths bool

	mu       sync.Mutex
	read     int
	warnings []string
	paths    []string
}

// Known gives the package of a file whose metadata the store has, nil for
// others: its name, epoch, version, release, architecture and checksum.
func (r *FileReader) Known(f *File) *rpm.Package {
	if r.Filler == nil {
		return nil
	}
	rec, ok, err := r.Filler.Store().GetBrief(r.key(f))
	if !ok || err != nil {
		return nil
	}
	return rec.Pkg
}

// key is the key of a file. Records with another checksum than the usual one
// are records of their own.
func (r *FileReader) key(f *File) store.Key {
	if r.Checksum == "" || r.Checksum == "sha256" {
		return f.key
	}
	b := append([]byte("checksum\x00"+r.Checksum+"\x00"), f.key[:]...)
	return sha256.Sum256(b)
}

// Load gives the package of a file and its fragments, valid until buf is used
// again. A file that is at fault is a *BrokenError.
func (r *FileReader) Load(ctx context.Context, f *File, buf *store.Buffer) (*rpm.Package, rpm.Fragments, error) {
	if err := ctx.Err(); err != nil {
		return nil, rpm.Fragments{}, err
	}
	if r.Filler != nil {
		p, frag, ok, err := r.stored(f, buf)
		if ok || err != nil {
			return p, frag, err
		}
	}
	p, d, err := r.readFile(f)
	if err != nil {
		return nil, rpm.Fragments{}, &BrokenError{Files: []BrokenFile{{f.Path(), err}}}
	}
	frag, warnings := r.render(p, d, buf)
	r.tell(f, p, warnings)
	if r.Digests {
		frag.FilelistsExt = rpmmd.RenderExt(p, d)
	}
	if r.Filler == nil {
		return p, frag, nil
	}
	return p, frag, r.keep(f, p, d, frag)
}

// spareMax is the largest memory for rendering that is kept for the next
// package.
const spareMax = 256 << 10

func (r *FileReader) render(p *rpm.Package, d *rpm.Details, buf *store.Buffer) (rpm.Fragments, []string) {
	if buf.Spare == nil {
		buf.Spare = make([]byte, 0, 64<<10)
	}
	f, warnings := rpmmd.RenderIn(buf.Spare, p, d)
	if n := cap(f.Joined); n > cap(buf.Spare) && n <= spareMax {
		buf.Spare = f.Joined[:0]
	}
	return f, warnings
}

// stored gives what the store knows.
func (r *FileReader) stored(f *File, buf *store.Buffer) (*rpm.Package, rpm.Fragments, bool, error) {
	rec, ok, err := r.Filler.Store().GetBrief(r.key(f))
	if !ok || err != nil {
		return nil, rpm.Fragments{}, false, err
	}
	var ext []byte
	if r.Digests {
		b, ok := r.Filler.Blob(extKey(rec.Pkg.Sum), buf)
		if !ok {
			return nil, rpm.Fragments{}, false, nil
		}
		ext = slices.Clone(b)
	}
	frag, err := rec.Fragments(buf)
	if errors.Is(err, store.ErrDamaged) {
		return nil, rpm.Fragments{}, false, nil
	}
	frag.FilelistsExt = ext
	return rec.Pkg, frag, err == nil, err
}

func (r *FileReader) readFile(f *File) (*rpm.Package, *rpm.Details, error) {
	if err := repository.CheckFileName(filepath.Base(f.rel)); err != nil {
		return nil, nil, err
	}
	if hasControl(f.rel) || !utf8.ValidString(f.rel) {
		return nil, nil, errors.New("its path cannot be written in metadata")
	}
	o := header.Options{Checksum: r.Checksum, FileDigests: r.Digests, Check: func(fi fs.FileInfo) error {
		if store.FileKey(fi) != f.key {
			return errors.New("the file changed after it was found")
		}
		return nil
	}}
	p, d, err := o.ReadFile(f.Path())
	if err != nil {
		return nil, nil, cmp.Or(errors.Unwrap(err), err) // without the path
	}
	return p, d, nil
}

// keep adds what was read to the store.
func (r *FileReader) keep(f *File, p *rpm.Package, d *rpm.Details, frag rpm.Fragments) error {
	w, err := r.Filler.Writer()
	if err != nil {
		return err
	}
	if r.Digests {
		if err := w.PutBlob(extKey(p.Sum), frag.FilelistsExt); err != nil {
			return err
		}
	}
	sum := store.SumKey(p.Sum)
	if rec, ok, err := r.Filler.Store().GetBrief(sum); err != nil || ok {
		return cmp.Or(err, w.Alias(r.key(f), rec))
	}
	return w.Put([]store.Key{r.key(f), sum}, p, d, frag)
}

// extKey is the key of a package's filelists-ext fragment.
func extKey(sum rpm.Checksum) store.Key {
	b := binary.LittleEndian.AppendUint32([]byte("filelists-ext\x00"), store.Generation)
	return sha256.Sum256(append(b, sum.Type+"\x00"+sum.Hex...))
}

// tell notes that a file was read, and what is odd about its package.
func (r *FileReader) tell(f *File, p *rpm.Package, warnings []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.read++
	if r.KeepPaths {
		r.paths = append(r.paths, f.Rel())
	}
	for _, text := range warnings {
		r.warnings = append(r.warnings, p.String()+": "+text)
	}
}

// Warnings says, sorted, what is odd about the packages that were read.
func (r *FileReader) Warnings() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	slices.Sort(r.warnings)
	return slices.Compact(slices.Clone(r.warnings))
}

// Count gives how many files were read.
func (r *FileReader) Count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.read
}

// Paths gives the relative paths of the files that were read, sorted.
func (r *FileReader) Paths() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	slices.Sort(r.paths)
	return slices.Compact(slices.Clone(r.paths))
}
