package repoclosure

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"golang.org/x/sync/errgroup"

	"compose/internal/fetch"
	"compose/internal/repository"
	"compose/internal/results"
	"compose/internal/rpmmd"
	"compose/internal/universe"
)

// loader reads the packages of repositories.
type loader struct {
	repos []*source
	keep  results.Store // packages in compact form, carriers of paths, answers
	temp  string        // a folder to be removed at the end
}

// source is a repository, and what is known of its packages.
type source struct {
	Repo
	md      *repository.Repository
	primary rpmmd.RepomdData
	known   bool // the digest is
	digest  universe.Digest
	set     *universe.Set
	fresh   bool // read from the metadata
}

// atOnce is how many repositories are asked at once.
const atOnce = 8

// newLoader reads the repomd.xml of the repositories.
func newLoader(ctx context.Context, client *fetch.Client, o Options) (*loader, error) {
	l := &loader{keep: results.Store{}}
	access := repository.Access{Fetch: client, Dir: o.CacheDir}
	if o.CacheDir == "" {
		var err error
		if l.temp, err = tempDir(); err != nil {
			return nil, err
		}
		access.Dir = l.temp
	} else {
		l.keep.Dir = filepath.Join(o.CacheDir, "repoclosure")
	}
	l.repos = make([]*source, len(o.Repos))
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(atOnce)
	for i, r := range o.Repos {
		g.Go(func() error {
			s := &source{Repo: r}
			l.repos[i] = s
			return l.open(gctx, access, s)
		})
	}
	if err := g.Wait(); err != nil {
		l.close()
		return nil, cause(ctx, err)
	}
	return l, nil
}

func (l *loader) close() {
	if l.temp != "" {
		os.RemoveAll(l.temp)
	}
}

// cause gives why the work was ended from outside, where it was.
func cause(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

func (l *loader) open(ctx context.Context, a repository.Access, s *source) (err error) {
	if s.md, err = repository.Open(ctx, a, s.Address); err != nil {
		return err
	}
	if s.primary, err = s.md.Find("primary"); err != nil {
		return err
	}
	s.digest, s.known = l.keptDigest(s)
	return nil
}

// key is where the packages of a repository are kept.
func (s *source) key() string { return results.Key("packages", s.primary.Sum.Type, s.primary.Sum.Hex) }

// keptDigest gives the digest of packages that are kept without reading them.
func (l *loader) keptDigest(s *source) (universe.Digest, bool) {
	file, ok := l.keep.File(s.key())
	if !ok {
		return universe.Digest{}, false
	}
	f, err := os.Open(file)
	if err != nil {
		return universe.Digest{}, false
	}
	defer f.Close()
	head := make([]byte, universe.HeadSize)
	if _, err := io.ReadFull(f, head); err != nil {
		return universe.Digest{}, false
	}
	d, err := universe.ReadDigest(head)
	return d, err == nil
}

// load reads the packages of all repositories.
func (l *loader) load(ctx context.Context) error {
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(atOnce)
	for _, s := range l.repos {
		g.Go(func() error { return l.packages(gctx, s) })
	}
	return cause(ctx, g.Wait())
}

func (l *loader) packages(ctx context.Context, s *source) error {
	if b, ok := l.keep.GetBytes(s.key()); ok {
		if set, err := universe.Decode(b); err == nil {
			s.set = set
			return nil
		}
	}
	file, err := s.md.File(ctx, s.primary)
	if err != nil {
		return err
	}
	s.set, err = read(file, s.primary, func(r io.Reader) (*universe.Set, error) { return readPrimary(ctx, r) })
	if err != nil && ctx.Err() == nil { // the pieces may be at fault
		s.set, err = read(file, s.primary, func(r io.Reader) (*universe.Set, error) { return readPackages(ctx, r) })
	}
	if err != nil {
		return fmt.Errorf("repository %s: reading primary: %w", s.md.Name, err)
	}
	s.fresh = true
	return nil
}

// read opens a metadata file and reads all of it with fn.
func read[T any](file string, d rpmmd.RepomdData, fn func(io.Reader) (T, error)) (T, error) {
	r, err := repository.OpenFile(file, d)
	if err != nil {
		var none T
		return none, err
	}
	out, err := fn(r)
	return out, errors.Join(err, r.Close())
}

// save keeps the packages that were read from metadata.
func (l *loader) save() {
	for _, s := range l.repos {
		if s.fresh && l.keep.Dir != "" {
			s.digest, s.known = s.set.Digest(), true
			l.keep.PutBytes(s.key(), s.set.Encode())
		}
	}
}

// join gives the packages of all repositories as one set.
func (l *loader) join() (*packages, error) {
	p := &packages{}
	total := int32(0)
	for _, s := range l.repos {
		p.ids = append(p.ids, s.ID)
		p.starts = append(p.starts, total)
		total += int32(s.set.Len())
	}
	if len(l.repos) == 1 {
		p.Set = l.repos[0].set
		return p, nil
	}
	b := universe.NewBuilder()
	for _, s := range l.repos {
		if err := b.AddSet(s.set); err != nil {
			return nil, err
		}
	}
	p.Set = b.Set()
	return p, nil
}
