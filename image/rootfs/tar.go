package rootfs

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"compose/internal/sandbox"
)

// Tar writes what is in a folder that Install has filled as a tar archive in
// the format of POSIX: sorted, with numbers for owners, hard links, extended
// attributes (capabilities of files among them) and whole seconds.
func Tar(ctx context.Context, dir string, w io.Writer) error {
	out := &keepError{w: w}
	c := hook(hookTar, dir)
	c.Stdout = out
	err := sandbox.Run(ctx, c)
	if out.err != nil {
		err = out.err
	}
	if err != nil {
		return fmt.Errorf("tar archive of a root file system: %w", err)
	}
	return nil
}

// keepError keeps the first error of a writer, and takes all the rest.
type keepError struct {
	w   io.Writer
	err error
}

// Write takes the next bytes.
func (k *keepError) Write(p []byte) (int, error) {
	if k.err != nil {
		return 0, k.err
	}
	n, err := k.w.Write(p)
	k.err = err
	return n, err
}

// inode tells files apart.
type inode struct{ dev, ino uint64 }

// tarrer writes one archive.
type tarrer struct {
	*tar.Writer
	root string
	seen map[inode]string // files with several names, by the first
}

// writeTar writes the archive of a folder.
func writeTar(root string, w io.Writer) error {
	t := &tarrer{Writer: tar.NewWriter(w), root: root, seen: map[inode]string{}}
	if err := t.visit(root); err != nil {
		return err
	}
	return t.Close()
}

func (t *tarrer) visit(name string) error {
	var st unix.Stat_t
	if err := unix.Lstat(name, &st); err != nil {
		return &os.PathError{Op: "lstat", Path: name, Err: err}
	}
	if err := t.one(name, &st); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if st.Mode&unix.S_IFMT != unix.S_IFDIR {
		return nil
	}
	list, err := os.ReadDir(name) // sorted
	if err != nil {
		return err
	}
	for _, e := range list {
		if err := t.visit(filepath.Join(name, e.Name())); err != nil {
			return err
		}
	}
	return nil
}

// one writes one entry.
func (t *tarrer) one(name string, st *unix.Stat_t) error {
	rel := "." + strings.TrimPrefix(name, strings.TrimSuffix(t.root, "/"))
	h := &tar.Header{
		Format: tar.FormatPAX, Name: rel, Mode: int64(st.Mode & 0o7777), Uid: int(st.Uid), Gid: int(st.Gid),
		ModTime: time.Unix(st.Mtim.Sec, 0), PAXRecords: map[string]string{},
	}
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFDIR:
		h.Typeflag, h.Name = tar.TypeDir, strings.TrimSuffix(rel, "/")+"/"
	case unix.S_IFLNK:
		to, err := os.Readlink(name)
		if err != nil {
			return err
		}
		h.Typeflag, h.Linkname = tar.TypeSymlink, to
	case unix.S_IFREG:
		h.Typeflag, h.Size = tar.TypeReg, st.Size
		if first, ok := t.seen[inode{st.Dev, st.Ino}]; ok {
			h.Typeflag, h.Size, h.Linkname = tar.TypeLink, 0, first
		} else if st.Nlink > 1 {
			t.seen[inode{st.Dev, st.Ino}] = rel
		}
	case unix.S_IFIFO:
		h.Typeflag = tar.TypeFifo
	case unix.S_IFCHR, unix.S_IFBLK:
		h.Typeflag = tar.TypeChar
		if st.Mode&unix.S_IFMT == unix.S_IFBLK {
			h.Typeflag = tar.TypeBlock
		}
		h.Devmajor, h.Devminor = int64(unix.Major(st.Rdev)), int64(unix.Minor(st.Rdev))
	default:
		return nil // a socket: nobody listens any more
	}
	if h.Typeflag != tar.TypeLink {
		if err := attributes(name, h.PAXRecords); err != nil {
			return err
		}
	}
	if err := t.WriteHeader(h); err != nil || h.Typeflag != tar.TypeReg {
		return err
	}
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err = io.CopyN(t, f, h.Size); err == io.EOF {
		err = errors.New("it became shorter")
	}
	return err
}

// attributes reads extended attributes. Labels of SELinux are the machine's.
func attributes(name string, to map[string]string) error {
	buf := make([]byte, 64<<10)
	n, err := unix.Llistxattr(name, buf)
	if errors.Is(err, unix.ENOTSUP) {
		return nil
	}
	if err != nil {
		return err
	}
	for key := range bytes.SplitSeq(bytes.TrimSuffix(buf[:n], []byte{0}), []byte{0}) {
		if len(key) == 0 || string(key) == "security.selinux" || bytes.HasPrefix(key, []byte("trusted.")) {
			continue
		}
		value := make([]byte, 64<<10)
		n, err := unix.Lgetxattr(name, string(key), value)
		if err != nil {
			return fmt.Errorf("attribute %s: %w", key, err)
		}
		value = value[:n]
		if string(key) == "security.capability" {
			value = plainCapability(value)
		}
		to["SCHILY.xattr."+string(key)] = string(value)
	}
	return nil
}

// plainCapability turns the capabilities of a file that hold in one user
// namespace only (revision 3) into those that hold everywhere (revision 2).
func plainCapability(b []byte) []byte {
	const revision3, revision2, mask = 0x03000000, 0x02000000, 0xff000000
	if len(b) != 24 {
		return b
	}
	magic := binary.LittleEndian.Uint32(b)
	if magic&mask != revision3 {
		return b
	}
	b = bytes.Clone(b[:20])
	binary.LittleEndian.PutUint32(b, magic&^uint32(mask)|revision2)
	return b
}
