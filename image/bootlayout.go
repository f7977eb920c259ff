package image

import (
	"fmt"
	"slices"
	"strings"

	"compose/image/iso"
)

// BootCode is the code that starts an image from a disk on a PC, the content
// of a file of the loader's package.
type BootCode struct {
	Loader iso.Loader
	Code   []byte
}

// BootLayout is how a disc boots.
type BootLayout struct {
	Boot    []iso.BootImage
	Catalog string
	Hybrid  *iso.Hybrid
	System  string // system identifier of the volume
}

// Files of a boot tree, as lorax names them.
const (
	isolinuxBin = "isolinux/isolinux.bin"
	isolinuxCat = "isolinux/boot.cat"
	grubBIOS    = "images/eltorito.img"
	efiImage    = "images/efiboot.img"
	s390Image   = "images/cdboot.img"
)

// LayoutBoot gives the boot layout of an architecture, as Pungi's
// get_boot_options, for a disc with those files. A boot image that is missing
// is an error. On a PC the disc boots from a disk too, from BIOS only with
// code: without it there is no partition table on i386. HFS layouts of
// PowerPC are for other programs.
func LayoutBoot(arch string, files []iso.File, code BootCode) (BootLayout, error) {
	switch arch {
	case "i386", "i686", "x86_64":
		return layoutPC(arch, files, code)
	case "aarch64":
		l := BootLayout{Boot: []iso.BootImage{{Path: efiImage, Platform: iso.EFI}}, Hybrid: &iso.Hybrid{EFI: efiImage}}
		return l, needFiles(arch, files, efiImage)
	case "ppc64le":
		return BootLayout{System: "PPC", Hybrid: &iso.Hybrid{Table: iso.TableCHRP}}, nil
	case "s390", "s390x":
		l := BootLayout{Boot: []iso.BootImage{{Path: s390Image, Load: iso.LoadAll}}}
		return l, needFiles(arch, files, s390Image)
	case "arm", "armhfp":
		return BootLayout{}, nil
	}
	return BootLayout{}, fmt.Errorf("boot layout: none is known for %s", arch)
}

func layoutPC(arch string, files []iso.File, code BootCode) (BootLayout, error) {
	bios := iso.BootImage{Path: isolinuxBin, Table: iso.TableInfo}
	l := BootLayout{Catalog: isolinuxCat}
	if !fileOnDisc(files, isolinuxBin) && fileOnDisc(files, grubBIOS) {
		bios = iso.BootImage{Path: grubBIOS, Table: iso.TableGRUB2}
		l.Catalog = "boot.cat"
	}
	need := []string{bios.Path}
	l.Boot = []iso.BootImage{bios}
	efi := ""
	if arch == "x86_64" {
		efi = efiImage
		need = append(need, efi)
		l.Boot = append(l.Boot, iso.BootImage{Path: efi, Platform: iso.EFI})
	}
	if code.Loader != iso.LoaderNone || efi != "" {
		l.Hybrid = &iso.Hybrid{Code: code.Code, Loader: code.Loader, EFI: efi}
		if code.Loader != iso.LoaderNone {
			l.Hybrid.Boot = bios.Path
		}
	}
	if want := map[iso.Loader]string{iso.LoaderIsolinux: isolinuxBin, iso.LoaderGRUB2: grubBIOS}[code.Loader]; want != "" && want != bios.Path {
		return l, fmt.Errorf("boot layout of %s: the boot code is for %s, the disc has %s", arch, want, bios.Path)
	}
	return l, needFiles(arch, files, need...)
}

// needFiles says which of the boot images are missing.
func needFiles(arch string, files []iso.File, names ...string) error {
	missing := slices.DeleteFunc(names, func(n string) bool { return fileOnDisc(files, n) })
	if len(missing) == 0 {
		return nil
	}
	return fmt.Errorf("boot layout of %s: no %s among the files of the disc", arch, strings.Join(missing, ", "))
}
