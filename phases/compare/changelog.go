package compare

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"compose/internal/rpm"
	"compose/internal/rpm/header"
)

// Entry is one entry of a changelog.
type Entry struct {
	Date   string `json:"date"` // YYYY-MM-DD, UTC
	Author string `json:"author"`
	Text   string `json:"text"`
}

const maxEntries = 20

// readBuilds reads summaries and changelogs from one package of each build.
func readBuilds(ctx context.Context, list []Build) error {
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i := range list {
		g.Go(func() error {
			list[i].read()
			return context.Cause(ctx)
		})
	}
	return g.Wait()
}

func (b *Build) read() {
	newest := b.newFile
	if newest == nil {
		newest = b.oldFile
	}
	details, err := readDetails(newest)
	if err != nil {
		b.Unreadable = err.Error()
		return
	}
	b.Summary = details.Summary
	if b.What != Upgraded {
		return
	}
	old, err := readDetails(b.oldFile)
	if err != nil {
		b.Unreadable = err.Error()
		return
	}
	for _, e := range newer(details.Changelogs, old.Changelogs) {
		if len(b.Changes) == maxEntries {
			b.More++
			continue
		}
		b.Changes = append(b.Changes, Entry{time.Unix(e.Time, 0).UTC().Format(time.DateOnly), e.Author, e.Text})
	}
}

// readDetails reads the header of a package and nothing else of it.
func readDetails(at *file) (*rpm.Details, error) {
	if !at.there {
		return nil, fmt.Errorf("%s: %w", at.path, fs.ErrNotExist)
	}
	f, err := os.Open(at.path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	fi, err := f.Stat()
	if err != nil {
		return nil, err
	}
	_, details, err := header.Read(f, fi.Size())
	return details, err
}

// newer gives the entries of a changelog that another one has not.
func newer(now, old []rpm.Changelog) []rpm.Changelog {
	known := map[rpm.Changelog]bool{}
	for _, e := range old {
		known[e] = true
	}
	return slices.DeleteFunc(slices.Clone(now), func(e rpm.Changelog) bool { return known[e] })
}
