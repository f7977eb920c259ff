// Package smallboot makes a small boot tree out of RPM packages: a kernel, an
// initramfs of the files of some packages, and boot loaders for BIOS and UEFI.
// The tree has the shape of lorax's. Scriptlets are not run, and nothing of the
// machine gets into it but what grub-mkimage makes of the packages' modules.
package smallboot

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"compose/image"
	"compose/internal/payload"
)

// Options say what the tree is made of.
type Options struct {
	Kernel        string   // path of the package with the kernel
	KernelModules []string // globs for names of its modules, for the initramfs
	Initramfs     []string // paths of packages
	Loaders       []string // paths of packages
	Init          []byte   // the script that the kernel starts; nil: one with a shell
	BIOS          string   // isolinux or grub2; empty: what the packages have
	Cmdline       string   // of the kernel; empty: screen and serial console
	Title         string   // in menus
	VolumeID      string   // of the disc
	Time          time.Time
	// Out is the folder for the tree, Work one for files in between; both are
	// there and empty.
	Out, Work string
	Log       io.Writer
}

// Tree is a tree that was made.
type Tree struct {
	Images map[string]string // for .treeinfo: name, then path below the tree
	Code   image.BootCode
}

// The files of the tree, as lorax names them.
const (
	kernelFile    = "images/pxeboot/vmlinuz"
	initramfsFile = "images/pxeboot/initrd.img"
	efiFile       = "images/efiboot.img"
)

// defaultCmdline shows what happens on the screen and on the serial console.
const defaultCmdline = "console=tty0 console=ttyS0,115200"

// Make makes the tree.
func Make(ctx context.Context, o Options) (Tree, error) {
	t, err := o.make(ctx)
	if err != nil {
		return Tree{}, fmt.Errorf("boot tree: %w", err)
	}
	return t, nil
}

func (o Options) make(ctx context.Context) (Tree, error) {
	if o.Cmdline == "" {
		o.Cmdline = defaultCmdline
	}
	for _, dir := range []string{"images/pxeboot", "EFI/BOOT"} {
		if err := os.MkdirAll(filepath.Join(o.Out, dir), 0o755); err != nil {
			return Tree{}, err
		}
	}
	if err := o.kernel(ctx); err != nil {
		return Tree{}, err
	}
	if err := o.initramfs(ctx); err != nil {
		return Tree{}, err
	}
	l, err := o.findLoaders(ctx)
	if err != nil {
		return Tree{}, err
	}
	code, err := l.bios(ctx)
	if err == nil {
		err = l.efi(ctx)
	}
	return Tree{Images: map[string]string{"kernel": kernelFile, "initrd": initramfsFile, "efiboot.img": efiFile}, Code: code}, err
}

// root is the folder that the initramfs is made of.
func (o Options) root() string { return filepath.Join(o.Work, "initramfs") }

// kernel takes the kernel out of its package, and the modules that are wanted.
// Of several kernels the last one by name counts.
func (o Options) kernel(ctx context.Context) error {
	dir := filepath.Join(o.Work, "kernel")
	if err := errors.Join(os.MkdirAll(dir, 0o755), os.MkdirAll(o.root(), 0o755)); err != nil {
		return err
	}
	names, err := payload.Extract(ctx, o.Kernel, dir, func(e *payload.Entry) bool { return e.Mode.IsRegular() && isKernel(e.Name) })
	if err != nil {
		return err
	}
	kernel := ""
	for _, n := range names {
		kernel = max(kernel, n)
	}
	if kernel == "" {
		return fmt.Errorf("%s has no kernel: neither boot/vmlinuz-* nor lib/modules/*/vmlinuz", filepath.Base(o.Kernel))
	}
	fmt.Fprintf(o.Log, "kernel: %s\n", kernel)
	if err := copyFile(filepath.Join(dir, kernel), filepath.Join(o.Out, kernelFile)); err != nil {
		return err
	}
	if len(o.KernelModules) == 0 {
		return nil
	}
	modules, err := payload.Extract(ctx, o.Kernel, o.root(), o.isModule)
	if err == nil && len(modules) == 0 {
		err = fmt.Errorf("%s has no module like %s", filepath.Base(o.Kernel), strings.Join(o.KernelModules, ", "))
	}
	return err
}

func isKernel(name string) bool {
	dir, file := path.Split(strings.TrimPrefix(name, "usr/"))
	return dir == "boot/" && strings.HasPrefix(file, "vmlinuz-") ||
		file == "vmlinuz" && path.Dir(path.Clean(dir)) == "lib/modules"
}

// isModule says whether a file is a module that is wanted: NAME.ko, or that
// compressed.
func (o Options) isModule(e *payload.Entry) bool {
	base, _, ok := strings.Cut(path.Base(e.Name), ".ko")
	if !ok || !e.Mode.IsRegular() || !strings.Contains(e.Name, "lib/modules/") {
		return false
	}
	for _, glob := range o.KernelModules {
		if ok, _ := path.Match(glob, base); ok {
			return true
		}
	}
	return false
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Chmod(0o644), out.Close())
}
