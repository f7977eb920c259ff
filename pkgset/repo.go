package pkgset

import (
	"context"
	"io"
	"path/filepath"

	"compose/internal/fetch"
	"compose/internal/repository"
	"compose/internal/rpmmd"
)

// sourceRepo is a repository of a source whose repomd.xml was read.
type sourceRepo struct {
	*repository.Repository
	index  int      // among those of the source
	arches []string // the compose arches it is for; nil: all
}

// openRepository finds the repository's mirrors and reads its repomd.xml.
func openRepository(ctx context.Context, env Env, a *address, index int) (*sourceRepo, error) {
	at := repository.Address{Name: a.String(), Mirrors: a.mirrors, Mirrorlist: a.mirrorlist, Metalink: a.metalink,
		Replace: func(s string) (string, error) { return replaceVars(s, a.vars) }}
	r, err := repository.OpenAddress(ctx, repository.Access{Fetch: env.Fetch, Dir: env.CacheDir, Inputs: env.Inputs}, at)
	if err != nil {
		return nil, err
	}
	return &sourceRepo{r, index, a.arches}, nil
}

// open gives the content of one of the repository's metadata files, verified
// and decompressed. A remote one is kept in the cache.
func (r *sourceRepo) open(ctx context.Context, typ string) (io.ReadCloser, error) {
	d, err := r.Find(typ)
	if err != nil {
		return nil, err
	}
	return r.Open(ctx, d)
}

// location is where a package of a repository lies.
type location struct {
	*repository.Location
	repo     *sourceRepo
	fileTime int64    // as the repository states it
	files    []string // those that primary.xml lists
}

// locate checks where a package is said to lie.
func (r *sourceRepo) locate(x *rpmmd.Entry) (*location, error) {
	at, err := r.Locate(x)
	if err != nil {
		return nil, err
	}
	return &location{at, r, x.FileTime, x.Files}, nil
}

// cacheFile is where the content with a checksum is kept.
func cacheFile(env Env, kind string, sum fetch.Digest) string {
	return filepath.Join(env.CacheDir, kind, sum.Hex[:2], sum.Hex)
}
