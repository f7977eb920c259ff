package sandbox

import (
	"errors"
	"fmt"
	"path"
	"strings"

	"golang.org/x/sys/unix"
)

// attachSystems gives folders their /dev, /proc and /sys, and "/" a /tmp and
// /run in memory.
func (b *builder) attachSystems() error {
	for _, dir := range b.Systems {
		if err := b.attachSystem(dir); err != nil {
			return fmt.Errorf("system folders in %s: %w", dir, err)
		}
	}
	if b.Host {
		return nil
	}
	for dir, mode := range map[string]string{"/tmp": "1777", "/run": "0755"} {
		m, err := newMount("tmpfs", unix.MOUNT_ATTR_NOSUID|unix.MOUNT_ATTR_NODEV, "mode", mode)
		if err == nil {
			err = b.attachTo(m, dir)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", dir, err)
		}
	}
	return nil
}

func (b *builder) attachSystem(dir string) error {
	const safe = unix.MOUNT_ATTR_NOSUID | unix.MOUNT_ATTR_NODEV | unix.MOUNT_ATTR_NOEXEC
	m, err := newMount("proc", safe)
	if err != nil {
		return fmt.Errorf("mounting proc: %w", err)
	}
	if err := b.attachTo(m, path.Join(dir, "proc")); err != nil {
		return err
	}
	// A namespace without a network of its own has no /sys of its own; then,
	// and in containers that hide parts of it, an empty folder stands for it.
	m, err = newMount("sysfs", safe|unix.MOUNT_ATTR_RDONLY)
	if errors.Is(err, unix.EPERM) {
		m, err = newMount("tmpfs", safe|unix.MOUNT_ATTR_RDONLY, "mode", "0555")
	}
	if err != nil {
		return fmt.Errorf("mounting sysfs: %w", err)
	}
	if err := b.attachTo(m, path.Join(dir, "sys")); err != nil {
		return err
	}
	return b.attachDevices(path.Join(dir, "dev"))
}

// attachDevices makes a /dev.
func (b *builder) attachDevices(dir string) error {
	m, err := newMount("tmpfs", unix.MOUNT_ATTR_NOSUID|unix.MOUNT_ATTR_NOEXEC, "mode", "0755", "size", "64m")
	if err != nil {
		return fmt.Errorf("mounting %s: %w", dir, err)
	}
	if err := b.attachTo(m, dir); err != nil {
		return err
	}
	for _, name := range strings.Fields(devices) {
		d, err := clone("/dev/" + name)
		if err == nil {
			err = attachFile(d, m, name)
		}
		if err != nil {
			return fmt.Errorf("%s/%s: %w", dir, name, err)
		}
	}
	for name, to := range map[string]string{"fd": "/proc/self/fd", "stdin": "/proc/self/fd/0", "stdout": "/proc/self/fd/1", "stderr": "/proc/self/fd/2"} {
		if err := unix.Symlinkat(to, int(m), name); err != nil {
			return err
		}
	}
	if err := unix.Mkdirat(int(m), "shm", 0o777); err != nil {
		return err
	}
	return unix.Fchmodat(int(m), "shm", 0o1777, 0)
}

// enter makes the tree "/", and lets go of all the rest.
func (b *builder) enter() error {
	if err := unix.Fchdir(int(b.root)); err != nil {
		return err
	}
	if err := unix.PivotRoot(".", "."); err != nil {
		return fmt.Errorf("namespaces: changing the root: %w", err)
	}
	if err := unix.Unmount(".", unix.MNT_DETACH); err != nil {
		return fmt.Errorf("leaving the machine's mounts: %w", err)
	}
	return unix.Chdir("/")
}

// identify sets the host name, and brings the loopback device up.
func (b *builder) identify() error {
	name := b.Hostname
	if name == "" {
		name = "localhost"
	}
	if err := unix.Sethostname([]byte(name)); err != nil {
		return fmt.Errorf("host name %q: %w", name, err)
	}
	if !b.Loopback {
		return nil
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("loopback device: %w", err)
	}
	defer unix.Close(fd)
	req, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	req.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	if err := unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, req); err != nil {
		return fmt.Errorf("loopback device: %w", err)
	}
	return nil
}
