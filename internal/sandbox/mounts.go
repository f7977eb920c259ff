package sandbox

import (
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// devices are those that are seen inside.
const devices = "null zero full random urandom tty"

// hostFolders are what the machine's programs need; those that are links, as
// /bin is to usr/bin, are links inside too.
const hostFolders = "/usr /bin /sbin /lib /lib32 /lib64 /libx32 /etc/alternatives /etc/ld.so.cache"

// mount is a mount that is not attached yet, or the folder to attach it to.
type mount int

// builder puts the tree together that is going to be "/". All that comes from
// the machine is opened before anything is attached, and every path inside is
// resolved inside, whatever links the tree has.
type builder struct {
	order
	root  mount // "/"
	binds []mount
}

// build makes the mounts and makes them the only ones there are.
func (o *order) build() error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("namespaces: making mounts private: %w", err)
	}
	b := &builder{order: *o}
	for _, step := range []func() error{b.open, b.attachRoot, b.attachBinds, b.attachSystems, b.enter, b.identify} {
		if err := step(); err != nil {
			return err
		}
	}
	if o.Dir == "" {
		o.Dir = "/"
	}
	if err := os.Chdir(o.Dir); err != nil {
		return fmt.Errorf("working folder: %w", err)
	}
	return nil
}

// open takes hold of what comes from the machine.
func (b *builder) open() error {
	var host []Bind
	if b.Host {
		for _, dir := range strings.Fields(hostFolders) {
			info, err := os.Lstat(dir)
			if err == nil && info.Mode()&os.ModeSymlink == 0 {
				host = append(host, Bind{From: dir, To: dir})
			}
		}
	}
	b.Binds = append(host, b.Binds...)
	for _, bind := range b.Binds {
		m, err := clone(bind.From)
		if err == nil && bind.Access == ReadOnly {
			err = unix.MountSetattr(int(m), "", unix.AT_EMPTY_PATH|unix.AT_RECURSIVE, &unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY})
		}
		if err != nil {
			return fmt.Errorf("binding %s: %w", bind.From, err)
		}
		b.binds = append(b.binds, m)
	}
	return nil
}

// clone gives a copy of a part of the machine's tree.
func clone(from string) (mount, error) {
	fd, err := unix.OpenTree(unix.AT_FDCWD, from, unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC|unix.AT_RECURSIVE)
	return mount(fd), err
}

// attachRoot attaches the tree that is going to be "/" over a folder that is
// out of sight later.
func (b *builder) attachRoot() error {
	var m mount
	var err error
	if b.Host {
		m, err = newMount("tmpfs", 0, "mode", "0755")
	} else {
		m, err = clone(b.Root)
	}
	if err != nil {
		return fmt.Errorf("root %s: %w", b.Root, err)
	}
	if err := unix.MoveMount(int(m), "", unix.AT_FDCWD, b.Base, unix.MOVE_MOUNT_F_EMPTY_PATH); err != nil {
		return fmt.Errorf("attaching the root to %s: %w", b.Base, err)
	}
	fd, err := unix.Open(b.Base, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("root: %w", err)
	}
	b.root = mount(fd)
	if !b.Host {
		return nil
	}
	return b.hostRoot()
}

// hostRoot fills an empty root with what programs of the machine look for.
func (b *builder) hostRoot() error {
	for _, dir := range strings.Fields(hostFolders) {
		if to, err := os.Readlink(dir); err == nil {
			if err := unix.Symlinkat(to, int(b.root), strings.TrimPrefix(dir, "/")); err != nil {
				return fmt.Errorf("making %s: %w", dir, err)
			}
		}
	}
	for _, dir := range []string{"/tmp", "/etc", "/root", "/run", "/var/tmp"} {
		if _, err := b.folder(dir); err != nil {
			return err
		}
	}
	return errors.Join(
		os.Chmod(filepath.Join(b.Base, "tmp"), 0o1777),
		os.Chmod(filepath.Join(b.Base, "var/tmp"), 0o1777),
		os.WriteFile(filepath.Join(b.Base, "etc/passwd"), []byte("root:x:0:0:root:/root:/bin/sh\n"), 0o644),
		os.WriteFile(filepath.Join(b.Base, "etc/group"), []byte("root:x:0:\n"), 0o644),
	)
}

func (b *builder) attachBinds() error {
	for i, bind := range b.Binds {
		if err := b.attachTo(b.binds[i], bind.To); err != nil {
			return fmt.Errorf("binding %s to %s: %w", bind.From, bind.To, err)
		}
	}
	return nil
}

// attachTo attaches a mount to a file or folder inside, which is made where
// it is not there.
func (b *builder) attachTo(m mount, to string) error {
	var info unix.Stat_t
	if err := unix.Fstat(int(m), &info); err != nil {
		return err
	}
	if info.Mode&unix.S_IFMT == unix.S_IFDIR {
		at, err := b.folder(to)
		if err != nil {
			return err
		}
		return attach(m, at)
	}
	dir, err := b.folder(path.Dir(to))
	if err != nil {
		return err
	}
	return attachFile(m, dir, path.Base(to))
}

// attachFile attaches a mount of a file in a folder.
func attachFile(m, dir mount, name string) error {
	fd, err := unix.Openat(int(dir), name, unix.O_CREAT|unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_CLOEXEC|unix.O_NONBLOCK, 0o644)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return attach(m, mount(fd))
}

func attach(m, at mount) error {
	return unix.MoveMount(int(m), "", int(at), "", unix.MOVE_MOUNT_F_EMPTY_PATH|unix.MOVE_MOUNT_T_EMPTY_PATH)
}

// folder opens a folder inside, and makes it and those above where they are
// not there.
func (b *builder) folder(name string) (mount, error) {
	how := &unix.OpenHow{Flags: unix.O_PATH | unix.O_DIRECTORY | unix.O_CLOEXEC, Resolve: unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_MAGICLINKS}
	at, prefix := int(b.root), "/"
	for _, part := range strings.FieldsFunc(name, func(r rune) bool { return r == '/' }) {
		prefix = path.Join(prefix, part)
		fd, err := unix.Openat2(int(b.root), prefix, how)
		if errors.Is(err, unix.ENOENT) {
			if err := unix.Mkdirat(at, part, 0o755); err != nil {
				return 0, fmt.Errorf("making %s: %w", prefix, err)
			}
			fd, err = unix.Openat2(int(b.root), prefix, how)
		}
		if err != nil {
			return 0, fmt.Errorf("opening %s: %w", prefix, err)
		}
		at = fd
	}
	return mount(at), nil
}

// newMount makes a file system that lies in the kernel, with options in pairs.
func newMount(kind string, attributes int, options ...string) (mount, error) {
	fd, err := unix.Fsopen(kind, unix.FSOPEN_CLOEXEC)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", kind, err)
	}
	defer unix.Close(fd)
	for i := 0; i < len(options); i += 2 {
		if err := unix.FsconfigSetString(fd, options[i], options[i+1]); err != nil {
			return 0, fmt.Errorf("%s with %s=%s: %w", kind, options[i], options[i+1], err)
		}
	}
	if err := unix.FsconfigCreate(fd); err != nil {
		return 0, fmt.Errorf("%s: %w", kind, err)
	}
	m, err := unix.Fsmount(fd, unix.FSMOUNT_CLOEXEC, attributes)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", kind, err)
	}
	return mount(m), nil
}
