package pkgset

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"compose/internal/fetch"
	"compose/internal/rpmmd"
)

// repository is an rpm-md repository whose repomd.xml was read.
type repository struct {
	index   int      // among those of the source
	name    string   // its address in messages
	mirrors []string // base addresses, best first
	local   string   // the folder, when it is on this machine
	arches  []string // the compose arches it is for; nil: all
	md      *rpmmd.Repomd
}

// The bounds of small files.
const (
	maxList   = 4 << 20
	maxRepomd = 8 << 20
)

// openRepository finds the repository's mirrors and reads its repomd.xml.
func openRepository(ctx context.Context, env Env, a *address, index int) (*repository, error) {
	r := &repository{index: index, name: a.String(), arches: a.arches, mirrors: a.mirrors}
	r.name = strings.TrimRight(r.name, "/")
	check, err := r.resolve(ctx, env, a)
	if err != nil {
		return nil, fmt.Errorf("repository %s: %w", r.name, err)
	}
	if len(r.mirrors) == 1 {
		r.local, _ = fetch.LocalPath(r.mirrors[0])
	}
	content, err := env.Fetch.Bytes(ctx, fetch.Request{Mirrors: r.mirrors, Path: "repodata/repomd.xml", Max: maxRepomd, Check: check})
	if err != nil {
		return nil, fmt.Errorf("repository %s: %w", r.name, err)
	}
	if r.md, err = rpmmd.ReadRepomd(bytes.NewReader(content)); err != nil {
		return nil, fmt.Errorf("repository %s: reading repomd.xml: %w", r.name, err)
	}
	return r, nil
}

// resolve replaces a mirror list or metalink by what it lists, and gives
// what the metalink demands of repomd.xml.
func (r *repository) resolve(ctx context.Context, env Env, a *address) (func([]byte) error, error) {
	switch {
	case a.mirrorlist != "":
		b, err := env.Fetch.Bytes(ctx, fetch.Request{Mirrors: []string{a.mirrorlist}, Max: maxList})
		if err != nil {
			return nil, err
		}
		list, err := fetch.ParseMirrorlist(b)
		if err != nil {
			return nil, err
		}
		return nil, r.setMirrors(list, a.vars)
	case a.metalink != "":
		b, err := env.Fetch.Bytes(ctx, fetch.Request{Mirrors: []string{a.metalink}, Max: maxList})
		if err != nil {
			return nil, err
		}
		m, err := fetch.ParseMetalink(b, "repomd.xml")
		if err != nil {
			return nil, err
		}
		const tail = "/repodata/repomd.xml"
		for _, u := range m.URLs {
			if base, ok := strings.CutSuffix(u, tail); ok {
				r.mirrors = append(r.mirrors, base)
			}
		}
		if r.mirrors == nil {
			return nil, errors.New("metalink: no address ends in " + tail)
		}
		return m.Check, nil
	}
	return nil, nil
}

// setMirrors takes the addresses of a list, in which yum's variables may be.
func (r *repository) setMirrors(list []string, vars map[string]string) error {
	for _, s := range list {
		s, err := replaceVars(s, vars)
		if err != nil {
			return fmt.Errorf("mirror list: address %s: %w", fetch.Redact(s), err)
		}
		r.mirrors = append(r.mirrors, s)
	}
	return nil
}

// maxOpen bounds metadata whose size is not stated, decompressed.
const maxOpen = 16 << 30

// open gives the content of one of the repository's metadata files, verified
// and decompressed. A remote one is kept in the cache.
func (r *repository) open(ctx context.Context, env Env, typ string) (io.ReadCloser, error) {
	d, ok := r.md.Find(typ)
	if !ok {
		return nil, fmt.Errorf("repository %s: repomd.xml names no %s", r.name, typ)
	}
	file, err := r.metadata(ctx, env, d)
	if err != nil {
		return nil, r.reading(typ, err)
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, r.reading(typ, err)
	}
	z, err := rpmmd.Decompress(f, path.Base(d.Href))
	if err != nil {
		f.Close()
		return nil, r.reading(typ, err)
	}
	limit := d.OpenSize
	if limit <= 0 {
		limit = maxOpen
	}
	return &stream{rpmmd.Bounded(z, limit), z, f}, nil
}

// reading says in which file of the repository an error was met.
func (r *repository) reading(typ string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("repository %s: reading %s: %w", r.name, typ, err)
}

// metadata gives the path of a metadata file with the stated checksum.
func (r *repository) metadata(ctx context.Context, env Env, d rpmmd.RepomdData) (string, error) {
	if err := checkHref(d.Href); err != nil {
		return "", err
	}
	sum := fetch.Digest(d.Sum)
	if err := sum.Check(); err != nil {
		return "", err
	}
	if r.local != "" {
		file := localFile(r.local, d.Href)
		return file, sum.VerifyFile(ctx, file)
	}
	file := cacheFile(env, "metadata", sum)
	if sum.VerifyFile(ctx, file) == nil {
		touch(file, time.Now())
		return file, nil
	}
	err := env.Fetch.File(ctx, fetch.Request{Mirrors: r.mirrors, Path: d.Href, Size: d.Size, Max: maxMetadata, Sum: sum}, file)
	return file, err
}

// maxMetadata bounds a metadata file whose size is not stated.
const maxMetadata = 4 << 30

// cacheFile is where the content with a checksum is kept.
func cacheFile(env Env, kind string, sum fetch.Digest) string {
	return filepath.Join(env.CacheDir, kind, sum.Hex[:2], sum.Hex)
}

// stream reads a decompressed file and closes what is below.
type stream struct {
	io.Reader
	z io.Closer
	f *os.File
}

func (s *stream) Close() error { return errors.Join(s.z.Close(), s.f.Close()) }
