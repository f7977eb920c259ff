package disk

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"compose/internal/sandbox"
)

// Platform is a kind of firmware, in the words of GRUB.
type Platform string

// The platforms.
const (
	BIOSPlatform Platform = "i386-pc"
	UEFIPlatform Platform = "x86_64-efi"
)

// grubModules is where distributions have GRUB's modules, a folder for each
// platform.
const grubModules = "/usr/lib/grub"

// modules are what GRUB needs to read its configuration from the EFI system
// partition, and to start a kernel from the root file system.
const modules = "part_gpt part_msdos fat ext2 normal configfile linux search search_fs_uuid search_label serial terminal echo test all_video gzio sleep reboot halt minicmd ls cat"

// early is the configuration inside of GRUB, which finds the one on the disk.
const early = `search --no-floppy --fs-uuid --set=root %s
set prefix=($root)/grub
configfile ($root)/grub/grub.cfg
`

// loader makes GRUB's image for a platform with the modules of the root file
// system, or else with those of the machine, and gives the folder they are in.
func (d *disk) loader(ctx context.Context, p Platform, out string) (string, error) {
	dir := path.Join(grubModules, string(p))
	if slices.Contains(d.contents.GRUB, string(p)) {
		dir = inside + dir
	}
	config := filepath.Join(d.work, "early.cfg")
	if err := os.WriteFile(config, fmt.Appendf(nil, early, d.espSerial()), 0o644); err != nil {
		return "", err
	}
	name := "grub-mkimage"
	if _, err := os.Stat("/usr/bin/grub2-mkimage"); err == nil {
		name = "grub2-mkimage"
	}
	args := []string{name, "-O", string(p), "-o", "/out/" + out, "-c", "/out/early.cfg", "-p", "/grub", "-d", dir}
	args = append(args, strings.Fields(modules)...)
	if p == BIOSPlatform {
		args = append(args, "biosdisk")
	} else {
		args = append(args, "efi_gop", "efi_uga")
	}
	if err := d.tool(ctx, args); err != nil {
		return "", fmt.Errorf("boot loader for %s: %w", p, err)
	}
	return dir, nil
}

// tool runs a program of the machine, which sees the root file system and the
// working folder.
func (d *disk) tool(ctx context.Context, args []string, env ...string) error {
	return sandbox.Run(ctx, sandbox.Command{
		Args: args, Env: append([]string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8", "TZ=UTC", "HOME=/root"}, env...), Output: d.Log,
		Binds: []sandbox.Bind{{From: d.Root, To: inside}, {From: d.work, To: "/out", Access: sandbox.Writable}},
	})
}

// biosCode gives what lies in the first sector and in the partition for GRUB:
// its boot.img, and its core, which both are told where the core is.
func (d *disk) biosCode(ctx context.Context, coreAt int64) (code, core []byte, err error) {
	dir, err := d.loader(ctx, BIOSPlatform, "core.img")
	if err != nil {
		return nil, nil, err
	}
	// boot.img is copied by a program that sees the folder, whosever it is.
	if err := d.tool(ctx, []string{"cp", path.Join(dir, "boot.img"), "/out/boot.img"}); err != nil {
		return nil, nil, err
	}
	boot, err := os.ReadFile(filepath.Join(d.work, "boot.img"))
	core, err2 := os.ReadFile(filepath.Join(d.work, "core.img"))
	if err := errors.Join(err, err2); err != nil {
		return nil, nil, err
	}
	if len(boot) != SectorSize || len(core) < 2*SectorSize || int64(len(core)) > d.biosSize() {
		return nil, nil, fmt.Errorf("boot loader for %s: boot.img of %d bytes, core of %d", BIOSPlatform, len(boot), len(core))
	}
	le := binary.LittleEndian
	sector := uint64(coreAt / SectorSize)
	le.PutUint64(boot[0x5c:], sector)
	boot[0x66], boot[0x67] = 0x90, 0x90 // do not believe what a BIOS says of the drive
	list := core[SectorSize-12:]        // where the rest of the core is, how long, and where it goes
	le.PutUint64(list, sector+1)
	le.PutUint16(list[8:], uint16((len(core)-1)/SectorSize))
	le.PutUint16(list[10:], 0x820)
	return boot[:440], core, nil
}

// menu is the configuration on the disk.
func (d *disk) menu() []byte {
	var b strings.Builder
	b.WriteString("serial --unit=0 --speed=115200\nterminal_input serial console\nterminal_output serial console\n")
	fmt.Fprintf(&b, "set timeout=%d\nsearch --no-floppy --fs-uuid --set=root %s\n", d.Timeout, d.rootUUID())
	fmt.Fprintf(&b, "menuentry '%s' {\n\tlinux %s root=PARTUUID=%s rw %s\n", d.title(), d.contents.Kernel, d.partUUID("root"), d.cmdline())
	if d.contents.Initramfs != "" {
		fmt.Fprintf(&b, "\tinitrd %s\n", d.contents.Initramfs)
	}
	b.WriteString("}\n")
	return []byte(b.String())
}

// title is the name in the menu, of letters that mean nothing to GRUB.
func (d *disk) title() string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || strings.ContainsRune(`'"\${}`, r) {
			return -1
		}
		return r
	}, d.Name)
}

func (d *disk) cmdline() string {
	if d.Cmdline == "" {
		return "console=tty0 console=ttyS0,115200"
	}
	return d.Cmdline
}
