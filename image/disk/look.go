package disk

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"compose/internal/rpm"
	"compose/internal/sandbox"
)

// inside is where the root file system is seen by programs of the machine.
const inside = "/sysroot"

const hookLook = "disk-look"

// Hooks are what the package runs inside of sandboxes: the program that uses
// the package gives them to sandbox.Main.
func Hooks() sandbox.Hooks {
	return sandbox.Hooks{hookLook: func(_ []string, out io.Writer) error {
		if err := errors.Join(unix.Chroot(inside), os.Chdir("/")); err != nil {
			return err
		}
		c, err := look("/")
		return errors.Join(err, json.NewEncoder(out).Encode(c))
	}}
}

// contents is what there is to know of a root file system.
type contents struct {
	Bytes, Inodes     int64
	Kernel, Initramfs string   // absolute; empty: none
	GRUB              []string // the platforms of which it has modules
}

// look looks around in a folder.
func look(root string) (contents, error) {
	c := contents{}
	err := filepath.WalkDir(root, func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		c.Inodes++
		c.Bytes += roundUp(info.Size(), 4096)
		return nil
	})
	if err != nil {
		return c, err
	}
	for _, p := range []Platform{BIOSPlatform, UEFIPlatform} {
		if _, err := os.Stat(filepath.Join(root, grubModules, string(p))); err == nil {
			c.GRUB = append(c.GRUB, string(p))
		}
	}
	c.Kernel, c.Initramfs, err = findKernel(root)
	return c, err
}

// findKernel finds the newest kernel and its initramfs, where distributions
// have them.
func findKernel(root string) (kernel, initramfs string, err error) {
	version := ""
	for _, pattern := range []string{"boot/vmlinuz-*", "boot/vmlinux-*", "usr/lib/modules/*/vmlinuz", "lib/modules/*/vmlinuz"} {
		list, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			return "", "", err
		}
		if len(list) == 0 {
			continue
		}
		versionOf := func(name string) string {
			if base := filepath.Base(name); base != "vmlinuz" {
				return base[strings.IndexByte(base, '-')+1:]
			}
			return filepath.Base(filepath.Dir(name))
		}
		kernel = slices.MaxFunc(list, func(a, b string) int {
			return cmp.Or(rpm.CompareEVR(versionOf(a), versionOf(b)), cmp.Compare(a, b))
		})
		version = versionOf(kernel)
		break
	}
	if kernel == "" {
		return "", "", nil
	}
	for _, name := range []string{
		"boot/initramfs-" + version + ".img", "boot/initrd.img-" + version, "boot/initrd-" + version,
		"usr/lib/modules/" + version + "/initramfs.img", "usr/lib/modules/" + version + "/initrd",
	} {
		if info, err := os.Stat(filepath.Join(root, name)); err == nil && info.Mode().IsRegular() {
			initramfs = "/" + name
			break
		}
	}
	kernel = "/" + strings.TrimPrefix(strings.TrimPrefix(kernel, root), "/")
	if strings.ContainsAny(kernel+initramfs, " \t\n'\"\\${};") {
		return "", "", fmt.Errorf("kernel %q: not a name for a boot loader", kernel)
	}
	return kernel, initramfs, nil
}
