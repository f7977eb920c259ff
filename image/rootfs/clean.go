package rootfs

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"

	"compose/internal/sandbox"
)

// The names of the functions that run inside of a sandbox.
const (
	hookClean = "rootfs-clean"
	hookEmpty = "rootfs-empty"
	hookTar   = "rootfs-tar"
)

// Hooks are what the package runs inside of sandboxes: the program that uses
// the package gives them to sandbox.Main.
func Hooks() sandbox.Hooks {
	return sandbox.Hooks{
		hookClean: func(args []string, _ io.Writer) error { return errors.Join(enter(), clean("/", args)) },
		hookEmpty: func([]string, io.Writer) error { return errors.Join(enter(), empty("/")) },
		hookTar:   func(_ []string, out io.Writer) error { return errors.Join(enter(), writeTar("/", out)) },
	}
}

// hook runs one of them over a folder. It sees that folder as "/", with
// nothing attached to it, so that links in it lead nowhere else.
func hook(name, dir string, args ...string) sandbox.Command {
	return sandbox.Command{Hook: name, Args: args, Binds: []sandbox.Bind{{From: dir, To: inside, Access: sandbox.Writable}}}
}

// enter makes the folder "/".
func enter() error {
	if err := unix.Chroot(inside); err != nil {
		return fmt.Errorf("entering the root file system: %w", err)
	}
	return os.Chdir("/")
}

// leftovers are files that say something of the machine or the time, or that
// are of no use to others.
var leftovers = [...]string{
	"tmp/*", "var/tmp/*", "run/*", "etc/.pwd.lock", "etc/passwd-", "etc/group-", "etc/shadow-", "etc/gshadow-", "etc/subuid-", "etc/subgid-",
	"var/cache/ldconfig/aux-cache", "var/lib/systemd/random-seed", "var/lib/dbus/machine-id", "root/.bash_history", ".autorelabel",
}

// clean makes a root folder one that does not show when and where it was made.
func clean(root string, args []string) error {
	epoch, err := strconv.ParseInt(args[0], 10, 64)
	if err != nil {
		return err
	}
	db, hostname := filepath.Join(root, args[1]), args[2]
	for _, pattern := range leftovers {
		list, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			return err
		}
		for _, name := range list {
			if err := os.RemoveAll(name); err != nil {
				return err
			}
		}
	}
	if err := settleDB(db); err != nil {
		return fmt.Errorf("database of rpm: %w", err)
	}
	if err := truncate(filepath.Join(root, "etc/machine-id")); err != nil {
		return err
	}
	if hostname != "" {
		if err := os.WriteFile(filepath.Join(root, "etc/hostname"), []byte(hostname+"\n"), 0o644); err != nil {
			return err
		}
	}
	return clamp(root, epoch)
}

// truncate empties a file where it is there: programs that start with an
// empty /etc/machine-id take that for the first start.
func truncate(name string) error {
	info, err := os.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !info.Mode().IsRegular() {
		return nil
	}
	if err == nil {
		err = os.Truncate(name, 0)
	}
	return err
}

// settleDB removes what an SQLite database has beside it while it is in use.
func settleDB(dir string) error {
	log, err := os.Stat(filepath.Join(dir, "rpmdb.sqlite-wal"))
	if err == nil && log.Size() > 0 {
		return fmt.Errorf("%s still has %d bytes to come", log.Name(), log.Size())
	}
	for _, name := range []string{"rpmdb.sqlite-wal", "rpmdb.sqlite-shm", ".rpm.lock"} {
		if err := os.Remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// walk visits all files and folders of one file system, a folder behind what
// is in it, so that it may change.
func walk(root string, fn func(name string, st *unix.Stat_t) error) error {
	var top unix.Stat_t
	if err := unix.Lstat(root, &top); err != nil {
		return &os.PathError{Op: "lstat", Path: root, Err: err}
	}
	var visit func(name string) error
	visit = func(name string) error {
		var st unix.Stat_t
		if err := unix.Lstat(name, &st); err != nil {
			return &os.PathError{Op: "lstat", Path: name, Err: err}
		}
		if st.Dev != top.Dev {
			return nil
		}
		if st.Mode&unix.S_IFMT == unix.S_IFDIR {
			list, err := os.ReadDir(name)
			if err != nil {
				return err
			}
			for _, e := range list {
				if err := visit(filepath.Join(name, e.Name())); err != nil {
					return err
				}
			}
		}
		return fn(name, &st)
	}
	return visit(root)
}

// clamp lets no file be later than the epoch, nor have been read at another time.
func clamp(root string, epoch int64) error {
	return walk(root, func(name string, st *unix.Stat_t) error {
		t := unix.Timespec{Sec: min(st.Mtim.Sec, epoch)}
		if err := unix.UtimesNanoAt(unix.AT_FDCWD, name, []unix.Timespec{t, t}, unix.AT_SYMLINK_NOFOLLOW); err != nil {
			return &os.PathError{Op: "setting the time of", Path: name, Err: err}
		}
		return nil
	})
}

// empty removes all that is in a folder.
func empty(root string) error {
	return walk(root, func(name string, _ *unix.Stat_t) error {
		if name == root {
			return nil
		}
		return os.Remove(name)
	})
}
