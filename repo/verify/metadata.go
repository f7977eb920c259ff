package verify

import (
	"bytes"
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"compose/internal/digest"
	"compose/internal/fetch"
	"compose/internal/modulemd"
	"compose/internal/repository"
	"compose/internal/rpm"
	"compose/internal/rpmmd"
	"compose/repo"
)

// metadata checks one file that repomd.xml names: its size and checksum, and
// those of what it decompresses to.
func (c *checker) metadata(ctx context.Context, d rpmmd.RepomdData) {
	bad := func(err error) {
		if c.bad == nil {
			c.bad = map[string]bool{}
		}
		c.bad[d.Type] = true
		c.fault(d.Href, err)
	}
	file, err := c.File(ctx, d)
	if err != nil {
		bad(cause(errors.Unwrap(err)))
		return
	}
	if fi, err := os.Stat(file); err == nil && d.Size > 0 && fi.Size() != d.Size {
		c.fault(d.Href, fmt.Errorf("has %d bytes, repomd.xml says %d", fi.Size(), d.Size))
	}
	if strings.HasSuffix(d.Type, "_zck") {
		return // no reader here; its own checksums were checked
	}
	if err := c.content(file, d); err != nil {
		bad(err)
	}
}

// content checks what a file decompresses to.
func (c *checker) content(file string, d rpmmd.RepomdData) error {
	r, err := repository.OpenFile(file, d)
	if err != nil {
		return err
	}
	defer r.Close()
	h := digest.New(cmp.Or(d.OpenSum.Type, "sha256")) // ReadRepomd accepts no others
	n, err := io.Copy(h, r)
	switch {
	case err != nil:
		return fmt.Errorf("decompressing: %w", err)
	case d.OpenSize > 0 && n != d.OpenSize:
		return fmt.Errorf("decompresses to %d bytes, repomd.xml says %d", n, d.OpenSize)
	case d.OpenSum.Hex == "":
	case hex.EncodeToString(h.Sum(nil)) != d.OpenSum.Hex:
		return fmt.Errorf("decompresses to %s %x, repomd.xml says %s", d.OpenSum.Type, h.Sum(nil), d.OpenSum.Hex)
	}
	return c.parse(file, d)
}

// maxParsed bounds the files that are read whole.
const maxParsed = 512 << 20

// parse reads the types that are not about single packages.
func (c *checker) parse(file string, d rpmmd.RepomdData) error {
	base, _, _ := strings.Cut(d.Type, "_")
	if base != "group" && d.Type != "modules" && d.Type != "updateinfo" {
		return nil
	}
	r, err := repository.OpenFile(file, d)
	if err != nil {
		return err
	}
	defer r.Close()
	b, err := io.ReadAll(rpmmd.Bounded(r, maxParsed))
	if err != nil {
		return err
	}
	switch d.Type {
	case "modules":
		_, err = modulemd.Read(b, "modules")
	case "updateinfo":
		_, err = rpmmd.ReadUpdates(b)
	default:
		_, err = repo.ReadComps(bytes.NewReader(b), "groups")
	}
	return err
}

// listed is what primary.xml says of a package, for comparison.
type listed struct {
	entry rpmmd.Entry
	seen  [2]int // how often filelists and other list it
}

