package compare

import (
	"cmp"
	"maps"
	"slices"

	"compose/internal/rpm"
)

// Build is a source package and what was built from it.
type Build struct {
	What    What   `json:"what"` // added, removed, upgraded, downgraded
	Name    string `json:"name"`
	Old     string `json:"old,omitempty"`
	New     string `json:"new,omitempty"`
	Summary string `json:"summary,omitempty"`
	// RPMs are the names of the binary packages, of a removed build the old
	// ones; AddedRPMs and RemovedRPMs are what is new and gone among them.
	RPMs        []string `json:"rpms"`
	AddedRPMs   []string `json:"added_rpms,omitempty"`
	RemovedRPMs []string `json:"removed_rpms,omitempty"`
	// OldSize and NewSize are of all files of the build, debug information and
	// sources too, each once however many trees have it.
	OldSize int64 `json:"old_size"`
	NewSize int64 `json:"new_size"`
	// Changes are the entries of the changelog that the older version does
	// not have, newest first; at most maxEntries.
	Changes []Entry `json:"changes,omitempty"`
	// More is how many are left out.
	More int `json:"more,omitempty"`
	// Unreadable says why summary or changelog are not there.
	Unreadable string `json:"unreadable,omitempty"`

	oldFile, newFile *file
}

// group is what a compose has of one source package.
type group struct {
	newest rpm.EVR
	rpms   map[string]bool
	files  map[string]int64 // sizes by NEVRA
	header *file            // of a package of the newest version, best the source package
	rank   int
}

// groups gives the source packages of a compose by name.
func (c *compose) groups() map[string]*group {
	out := map[string]*group{}
	for _, tree := range slices.Sorted(maps.Keys(c.trees)) {
		for _, at := range slices.SortedFunc(maps.Keys(c.trees[tree]), compareSlots) {
			for _, p := range c.trees[tree][at] {
				g := out[p.source.name]
				if g == nil {
					g = &group{rpms: map[string]bool{}, files: map[string]int64{}}
					out[p.source.name] = g
				}
				g.add(at, p)
			}
		}
	}
	return out
}

// categories in the order in which their packages are asked for a changelog.
var categories = []string{"source", "binary", "debug"}

func (g *group) add(at slot, p *pkg) {
	g.files[p.nevra] = p.file.size
	if at.category == "binary" {
		g.rpms[at.name] = true
	}
	rank := slices.Index(categories, at.category)
	c := p.source.evr.Compare(g.newest)
	if g.header == nil || c > 0 || c == 0 && rank < g.rank {
		g.newest, g.header, g.rank = p.source.evr, p.file, rank
	}
}

func (g *group) size() int64 {
	n := int64(0)
	for _, size := range g.files {
		n += size
	}
	return n
}

// builds compares the newest version of each source package.
func builds(before, after *compose) []Build {
	old, now := before.groups(), after.groups()
	out := []Build{}
	for name, g := range now {
		b := Build{What: Added, Name: name, New: g.newest.String(), RPMs: sortedNames(g.rpms), NewSize: g.size(), newFile: g.header}
		if was := old[name]; was != nil {
			c := g.newest.Compare(was.newest)
			if c == 0 {
				continue
			}
			b.What = Upgraded
			if c < 0 {
				b.What = Downgraded
			}
			b.Old, b.OldSize, b.oldFile = was.newest.String(), was.size(), was.header
			b.AddedRPMs, b.RemovedRPMs = without(g.rpms, was.rpms), without(was.rpms, g.rpms)
		}
		out = append(out, b)
	}
	for name, g := range old {
		if now[name] == nil {
			out = append(out, Build{What: Removed, Name: name, Old: g.newest.String(), RPMs: sortedNames(g.rpms), OldSize: g.size(), oldFile: g.header})
		}
	}
	slices.SortFunc(out, func(a, b Build) int {
		return cmp.Or(cmp.Compare(slices.Index(Kinds(), a.What), slices.Index(Kinds(), b.What)), cmp.Compare(a.Name, b.Name))
	})
	return out
}

func sortedNames(set map[string]bool) []string {
	return slices.AppendSeq([]string{}, slices.Values(slices.Sorted(maps.Keys(set)))) // never null in JSON
}

// without gives the names that the other set has not.
func without(set, other map[string]bool) []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(set)), func(n string) bool { return other[n] })
}
