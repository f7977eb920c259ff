package retain

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"syscall"
)

// inode is a file however many names it has.
type inode struct{ dev, ino uint64 }

// use is what is known of a file with more than one name.
type use struct {
	links uint64 // all that it has
	seen  uint64 // in composes that go
	bytes int64
}

// measure counts what the composes take, and what becomes free.
func (c *collector) measure(ctx context.Context) error {
	going := map[inode]use{}
	for i := range c.res.Composes {
		com := &c.res.Composes[i]
		own, err := c.walk(ctx, com)
		if err != nil {
			return err
		}
		for id, u := range own {
			all := u
			if com.Keep == "" {
				if before, ok := going[id]; ok {
					all.seen += before.seen
				}
				going[id] = all
			}
			if all.seen == all.links {
				com.Free += u.bytes
			}
		}
		if com.Keep == "" && c.DryRun {
			c.res.Removed++
			c.res.Freed += com.Free
		}
	}
	return nil
}

// walk adds up a compose, and gives its files that have several names. What
// goes away meanwhile is not counted.
func (c *collector) walk(ctx context.Context, com *Compose) (map[inode]use, error) {
	own := map[inode]use{}
	top := filepath.Join(c.root.Name(), com.ID)
	err := filepath.WalkDir(top, func(_ string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err == nil {
			err = context.Cause(ctx)
		}
		if err != nil {
			return err
		}
		fi, err := d.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		st, ok := fi.Sys().(*syscall.Stat_t)
		if !ok {
			return nil
		}
		if !d.IsDir() {
			com.Files++
		}
		size := st.Blocks * 512
		if d.IsDir() || st.Nlink == 1 {
			com.Bytes += size
			com.Free += size
			return nil
		}
		id := inode{st.Dev, st.Ino}
		u := own[id]
		if u.seen == 0 {
			com.Bytes += size
		}
		own[id] = use{uint64(st.Nlink), u.seen + 1, size}
		return nil
	})
	return own, err
}
