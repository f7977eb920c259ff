package publish

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// stage puts the new folder together beside the published one. Files that an
// interrupted run left there are used when they are whole.
func (p *publisher) stage(ctx context.Context, u *unit) error {
	if u.dir == "" { // files beside the variants change one by one
		return nil
	}
	want := map[string]bool{}
	for _, name := range u.keep {
		want[name] = true
		if err := p.keep(ctx, name); err != nil {
			return err
		}
	}
	for _, name := range u.fresh {
		want[name] = true
		if err := p.bring(ctx, name, staged(name)); err != nil {
			return err
		}
	}
	return p.sweep(staged(u.dir), want)
}

// staged is where a file is put before its folder is switched.
func staged(name string) string { return path.Join(stageDir, name) }

// sweep takes out of a staged folder what an earlier run left and this one
// does not want.
func (p *publisher) sweep(dir string, want map[string]bool) error {
	var gone []string
	err := fs.WalkDir(p.root.FS(), dir, func(name string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) && name == dir {
			return fs.SkipAll // a folder that ends empty
		}
		if err == nil && !d.IsDir() && !want[name[len(stageDir)+1:]] {
			gone = append(gone, name)
		}
		return err
	})
	for _, name := range gone {
		err = errors.Join(err, p.root.Remove(name))
	}
	return err
}

// keep links a published file into the new folder.
func (p *publisher) keep(ctx context.Context, name string) error {
	to := staged(name)
	if there, err := p.root.Lstat(to); err == nil {
		if old, err := p.root.Lstat(name); err == nil && os.SameFile(there, old) {
			return nil
		}
		if err := p.root.Remove(to); err != nil {
			return err
		}
	}
	if err := p.root.MkdirAll(path.Dir(to), 0o755); err != nil {
		return err
	}
	err := p.root.Link(name, to)
	if errors.Is(err, unix.EMLINK) || errors.Is(err, unix.EPERM) || errors.Is(err, unix.EOPNOTSUPP) {
		in, err := p.root.Open(name)
		if err != nil {
			return err
		}
		defer in.Close()
		return p.copy(ctx, in, to)
	}
	return err
}

// bring gets a file of the compose to a path of the mirror that nobody reads
// yet.
func (p *publisher) bring(ctx context.Context, name, to string) error {
	from := filepath.Join(p.source, name)
	fi, err := os.Stat(from)
	if err != nil {
		return err
	}
	if there, err := p.root.Lstat(to); err == nil {
		if describe(there) == describe(fi) && (os.SameFile(there, fi) || p.Copy || p.apart) {
			p.count(fi.Size(), &p.res.Copied, &p.res.CopiedBytes)
			return nil
		}
		if err := p.root.Remove(to); err != nil {
			return err
		}
	}
	if err := p.root.MkdirAll(path.Dir(to), 0o755); err != nil {
		return err
	}
	linked, err := p.link(from, to)
	if err != nil {
		return err
	}
	if linked {
		p.count(fi.Size(), &p.res.Linked, &p.res.LinkedBytes)
		return nil
	}
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	if err := p.copy(ctx, in, to); err != nil {
		return err
	}
	p.count(fi.Size(), &p.res.Copied, &p.res.CopiedBytes)
	return nil
}

func (p *publisher) count(size int64, files *int, bytes *int64) {
	*files++
	*bytes += size
	p.progress.Files++
	p.progress.Bytes += size
	if p.Progress != nil {
		p.Progress(p.progress)
	}
}

// link makes a hard link, and says whether that was possible.
func (p *publisher) link(from, to string) (bool, error) {
	if p.Copy || p.apart {
		return false, nil
	}
	dir, err := p.root.Open(path.Dir(to))
	if err != nil {
		return false, err
	}
	defer dir.Close()
	err = unix.Linkat(unix.AT_FDCWD, from, int(dir.Fd()), path.Base(to), unix.AT_SYMLINK_FOLLOW)
	switch err {
	case nil:
		return true, nil
	case unix.EXDEV, unix.EOPNOTSUPP, unix.ENOSYS:
		p.apart = true
		p.note("the mirror is on another file system: files are copied")
		return false, nil
	case unix.EMLINK, unix.EPERM:
		return false, nil
	}
	return false, &os.LinkError{Op: "link", Old: from, New: to, Err: err}
}

