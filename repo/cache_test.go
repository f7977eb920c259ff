package repo

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"compose/internal/rpm"
	"compose/internal/rpm/store"
)

// fake is a package that may be known or not, and counts how often it is
// loaded.
type fake struct {
	rec    *store.Record
	known  bool
	err    error
	loaded *atomic.Int64
}

func (f *fake) Known() *rpm.Package {
	if !f.known {
		return nil
	}
	return f.rec.Pkg
}

func (f *fake) Load(_ context.Context, buf *store.Buffer) (*rpm.Package, rpm.Fragments, error) {
	f.loaded.Add(1)
	if f.err != nil {
		return nil, rpm.Fragments{}, f.err
	}
	frag, err := f.rec.Fragments(buf)
	frag.FilelistsExt = frag.Filelists
	return f.rec.Pkg, frag, err
}

// sources makes sources of items.
func sources(items []Item) ([]Item, *atomic.Int64) {
	loaded := &atomic.Int64{}
	out := slices.Clone(items)
	for i := range out {
		out[i].Source, out[i].Rec = &fake{rec: out[i].Rec, loaded: loaded}, nil
	}
	return out, loaded
}

func setKnown(items []Item, which func(i int) bool) {
	for i := range items {
		items[i].Source.(*fake).known = which(i)
	}
}

func newCache(t *testing.T) *store.Filler {
	t.Helper()
	s, err := store.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return store.NewFiller(s)
}

// written writes a repository and gives its files.
func written(t *testing.T, items []Item, opt Options) string {
	t.Helper()
	dir := t.TempDir()
	opt.Timestamp = 7
	if _, err := Write(context.Background(), dir, items, opt); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(tree(t, dir))
}

// The bytes do not depend on what was kept: nothing, all of it, what another
// repository needed, or what a repository with other packages needed; nor on
// whether packages are known before they are loaded.
func TestCacheSameBytes(t *testing.T) {
	xz := ""
	if checkXZ() == nil {
		xz = "xz"
	}
	for _, compress := range []string{"gz", "zst", "none", xz} {
		n := 1500
		switch compress {
		case "":
			continue
		case "xz":
			n = 499
		}
		items, loaded := sources(madeUp(t, n))
		other := slices.Concat(items[:200], items[204:400], items[403:])
		opt := Options{Compress: compress, FilelistsExt: true, Workers: 3}
		want, wantOther := written(t, items, opt), written(t, other, opt)
		opt.Cache = newCache(t)
		for _, step := range []struct {
			what  string
			items []Item
			known func(i int) bool
			loads int64 // at most
		}{
			{"nothing is known", items, func(int) bool { return false }, int64(n)},
			{"all is known", items, func(int) bool { return true }, 0},
			{"nothing is known but parts are kept", items, func(int) bool { return false }, int64(n)},
			{"some packages went", other, func(int) bool { return true }, int64(n)},
			{"some are known", items, func(i int) bool { return i%100 != 3 }, int64(n)},
			{"some packages went, again", other, func(i int) bool { return true }, 0},
		} {
			setKnown(items, step.known)
			loaded.Store(0)
			got := written(t, step.items, opt)
			if len(step.items) == len(items) && got != want || len(step.items) != len(items) && got != wantOther {
				t.Errorf("%s: other bytes when %s", compress, step.what)
			}
			if got := loaded.Load(); framed(compress) && got > step.loads {
				t.Errorf("%s: %d loads when %s", compress, got, step.what)
			}
		}
	}
}

// A change makes little of a repository anew.
func TestCacheReuse(t *testing.T) {
	all := madeUp(t, 3000)
	cache := newCache(t)
	opt := Options{Cache: cache, Compress: "zst"}
	written(t, all, opt)
	if err := cache.Commit(); err != nil {
		t.Fatal(err)
	}
	before := puts(t, cache)
	written(t, slices.Delete(slices.Clone(all), 1500, 1501), opt)
	if err := cache.Commit(); err != nil {
		t.Fatal(err)
	}
	after := puts(t, cache)
	if n := after - before; n > 9 || before < 200 {
		t.Errorf("%d parts were made anew, of %d", n, before)
	}
}

