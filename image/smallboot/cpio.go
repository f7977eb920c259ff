package smallboot

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// cpioWriter writes an archive of cpio's format newc, which the kernel
// unpacks as its first root file system. All files belong to root and have one
// time, and inodes are numbers in a row, so that the same files give the same
// bytes.
type cpioWriter struct {
	w     *bufio.Writer
	time  int64
	inode int
}

// cpioEntry is a file in an archive.
type cpioEntry struct {
	name  string // without a slash at the beginning
	mode  uint32 // with the type, as in stat
	size  int64
	major uint32 // of a device
	minor uint32
	data  io.Reader // size bytes; may be nil where that is 0
}

// Types of files, as in stat.
const (
	typeFolder = 0o040000
	typeFile   = 0o100000
	typeLink   = 0o120000
	typeChar   = 0o020000
)

// maxCpio is how large a file can be in an archive.
const maxCpio = 1<<32 - 1

func (c *cpioWriter) add(e cpioEntry) error {
	if e.size > maxCpio {
		return fmt.Errorf("%s: %d bytes are too many for an initramfs", e.name, e.size)
	}
	c.inode++
	fmt.Fprintf(c.w, "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%s\x00",
		c.inode, e.mode, 0, 0, 1, uint32(c.time), e.size, 0, 0, e.major, e.minor, len(e.name)+1, 0, e.name)
	c.pad(int64(110 + len(e.name) + 1))
	if e.size > 0 {
		if n, err := io.Copy(c.w, io.LimitReader(e.data, e.size)); err != nil || n != e.size {
			return fmt.Errorf("%s: %d bytes of %d: %w", e.name, n, e.size, err)
		}
	}
	c.pad(e.size)
	return nil
}

func (c *cpioWriter) pad(n int64) {
	for ; n%4 != 0; n++ {
		c.w.WriteByte(0)
	}
}

// end writes the entry behind the last one, and what is buffered.
func (c *cpioWriter) end() error {
	c.inode = -1
	if err := c.add(cpioEntry{name: "TRAILER!!!"}); err != nil {
		return err
	}
	return c.w.Flush()
}

// writeCpio writes what is in a folder, in the order of names, and the console.
func writeCpio(ctx context.Context, w io.Writer, dir string, time int64) error {
	c := &cpioWriter{w: bufio.NewWriterSize(w, 128<<10), time: time}
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err == nil {
			err = context.Cause(ctx)
		}
		if err != nil || name == dir {
			return err
		}
		rel, err := filepath.Rel(dir, name)
		if err != nil {
			return err
		}
		return c.file(name, filepath.ToSlash(rel), d)
	})
	if err == nil {
		err = c.add(cpioEntry{name: "dev/console", mode: typeChar | 0o600, major: 5, minor: 1})
	}
	if err != nil {
		return fmt.Errorf("initramfs: %w", err)
	}
	return c.end()
}

func (c *cpioWriter) file(name, rel string, d fs.DirEntry) error {
	info, err := d.Info()
	if err != nil {
		return err
	}
	perm := uint32(info.Mode().Perm())
	switch info.Mode().Type() {
	case fs.ModeDir:
		return c.add(cpioEntry{name: rel, mode: typeFolder | 0o755})
	case fs.ModeSymlink:
		target, err := os.Readlink(name)
		if err != nil {
			return err
		}
		return c.add(cpioEntry{name: rel, mode: typeLink | 0o777, size: int64(len(target)), data: stringReader(target)})
	case 0:
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		defer f.Close()
		return c.add(cpioEntry{name: rel, mode: typeFile | perm, size: info.Size(), data: f})
	}
	return nil
}
