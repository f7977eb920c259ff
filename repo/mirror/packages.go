package mirror

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"compose/internal/fetch"
	"compose/internal/repository"
	"compose/internal/rpm"
	"compose/internal/rpmmd"
)

// wanted are the packages of the new repository.
type wanted struct {
	*syncer
	packages []*pkg
	exchange []*pkg // fetched, but to be put in place at the end

	mu       sync.Mutex
	progress Progress
	failures []error
}

// pkg is a package and where it will lie.
type pkg struct {
	rpm  *rpm.Package
	at   *repository.Location
	rel  string // path below the folder
	path string
	time int64 // that the metadata states
}

// staged is where a package waits whose name another file has.
func (p *pkg) staged(s *syncer) string {
	return filepath.Join(s.dir, stagingName+".packages", p.rpm.Sum.Hex)
}

// packages reads the staged primary.xml.
func (s *syncer) packages(ctx context.Context) (*wanted, error) {
	w := &wanted{syncer: s}
	d, err := s.repo.Find("primary")
	if err != nil {
		return nil, err
	}
	name, err := stagedName(d)
	if err != nil {
		return nil, err
	}
	r, err := repository.OpenFile(filepath.Join(s.staging, filepath.FromSlash(name)), d)
	if err != nil {
		return nil, fmt.Errorf("reading primary: %w", err)
	}
	defer r.Close()
	taken := map[string]*pkg{}
	err = rpmmd.ReadPrimary(ctx, r, func(e rpmmd.Entry) error { return w.add(&e, taken) })
	if err != nil {
		return nil, fmt.Errorf("reading primary: %w", err)
	}
	if s.res.Elsewhere > 0 {
		s.note("%d packages lie at other addresses, which the metadata names; they are not mirrored", s.res.Elsewhere)
	}
	s.res.Packages = len(w.packages)
	w.progress.Total = len(w.packages)
	return w, nil
}

// add decides where a package goes.
func (w *wanted) add(e *rpmmd.Entry, taken map[string]*pkg) error {
	at, err := w.repo.Locate(e)
	if err == nil {
		err = fetch.Digest(e.Pkg.Sum).Check()
	}
	if err != nil {
		return fmt.Errorf("%s: %w", e.Pkg, err)
	}
	if at.Base != "" {
		w.res.Elsewhere++
		return nil
	}
	p := &pkg{at: at, rel: repository.Plain(at.Href), time: e.FileTime}
	p.rpm = &rpm.Package{Name: e.Pkg.Name, Epoch: e.Pkg.Epoch, Version: e.Pkg.Version, Release: e.Pkg.Release, Arch: e.Pkg.Arch, Sum: e.Pkg.Sum, Size: e.Pkg.Size}
	if err := checkPlace(p.rel); err != nil {
		return fmt.Errorf("%s: location %.200q %w", e.Pkg, at.Href, err)
	}
	if old := taken[p.rel]; old != nil {
		if old.rpm.Sum != p.rpm.Sum {
			return fmt.Errorf("location %.200q is said to be %s and %s", at.Href, old.rpm, p.rpm)
		}
		return nil
	}
	taken[p.rel] = p
	p.path = filepath.Join(w.dir, filepath.FromSlash(p.rel))
	w.packages = append(w.packages, p)
	w.progress.TotalBytes += p.rpm.Size
	return nil
}

// checkPlace lets packages be written to names of packages only, so that no
// server replaces metadata or other files of the folder.
func checkPlace(rel string) error {
	first, _, _ := strings.Cut(rel, "/")
	switch {
	case path.Ext(rel) != ".rpm":
		return errors.New("is not a name for a package")
	case strings.EqualFold(first, "repodata"), strings.HasPrefix(first, ".repodata"):
		return errors.New("lies among the metadata")
	}
	return nil
}

// maxFailures ends a run that has met so many: the rest would fail as well.
const maxFailures = 10

// bring makes every package be there, or wait under a name of its own.
func (w *wanted) bring(ctx context.Context) error {
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(w.opt.Workers)
	for _, p := range w.packages {
		if gctx.Err() != nil {
			break
		}
		g.Go(func() error { return w.failed(gctx, w.one(gctx, p)) })
	}
	err := g.Wait()
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case len(w.failures) > 0:
		return errors.Join(w.failures...)
	}
	return err
}

// failed keeps an error for later, so that one package that cannot be had
// does not keep the others from being fetched.
func (w *wanted) failed(ctx context.Context, err error) error {
	if err == nil || ctx.Err() != nil {
		return ctx.Err()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.failures = append(w.failures, err)
	var away *fetch.Error
	if !errors.As(err, &away) || len(w.failures) == maxFailures {
		return err
	}
	return nil
}

func (w *wanted) one(ctx context.Context, p *pkg) error {
	have, there, err := w.isThere(ctx, p)
	if err != nil {
		return err
	}
	if !have {
		to := p.path
		if there {
			to = p.staged(w.syncer)
		}
		req := p.at.Request(p.rpm)
		if p.time > 0 {
			req.ModTime = time.Unix(p.time, 0)
		}
		if err := w.opt.Fetch.File(ctx, req, to); err != nil {
			return err
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if !have {
		w.res.Fetched++
		w.res.Bytes += p.rpm.Size
		if there {
			w.exchange = append(w.exchange, p)
		}
	}
	w.progress.Done++
	w.progress.DoneBytes += p.rpm.Size
	if w.opt.Progress != nil {
		w.opt.Progress(w.progress)
	}
	return nil
}

// isThere says whether the package is in place, and whether anything is.
func (w *wanted) isThere(ctx context.Context, p *pkg) (have, there bool, err error) {
	fi, err := os.Stat(p.path)
	if errors.Is(err, fs.ErrNotExist) {
		_, err := os.Lstat(p.path)
		return false, err == nil, nil // a link to nowhere
	}
	if err != nil {
		return false, false, err
	}
	if !fi.Mode().IsRegular() {
		return false, true, fmt.Errorf("%s: not a regular file", p.path)
	}
	if p.rpm.Size > 0 && fi.Size() != p.rpm.Size {
		return false, true, nil
	}
	if !w.opt.CheckAll && p.rpm.Size > 0 && p.time > 0 && fi.ModTime().Unix() == p.time {
		return true, true, nil
	}
	if err := fetch.Digest(p.rpm.Sum).VerifyFile(ctx, p.path); err != nil {
		return false, true, context.Cause(ctx)
	}
	if p.time > 0 {
		t := time.Unix(p.time, 0)
		os.Chtimes(p.path, t, t) // next time it is believed
	}
	return true, true, nil
}
