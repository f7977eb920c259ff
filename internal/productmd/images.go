package productmd

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Images is the content of images.json. The zero value is an empty one once
// Compose is set. It is not safe for concurrent use.
type Images struct {
	Compose Compose
	trees   map[string]map[string][]Image
	keys    map[imageKey]string // where an image with that key is
}

// Image is one image. A source image is noted under every binary
// architecture of its variant, with Arch src.
type Image struct {
	Path       string // relative to the folder "compose"
	Size       int64  // bytes
	MTime      int64  // seconds since the epoch
	VolumeID   string // empty where the format has none
	Type       string // dvd, boot, qcow2, …: see ImageFormats
	Format     string // iso, qcow2, raw.xz, …
	Arch       string
	Disc       int // number in the set, from 1
	Discs      int
	Checksums  map[string]string // by algorithm, in hex
	ImplantMD5 string            // empty where none is implanted
	Bootable   bool
	Subvariant string
	// Unified images are for several variants, AdditionalVariants the uids of
	// the others.
	Unified            bool
	AdditionalVariants []string
}

// imageKey is what must differ between any two images of a compose.
type imageKey struct {
	subvariant, typ, format, arch, additional string
	disc                                      int
	unified                                   bool
}

func (i *Image) key() imageKey {
	return imageKey{i.Subvariant, i.Type, i.Format, i.Arch, strings.Join(slices.Sorted(slices.Values(i.AdditionalVariants)), ","), i.Disc, i.Unified}
}

// ImageFormats gives the formats that a type of image may have; none for a
// type that is unknown, and all of AllImageFormats where any will do.
func ImageFormats(typ string) []string {
	switch typ {
	case "boot", "cd", "dvd", "dvd-debuginfo", "dvd-ostree", "dvd-ostree-osbuild", "live-osbuild", "netinst":
		return []string{"iso"}
	case "ec2", "kvm", "live", "p2v", "rescue":
		return AllImageFormats()
	case "container":
		return []string{"tar.xz", "oci", "ociarchive"}
	case "docker":
		return []string{"tar.gz", "tar.xz"}
	case "fex":
		return []string{"erofs", "erofs.gz", "erofs.xz", "squashfs", "squashfs.gz", "squashfs.xz"}
	case "vhd-compressed":
		return []string{"vhd.gz", "vhd.xz", "vhdfixed.xz"}
	case "vpc":
		return []string{"vhd"}
	case "wsl2":
		return []string{"tar", "tar.gz", "wsl"}
	case "vagrant-hyperv", "vagrant-libvirt", "vagrant-virtualbox", "vagrant-vmware-fusion":
		return []string{typ + ".box"}
	}
	only := map[string]string{
		"appx": "appx", "bootable-container": "ociarchive", "liveimg-squashfs": "liveimg.squashfs", "ociarchive": "ociarchive",
		"qcow": "qcow", "qcow2": "qcow2", "raw": "raw", "raw-xz": "raw.xz", "rhevm-ova": "rhevm.ova", "tar-gz": "tar.gz",
		"vdi": "vdi", "vmdk": "vmdk", "vsphere-ova": "vsphere.ova",
	}
	if f := only[typ]; f != "" {
		return []string{f}
	}
	return nil
}

// AllImageFormats gives every format that productmd knows.
func AllImageFormats() []string {
	return []string{
		"appx", "erofs", "erofs.gz", "erofs.xz", "iso", "liveimg.squashfs", "oci", "ociarchive", "qcow", "qcow2", "raw", "raw.xz", "rhevm.ova",
		"squashfs", "squashfs.gz", "squashfs.xz", "tar", "tar.gz", "tar.xz", "vagrant-hyperv.box", "vagrant-libvirt.box",
		"vagrant-virtualbox.box", "vagrant-vmware-fusion.box", "vdi", "vhd", "vhd.gz", "vhd.xz", "vhdfixed.xz", "vmdk", "vsphere.ova", "wsl",
	}
}

