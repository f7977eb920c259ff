// Package compare tells two composes apart: which packages are in one and not
// in the other, in which trees, how large they are, and what their changelogs
// say of the time between. It reads finished composes and knows neither
// configuration nor plans.
package compare

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"compose/internal/productmd"
	"compose/internal/rpm"
)

// What says what became of a package.
type What string

// The kinds of change, in the order in which a tree's changes come.
const (
	Added      What = "added"
	Removed    What = "removed"
	Upgraded   What = "upgraded"
	Downgraded What = "downgraded"
	Moved      What = "moved" // from another tree of the same architecture
)

var order = []What{Added, Removed, Upgraded, Downgraded, Moved}

// Change is what became of one package in one tree.
type Change struct {
	Tree     string `json:"tree"` // UID.ARCH
	What     What   `json:"what"`
	Name     string `json:"name"`
	Arch     string `json:"arch"`
	Category string `json:"category"` // binary, debug, source
	Old      string `json:"old,omitempty"`
	New      string `json:"new,omitempty"`
	// From is the tree that a moved package was in.
	From string `json:"from,omitempty"`
	// OldSize and NewSize are the sizes of the files in bytes, 0 where there
	// is none.
	OldSize int64 `json:"old_size,omitempty"`
	NewSize int64 `json:"new_size,omitempty"`

	oldPath, newPath string
	source           string // name of the source package
}

// Difference is what tells two composes apart.
type Difference struct {
	Old     string   `json:"old"` // ids
	New     string   `json:"new"`
	Changes []Change `json:"changes"` // by tree, kind and name
	Builds  []Build  `json:"builds"`  // that were upgraded, by name
}

// Composes compares two composes, each by its folder.
func Composes(oldDir, newDir string) (*Difference, error) {
	before, err := load(oldDir)
	if err != nil {
		return nil, err
	}
	after, err := load(newDir)
	if err != nil {
		return nil, err
	}
	d := &Difference{Old: before.id, New: after.id, Changes: []Change{}, Builds: []Build{}}
	trees := map[string]bool{}
	for _, c := range []*compose{before, after} {
		for t := range c.trees {
			trees[t] = true
		}
	}
	for _, t := range slices.Sorted(maps.Keys(trees)) {
		d.Changes = append(d.Changes, compareTree(t, before.trees[t], after.trees[t])...)
	}
	d.Changes = findMoves(d.Changes)
	for i := range d.Changes {
		c := &d.Changes[i]
		c.OldSize, c.NewSize = before.size(c.oldPath), after.size(c.newPath)
	}
	slices.SortStableFunc(d.Changes, func(a, b Change) int {
		return cmp.Or(cmp.Compare(a.Tree, b.Tree), cmp.Compare(slices.Index(order, a.What), slices.Index(order, b.What)),
			cmp.Compare(a.Category, b.Category), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Arch, b.Arch), cmp.Compare(a.New, b.New))
	})
	d.Builds = builds(d.Changes, before, after)
	return d, nil
}

// slot is what a package stays the same by.
type slot struct{ category, name, arch string }

// version is one package in a slot.
type version struct {
	evr          rpm.EVR
	path, source string
}

// compose is what is read of one.
type compose struct {
	dir, id string
	trees   map[string]map[slot][]version
}

func load(dir string) (*compose, error) {
	f, err := os.Open(filepath.Join(dir, "compose", "metadata", "rpms.json"))
	if err != nil {
		return nil, fmt.Errorf("reading compose: %w", err)
	}
	defer f.Close()
	rpms, err := productmd.LoadRPMs(f)
	if err != nil {
		return nil, fmt.Errorf("reading compose %s: %w", dir, err)
	}
	c := &compose{dir: dir, id: rpms.Compose.ID, trees: map[string]map[slot][]version{}}
	rpms.Each(func(e productmd.RPMEntry) bool {
		err = c.add(e)
		return err == nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading compose %s: %w", dir, err)
	}
	return c, nil
}

func (c *compose) add(e productmd.RPMEntry) error {
	pkg, err := rpm.ParseNEVRA(e.NEVRA)
	if err != nil {
		return err
	}
	source := pkg.Name
	if e.Source != "" {
		src, err := rpm.ParseNEVRA(e.Source)
		if err != nil {
			return err
		}
		source = src.Name
	}
	tree := e.Variant + "." + e.Arch
	if c.trees[tree] == nil {
		c.trees[tree] = map[slot][]version{}
	}
	at := slot{e.Category, pkg.Name, pkg.Arch}
	c.trees[tree][at] = append(c.trees[tree][at], version{pkg.EVR(), e.Path, source})
	return nil
}

// file is a path below the compose folder as it lies on disk.
func (c *compose) file(path string) string { return filepath.Join(c.dir, "compose", path) }

func (c *compose) size(path string) int64 {
	if path == "" {
		return 0
	}
	fi, err := os.Stat(c.file(path))
	if err != nil {
		return 0
	}
	return fi.Size()
}
