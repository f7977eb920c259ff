package retain

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// remove removes what goes, after what an interrupted run left.
func (c *collector) remove(ctx context.Context) error {
	var errs []error
	for _, name := range c.left {
		if err := c.root.RemoveAll(name); err != nil {
			errs = append(errs, fmt.Errorf("removing %s: %w", name, err))
		}
	}
	for i := range c.res.Composes {
		com := &c.res.Composes[i]
		if com.Keep != "" {
			continue
		}
		if ctx.Err() != nil {
			return errors.Join(append(errs, context.Cause(ctx))...)
		}
		err := c.removeOne(com)
		switch {
		case err != nil:
			com.Error = err.Error()
			errs = append(errs, fmt.Errorf("removing %s: %w", com.ID, err))
		case com.Keep == "":
			c.res.Removed++
			c.res.Freed += com.Free
			if c.Done != nil {
				c.Done(*com)
			}
		}
	}
	return errors.Join(errs...)
}

// removeOne takes the name from a compose first: a half removed one is never
// seen as one. A process that has begun to use it since keeps it.
func (c *collector) removeOne(com *Compose) error {
	free, why, err := c.lock(com.ID)
	if why != "" {
		com.Keep = why
		return nil
	}
	if err != nil {
		return err
	}
	defer free()
	if link := c.linked(com.ID); link != "" {
		com.Keep = link + " leads to it"
		return nil
	}
	if _, err := c.root.Lstat(com.ID + "/" + pinFile); err == nil {
		com.Keep = "pinned"
		return nil
	}
	gone := goneName + com.ID
	if err := c.root.Rename(com.ID, gone); err != nil {
		return err
	}
	return c.root.RemoveAll(gone)
}

// linked gives a link that leads to a compose now.
func (c *collector) linked(id string) string {
	entries, err := fs.ReadDir(c.root.FS(), ".")
	if err != nil {
		return "a link that cannot be read"
	}
	for _, e := range entries {
		if e.Type()&fs.ModeSymlink == 0 {
			continue
		}
		if to, err := c.root.Readlink(e.Name()); err == nil && c.local(to) == id {
			return e.Name()
		}
	}
	return ""
}

// Pin keeps the compose in a folder from being removed; why is for people.
func Pin(dir, why string) error {
	if strings.ContainsAny(why, "\n\r") {
		return errors.New("a reason is one line")
	}
	root, err := openCompose(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	f, err := root.OpenFile(pinFile, os.O_WRONLY|os.O_CREATE|os.O_TRUNC|unix.O_NOFOLLOW, 0o644)
	if err != nil {
		return err
	}
	_, err = f.WriteString(why + "\n")
	return errors.Join(err, f.Close())
}

// Unpin undoes Pin.
func Unpin(dir string) error {
	root, err := openCompose(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	if err := root.Remove(pinFile); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// openCompose opens the folder of a compose, which may be named by a link.
func openCompose(dir string) (*os.Root, error) {
	if _, err := os.Stat(filepath.Join(dir, "COMPOSE_ID")); err != nil {
		return nil, fmt.Errorf("%s is no compose: %w", dir, err)
	}
	return os.OpenRoot(dir)
}
