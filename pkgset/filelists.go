package pkgset

import (
	"context"
	"sync"

	"compose/internal/rpm"
	"compose/internal/rpm/store"
	"compose/internal/rpmmd"
)

// FileLists knows the files of some packages: from the store where it knows
// them, else from the file lists of their repositories.
type FileLists struct {
	entries map[*rpm.Package]*Entry
	remote  map[*rpm.Package][]string
}

// ReadFileLists reads the file lists of those of the entries that only a
// repository tells the files of. It reads no file otherwise.
func ReadFileLists(ctx context.Context, entries []*Entry, env Env) (*FileLists, error) {
	f := &FileLists{entries: make(map[*rpm.Package]*Entry, len(entries)), remote: map[*rpm.Package][]string{}}
	byID := map[*sourceRepo]map[string]*rpm.Package{}
	var repos []*sourceRepo
	for _, e := range entries {
		f.entries[e.Pkg] = e
		if e.Rec != nil || e.remote == nil {
			continue
		}
		ids := byID[e.remote.repo]
		if ids == nil {
			ids = map[string]*rpm.Package{}
			byID[e.remote.repo] = ids
			repos = append(repos, e.remote.repo)
		}
		ids[e.Pkg.Sum.Hex] = e.Pkg
	}
	var mu sync.Mutex
	err := each(ctx, env.workers(), len(repos), func(_, i int) error {
		found, err := repos[i].files(ctx, byID[repos[i]])
		mu.Lock()
		defer mu.Unlock()
		for p, paths := range found {
			f.remote[p] = paths
		}
		return err
	})
	return f, err
}

// files gives the paths of packages, which are named by their checksums.
func (r *sourceRepo) files(ctx context.Context, ids map[string]*rpm.Package) (map[*rpm.Package][]string, error) {
	in, err := r.open(ctx, "filelists")
	if err != nil {
		return nil, err
	}
	defer in.Close()
	found := map[*rpm.Package][]string{}
	err = rpmmd.ReadFilelists(ctx, in, func(id string, path []byte, _ rpmmd.FileKind) error {
		if p := ids[id]; p != nil {
			found[p] = append(found[p], string(path))
		}
		return nil
	})
	return found, r.Reading("filelists", err)
}

// EachPath calls fn with the paths of all files of a package until fn returns
// false. buf belongs to the caller while it runs.
func (f *FileLists) EachPath(buf *store.Buffer, p *rpm.Package, fn func(path []byte) bool) error {
	if e := f.entries[p]; e != nil && e.Rec != nil {
		return e.Rec.EachPath(buf, fn)
	}
	for _, path := range f.remote[p] {
		if !fn([]byte(path)) {
			return nil
		}
	}
	return nil
}
