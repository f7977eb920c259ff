package disk_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"compose/image"
	"compose/image/disk"
)

// TestBoot starts a disk, raw and as qcow2, from both firmwares: GRUB is found,
// finds its configuration, and reads the kernel from the root file system. It
// then says that this is none.
func TestBoot(t *testing.T) {
	need(t, "mke2fs", "debugfs", "grub-mkimage", "qemu-system-x86_64")
	name := raw(t, disk.Options{Root: root(t), Name: "x", Identity: "one", Platforms: both})
	in, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	qcow := filepath.Join(t.TempDir(), "disk.qcow2")
	out, err := os.Create(qcow)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	if err := disk.Qcow2(context.Background(), out, in, disk.Zlib); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		image, format string
		image.Firmware
	}{{name, "raw", image.FirmwareBIOS}, {qcow, "qcow2", image.FirmwareUEFI}} {
		t.Run(c.format+"-"+c.Firmware.String(), func(t *testing.T) {
			test := image.BootTest{
				Image: c.image, Format: c.format, Arch: "x86_64", Firmware: c.Firmware, Medium: image.MediumDisk, Memory: 256,
				Expect: "premature end of file /boot/vmlinuz-1.10", Timeout: 2 * time.Minute, Accel: []string{"tcg"}, LogDir: t.TempDir(),
			}
			if err := image.TryBoot(context.Background(), test); err != nil {
				t.Error(err)
				b, _ := os.ReadFile(filepath.Join(test.LogDir, "serial.log"))
				t.Logf("%q", b)
			}
		})
	}
}
