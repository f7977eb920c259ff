package compare

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"syscall"

	"golang.org/x/sync/errgroup"

	"compose/internal/productmd"
	"compose/internal/rpm"
	"compose/phases"
)

// maxRPMs bounds rpms.json; that of all of Fedora has 100 MB.
const maxRPMs = 512 << 20

// slot is what a package stays the same by.
type slot struct{ category, name, arch string }

// content is what one tree has.
type content map[slot][]*pkg

// pkg is one package of a tree.
type pkg struct {
	evr    rpm.EVR
	sigkey string
	source *source
	nevra  string
	file   *file
}

// source is the source package of a package: itself, of a source package.
type source struct {
	name string
	evr  rpm.EVR
}

// file is a file of a compose, which several trees may have.
type file struct {
	path        string // as it is opened
	there       bool
	size, mtime int64
	dev, inode  uint64
}

// compose is what is read of one.
type compose struct {
	dir, id string
	trees   map[string]content // those that are looked at
	all     []string           // names of all trees
	files   map[string]*file   // by path in the metadata
	sources map[string]*source // by NEVRA
	missing int
}

// load reads the compose in dir, which may also be the folder that a compose
// publishes.
func load(ctx context.Context, dir, trees string) (*compose, error) {
	c := &compose{dir: (phases.Layout{Top: dir}).Compose(), trees: map[string]content{}, files: map[string]*file{}, sources: map[string]*source{}}
	metadata := phases.Layout{Top: dir}.Metadata("rpms.json")
	if _, err := os.Stat(metadata); errors.Is(err, fs.ErrNotExist) {
		published := filepath.Join(dir, phases.Layout{}.Rel(phases.Layout{}.Metadata("rpms.json")))
		if _, err := os.Stat(published); err == nil {
			c.dir, metadata = dir, published
		}
	}
	rpms, err := readRPMs(metadata)
	if err != nil {
		return nil, fmt.Errorf("reading compose %s: %w", dir, err)
	}
	c.id = rpms.Compose.ID
	last := ""
	rpms.Each(func(e productmd.RPMEntry) bool {
		name := e.Variant + "." + e.Arch
		if name != last {
			c.all, last = append(c.all, name), name
		}
		if matchTree(trees, name) {
			err = c.add(name, e)
		}
		return err == nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading compose %s: rpms: %w", dir, err)
	}
	return c, c.stat(ctx)
}

func readRPMs(name string) (*productmd.RPMs, error) {
	fi, err := os.Stat(name) // opening a pipe would wait
	if err != nil {
		return nil, err
	}
	if !fi.Mode().IsRegular() || fi.Size() > maxRPMs {
		return nil, fmt.Errorf("%s: no regular file of at most %d bytes", name, maxRPMs)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return productmd.LoadRPMs(io.LimitReader(f, maxRPMs))
}

func (c *compose) add(tree string, e productmd.RPMEntry) error {
	p, err := rpm.ParseNEVRA(e.NEVRA)
	if err != nil {
		return err
	}
	from, err := c.source(cmp.Or(e.Source, e.NEVRA))
	if err != nil {
		return err
	}
	if c.trees[tree] == nil {
		c.trees[tree] = content{}
	}
	f := c.files[e.Path]
	if f == nil {
		f = &file{path: filepath.Join(c.dir, e.Path)}
		c.files[e.Path] = f
	}
	at := slot{e.Category, p.Name, p.Arch}
	c.trees[tree][at] = append(c.trees[tree][at], &pkg{p.EVR(), e.SigKey, from, e.NEVRA, f})
	return nil
}

func (c *compose) source(nevra string) (*source, error) {
	if s := c.sources[nevra]; s != nil {
		return s, nil
	}
	p, err := rpm.ParseNEVRA(nevra)
	if err != nil {
		return nil, err
	}
	s := &source{p.Name, p.EVR()}
	c.sources[nevra] = s
	return s, nil
}

// stat looks at every file once.
func (c *compose) stat(ctx context.Context) error {
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	var missing atomic.Int64
	files := make([]*file, 0, len(c.files))
	for _, f := range c.files {
		files = append(files, f)
	}
	const batch = 256
	for len(files) > 0 {
		part := files[:min(batch, len(files))]
		files = files[len(part):]
		g.Go(func() error {
			for _, f := range part {
				if !f.stat() {
					missing.Add(1)
				}
			}
			return context.Cause(ctx)
		})
	}
	err := g.Wait()
	c.missing = int(missing.Load())
	return err
}

func (f *file) stat() bool {
	fi, err := os.Stat(f.path)
	if err != nil || !fi.Mode().IsRegular() {
		return false
	}
	f.there, f.size, f.mtime = true, fi.Size(), fi.ModTime().UnixNano()
	if st, ok := fi.Sys().(*syscall.Stat_t); ok {
		f.dev, f.inode = st.Dev, st.Ino
	}
	return true
}

// totals counts what a tree has; nil where there is none.
func totals(c content) *Totals {
	if c == nil {
		return nil
	}
	t := &Totals{}
	for s, list := range c {
		switch s.category {
		case "debug":
			t.Debug += len(list)
		case "source":
			t.Source += len(list)
		default:
			t.Packages += len(list)
		}
		for _, p := range list {
			t.Bytes += p.file.size
		}
	}
	return t
}
