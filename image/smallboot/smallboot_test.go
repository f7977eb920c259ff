package smallboot

import (
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"compose/image"
	"compose/internal/rpmtest"
)

// packages writes packages of a system that boots, and gives their paths by
// name.
func packages(t *testing.T) map[string]string {
	t.Helper()
	list := rpmtest.BootPackages(t)
	paths, err := rpmtest.Write(t.TempDir(), list)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for i, p := range list {
		if p.Arch != "src" {
			out[p.Name] = paths[i]
		}
	}
	return out
}

// options are for a tree with isolinux.
func options(t *testing.T, p map[string]string) Options {
	t.Helper()
	return Options{
		Kernel: p["kernel"], Initramfs: []string{p["busybox"]}, Loaders: []string{p["isolinux"], p["syslinux"], p["grub-efi"]},
		Title: "Test 1.0", VolumeID: "Test 1.0 x86_64", Time: time.Unix(1700000000, 0), Out: t.TempDir(), Work: t.TempDir(), Log: io.Discard,
	}
}

// bootISO makes a disc of a tree.
func bootISO(t *testing.T, o Options) string {
	t.Helper()
	tree, err := Make(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	files, err := image.DiscFiles(o.Out, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	layout, err := image.LayoutBoot("x86_64", files, tree.Code)
	if err != nil {
		t.Fatal(err)
	}
	made, err := image.MakeISO(t.Context(), image.ISOSpec{Path: filepath.Join(t.TempDir(), "boot.iso"), Files: files, VolumeID: o.VolumeID, Boot: &layout, Time: o.Time})
	if err != nil {
		t.Fatal(err)
	}
	return made.Path
}

// TestBoots starts a kernel with its initramfs from both loaders and both
// kinds of firmware, from a CD and from a disk.
func TestBoots(t *testing.T) {
	if testing.Short() {
		t.Skip("starts virtual machines")
	}
	rpmtest.NeedProgram(t, "qemu-system-x86_64", "grub-mkimage")
	p := packages(t)
	isolinux := options(t, p)
	grub := options(t, p)
	grub.BIOS, grub.Loaders = "grub2", []string{p["grub-pc"], p["grub-efi"]}
	last := ""
	for _, c := range []struct {
		name  string
		image string
		image.Firmware
		image.Medium
	}{
		{"isolinux", bootISO(t, isolinux), image.FirmwareBIOS, image.MediumCD},
		{"isolinux", "", image.FirmwareBIOS, image.MediumDisk},
		{"efi", "", image.FirmwareUEFI, image.MediumCD},
		{"efi", "", image.FirmwareUEFI, image.MediumDisk},
		{"grub", bootISO(t, grub), image.FirmwareBIOS, image.MediumCD},
		{"grub", "", image.FirmwareBIOS, image.MediumDisk},
	} {
		if c.image != "" {
			last = c.image
		}
		t.Run(c.name+"-"+c.Firmware.String()+"-"+c.Medium.String(), func(t *testing.T) {
			logs := t.TempDir()
			err := image.TryBoot(t.Context(), image.BootTest{
				Image: last, Arch: "x86_64", Firmware: c.Firmware, Medium: c.Medium, Expect: "compose: booted", LogDir: logs,
				Timeout: 4 * time.Minute, Memory: 512, Accel: []string{"tcg"},
			})
			if err != nil {
				b, _ := os.ReadFile(filepath.Join(logs, "serial.log"))
				t.Errorf("%v\n%s", err, b)
			}
		})
	}
}