// agreement reads primary, filelists and other, and gives the packages.
func (c *checker) agreement(ctx context.Context) []*listed {
	var all []*listed
	byID := map[string][]*listed{}
	if !c.Has("primary") {
		c.fault("repodata/repomd.xml", fmt.Errorf("names no primary"))
		return nil
	}
	if !c.has(rpmmd.Primary) {
		return nil
	}
	whole := c.read(ctx, rpmmd.Primary, func(r io.Reader) (int, error) {
		err := rpmmd.ReadPrimary(ctx, r, func(e rpmmd.Entry) error {
			l := &listed{entry: slim(e)}
			all = append(all, l)
			byID[e.Pkg.Sum.Hex] = append(byID[e.Pkg.Sum.Hex], l)
			return nil
		})
		return len(all), err
	})
	for i, kind := range [...]rpmmd.Kind{rpmmd.Filelists, rpmmd.Other} {
		if !whole || !c.has(kind) {
			continue
		}
		whole := c.read(ctx, kind, func(r io.Reader) (n int, err error) {
			err = rpmmd.ReadListed(ctx, kind, r, func(l rpmmd.Listed) error {
				n++
				c.compare(kind, &l, byID[l.ID], i)
				return nil
			})
			return n, err
		})
		for _, l := range all {
			if whole && l.seen[i] == 0 {
				c.fault(kind.String(), fmt.Errorf("does not list %s (%s)", l.entry.Pkg, l.entry.Href))
			}
		}
	}
	return all
}

// slim drops what is not needed later.
func slim(e rpmmd.Entry) rpmmd.Entry {
	p := e.Pkg
	e.Pkg = &rpm.Package{Name: p.Name, Epoch: p.Epoch, Version: p.Version, Release: p.Release, Arch: p.Arch, Sum: p.Sum, Size: p.Size,
		HeaderStart: p.HeaderStart, HeaderEnd: p.HeaderEnd}
	return e
}

// read opens a file of packages, checks the count that it states, and says
// whether it was read to its end.
func (c *checker) read(ctx context.Context, kind rpmmd.Kind, fn func(io.Reader) (int, error)) bool {
	d, err := c.Find(kind.String())
	if err != nil {
		return false
	}
	open := func(use func(io.Reader) error) bool {
		r, err := c.Open(ctx, d)
		if err == nil {
			err = use(r)
			r.Close()
		}
		c.fault(kind.String(), err)
		return err == nil
	}
	n := 0
	whole := open(func(r io.Reader) (err error) {
		n, err = fn(r)
		return err
	})
	if !whole {
		return false
	}
	open(func(r io.Reader) error {
		stated, ok, err := rpmmd.ReadCount(kind, r)
		if err == nil && ok && stated != int64(n) {
			err = fmt.Errorf("says that it has %d packages, but has %d", stated, n)
		}
		return err
	})
	return true
}

// compare checks one package of filelists or other.
func (c *checker) compare(kind rpmmd.Kind, l *rpmmd.Listed, same []*listed, i int) {
	shown := rpm.Package{Name: l.Name, Arch: l.Arch, Epoch: l.EVR.Epoch, Version: l.EVR.Version, Release: l.EVR.Release}
	if len(same) == 0 {
		c.fault(kind.String(), fmt.Errorf("lists %s with the checksum %.140s, which primary does not", &shown, l.ID))
		return
	}
	twice := true
	for _, p := range same {
		if p.seen[i] == 0 {
			p.seen[i]++
			twice = false
			break
		}
	}
	if twice {
		c.fault(kind.String(), fmt.Errorf("lists %s more often than primary", &shown))
	}
	p := same[0].entry.Pkg
	if p.Name != l.Name || p.Arch != l.Arch || p.EVR() != l.EVR {
		c.fault(kind.String(), fmt.Errorf("calls %s what primary calls %s", &shown, p))
	}
	if kind == rpmmd.Filelists {
		c.fault(kind.String(), missingFile(&same[0].entry, l.Files))
	}
}

// missingFile finds a file that primary lists and filelists does not.
func missingFile(e *rpmmd.Entry, files []rpm.File) error {
	if len(e.Files) == 0 {
		return nil
	}
	have := make(map[string]bool, len(files))
	for i := range files {
		have[files[i].Path] = true
	}
	for _, path := range e.Files {
		if !have[path] {
			return fmt.Errorf("does not list %s of %s, which primary does", path, e.Pkg)
		}
	}
	return nil
}

// sumCheck says why a checksum proves nothing.
func sumCheck(sum rpm.Checksum) error { return fetch.Digest(sum).Check() }
