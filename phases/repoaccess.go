package phases

import (
	"context"
	"os"

	"compose/internal/fetch"
	"compose/internal/repository"
)

// RepoAccess is how the commands on finished repositories reach them.
type RepoAccess struct {
	// CacheDir keeps the metadata of remote repositories; "" keeps nothing.
	CacheDir string
	Fetch    fetch.Options
}

// open gives a way to repositories, and what ends it.
func (a RepoAccess) open() (repository.Access, func(), error) {
	out := repository.Access{Fetch: fetch.New(a.Fetch), Dir: a.CacheDir}
	end := out.Fetch.Close
	if out.Dir == "" {
		dir, err := os.MkdirTemp("", "compose-repo-")
		if err != nil {
			return out, nil, err
		}
		out.Dir = dir
		end = func() {
			out.Fetch.Close()
			os.RemoveAll(dir)
		}
	}
	return out, end, nil
}

// with opens repositories and calls fn with them, in the order of addresses.
func (a RepoAccess) with(ctx context.Context, addresses []string, fn func(repository.Access, []*repository.Repository) error) error {
	access, end, err := a.open()
	if err != nil {
		return err
	}
	defer end()
	var all []*repository.Repository
	for _, address := range addresses {
		r, err := repository.Open(ctx, access, address)
		if err != nil {
			if ctx.Err() != nil {
				err = context.Cause(ctx)
			}
			return err
		}
		all = append(all, r)
	}
	return fn(access, all)
}