// puts counts what is in a cache.
func puts(t *testing.T, c *store.Filler) int {
	t.Helper()
	u, err := store.Stats(c.Store().Dir())
	if err != nil {
		t.Fatal(err)
	}
	return u.Blobs
}

// Damaged parts are made anew.
func TestCacheDamage(t *testing.T) {
	items := madeUp(t, 400)
	dir := t.TempDir()
	use := func() string {
		s, err := store.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		c := store.NewFiller(s)
		got := written(t, items, Options{Cache: c})
		if err := c.Commit(); err != nil {
			t.Fatal(err)
		}
		return got
	}
	want := use()
	for _, pack := range glob(t, filepath.Join(dir, "packs/*.pack")) {
		b, err := os.ReadFile(pack)
		if err != nil {
			t.Fatal(err)
		}
		for i := 100; i < 20_000; i += 100 {
			b[i] ^= 1
		}
		if err := os.WriteFile(pack, b, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if use() != want {
		t.Error("other bytes after damage")
	}
}

// A cache that cannot be written costs a note, not the repository.
func TestCacheFull(t *testing.T) {
	items := madeUp(t, 100)
	c := newCache(t)
	c.Store().Close()
	var notes []string
	got := written(t, items, Options{Cache: c, Note: func(s string) { notes = append(notes, s) }})
	if want := written(t, items, Options{}); got != want {
		t.Error("other bytes")
	}
	if len(notes) != 1 || !strings.HasPrefix(notes[0], "compressed parts are not kept for the next time: ") {
		t.Errorf("notes %q", notes)
	}
}

// Packages that cannot be read are left out where that is wanted, and the
// rest is as if they had not been there.
func TestSkip(t *testing.T) {
	items, _ := sources(madeUp(t, 900))
	bad := []int{0, 5, 499, 500, 899}
	good := slices.Clone(items)
	for _, i := range slices.Backward(bad) {
		good = slices.Delete(good, i, i+1)
	}
	want := written(t, good, Options{})
	for _, i := range bad {
		items[i].Source.(*fake).err = &Unreadable{fmt.Errorf("cause %d", i)}
	}
	for _, cache := range []*store.Filler{nil, newCache(t)} {
		var skipped []string
		opt := Options{Cache: cache, Skip: func(it Item, err error) { skipped = append(skipped, it.Href+": "+err.Error()) }}
		if written(t, items, opt) != want {
			t.Error("other bytes")
		}
		if len(skipped) != 5 || skipped[2] != "Packages/pkg00499-1-1.noarch.rpm: cause 499" {
			t.Errorf("skipped %q", skipped)
		}
	}
	_, err := Write(context.Background(), t.TempDir(), items, Options{})
	if err == nil || !strings.Contains(err.Error(), ".noarch.rpm: cause ") {
		t.Errorf("without Skip: %v", err)
	}
	items[7].Source.(*fake).err = errors.New("disk on fire")
	_, err = Write(context.Background(), t.TempDir(), items, Options{Skip: func(Item, error) {}})
	if err == nil || !strings.HasSuffix(err.Error(), "pkg00007-1-1.noarch.rpm: disk on fire") {
		t.Errorf("another error: %v", err)
	}
}

// filelists-ext is a file of its own.
func TestFilelistsExt(t *testing.T) {
	items, _ := sources(madeUp(t, 50))
	dir := t.TempDir()
	if _, err := Write(context.Background(), dir, items, Options{FilelistsExt: true}); err != nil {
		t.Fatal(err)
	}
	got := string(metadata(t, dir, "filelists-ext"))
	if !strings.Contains(got, `<filelists-ext xmlns="http://linux.duke.edu/metadata/filelists-ext" packages="50">`) || strings.Count(got, "<package ") != 50 {
		t.Errorf("%.500s", got)
	}
}
