package image

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"compose/image/iso"
)

// ISOSpec says what a disc image is to be.
type ISOSpec struct {
	Path     string // of the file to write; the manifest is written beside it
	Files    []iso.File
	VolumeID string
	Time     time.Time // of the compose: nothing on the disc is newer
	Level    iso.Level // iso_level
	// Boot is how it boots, see LayoutBoot; nil is a data disc.
	Boot *BootLayout
	// Supported marks the implanted checksum of a supported release.
	Supported bool
	Sums      []string // algorithms of checksums of the whole image
	Progress  func(done, total int64)
}

// ISO is a disc image that was made.
type ISO struct {
	Path       string
	Manifest   string // path of the list of its files
	Size       int64
	ModTime    int64
	VolumeID   string
	ImplantMD5 string
	Sums       map[string]string // by algorithm, in hex
	Bootable   bool
	Warnings   []string // names that some systems do not read whole
}

// MakeISO writes a disc image and its manifest, with Joliet and Rock Ridge
// names and an implanted checksum, and checks its structure. On failure
// neither is there.
func MakeISO(ctx context.Context, s ISOSpec) (ISO, error) {
	opt := iso.Options{VolumeID: s.VolumeID, Time: s.Time, Level: s.Level, Implant: iso.ImplantPlain}
	if s.Supported {
		opt.Implant = iso.ImplantSupported
	}
	if s.Boot != nil {
		opt.Boot, opt.Catalog, opt.Hybrid, opt.System = s.Boot.Boot, s.Boot.Catalog, s.Boot.Hybrid, s.Boot.System
	}
	m, err := iso.New(s.Files, opt)
	if err != nil {
		return ISO{}, fmt.Errorf("disc image %s: %w", filepath.Base(s.Path), err)
	}
	made, err := m.Create(ctx, s.Path, iso.Output{Sums: s.Sums, Progress: s.Progress})
	if err != nil {
		return ISO{}, err
	}
	out := ISO{
		Path: s.Path, Manifest: s.Path + ".manifest", Size: made.Size, VolumeID: s.VolumeID, ImplantMD5: made.ImplantMD5,
		Sums: made.Sums, Bootable: s.Boot != nil, Warnings: m.Warnings(),
	}
	err = out.finish(m.Manifest(), s.Time)
	if err != nil {
		err = errors.Join(err, removeAll(out.Path, out.Manifest))
		return ISO{}, fmt.Errorf("disc image %s: %w", filepath.Base(s.Path), err)
	}
	return out, nil
}

// finish writes the manifest, gives the image the time of the compose, which
// is also what images.json tells, and checks what was written.
func (o *ISO) finish(manifest []byte, at time.Time) error {
	if err := writeFile(o.Manifest, manifest); err != nil {
		return err
	}
	if err := os.Chtimes(o.Path, at, at); err != nil {
		return err
	}
	o.ModTime = at.Unix()
	_, err := CheckISO(o.Path, ISOCheck{})
	return err
}

// writeFile writes a file that has its name only when it is complete.
func writeFile(name string, b []byte) error {
	part := name + ".part"
	err := os.WriteFile(part, b, 0o644)
	if err == nil {
		err = os.Rename(part, name)
	}
	if err != nil {
		os.Remove(part)
	}
	return err
}

func removeAll(names ...string) error {
	var errs []error
	for _, n := range names {
		if err := os.Remove(n); !errors.Is(err, os.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// ISOCheck says what a disc image has to be.
type ISOCheck struct {
	// Arch and Bootable: an image that is to boot on a PC needs an MBR, a GPT
	// or an El Torito record, as in Pungi's phase test.
	Arch     string
	Bootable bool
	MaxSize  int64 // bytes; 0: any size
	// Strict makes a size over the limit an error instead of a warning.
	Strict bool
	// VolumeID is what it has to be, unless empty.
	VolumeID string
}

// CheckISO checks the structure of a disc image, whoever made it, without
// reading the content of its files. What is no more than odd is told as
// warnings.
func CheckISO(name string, want ISOCheck) (warnings []string, err error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	rep, err := iso.Check(f, info.Size())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Base(name), err)
	}
	var errs []error
	if want.Bootable && slices.Contains([]string{"x86_64", "i386", "i686"}, want.Arch) && !rep.Bootable() {
		errs = append(errs, fmt.Errorf("%s: it is to boot, but has no MBR, GPT or El Torito record", filepath.Base(name)))
	}
	if want.VolumeID != "" && rep.VolumeID != want.VolumeID {
		errs = append(errs, fmt.Errorf("%s: the volume id is %q, not %q", filepath.Base(name), rep.VolumeID, want.VolumeID))
	}
	if over := info.Size() - want.MaxSize; want.MaxSize > 0 && over > 0 {
		text := fmt.Sprintf("%s: %d bytes, %d over the limit of %d", filepath.Base(name), info.Size(), over, want.MaxSize)
		if want.Strict {
			errs = append(errs, errors.New(text))
		} else {
			warnings = append(warnings, text)
		}
	}
	return warnings, errors.Join(errs...)
}

// VerifyISO reads all of a disc image and compares it with the checksum that
// is implanted in it.
func VerifyISO(ctx context.Context, name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	x, err := iso.Open(f, info.Size())
	if err == nil {
		err = x.VerifyMD5(ctx)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", filepath.Base(name), err)
	}
	return nil
}
