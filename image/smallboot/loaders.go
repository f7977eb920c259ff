package smallboot

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"compose/image"
	"compose/image/fat"
	"compose/image/iso"
	"compose/internal/payload"
	"compose/internal/proc"
)

// loaders are the boot loaders that the packages have.
type loaders struct {
	Options
	dir   string   // the packages' files
	names []string // below it, sorted
}

// findLoaders takes out of the packages what may start a kernel.
func (o Options) findLoaders(ctx context.Context) (*loaders, error) {
	l := &loaders{Options: o, dir: filepath.Join(o.Work, "loaders")}
	if err := os.MkdirAll(l.dir, 0o755); err != nil {
		return nil, err
	}
	for _, p := range o.Loaders {
		names, err := payload.Extract(ctx, p, l.dir, func(e *payload.Entry) bool { return e.Mode.IsRegular() && isLoader(e.Name) })
		if err != nil {
			return nil, err
		}
		l.names = append(l.names, names...)
	}
	slices.Sort(l.names)
	return l, nil
}

func isLoader(name string) bool {
	switch path.Ext(name) {
	case ".bin", ".c32", ".mod", ".img", ".lst", ".signed":
		return true
	}
	return strings.EqualFold(path.Ext(name), ".efi")
}

// find gives the path of a file of the packages with one of these names, the
// first of which that is there counts; below a folder whose path ends in dir,
// where that is not empty.
func (l *loaders) find(dir string, files ...string) string {
	for _, file := range files {
		for _, n := range l.names {
			if path.Base(n) == file && (dir == "" || path.Dir(n) == dir || strings.HasSuffix(path.Dir(n), "/"+dir)) {
				return filepath.Join(l.dir, n)
			}
		}
	}
	return ""
}

// bios adds what starts the kernel from BIOS.
func (l *loaders) bios(ctx context.Context) (image.BootCode, error) {
	kind := l.BIOS
	if kind == "" {
		kind = "grub2"
		if l.find("", "isolinux.bin") != "" {
			kind = "isolinux"
		}
	}
	fmt.Fprintf(l.Log, "boot loader for BIOS: %s\n", kind)
	if kind == "isolinux" {
		return l.isolinux()
	}
	return l.grubBIOS(ctx)
}

// isolinux adds isolinux, its library, and its menu.
func (l *loaders) isolinux() (image.BootCode, error) {
	if err := os.MkdirAll(filepath.Join(l.Out, "isolinux"), 0o755); err != nil {
		return image.BootCode{}, err
	}
	for _, file := range []string{"isolinux.bin", "ldlinux.c32"} {
		from := l.find("bios", file) // of syslinux-common: there are others, for EFI
		if from == "" {
			from = l.find("", file)
		}
		if from == "" {
			return image.BootCode{}, l.missing("isolinux", file)
		}
		if err := copyFile(from, filepath.Join(l.Out, "isolinux", file)); err != nil {
			return image.BootCode{}, err
		}
	}
	menu := fmt.Sprintf("serial 0 115200\ndefault linux\ntimeout 10\nprompt 0\nlabel linux\n  kernel /%s\n  append initrd=/%s %s\n", kernelFile, initramfsFile, l.Cmdline)
	if err := os.WriteFile(filepath.Join(l.Out, "isolinux/isolinux.cfg"), []byte(menu), 0o644); err != nil {
		return image.BootCode{}, err
	}
	name := l.find("", "isohdpfx.bin")
	if name == "" {
		fmt.Fprintln(l.Log, "no isohdpfx.bin: images do not start from disks on BIOS")
		return image.BootCode{}, nil
	}
	code, err := os.ReadFile(name)
	return image.BootCode{Loader: iso.LoaderIsolinux, Code: code}, err
}

// missing is the error of a boot loader that the packages have not, or not
// all of.
func (l *loaders) missing(what string, files ...string) error {
	var in []string
	for _, p := range l.Loaders {
		in = append(in, filepath.Base(p))
	}
	return fmt.Errorf("boot loader %s: no %s in %s", what, strings.Join(files, " or "), strings.Join(in, ", "))
}

// grubBIOS makes GRUB's image for BIOS.
func (l *loaders) grubBIOS(ctx context.Context) (image.BootCode, error) {
	kernel := l.find("i386-pc", "kernel.img")
	if kernel == "" {
		return image.BootCode{}, l.missing("GRUB for BIOS", "i386-pc/kernel.img")
	}
	core := grubImage{modules: filepath.Dir(kernel), format: "i386-pc-eltorito", prefix: "/boot/grub2", out: "images/eltorito.img", more: []string{"biosdisk"}}
	if err := l.mkimage(ctx, core); err != nil {
		return image.BootCode{}, err
	}
	if err := l.write("boot/grub2/grub.cfg", l.grubMenu()); err != nil {
		return image.BootCode{}, err
	}
	name := l.find("i386-pc", "boot_hybrid.img")
	if name == "" {
		fmt.Fprintln(l.Log, "no boot_hybrid.img: images do not start from disks on BIOS")
		return image.BootCode{}, nil
	}
	code, err := os.ReadFile(name)
	return image.BootCode{Loader: iso.LoaderGRUB2, Code: code}, err
}