func (p *publisher) note(text string) {
	if p.Note != nil {
		p.Note(text)
	}
}

// copy copies a file with its time, by which a later run knows that it is
// whole.
func (p *publisher) copy(ctx context.Context, in *os.File, to string) error {
	fi, err := in.Stat()
	if err != nil {
		return err
	}
	out, err := p.root.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fi.Mode().Perm()|0o444)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, &reader{ctx, in})
	err = errors.Join(err, out.Sync(), out.Close())
	if err == nil {
		err = p.root.Chtimes(to, time.Time{}, fi.ModTime())
	}
	if err != nil {
		err = errors.Join(fmt.Errorf("copying to %s: %w", to, err), p.root.Remove(to))
	}
	return err
}

// reader ends when its context does.
type reader struct {
	ctx context.Context
	in  io.Reader
}

func (r *reader) Read(b []byte) (int, error) {
	if r.ctx.Err() != nil {
		return 0, context.Cause(r.ctx)
	}
	return r.in.Read(b)
}

// change makes the new folder the published one.
func (p *publisher) change(u *unit) error {
	p.res.Switched = append(p.res.Switched, u.name())
	if u.dir == "" {
		return p.changeFiles(u)
	}
	if err := p.root.MkdirAll(path.Dir(u.dir), 0o755); err != nil {
		return err
	}
	if len(u.fresh)+len(u.keep) == 0 {
		return p.removeDir(u.dir)
	}
	from, to, done, err := p.parents(staged(u.dir), u.dir)
	if err != nil {
		return err
	}
	defer done()
	base := path.Base(u.dir)
	err = unix.Renameat2(from, base, to, base, unix.RENAME_NOREPLACE)
	if err == unix.EEXIST {
		err = unix.Renameat2(from, base, to, base, unix.RENAME_EXCHANGE)
	}
	if err == unix.EINVAL || err == unix.ENOSYS {
		return fmt.Errorf("the file system cannot exchange two folders in one step: %w", err)
	}
	return err
}

// parents opens the folders that two paths lie in.
func (p *publisher) parents(from, to string) (fromFd, toFd int, done func(), err error) {
	a, err := p.root.Open(path.Dir(from))
	if err != nil {
		return 0, 0, nil, err
	}
	b, err := p.root.Open(path.Dir(to))
	if err != nil {
		a.Close()
		return 0, 0, nil, err
	}
	return int(a.Fd()), int(b.Fd()), func() { a.Close(); b.Close() }, nil
}

// changeFiles replaces single files.
func (p *publisher) changeFiles(u *unit) error {
	for _, name := range u.fresh {
		if err := p.bring(context.Background(), name, staged(name)); err != nil {
			return err
		}
		if err := p.root.Rename(staged(name), name); err != nil {
			return err
		}
	}
	keep := map[string]bool{}
	for _, name := range u.keep {
		keep[name] = true
	}
	for _, name := range p.res.Deleted {
		if unitOf(name) == "" && !keep[name] {
			if err := p.root.Remove(name); err != nil {
				return err
			}
		}
	}
	return nil
}

// removeDir removes a folder that the compose does not have any more, and
// those above it that become empty.
func (p *publisher) removeDir(dir string) error {
	if err := p.root.MkdirAll(path.Dir(staged(dir)), 0o755); err != nil {
		return err
	}
	if err := p.root.RemoveAll(staged(dir)); err != nil {
		return err
	}
	if err := p.root.Rename(dir, staged(dir)); err != nil { // so that nobody sees half of it
		return err
	}
	for dir = path.Dir(dir); dir != "."; dir = path.Dir(dir) {
		if p.root.Remove(dir) != nil {
			break
		}
	}
	return nil
}
