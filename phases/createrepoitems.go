package phases

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"compose/internal/rpm"
	"compose/internal/rpm/store"
	"compose/internal/rpmmd"
	"compose/pkgset"
	"compose/repo"
)

// items are the packages of the repository, read when they are written.
func (r *dirRepo) items(files []pkgset.File) ([]repo.Item, error) {
	if r.ChangelogLimit < 0 || r.ChangelogLimit > MaxChangelog {
		return nil, fmt.Errorf("changelog limit %d: only 0 to %d entries are known", r.ChangelogLimit, MaxChangelog)
	}
	items := make([]repo.Item, len(files))
	sources := make([]fileSource, len(files))
	for i := range files {
		href, err := r.href(files[i].Rel())
		if err != nil {
			return nil, err
		}
		sources[i] = fileSource{&files[i], r}
		items[i] = repo.Item{Source: &sources[i], Href: href, Base: r.BaseURL, FileTime: files[i].Time()}
	}
	slices.SortFunc(items, func(a, b repo.Item) int { return strings.Compare(a.Href, b.Href) })
	return items, nil
}

// href gives the location of a package: createrepo_c's --cut-dirs and
// --location-prefix.
func (r *dirRepo) href(rel string) (string, error) {
	for range r.CutDirs {
		i := strings.IndexByte(rel, '/')
		if i < 0 {
			break
		}
		rel = rel[i+1:]
	}
	if r.LocationPrefix == "" {
		return rel, nil
	}
	return strings.TrimRight(r.LocationPrefix, "/") + "/" + rel, nil
}

// fileSource is a package of a folder.
type fileSource struct {
	file *pkgset.File
	repo *dirRepo
}

// Known is repo.Source's.
func (s *fileSource) Known() *rpm.Package { return s.repo.reader.Known(s.file) }

// Load is repo.Source's.
func (s *fileSource) Load(ctx context.Context, buf *store.Buffer) (*rpm.Package, rpm.Fragments, error) {
	p, f, err := s.repo.reader.Load(ctx, s.file, buf)
	var broken *pkgset.BrokenError
	if errors.As(err, &broken) {
		err = &repo.Unreadable{Err: broken.Files[0].Err}
	}
	if err != nil {
		return nil, rpm.Fragments{}, err
	}
	if s.repo.ChangelogLimit < MaxChangelog {
		f.Other = rpmmd.LimitChangelog(f.Other, s.repo.ChangelogLimit)
	}
	s.repo.names.add(s.file, p)
	return p, f, nil
}

// nevras notes which packages were loaded, for who filters by them where
// there is no store to ask.
type nevras struct {
	mu sync.Mutex
	of map[*pkgset.File]rpm.Package
}

func (n *nevras) add(f *pkgset.File, p *rpm.Package) {
	if n == nil {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.of[f] = rpm.Package{Name: p.Name, Epoch: p.Epoch, Version: p.Version, Release: p.Release, Arch: p.Arch}
}
