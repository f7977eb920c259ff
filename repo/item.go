package repo

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"compose/internal/rpm"
	"compose/internal/rpm/store"
)

// Item is one package of a repository.
type Item struct {
	// Rec is the package, and Source the package where its record is not in
	// memory. One of them is needed.
	Rec    *store.Record
	Source Source
	// Href is the path of the file relative to the repository, with slashes.
	Href string
	// Base is a URL that Href is relative to instead; mostly empty.
	Base string
	// FileTime is the modification time of the file, in seconds since the epoch.
	FileTime int64
}

// Source gives a package when it is written, so that a repository of any size
// needs memory for the packages at hand only. Several goroutines use the
// sources of several items at once.
type Source interface {
	// Known gives the package without its fragments where no file must be
	// read for it; nil otherwise. Of the package, name, epoch, version,
	// release, architecture and checksum are needed.
	Known() *rpm.Package
	// Load gives the package and its fragments, which are valid until buf is
	// used again. The error of a package that is itself at fault is an
	// *Unreadable.
	Load(ctx context.Context, buf *store.Buffer) (*rpm.Package, rpm.Fragments, error)
}

// Unreadable is the error of a package that is itself at fault; see
// Options.Skip.
type Unreadable struct{ Err error }

func (e *Unreadable) Error() string { return e.Err.Error() }

// Unwrap gives what is wrong.
func (e *Unreadable) Unwrap() error { return e.Err }

// known is Source.Known for both kinds of items.
func (it *Item) known() *rpm.Package {
	if it.Rec != nil {
		return it.Rec.Pkg
	}
	return it.Source.Known()
}

// load is Source.Load for both kinds of items.
func (it *Item) load(ctx context.Context, buf *store.Buffer) (*rpm.Package, rpm.Fragments, error) {
	if it.Rec != nil {
		f, err := it.Rec.Fragments(buf)
		return it.Rec.Pkg, f, err
	}
	return it.Source.Load(ctx, buf)
}

func compareItems(a, b Item) int {
	return cmp.Or(strings.Compare(a.Href, b.Href), strings.Compare(a.Base, b.Base))
}

// sorted gives the items by path, and refuses two of one path.
func sorted(items []Item) ([]Item, error) {
	if !slices.IsSortedFunc(items, compareItems) {
		items = slices.Clone(items)
		slices.SortFunc(items, compareItems)
	}
	for i, it := range items {
		if i > 0 && it.Href == items[i-1].Href && it.Base == items[i-1].Base {
			return nil, fmt.Errorf("two packages at %s", it.Href)
		}
		if it.Source == nil && (it.Rec == nil || it.Rec.Pkg.Sum.Hex == "") {
			return nil, fmt.Errorf("%s: no checksum", it.Href)
		}
	}
	return items, nil
}

// noteTwice tells of packages of one name and version. names has a digest of
// that of each item.
func noteTwice(items []Item, names []uint64, note func(string)) {
	seen := make(map[uint64]int, len(items))
	for i, n := range names {
		if at, ok := seen[n]; ok {
			name := items[i].Href
			if p := items[i].known(); p != nil {
				name = p.NEVRA()
			}
			note(fmt.Sprintf("%s is there twice: %s and %s", name, items[at].Href, items[i].Href))
		}
		seen[n] = i
	}
}
