package merge

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sync/errgroup"

	"compose/internal/fetch"
	"compose/internal/repository"
	"compose/internal/rpm"
	"compose/internal/rpm/store"
	"compose/internal/rpmmd"
	"compose/repo"
)

// reader makes the items of one source.
type reader struct {
	*repository.Repository
	number int
	store  *store.Store
	writer *store.Writer
	plan   *plan
	opt    *Options
	note   func(string)

	// lists are filelists, other, and filelists-ext where that is merged; nil
	// where the source has none.
	lists [3]*list
	ext   bool
	base  string // what a package's location gets
	read  int    // entries of primary.xml so far
	out   []repo.Item
}

// items reads the three files side by side.
func (r *reader) items(ctx context.Context) ([]repo.Item, error) {
	r.base = r.ownBase()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	g, ctx := errgroup.WithContext(ctx)
	for i, kind := range [...]rpmmd.Kind{rpmmd.Filelists, rpmmd.Other, rpmmd.FilelistsExt} {
		if kind == rpmmd.FilelistsExt && !r.ext {
			continue
		}
		if !r.Has(kind.String()) {
			r.note(fmt.Sprintf("repository %s: has no %s", r.Name, kind))
			continue
		}
		l := newList(kind)
		r.lists[i] = l
		g.Go(func() error { return l.run(ctx, r.Repository) })
	}
	g.Go(func() error { return r.primary(ctx) })
	return r.out, g.Wait()
}

func (r *reader) primary(ctx context.Context) error {
	d, err := r.Find("primary")
	if err != nil {
		return err
	}
	f, err := r.Open(ctx, d)
	if err != nil {
		return err
	}
	defer f.Close()
	err = rpmmd.ReadPrimaryDetails(ctx, f, func(e rpmmd.Entry) error { return r.entry(ctx, e) })
	for _, l := range r.lists {
		if l != nil && err == nil {
			err = l.drain(ctx)
		}
	}
	return r.Reading("primary", err)
}

func (r *reader) entry(ctx context.Context, e rpmmd.Entry) error {
	n := r.read
	r.read++
	var found [3]rpmmd.Listed
	for i, l := range r.lists {
		if l == nil {
			continue
		}
		var err error
		if found[i], err = l.take(ctx, e.Pkg.Sum.Hex); err != nil {
			return fmt.Errorf("%s: %w", e.Pkg, err)
		}
	}
	if n >= len(r.plan.kept[r.number]) || !r.plan.kept[r.number][n] {
		return nil
	}
	e.Details.Files = found[0].Files
	if r.lists[0] == nil {
		e.Details.Files = primaryFiles(e.Files)
	}
	slices.Reverse(found[1].Changelogs)
	e.Details.Changelogs = found[1].Changelogs
	var ext []byte
	if r.lists[2] != nil {
		x := &found[2]
		ext = rpmmd.RenderExt(e.Pkg, &rpm.Details{Files: x.Files, FileDigests: x.FileDigests, DigestType: x.DigestType})
	}
	return r.add(n, e, ext)
}

func primaryFiles(paths []string) (out []rpm.File) {
	for _, p := range paths {
		out = append(out, rpm.File{Path: p, Mode: 0o100644})
	}
	return out
}

func (r *reader) add(n int, e rpmmd.Entry, ext []byte) error {
	if _, err := r.Locate(&e); err != nil {
		return fmt.Errorf("%s: %w", e.Pkg, err)
	}
	// Two sources may render one package differently, so the key is the place.
	key := store.SumKey(rpm.Checksum{Type: "merge " + strconv.Itoa(r.number), Hex: strconv.Itoa(n)})
	if err := r.writer.Put([]store.Key{key}, e.Pkg, nil, rpmmd.RenderListed(e.Pkg, e.Details)); err != nil {
		return err
	}
	p := e.Pkg
	s := &stored{store: r.store, key: key}
	if ext != nil {
		s.ext = store.SumKey(rpm.Checksum{Type: "merge ext " + strconv.Itoa(r.number), Hex: strconv.Itoa(n)})
		if err := r.writer.PutBlob(s.ext, ext); err != nil {
			return err
		}
	}
	s.pkg = rpm.Package{Name: p.Name, Epoch: p.Epoch, Version: p.Version, Release: p.Release, Arch: p.Arch, Sum: p.Sum}
	r.out = append(r.out, repo.Item{Source: s, Href: e.Href, Base: r.location(e.Base), FileTime: e.FileTime})
	return nil
}

// stored is a package whose fragments are in the temporary store.
type stored struct {
	store *store.Store
	key   store.Key
	ext   store.Key   // of the filelists-ext fragment; zero without one
	pkg   rpm.Package // what identifies it
}

// Known is repo.Source's.
func (s *stored) Known() *rpm.Package { return &s.pkg }

// Load is repo.Source's.
func (s *stored) Load(_ context.Context, buf *store.Buffer) (*rpm.Package, rpm.Fragments, error) {
	rec, ok, err := s.store.GetBrief(s.key)
	if err == nil && !ok {
		err = fmt.Errorf("%s is no longer in the temporary store", &s.pkg)
	}
	if err != nil {
		return nil, rpm.Fragments{}, err
	}
	var ext []byte
	if s.ext != (store.Key{}) {
		b, ok := s.store.Blob(s.ext, buf)
		if !ok {
			return nil, rpm.Fragments{}, fmt.Errorf("%s is no longer in the temporary store", &s.pkg)
		}
		ext = slices.Clone(b)
	}
	f, err := rec.Fragments(buf)
	f.FilelistsExt = ext
	return &s.pkg, f, err
}

// ownBase is the address that packages of this source get. Credentials in it
// are not published.
func (r *reader) ownBase() string {
	base := r.Mirrors[0]
	if u, err := url.Parse(base); err == nil && u.User != nil {
		u.User = nil
		base = u.String()
		r.note(fmt.Sprintf("repository %s: the name and password in its address are not written", fetch.Redact(r.Name)))
	}
	return strings.TrimRight(base, "/")
}

// location gives the base of a package whose metadata says base.
func (r *reader) location(base string) string {
	switch {
	case r.opt.OmitBase:
		return base
	case base == "":
		base = r.base
	case !strings.Contains(base, "://"):
		base = r.base + "/" + strings.Trim(base, "/")
	}
	if from := r.opt.BaseFrom; from != "" {
		if rest, ok := strings.CutPrefix(base, from); ok {
			base = r.opt.BaseTo + rest
		}
	}
	return base
}
