package publish

import (
	"bytes"
	"context"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// unit is a folder that changes as a whole: one that readers expect to be of
// one piece, as a tree with its repository, boot images and .treeinfo.
type unit struct {
	dir string
	// fresh files come from the compose, keep ones stay as they are.
	fresh, keep []string
	changed     bool
}

// unitOf gives the folder that a file changes with: metadata, or VARIANT/ARCH/os
// and what else there is on that level. Files that lie above have none, and
// change one by one.
func unitOf(name string) string {
	elem := strings.Split(name, "/")
	switch {
	case elem[0] == "metadata" && len(elem) > 1:
		return elem[0]
	case len(elem) > 3:
		return strings.Join(elem[:3], "/")
	}
	return ""
}

// plan decides what becomes of each file and gives the folders that change,
// metadata of the compose last.
func (p *publisher) plan(ctx context.Context, fresh, there files) ([]*unit, error) {
	units := map[string]*unit{}
	of := func(name string) *unit {
		dir := unitOf(name)
		if units[dir] == nil {
			units[dir] = &unit{dir: dir}
		}
		return units[dir]
	}
	for _, name := range slices.Sorted(maps.Keys(fresh)) {
		same, err := p.same(ctx, name, fresh[name], there)
		if err != nil {
			return nil, err
		}
		u := of(name)
		if same {
			p.res.Same++
			u.keep = append(u.keep, name)
			continue
		}
		u.fresh, u.changed = append(u.fresh, name), true
		p.progress.AllFiles++
		p.progress.AllBytes += fresh[name].size
	}
	for _, name := range slices.Sorted(maps.Keys(there)) {
		if _, ok := fresh[name]; ok {
			delete(p.state, name)
			continue
		}
		u := of(name)
		if p.outlived(name) {
			p.res.Deleted, u.changed = append(p.res.Deleted, name), true
			delete(p.state, name)
			continue
		}
		p.res.Kept++
		u.keep = append(u.keep, name)
	}
	maps.DeleteFunc(p.state, func(name string, _ int64) bool { _, ok := there[name]; return !ok })
	return p.changing(units), nil
}

// changing gives the folders that change, and counts what a dry run would do.
func (p *publisher) changing(units map[string]*unit) []*unit {
	var out []*unit
	for _, dir := range slices.Sorted(maps.Keys(units)) {
		if u := units[dir]; u.changed {
			out = append(out, u)
		}
	}
	slices.SortStableFunc(out, func(a, b *unit) int { return rank(a) - rank(b) })
	if p.DryRun {
		for _, u := range out {
			p.res.Switched = append(p.res.Switched, u.name())
		}
		p.res.Linked, p.res.LinkedBytes = p.progress.AllFiles, p.progress.AllBytes
		if p.Copy {
			p.res.Copied, p.res.CopiedBytes, p.res.Linked, p.res.LinkedBytes = p.res.Linked, p.res.LinkedBytes, 0, 0
		}
	}
	return out
}

// rank puts what tells of the trees behind them.
func rank(u *unit) int {
	if u.dir == "" || u.dir == "metadata" {
		return 1
	}
	return 0
}

func (u *unit) name() string {
	if u.dir == "" {
		return "."
	}
	return u.dir
}

// outlived says whether a file that the compose does not have is to go now.
func (p *publisher) outlived(name string) bool {
	if !p.Delete || !p.chosen(name) {
		return false
	}
	since, seen := p.state[name]
	if !seen {
		since = p.Now.Unix()
		p.state[name] = since
	}
	return time.Duration(p.Now.Unix()-since)*time.Second >= p.Grace
}

// same says whether the mirror has a file already.
func (p *publisher) same(ctx context.Context, name string, f file, there files) (bool, error) {
	if t, ok := there[name]; !ok || t.size != f.size {
		return false, nil
	} else if !p.CheckAll {
		return t.mtime == f.mtime, nil
	}
	a, err := os.Open(filepath.Join(p.source, name))
	if err != nil {
		return false, err
	}
	defer a.Close()
	b, err := p.root.Open(name)
	if err != nil {
		return false, err
	}
	defer b.Close()
	return sameContent(ctx, a, b)
}

func sameContent(ctx context.Context, a, b io.Reader) (bool, error) {
	x, y := make([]byte, 256<<10), make([]byte, 256<<10)
	for {
		if ctx.Err() != nil {
			return false, context.Cause(ctx)
		}
		n, err1 := io.ReadFull(a, x)
		m, err2 := io.ReadFull(b, y)
		if !bytes.Equal(x[:n], y[:m]) {
			return false, nil
		}
		if atEnd(err1) && atEnd(err2) {
			return true, nil
		}
		if err1 != nil {
			return false, err1
		}
		if err2 != nil {
			return false, err2
		}
	}
}

func atEnd(err error) bool { return err == io.EOF || err == io.ErrUnexpectedEOF }