// grubModules are what GRUB needs to read its menu and to start a kernel.
const grubModules = "iso9660 fat part_msdos part_gpt normal configfile linux search search_label search_fs_file serial terminal echo test all_video gzio reboot halt minicmd ls"

// grubImage is an image of GRUB to make.
type grubImage struct {
	modules string // their folder
	format  string
	prefix  string   // where it looks for its menu
	out     string   // the file in the tree
	more    []string // modules
}

// mkimage makes an image of GRUB's modules.
func (l *loaders) mkimage(ctx context.Context, g grubImage) error {
	file := filepath.Join(l.Out, g.out)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	args := []string{"", "-O", g.format, "-o", file, "-p", g.prefix, "-d", g.modules}
	args = append(append(args, strings.Fields(grubModules)...), g.more...)
	var errs []error
	for _, args[0] = range []string{"grub2-mkimage", "grub-mkimage"} {
		err := proc.Run(ctx, proc.Command{Args: args, Dir: l.Work, Env: proc.Env(), Output: l.Log})
		var failed *proc.Error
		if err == nil || errors.As(err, &failed) || ctx.Err() != nil {
			return err
		}
		errs = append(errs, err)
	}
	return fmt.Errorf("GRUB's image %s: %w", g.out, errors.Join(errs...))
}

func (l *loaders) write(name, text string) error {
	file := filepath.Join(l.Out, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, []byte(text), 0o644)
}

// grubMenu is GRUB's configuration. It finds the disc by its volume id, which
// PlaceBootTree changes in a file like this one.
func (l *loaders) grubMenu() string {
	title := strings.Map(func(r rune) rune {
		if r < ' ' || strings.ContainsRune(`'"\${}`, r) {
			return -1
		}
		return r
	}, l.Title)
	return fmt.Sprintf(`serial --unit=0 --speed=115200
terminal_input serial console
terminal_output serial console
set default=0
set timeout=1
search --no-floppy --set=root -l '%s'
menuentry '%s' {
	linux /%s %s
	initrd /%s
}
`, l.VolumeID, title, kernelFile, l.Cmdline, initramfsFile)
}

// forward is the configuration where GRUB images of distributions look for
// it: it leads to the one that there is.
const forward = "configfile /EFI/BOOT/grub.cfg\n"

// efi adds what starts the kernel from UEFI, and the image with it.
func (l *loaders) efi(ctx context.Context) error {
	program := l.find("", "gcdx64.efi.signed", "gcdx64.efi", "grubx64.efi")
	boot := "EFI/BOOT/BOOTX64.EFI"
	if program != "" {
		fmt.Fprintf(l.Log, "boot loader for UEFI: %s\n", filepath.Base(program))
		if err := copyFile(program, filepath.Join(l.Out, boot)); err != nil {
			return err
		}
	} else {
		kernel := l.find("x86_64-efi", "kernel.img")
		if kernel == "" {
			return l.missing("for UEFI", "gcdx64.efi", "grubx64.efi", "x86_64-efi/kernel.img")
		}
		core := grubImage{modules: filepath.Dir(kernel), format: "x86_64-efi", prefix: "/EFI/BOOT", out: boot, more: []string{"efi_gop", "efi_uga"}}
		if err := l.mkimage(ctx, core); err != nil {
			return err
		}
	}
	if err := l.write("EFI/BOOT/grub.cfg", l.grubMenu()); err != nil {
		return err
	}
	return l.efiImage(ctx, boot)
}

// efiImage makes the EFI system partition.
func (l *loaders) efiImage(ctx context.Context, boot string) error {
	program := filepath.Join(l.Out, boot)
	info, err := os.Stat(program)
	if err != nil {
		return err
	}
	files := []fat.File{
		{Path: boot, From: program, Size: info.Size()},
		{Path: "EFI/BOOT/grub.cfg", Data: []byte(l.grubMenu())},
		{Path: "boot/grub/grub.cfg", Data: []byte(forward)},
		{Path: "EFI/debian/grub.cfg", Data: []byte(forward)},
		{Path: "EFI/fedora/grub.cfg", Data: []byte(forward)},
	}
	var b bytes.Buffer
	if _, err := fat.Write(ctx, &b, files, fat.Options{Label: "BOOT", Spare: 64 << 10, Time: l.Time}); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(l.Out, efiFile), b.Bytes(), 0o644)
}
