package pkgset

import (
	"context"
	"fmt"
	"os"
	"slices"
	"time"

	"compose/internal/fetch"
	"compose/internal/rpm"
	"compose/internal/rpm/header"
	"compose/internal/rpm/store"
)

// obtain gives the verified file and the record of a repository's package:
// from where the repository lies, from the cache, or from the network.
func (p *placer) obtain(ctx context.Context, e *Entry) (file, error) {
	path := e.remote.Local
	f := file{link: p.options.LinkType}
	if path == "" {
		path = cacheFile(p.env, "packages", fetch.Digest(e.Pkg.Sum))
		if f.link == LinkSymlink || f.link == LinkAbspathSymlink {
			f.link = LinkHardlinkOrCopy
		}
		if err := p.download(ctx, e, path); err != nil {
			return f, err
		}
	}
	fi, err := os.Stat(path)
	if err != nil {
		return f, err
	}
	rec, err := p.verify(ctx, e, path, store.FileKey(fi))
	if err != nil {
		return f, err
	}
	if err := p.checkClaims(e, rec.Pkg); err != nil {
		return f, fmt.Errorf("%s: %w", path, err)
	}
	f.path, f.rec, f.size, f.mtime = path, rec, fi.Size(), fi.ModTime().UnixNano()
	return f, nil
}

// download brings a package into the cache unless it is there. What is there
// is verified by the caller; what cannot be right is replaced here. Several
// trees may want a package at once: it is fetched once, and not replaced
// while another tree links to it.
func (p *placer) download(ctx context.Context, e *Entry, path string) error {
	r := e.remote.Request(e.Pkg)
	if t := e.remote.fileTime; t > 0 {
		r.ModTime = time.Unix(t, 0)
	}
	r.Have = func() bool { return p.isCached(ctx, e, path) }
	return p.env.Fetch.File(ctx, r, path)
}

// isCached says whether the file in the cache is the package.
func (p *placer) isCached(ctx context.Context, e *Entry, path string) bool {
	fi, err := os.Stat(path)
	if err != nil || !fi.Mode().IsRegular() {
		return false
	}
	_, known, err := p.recall(store.FileKey(fi), e.Pkg.Sum)
	if err != nil || !known && fetch.Digest(e.Pkg.Sum).VerifyFile(ctx, path) != nil {
		return false
	}
	touch(path, fi.ModTime())
	return true
}

// recall looks a file up in the store: known when the store has seen it and
// knows that it has this checksum.
func (p *placer) recall(key store.Key, sum rpm.Checksum) (*store.Record, bool, error) {
	rec, ok, err := p.env.Store.Get(key)
	if !ok || err != nil || rec.Pkg.Sum == sum {
		return rec, ok, err
	}
	other, ok, err := p.env.Store.Get(store.SumKey(sum))
	return rec, ok && other.Pkg.Sum == rec.Pkg.Sum, err
}

// verify gives the record of a file that has the checksum which the metadata
// states. A file that the store knows is not read.
func (p *placer) verify(ctx context.Context, e *Entry, path string, key store.Key) (*store.Record, error) {
	want := e.Pkg.Sum
	if rec, known, err := p.recall(key, want); known || err != nil {
		return rec, err
	}
	bySum := store.SumKey(want)
	rec, ok, err := p.env.Store.Get(bySum)
	if err != nil {
		return nil, err
	}
	if ok || want.Type != "sha256" {
		if err := fetch.Digest(want).VerifyFile(ctx, path); err != nil {
			return nil, err
		}
	}
	if ok {
		return rec, p.alias(key, rec)
	}
	pkg, d, err := header.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if pkg.Sum.Type == want.Type && pkg.Sum.Hex != want.Hex {
		return nil, fmt.Errorf("%s: %s checksum is %s, want %s", path, want.Type, pkg.Sum.Hex, want.Hex)
	}
	if now, err := fileKey(path); err != nil || now != key {
		return nil, fmt.Errorf("%s: %w", path, errChanged)
	}
	if rec, err = p.reader.keep([]store.Key{key, store.SumKey(pkg.Sum)}, pkg, d); err != nil || want.Type == pkg.Sum.Type {
		return rec, err
	}
	return rec, p.alias(bySum, rec)
}

func (p *placer) alias(key store.Key, rec *store.Record) error {
	w, err := p.reader.write()
	if err != nil {
		return err
	}
	return w.Alias(key, rec)
}

// checkClaims compares the verified package with what was believed of it
// when it was picked: its name, and the keys in a header that was read
// without the rest of the file.
func (p *placer) checkClaims(e *Entry, got *rpm.Package) error {
	if err := checkSame(got, e.Pkg); err != nil {
		return err
	}
	if !onlyUnsigned(e.keys) && !slices.Equal(got.SigKeys, e.Pkg.SigKeys) {
		return fmt.Errorf("is signed by %q, but its header said %q", got.SigKeys, e.Pkg.SigKeys)
	}
	return nil
}
