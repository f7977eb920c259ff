package verify

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sync/errgroup"

	"compose/internal/fetch"
	"compose/internal/repository"
	"compose/internal/rpm"
	"compose/internal/rpm/header"
)

// packages reads every package that is listed.
func (c *checker) packages(ctx context.Context, all []*listed) error {
	tmp := ""
	if c.Dir == "" {
		dir, remove, err := c.temp()
		if err != nil {
			return err
		}
		defer remove()
		tmp = dir
	}
	c.sharedPlaces(all)
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(c.workers())
	for i, l := range all {
		if ctx.Err() != nil {
			break
		}
		g.Go(func() error {
			err := c.located(ctx, l, filepath.Join(tmp, fmt.Sprint(i)))
			if ctx.Err() != nil {
				return ctx.Err()
			}
			c.fault(l.entry.Href, err)
			c.tell(len(all), l.entry.Pkg.Size)
			return nil
		})
	}
	return g.Wait()
}

// sharedPlaces finds different packages that are said to be one file.
func (c *checker) sharedPlaces(all []*listed) {
	type place struct{ base, href string }
	at := map[place]*listed{}
	for _, l := range all {
		e := &l.entry
		p := place{e.Base, repository.Plain(e.Href)}
		if old := at[p]; old != nil && old.entry.Pkg.Sum != e.Pkg.Sum {
			c.fault(e.Href, fmt.Errorf("is said to be %s and %s", old.entry.Pkg, e.Pkg))
		}
		at[p] = l
	}
}

// located checks the package of an entry, which tmp holds for the time when
// it has to be fetched.
func (c *checker) located(ctx context.Context, l *listed, tmp string) error {
	at, err := c.Locate(&l.entry)
	if err != nil {
		return err
	}
	p := l.entry.Pkg
	if at.Local != "" {
		return checkFile(ctx, at.Local, p)
	}
	if err := sumCheck(p.Sum); err != nil {
		return err
	}
	defer os.Remove(tmp)
	defer os.Remove(tmp + ".part")
	if err := c.opt.Fetch.File(ctx, at.Request(p), tmp); err != nil {
		return cause(err)
	}
	return checkHeader(tmp, p)
}

// cause takes the address off an error of fetching.
func cause(err error) error {
	var failed *fetch.Error
	if errors.As(err, &failed) && len(failed.Failures) == 1 {
		return failed.Failures[0].Err
	}
	return err
}

// checkFile compares a file with the metadata: size, checksum, and whether it
// is the package that the metadata speaks of.
func checkFile(ctx context.Context, path string, want *rpm.Package) error {
	fi, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return errors.New("is not there")
	case err != nil:
		return err
	case !fi.Mode().IsRegular():
		return errors.New("is not a regular file")
	case want.Size > 0 && fi.Size() != want.Size:
		return fmt.Errorf("has %d bytes, the metadata says %d", fi.Size(), want.Size)
	}
	if err := fetch.Digest(want.Sum).VerifyFile(ctx, path); err != nil {
		return errors.New(strings.TrimPrefix(err.Error(), path+": "))
	}
	return checkHeader(path, want)
}

// checkHeader looks whether a file with the right checksum is the package
// that the metadata describes.
func checkHeader(path string, want *rpm.Package) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	fi, err := f.Stat()
	if err != nil {
		return err
	}
	p, _, err := header.Read(f, fi.Size())
	if err != nil {
		return fmt.Errorf("is no package that can be read: %w", err)
	}
	if p.IsSource() && want.IsSource() {
		p.Arch = want.Arch // primary.xml has src for nosrc
	}
	if p.NEVRA() != want.NEVRA() {
		return fmt.Errorf("is %s, the metadata says %s", p, want)
	}
	if want.HeaderEnd > 0 && (p.HeaderStart != want.HeaderStart || p.HeaderEnd != want.HeaderEnd) {
		return fmt.Errorf("has its header at %d to %d, the metadata says %d to %d", p.HeaderStart, p.HeaderEnd, want.HeaderStart, want.HeaderEnd)
	}
	return nil
}
