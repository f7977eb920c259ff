package smallboot

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/gzip"

	"compose/internal/payload"
)

// shellInit is the script where none is given.
const shellInit = `#!/bin/sh
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export PATH
box=
[ ! -x /bin/busybox ] || box=/bin/busybox
$box mount -t proc proc /proc
$box mount -t sysfs sys /sys
$box mount -t devtmpfs dev /dev
[ -z "$box" ] || $box --install -s
exec </dev/console >/dev/console 2>&1
echo "compose: booted"
while :; do
    sh
done
`

// initramfs makes the first root file system of the files of packages.
func (o Options) initramfs(ctx context.Context) error {
	for _, p := range o.Initramfs {
		if _, err := payload.Extract(ctx, p, o.root(), func(e *payload.Entry) bool { return !isDocumentation(e.Name) }); err != nil {
			return err
		}
	}
	if err := o.complete(); err != nil {
		return fmt.Errorf("initramfs: %w", err)
	}
	f, err := os.Create(filepath.Join(o.Out, initramfsFile))
	if err != nil {
		return err
	}
	z := gzip.NewWriter(f)
	err = writeCpio(ctx, z, o.root(), o.Time.Unix())
	return errors.Join(err, z.Close(), f.Close())
}

// isDocumentation says whether a file is none that a program needs.
func isDocumentation(name string) bool {
	for _, dir := range []string{"doc", "man", "info", "locale"} {
		if strings.HasPrefix(name, "usr/share/"+dir+"/") {
			return true
		}
	}
	return strings.HasPrefix(name, "usr/lib/.build-id/")
}

// complete adds what no package has: the script, folders that it mounts on,
// and names for the shell where the package that has them is not there.
func (o Options) complete() error {
	root, err := os.OpenRoot(o.root())
	if err != nil {
		return err
	}
	defer root.Close()
	for _, dir := range []string{"proc", "sys", "dev", "run", "tmp", "root", "etc"} {
		if err := root.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	for _, dir := range []string{"bin", "sbin", "lib", "lib64"} {
		if isThere(root, "usr/"+dir) && !isThere(root, dir) {
			if err := root.Symlink("usr/"+dir, dir); err != nil {
				return err
			}
		}
	}
	if err := addShell(root); err != nil {
		return err
	}
	init := o.Init
	if init == nil {
		init = []byte(shellInit)
	}
	if err := root.Remove("init"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := root.OpenFile("init", os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o755)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, bytes.NewReader(init))
	return errors.Join(err, f.Chmod(0o755), f.Close())
}

// addShell gives busybox and bash the names that scripts call them by.
func addShell(root *os.Root) error {
	if err := root.MkdirAll("bin", 0o755); err != nil {
		return err
	}
	if box := "usr/bin/busybox"; !isThere(root, "bin/busybox") {
		for _, name := range []string{box, "sbin/busybox", "usr/sbin/busybox"} {
			if isThere(root, name) {
				if err := root.Symlink("/"+name, "bin/busybox"); err != nil {
					return err
				}
				break
			}
		}
	}
	for _, shell := range []string{"dash", "bash", "busybox"} {
		if isThere(root, "bin/sh") {
			return nil
		}
		if isThere(root, "bin/"+shell) {
			return root.Symlink(shell, "bin/sh")
		}
	}
	if !isThere(root, "bin/sh") {
		return errors.New("none of the packages has a shell: /bin/sh, dash, bash or busybox")
	}
	return nil
}

// isThere says whether there is a name, wherever it leads.
func isThere(root *os.Root, name string) bool {
	_, err := root.Lstat(name)
	return err == nil
}

func stringReader(s string) io.Reader { return strings.NewReader(s) }
