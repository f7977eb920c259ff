// Package explain answers why a package is in a tree of a compose, or why it
// is not. It reads what the compose keeps of its decisions and nothing else:
// no configuration, no package, no store.
package explain

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"compose/gather"
	"compose/internal/rpm"
	"compose/phases"
	"compose/phases/record"
)

// Compose is a compose whose decisions can be asked for.
type Compose struct {
	ID     string
	Status string // the word in STATUS; "" where there is none
	top    fs.FS
	trees  []string // names, sorted
}

// Open finds the records of a compose in its folder, which may be a link to
// it, or the folder "compose" in it.
func Open(dir string) (*Compose, error) {
	resolved, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return nil, fmt.Errorf("opening compose: %w", err)
	}
	layout := phases.Layout{Top: resolved}
	if parent := (phases.Layout{Top: filepath.Dir(resolved)}); parent.Compose() == resolved {
		layout = parent
	}
	c := &Compose{top: os.DirFS(layout.Top)}
	if c.ID, err = c.word(phases.Layout{}.ComposeID()); err != nil {
		return nil, fmt.Errorf("opening compose %s: it has no COMPOSE_ID: %w", dir, plain(err))
	}
	if c.Status, err = c.word(phases.Layout{}.Status()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("opening compose %s: %w", dir, err)
	}
	files, err := fs.Glob(c.top, phases.Layout{}.GatherResult(phases.Tree{Variant: "*", Arch: "*"}))
	if err != nil {
		return nil, fmt.Errorf("opening compose %s: %w", dir, err)
	}
	for _, f := range files {
		name := strings.TrimSuffix(path.Base(f), path.Ext(f))
		if f == recordOf(name) {
			c.trees = append(c.trees, name)
		}
	}
	if len(c.trees) == 0 {
		return nil, fmt.Errorf("opening compose %s: it has no record of what was gathered", dir)
	}
	slices.Sort(c.trees)
	return c, nil
}

// plain takes the path out of an error: the message names the compose.
func plain(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}

// maxWord bounds COMPOSE_ID and STATUS.
const maxWord = 4096

// word reads a file of one word.
func (c *Compose) word(name string) (string, error) {
	f, err := c.top.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxWord))
	return strings.TrimSpace(string(b)), err
}

// Trees are the names of the trees, sorted.
func (c *Compose) Trees() []string { return slices.Clone(c.trees) }

// archOf is the architecture in the name of a tree.
func archOf(tree string) string { return tree[strings.LastIndexByte(tree, '.')+1:] }

func recordOf(tree string) string {
	arch := archOf(tree)
	return phases.Layout{}.GatherResult(phases.Tree{Variant: strings.TrimSuffix(tree, "."+arch), Arch: arch})
}

// tree is what is known of one tree.
type tree struct {
	name string
	res  *gather.Result
	list []record.Listed // what the trees of the architecture could have
	// listed is false where the compose does not keep that.
	listed bool
	// unsigned are those of them that no key allows, by NEVRA.
	unsigned map[string]bool
	chain    func(*rpm.Package) []gather.Picked
	// lost are the packages that other trees of the family have instead.
	lost map[*rpm.Package]record.Trimmed
	// got are packages of other trees of the family that came here.
	got    []arrival
	byName map[string][]int // places in res.Packages, by NEVRA
}

type arrival struct {
	from *tree
	pick gather.Picked
}

// readAtOnce bounds how many records are read at once.
const readAtOnce = 16

// read reads what the records of trees say of the packages that a query means.
func (c *Compose) read(names []string, m matcher) (map[string]*tree, error) {
	slots := make([]*tree, len(names))
	lists, listed := map[string][]record.Listed{}, map[string]bool{}
	var g errgroup.Group
	g.SetLimit(readAtOnce)
	for i, name := range names {
		if _, known := lists[archOf(name)]; !known {
			lists[archOf(name)] = nil
		}
		g.Go(func() error {
			res, err := readRecord(c.top, recordOf(name), m, record.ReadGathered)
			if err == nil {
				slots[i] = &tree{name: name, res: res, chain: res.Chains(), unsigned: map[string]bool{}, lost: map[*rpm.Package]record.Trimmed{}}
			}
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	for arch := range lists {
		list, err := readRecord(c.top, phases.Layout{}.PackageList(arch), m, record.ReadPackages)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		lists[arch], listed[arch] = list, err == nil
	}
	trees := map[string]*tree{}
	for _, t := range slots {
		t.list, t.listed = lists[archOf(t.name)], listed[archOf(t.name)]
		for _, l := range t.list {
			if l.Unsigned {
				t.unsigned[l.Pkg.NEVRA()] = true
			}
		}
		trees[t.name] = t
	}
	return trees, c.readTrims(trees, m)
}

func readRecord[T any](top fs.FS, name string, m matcher, read func(io.Reader, record.Match) (T, error)) (T, error) {
	f, err := top.Open(name)
	if err != nil {
		var none T
		return none, fmt.Errorf("reading record: %w", err)
	}
	defer f.Close()
	t, err := read(f, m.means)
	if err != nil {
		return t, fmt.Errorf("reading record %s: %w", name, err)
	}
	return t, nil
}

// names gives the names of all packages that the records know, sorted.
func (c *Compose) names() []string {
	files := map[string]bool{}
	for _, name := range c.trees {
		files[recordOf(name)], files[phases.Layout{}.PackageList(archOf(name))] = true, true
	}
	names := map[string]bool{}
	for file := range files {
		f, err := c.top.Open(file)
		if err != nil {
			continue // what could be read was told of before
		}
		_ = record.Names(f, func(nevra string) {
			if p, err := rpm.ParseNEVRA(nevra); err == nil {
				names[p.Name] = true
			}
		})
		f.Close()
	}
	return slices.Sorted(maps.Keys(names))
}

// readTrims notes what was moved between the trees of families.
func (c *Compose) readTrims(trees map[string]*tree, m matcher) error {
	files, err := fs.Glob(c.top, phases.Layout{}.TrimRecord("*"))
	if err != nil {
		return err
	}
	for _, file := range files {
		list, err := readRecord(c.top, file, m, record.ReadTrims)
		if err != nil {
			return err
		}
		for _, x := range list {
			if from := trees[x.Tree]; from != nil {
				from.lose(x, trees[x.Other+"."+archOf(x.Tree)])
			}
		}
	}
	return nil
}

// lose notes that a package of the tree is in another one instead; to may be
// nil.
func (t *tree) lose(x record.Trimmed, to *tree) {
	if t.byName == nil {
		t.byName = map[string][]int{}
		for i, pick := range t.res.Packages {
			t.byName[pick.Pkg.NEVRA()] = append(t.byName[pick.Pkg.NEVRA()], i)
		}
	}
	for _, i := range t.byName[x.Pkg.NEVRA()] {
		pick := t.res.Packages[i]
		if pick.Kind != x.Kind {
			continue
		}
		t.lost[pick.Pkg] = x
		if x.Moved && to != nil && to != t {
			to.got = append(to.got, arrival{t, pick})
		}
	}
}
