package iso

import (
	"errors"
	"fmt"
	"time"
)

// Level says which names the primary tree has, those that a reader without
// Rock Ridge and Joliet sees.
type Level int

// The levels of mkisofs -iso-level. Above each is a Rock Ridge tree with the
// true names in any case.
const (
	// LevelFree keeps names as they are up to 37 bytes, as mkisofs
	// -untranslated-filenames does: what Pungi always asks for. The standard
	// does not allow it; all readers of today do.
	LevelFree Level = 0
	Level1    Level = 1 // 8.3 upper case, files below 4 GiB
	Level2    Level = 2 // 30 characters upper case, files below 4 GiB
	Level3    Level = 3 // as 2, files of any size
	// Level4 keeps names up to 193 bytes and folders of any depth, with the
	// enhanced volume descriptor of ISO 9660:1999.
	Level4 Level = 4
)

// Implant says whether an image gets an MD5 that checkisomd5 tests.
type Implant int

// Kinds of implanted checksum.
const (
	ImplantNone      Implant = iota
	ImplantPlain             // implantisomd5
	ImplantSupported         // implantisomd5 --supported-iso
)

// Platform is the firmware that a boot image is for.
type Platform byte

// Platforms of El Torito.
const (
	BIOS Platform = 0x00
	EFI  Platform = 0xef
)

// Table says what is patched into a boot image, so that its program finds the
// rest of itself.
type Table int

// Tables in boot images.
const (
	TableNone  Table = iota
	TableInfo        // mkisofs -boot-info-table: isolinux
	TableGRUB2       // the same, and xorriso --grub2-boot-info: GRUB's eltorito.img
)

// BootImage is an image that the firmware starts from a CD without emulation.
type BootImage struct {
	Path     string // of a file on the image
	Platform Platform
	// Load is how many sectors of 512 bytes the firmware loads; 0 is four for
	// BIOS, and all for EFI; LoadAll is all.
	Load  int
	Table Table
}

// LoadAll has a boot image loaded as a whole.
const LoadAll = -1

// Options say what kind of image to make. The zero value makes a data disc
// without a name.
type Options struct {
	// VolumeID is at most 32 printable ASCII characters; the Joliet tree has
	// the first 16.
	VolumeID    string
	System      string // system identifier; "LINUX" where empty
	Publisher   string // the texts of the volume descriptor, up to 128 characters
	Preparer    string
	Application string
	// Time is when the image was made; nothing on it is newer.
	Time  time.Time
	Level Level
	// Boot are the boot images, the default first.
	Boot []BootImage
	// Catalog is the name of the boot catalog on the image; boot.cat where
	// empty. It replaces a file of that name.
	Catalog string
	// Hybrid makes the image bootable from a disk too; nil does not.
	Hybrid  *Hybrid
	Implant Implant
}

const (
	sectorSize = 2048
	// padSectors of zeros end an image, as with mkisofs -pad: drives may read
	// ahead, and the last 15 sectors are not covered by the implanted MD5.
	padSectors = 150
	// maxSection is the most bytes in one extent of a file, a multiple of the
	// sector size.
	maxSection = 1<<32 - sectorSize
)

func (o *Options) check() error {
	errs := []error{
		checkText("volume id", o.VolumeID, 32), checkText("system id", o.System, 32), checkText("publisher", o.Publisher, 128),
		checkText("preparer", o.Preparer, 128), checkText("application", o.Application, 128),
	}
	if o.Level < LevelFree || o.Level > Level4 {
		errs = append(errs, fmt.Errorf("level %d: not 1 to 4", o.Level))
	}
	if y := o.Time.UTC().Year(); !o.Time.IsZero() && (y < 1970 || y > 2155) {
		errs = append(errs, fmt.Errorf("year %d: not 1970 to 2155", y))
	}
	return errors.Join(errs...)
}

// checkText refuses what does not fit into a field of a volume descriptor,
// rather than cut it.
func checkText(what, s string, limit int) error {
	if len(s) > limit {
		return fmt.Errorf("%s %q: %d characters, at most %d", what, s, len(s), limit)
	}
	for i := range len(s) {
		if s[i] < 0x20 || s[i] > 0x7e {
			return fmt.Errorf("%s %q: not printable ASCII", what, s)
		}
	}
	return nil
}

// unix gives the time of the image in seconds since the epoch.
func (o *Options) unix() int64 {
	if o.Time.IsZero() {
		return 0
	}
	return o.Time.Unix()
}