// Add notes an image in a tree. An image whose subvariant, type, format,
// architecture, disc and other variants are those of another path is refused;
// Check tells before the image is made.
func (s *Images) Add(variant, arch string, image Image) error {
	if err := s.Check(variant, arch, image); err != nil {
		return err
	}
	if s.trees == nil {
		s.trees, s.keys = map[string]map[string][]Image{}, map[imageKey]string{}
	}
	if s.trees[variant] == nil {
		s.trees[variant] = map[string][]Image{}
	}
	s.trees[variant][arch] = append(s.trees[variant][arch], image)
	s.keys[image.key()] = image.Path
	return nil
}

// Check says whether Add would take the image.
func (s *Images) Check(variant, arch string, image Image) error {
	errs := []error{image.validate()}
	if variant == "" || !isTreeArch(arch) {
		errs = append(errs, fmt.Errorf("%q.%q is not a tree", variant, arch))
	}
	if other, ok := s.keys[image.key()]; ok && other != image.Path {
		errs = append(errs, fmt.Errorf("%s has the same subvariant, type, format, architecture and disc", other))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("images: %s: %w", image.Path, err)
	}
	return nil
}

func (i *Image) validate() error {
	var errs []error
	if !isInside(i.Path) {
		errs = append(errs, fmt.Errorf("%q is not a path below the compose", i.Path))
	}
	if formats := ImageFormats(i.Type); formats == nil {
		errs = append(errs, fmt.Errorf("unknown type %q", i.Type))
	} else if !slices.Contains(formats, i.Format) {
		errs = append(errs, fmt.Errorf("format %q: type %s wants one of %s", i.Format, i.Type, strings.Join(formats, ", ")))
	}
	if !isTreeArch(i.Arch) && i.Arch != "src" {
		errs = append(errs, fmt.Errorf("unknown architecture %q", i.Arch))
	}
	if i.Disc < 1 || i.Discs < i.Disc {
		errs = append(errs, fmt.Errorf("disc %d of %d", i.Disc, i.Discs))
	}
	if i.Size < 0 || i.MTime < 0 {
		errs = append(errs, errors.New("negative size or time"))
	}
	if len(i.Checksums) == 0 {
		errs = append(errs, errors.New("no checksum"))
	}
	if len(i.AdditionalVariants) > 0 && !i.Unified {
		errs = append(errs, errors.New("additional variants of an image that is not unified"))
	}
	return errors.Join(errs...)
}

func (i *Image) object() object {
	o := object{
		"path": i.Path, "size": i.Size, "mtime": i.MTime, "volume_id": orNull(i.VolumeID), "type": i.Type, "format": i.Format, "arch": i.Arch,
		"disc_number": i.Disc, "disc_count": i.Discs, "checksums": stringObject(i.Checksums), "implant_md5": orNull(i.ImplantMD5),
		"bootable": i.Bootable, "subvariant": i.Subvariant,
	}
	if i.Unified {
		o["unified"] = true
	}
	if len(i.AdditionalVariants) > 0 {
		o["additional_variants"] = slices.Sorted(slices.Values(i.AdditionalVariants))
	}
	return o
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// JSON gives the content of images.json, the images of a tree sorted by path.
func (s *Images) JSON() ([]byte, error) {
	if err := s.Compose.Validate(); err != nil {
		return nil, fmt.Errorf("images: %w", err)
	}
	trees := object{}
	for variant, arches := range s.trees {
		byArch := object{}
		for arch, images := range arches {
			list := []object{}
			for _, i := range slices.SortedFunc(slices.Values(images), func(a, b Image) int { return cmp.Compare(a.Path, b.Path) }) {
				list = append(list, i.object())
			}
			byArch[arch] = list
		}
		trees[variant] = byArch
	}
	payload := object{"compose": s.Compose.object(), "images": trees}
	return dump(object{"header": header("images"), "payload": payload}), nil
}
