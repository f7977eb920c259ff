// Package diff says how two repositories differ: in their packages, and in
// the types of metadata that they have. It reads metadata only.
package diff

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"golang.org/x/sync/errgroup"

	"compose/internal/repository"
	"compose/internal/rpm"
)

// Diff is the difference between an old and a new repository. Lists are
// sorted by name and architecture.
type Diff struct {
	Added   []string `json:"added"`   // name-epoch:version-release.arch
	Removed []string `json:"removed"` // likewise
	// Upgraded and Downgraded have what took the place of another version:
	// of the versions that only one side has, the highest ones.
	Upgraded   []Replaced `json:"upgraded"`
	Downgraded []Replaced `json:"downgraded"`
	// Changed are packages of one name, version and architecture that are
	// other files.
	Changed []Changed `json:"changed"`
	// Moved are the same files at other locations.
	Moved []Moved `json:"moved"`
	// Metadata has the types that only one side has, or whose content differs.
	Metadata []Metadata `json:"metadata"`
	// Unchanged counts the packages that are the same files at the same places.
	Unchanged int `json:"unchanged"`
}

// Replaced is a package in two versions.
type Replaced struct {
	Name string `json:"name"`
	Arch string `json:"arch"`
	Old  string `json:"old"` // [epoch:]version-release
	New  string `json:"new"`
}

// Changed is a package that was made anew under its old version.
type Changed struct {
	Package string `json:"package"`
	// Fields are what the metadata says differently, beside the checksum.
	Fields []string `json:"fields"`
}

// Moved is a package whose location changed.
type Moved struct {
	Package string `json:"package"`
	Old     string `json:"old"`
	New     string `json:"new"`
}

// Metadata is a type of metadata that differs.
type Metadata struct {
	Type string `json:"type"`
	// Change is added, removed, changed, or recompressed: another file of the
	// same content.
	Change string `json:"change"`
}

// Empty says whether the two have the same content.
func (d *Diff) Empty() bool {
	same := func(m Metadata) bool { return m.Change == "recompressed" }
	return len(d.Added)+len(d.Removed)+len(d.Upgraded)+len(d.Downgraded)+len(d.Changed)+len(d.Moved) == 0 &&
		!slices.ContainsFunc(d.Metadata, func(m Metadata) bool { return !same(m) })
}

// Compare compares an old with a new repository.
func Compare(ctx context.Context, old, new *repository.Repository) (*Diff, error) {
	var sides [2]map[nameArch][]entry
	g, gctx := errgroup.WithContext(ctx)
	for i, r := range []*repository.Repository{old, new} {
		g.Go(func() (err error) {
			sides[i], err = read(gctx, r)
			return err
		})
	}
	err := g.Wait()
	d := &Diff{Added: []string{}, Removed: []string{}, Upgraded: []Replaced{}, Downgraded: []Replaced{}, Changed: []Changed{}, Moved: []Moved{}}
	if err == nil {
		d.packages(sides[0], sides[1])
		d.Metadata, err = metadata(ctx, old, new)
	}
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return d, err
}

func (d *Diff) packages(old, new map[nameArch][]entry) {
	all := maps.Clone(old)
	maps.Copy(all, new)
	names := slices.SortedFunc(maps.Keys(all), func(a, b nameArch) int {
		return cmp.Or(cmp.Compare(a.name, b.name), cmp.Compare(a.arch, b.arch))
	})
	for _, n := range names {
		d.pair(n, old[n], new[n])
	}
}

// pair compares the packages of one name and architecture.
func (d *Diff) pair(n nameArch, old, new []entry) {
	sortEntries(old)
	sortEntries(new)
	var gone, come []entry
	for len(old) > 0 && len(new) > 0 {
		switch c := old[0].evr.Compare(new[0].evr); {
		case c == 0 && old[0].evr == new[0].evr:
			d.same(n, &old[0], &new[0])
			old, new = old[1:], new[1:]
		case c < 0 || c == 0 && old[0].evr.String() < new[0].evr.String():
			gone, old = append(gone, old[0]), old[1:]
		default:
			come, new = append(come, new[0]), new[1:]
		}
	}
	gone, come = append(gone, old...), append(come, new...)
	if len(gone) > 0 && len(come) > 0 {
		a, b := gone[len(gone)-1], come[len(come)-1]
		gone, come = gone[:len(gone)-1], come[:len(come)-1]
		r := Replaced{n.name, n.arch, a.evr.String(), b.evr.String()}
		if a.evr.Compare(b.evr) <= 0 {
			d.Upgraded = append(d.Upgraded, r)
		} else {
			d.Downgraded = append(d.Downgraded, r)
		}
	}
	for _, e := range gone {
		d.Removed = append(d.Removed, n.nevra(e.evr))
	}
	for _, e := range come {
		d.Added = append(d.Added, n.nevra(e.evr))
	}
}

// same compares two packages of one version.
func (d *Diff) same(n nameArch, a, b *entry) {
	switch {
	case a.sum != b.sum && !a.sameBut(b):
		d.Changed = append(d.Changed, Changed{n.nevra(a.evr), differing(a, b)})
	case a.location != b.location:
		d.Moved = append(d.Moved, Moved{n.nevra(a.evr), a.location, b.location})
	default:
		d.Unchanged++
	}
}

func (n nameArch) nevra(v rpm.EVR) string {
	p := rpm.Package{Name: n.name, Arch: n.arch, Epoch: v.Epoch, Version: v.Version, Release: v.Release}
	return p.NEVRA()
}
