package diff

import (
	"cmp"
	"context"
	"hash/maphash"
	"slices"

	"compose/internal/repository"
	"compose/internal/rpm"
	"compose/internal/rpmmd"
)

type nameArch struct{ name, arch string }

// entry is what is compared of a package: digests in place of lists.
type entry struct {
	evr      rpm.EVR
	sum      rpm.Checksum
	location string
	fields   [len(fieldNames)]uint64
}

// fieldNames are what differing tells apart.
var fieldNames = [...]string{"size", "installed size", "build time", "source package", "files",
	"provides", "requires", "conflicts", "obsoletes", "recommends", "suggests", "supplements", "enhances"}

// sortEntries puts packages of one name and architecture in order: by
// version, and copies of one version so that equal ones meet.
func sortEntries(list []entry) {
	slices.SortFunc(list, func(a, b entry) int {
		return cmp.Or(a.evr.Compare(b.evr), cmp.Compare(a.evr.String(), b.evr.String()),
			cmp.Compare(a.sum.Hex, b.sum.Hex), cmp.Compare(a.location, b.location))
	})
}

// sameBut says whether two packages whose checksums have different types are
// the same as far as the metadata tells.
func (e *entry) sameBut(o *entry) bool { return e.sum.Type != o.sum.Type && e.fields == o.fields }

func differing(a, b *entry) []string {
	out := []string{}
	for i, name := range fieldNames {
		if a.fields[i] != b.fields[i] {
			out = append(out, name)
		}
	}
	return out
}

func read(ctx context.Context, r *repository.Repository) (map[nameArch][]entry, error) {
	d, err := r.Find("primary")
	if err != nil {
		return nil, err
	}
	f, err := r.Open(ctx, d)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	out := map[nameArch][]entry{}
	err = rpmmd.ReadPrimary(ctx, f, func(x rpmmd.Entry) error {
		n := nameArch{x.Pkg.Name, x.Pkg.Arch}
		out[n] = append(out[n], newEntry(&x))
		return nil
	})
	return out, r.Reading("primary", err)
}

func newEntry(x *rpmmd.Entry) entry {
	p := x.Pkg
	e := entry{evr: p.EVR(), sum: p.Sum, location: x.Href}
	if x.Base != "" {
		e.location = x.Base + "/" + x.Href
	}
	e.fields = [len(fieldNames)]uint64{
		uint64(p.Size), uint64(p.Installed), uint64(p.BuildTime), maphash.String(seed, p.SourceRPM), digest(x.Files),
		deps(p.Provides), deps(p.Requires), deps(p.Conflicts), deps(p.Obsoletes),
		deps(p.Recommends), deps(p.Suggests), deps(p.Supplements), deps(p.Enhances),
	}
	return e
}

// seed makes the digests of one run comparable.
var seed = maphash.MakeSeed()

// digest does not depend on the order: repositories sort differently.
func digest(list []string) (sum uint64) {
	for _, s := range list {
		sum += maphash.String(seed, s)
	}
	return sum
}

func deps(list []rpm.Dep) (sum uint64) {
	for _, d := range list {
		sum += maphash.Comparable(seed, d)
	}
	return sum
}
