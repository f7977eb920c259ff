// Package compare tells two composes apart: which packages are in one and not
// in the other, in which trees, how large they are, and what their changelogs
// say of the time between. It reads rpms.json and the packages of finished
// composes, Pungi's too, and knows neither configuration nor plans.
package compare

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
)

// What says what became of a package.
type What string

// The kinds of change, in the order in which a tree's changes come.
const (
	Added      What = "added"
	Removed    What = "removed"
	Upgraded   What = "upgraded"
	Downgraded What = "downgraded"
	Moved      What = "moved"    // between trees of the same architecture
	Resigned   What = "resigned" // the same content, signed with another key
	Changed    What = "changed"  // the same name and version, another content
)

// Kinds are all kinds of change in their order.
func Kinds() []What {
	return []What{Added, Removed, Upgraded, Downgraded, Moved, Resigned, Changed}
}

// Change is what became of one package in one tree.
type Change struct {
	What     What   `json:"what"`
	Name     string `json:"name"`
	Arch     string `json:"arch"`
	Category string `json:"category"` // binary, debug, source
	Old      string `json:"old,omitempty"`
	New      string `json:"new,omitempty"`
	// OldArch is set where the architecture changed too.
	OldArch string `json:"old_arch,omitempty"`
	// From is the tree that a moved package was in, To the one that it went
	// to: each move is told in both trees.
	From string `json:"from,omitempty"`
	To   string `json:"to,omitempty"`
	// OldKey and NewKey are the keys of a resigned package.
	OldKey string `json:"old_key,omitempty"`
	NewKey string `json:"new_key,omitempty"`
	// OldSize and NewSize are the sizes of the files in bytes, 0 where there
	// is none.
	OldSize int64 `json:"old_size"`
	NewSize int64 `json:"new_size"`
}

// Totals are what a tree has.
type Totals struct {
	Packages int   `json:"packages"` // binary ones
	Debug    int   `json:"debug"`
	Source   int   `json:"source"`
	Bytes    int64 `json:"bytes"` // of all files
}

// Tree compares one tree. Old or New is nil where there is no such tree.
type Tree struct {
	Tree    string   `json:"tree"` // UID.ARCH
	Old     *Totals  `json:"old"`
	New     *Totals  `json:"new"`
	Changes []Change `json:"changes"` // by kind, category and name
}

// Difference is what tells two composes apart.
type Difference struct {
	Old   string `json:"old"` // ids
	New   string `json:"new"`
	Trees []Tree `json:"trees"` // all of either, by name
	// Builds are source packages with all that was built from them, over all
	// trees: those that are new, gone, or there in another version, by kind
	// and name.
	Builds []Build `json:"builds"`
	// Notes say what could not be looked at.
	Notes []string `json:"notes,omitempty"`
}

// Same says whether there is no difference: the same trees with the same
// packages. Where in a tree a file lies does not count.
func (d *Difference) Same() bool {
	return len(d.Builds) == 0 && !slices.ContainsFunc(d.Trees, func(t Tree) bool {
		return t.Old == nil || t.New == nil || len(t.Changes) > 0
	})
}

// Options say what to look at; the zero value looks at everything.
type Options struct {
	Trees        string // a glob on the names of trees
	NoChangelogs bool   // leaves out what has to be read from packages
}

// Composes compares two composes, each by its folder. Errors are about the
// composes as a whole; of single packages that cannot be read there are
// remarks.
func Composes(ctx context.Context, oldDir, newDir string, o Options) (*Difference, error) {
	before, err := load(ctx, oldDir, o.Trees)
	if err != nil {
		return nil, err
	}
	after, err := load(ctx, newDir, o.Trees)
	if err != nil {
		return nil, err
	}
	if len(before.trees)+len(after.trees) == 0 && o.Trees != "" {
		return nil, &NoTreeError{o.Trees, slices.Compact(slices.Sorted(slices.Values(slices.Concat(before.all, after.all))))}
	}
	d := &Difference{Old: before.id, New: after.id, Trees: []Tree{}, Builds: []Build{}}
	if err := d.compareTrees(ctx, before, after); err != nil {
		return nil, err
	}
	d.Builds = builds(before, after)
	if !o.NoChangelogs {
		if err := readBuilds(ctx, d.Builds); err != nil {
			return nil, err
		}
	}
	for _, c := range []*compose{before, after} {
		if c.missing > 0 {
			d.Notes = append(d.Notes, fmt.Sprintf("%s: %d files are not there, their sizes count as 0", c.id, c.missing))
		}
	}
	return d, nil
}

// NoTreeError says that neither compose has such a tree.
type NoTreeError struct {
	Tree  string
	Trees []string // that there are
}

func (e *NoTreeError) Error() string {
	return fmt.Sprintf("tree %q: there is none; trees are %s", e.Tree, strings.Join(e.Trees, ", "))
}

func matchTree(glob, name string) bool {
	ok, err := path.Match(glob, name)
	return glob == "" || ok && err == nil
}

func (d *Difference) compareTrees(ctx context.Context, before, after *compose) error {
	names := map[string]bool{}
	for _, c := range []*compose{before, after} {
		for t := range c.trees {
			names[t] = true
		}
	}
	found := map[string][]change{}
	var kept []pair
	for name := range names {
		changes, same := compareTree(before.trees[name], after.trees[name])
		found[name] = changes
		for _, p := range same {
			p.tree = name
			kept = append(kept, p)
		}
	}
	other, err := compareContent(ctx, kept)
	if err != nil {
		return err
	}
	for tree, changes := range other {
		found[tree] = append(found[tree], changes...)
	}
	findMoves(found)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		d.Trees = append(d.Trees, Tree{name, totals(before.trees[name]), totals(after.trees[name]), finished(found[name])})
	}
	return nil
}

// finished gives the changes of a tree in their order.
func finished(list []change) []Change {
	out := make([]Change, len(list))
	for i, c := range list {
		out[i] = c.finish()
	}
	kinds := Kinds()
	slices.SortFunc(out, func(a, b Change) int {
		return cmp.Or(cmp.Compare(slices.Index(kinds, a.What), slices.Index(kinds, b.What)), cmp.Compare(a.Category, b.Category),
			cmp.Compare(a.Name, b.Name), cmp.Compare(a.Arch, b.Arch), cmp.Compare(a.New, b.New), cmp.Compare(a.Old, b.Old), cmp.Compare(a.From+a.To, b.From+b.To))
	})
	return out
}
