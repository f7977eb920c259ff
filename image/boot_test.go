package image

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"compose/image/fat"
	"compose/image/iso"
	"compose/internal/rpmtest"
)

const marker = "COMPOSE-MARKER-4711"

func need(t *testing.T, files ...string) {
	t.Helper()
	for _, f := range files {
		if !isFile(f) {
			if os.Getenv("COMPOSE_REQUIRE_TOOLS") == "1" {
				t.Fatalf("no %s, and COMPOSE_REQUIRE_TOOLS=1", f)
			}
			t.Skipf("no %s", f)
		}
	}
}

func readFile(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// grubImage makes a GRUB that reads its configuration from a folder.
func grubImage(t *testing.T, platform, prefix string, modules ...string) []byte {
	t.Helper()
	rpmtest.NeedProgram(t, "grub-mkimage")
	out := filepath.Join(t.TempDir(), "grub")
	args := append([]string{"-O", platform, "-o", out, "-p", prefix}, "iso9660", "fat", "part_msdos", "part_gpt", "normal", "echo", "cat", "serial", "terminal",
		"search", "search_label", "configfile", "sleep", "test")
	if b, err := exec.Command("grub-mkimage", append(args, modules...)...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, b)
	}
	return readFile(t, out)
}

// grubConfig finds the volume by its label and shows a file of it.
const grubConfig = `serial --unit=0 --speed=115200
terminal_output serial
search --no-floppy --set=root -l 'BOOT TEST'
cat ($root)/deep/marker.txt
sleep 60
`

// efiImageFile is an EFI system partition with GRUB.
func efiImageFile(t *testing.T) []byte {
	t.Helper()
	need(t, "/usr/lib/grub/x86_64-efi/normal.mod")
	var b bytes.Buffer
	_, err := fat.Write(t.Context(), &b, []fat.File{
		{Path: "EFI/BOOT/BOOTX64.EFI", Data: grubImage(t, "x86_64-efi", "/EFI/BOOT")},
		{Path: "EFI/BOOT/grub.cfg", Data: []byte(grubConfig)},
	}, fat.Options{Label: "ANACONDA", Serial: 0x12345678, Spare: 64 << 10})
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// bootISO makes a disc that boots into isolinux or GRUB.
func bootISO(t *testing.T, files []iso.File, code BootCode, table iso.PartitionTable) string {
	t.Helper()
	files = append(files, iso.File{Path: "deep/marker.txt", Data: []byte(marker + "\r\n")}, iso.File{Path: "Packages/x.rpm", Data: make([]byte, 3<<20)})
	SortDisc(files)
	l, err := LayoutBoot("x86_64", files, code)
	if err != nil {
		t.Fatal(err)
	}
	l.Hybrid.Table = table
	made, err := MakeISO(t.Context(), ISOSpec{Path: filepath.Join(t.TempDir(), "boot.iso"), Files: files, VolumeID: "BOOT TEST", Boot: &l, Time: time.Unix(1700000000, 0)})
	if err != nil {
		t.Fatal(err)
	}
	if warnings, err := CheckISO(made.Path, ISOCheck{Arch: "x86_64", Bootable: true, VolumeID: "BOOT TEST"}); err != nil || warnings != nil {
		t.Fatal(warnings, err)
	}
	return made.Path
}

func isolinuxFiles(t *testing.T) []iso.File {
	t.Helper()
	need(t, "/usr/lib/ISOLINUX/isolinux.bin", "/usr/lib/syslinux/modules/bios/ldlinux.c32", "/usr/lib/ISOLINUX/isohdpfx.bin")
	return []iso.File{
		{Path: isolinuxBin, Data: readFile(t, "/usr/lib/ISOLINUX/isolinux.bin")},
		{Path: "isolinux/ldlinux.c32", Data: readFile(t, "/usr/lib/syslinux/modules/bios/ldlinux.c32")},
		{Path: "isolinux/isolinux.cfg", Data: []byte("SERIAL 0 115200\nDEFAULT hello\nLABEL hello\nKERNEL hello.bin\n")},
		{Path: "isolinux/hello.bin", Data: serialProgram(marker)},
		{Path: "EFI/BOOT/grub.cfg", Data: []byte(grubConfig)},
		{Path: efiImage, Data: efiImageFile(t)},
	}
}

// serialProgram is a boot sector that writes a text to the first serial port
// and stops.
func serialProgram(text string) []byte {
	const start = 0x7c00
	code := []byte{
		0x31, 0xc0, // xor ax, ax
		0x8e, 0xd8, // mov ds, ax
		0xfc,                       // cld
		0xbe, 22, byte(start >> 8), // mov si, text
		0xac,       // lodsb
		0x84, 0xc0, // test al, al
		0x74, 0x06, // jz stop
		0xba, 0xf8, 0x03, // mov dx, 0x3f8
		0xee,       // out dx, al
		0xeb, 0xf5, // jmp lodsb
		0xf4,       // stop: hlt
		0xeb, 0xfd, // jmp stop
	}
	code = append(append(code, text...), make([]byte, 2048-len(code)-len(text))...)
	code[510], code[511] = 0x55, 0xaa
	return code
}

func grubFiles(t *testing.T) []iso.File {
	t.Helper()
	need(t, "/usr/lib/grub/i386-pc/boot_hybrid.img")
	return []iso.File{
		{Path: grubBIOS, Data: grubImage(t, "i386-pc-eltorito", "/boot/grub", "biosdisk")},
		{Path: "boot/grub/grub.cfg", Data: []byte(grubConfig)},
		{Path: "EFI/BOOT/grub.cfg", Data: []byte(grubConfig)},
		{Path: efiImage, Data: efiImageFile(t)},
	}
}

// TestBootsInQEMU starts discs in every way that they are to start in.
func TestBootsInQEMU(t *testing.T) {
	if testing.Short() {
		t.Skip("starts virtual machines")
	}
	rpmtest.NeedProgram(t, "qemu-system-x86_64")
	isolinux := BootCode{iso.LoaderIsolinux, nil}
	grub := BootCode{iso.LoaderGRUB2, nil}
	images := map[string]string{}
	for name, table := range map[string]iso.PartitionTable{"gpt": iso.TableGPT, "mbr": iso.TableMBR} {
		files := isolinuxFiles(t)
		isolinux.Code = readFile(t, "/usr/lib/ISOLINUX/isohdpfx.bin")
		images["isolinux-"+name] = bootISO(t, files, isolinux, table)
		files = grubFiles(t)
		grub.Code = readFile(t, "/usr/lib/grub/i386-pc/boot_hybrid.img")
		images["grub-"+name] = bootISO(t, files, grub, table)
	}
	ways := []struct {
		name string
		Firmware
		Medium
	}{
		{"bios-cd", FirmwareBIOS, MediumCD}, {"bios-usb", FirmwareBIOS, MediumUSB}, {"bios-disk", FirmwareBIOS, MediumDisk},
		{"uefi-cd", FirmwareUEFI, MediumCD}, {"uefi-usb", FirmwareUEFI, MediumUSB}, {"uefi-disk", FirmwareUEFI, MediumDisk},
	}
	for _, image := range sortedKeys(images) {
		for _, w := range ways {
			if w.Firmware == FirmwareUEFI && (strings.HasPrefix(image, "grub") || image == "isolinux-mbr" && w.Medium == MediumCD) {
				continue // the same EFI image
			}
			t.Run(image+"-"+w.name, func(t *testing.T) {
				dir := t.TempDir()
				test := BootTest{
					Image: images[image], Arch: "x86_64", Firmware: w.Firmware, Medium: w.Medium, Expect: marker,
					Timeout: time.Minute, Memory: 256, Accel: []string{"tcg"}, LogDir: dir,
				}
				if err := TryBoot(t.Context(), test); err != nil {
					b, _ := os.ReadFile(filepath.Join(dir, "serial.log"))
					t.Errorf("%v\n%q", err, b)
				}
				if left, _ := filepath.Glob(filepath.Join(dir, "q*")); len(left) > 0 {
					t.Error("left behind: ", left)
				}
			})
		}
	}
}

// TestBootFails keeps what shows why.
func TestBootFails(t *testing.T) {
	rpmtest.NeedProgram(t, "qemu-system-x86_64")
	dir := filepath.Join(t.TempDir(), strings.Repeat("a longer path than a socket can have ", 4))
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	disk := filepath.Join(dir, "empty,disk.img")
	if err := os.WriteFile(disk, make([]byte, 1<<20), 0o644); err != nil {
		t.Fatal(err)
	}
	logs := filepath.Join(dir, "logs")
	os.Mkdir(logs, 0o755)
	test := BootTest{Image: disk, Arch: "x86_64", Medium: MediumDisk, Expect: "never", Timeout: 4 * time.Second, Memory: 64, Accel: []string{"tcg"}, LogDir: logs}
	err := TryBoot(t.Context(), test)
	if err == nil || !strings.Contains(err.Error(), `"never" did not appear within 4s`) || !strings.Contains(err.Error(), "serial.log") {
		t.Error(err)
	}
	if !bytes.HasPrefix(readFile(t, filepath.Join(logs, "screen.ppm")), []byte("P6")) {
		t.Error("no picture of the screen")
	}
	for want, b := range map[string]BootTest{
		"boot tests of s390x":  {Image: disk, Arch: "s390x", Expect: "x", LogDir: logs},
		"needs a text":         {Image: disk, Arch: "x86_64", LogDir: logs},
		"no UEFI firmware":     {Image: disk, Arch: "x86_64", Expect: "x", LogDir: logs, Firmware: FirmwareUEFI, OVMFCode: "/nowhere"},
		"could not open":       {Image: disk + "x", Arch: "x86_64", Expect: "x", LogDir: logs},
		"no such file or dire": {Image: disk, Arch: "x86_64", Expect: "x", LogDir: logs + "x"},
	} {
		if err := TryBoot(t.Context(), b); err == nil || !strings.Contains(strings.ToLower(err.Error()), strings.ToLower(want)) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

func TestWatcher(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	n := 0
	w := &watcher{want: []byte("login:"), found: func() { n++ }, log: f}
	for _, s := range []string{"boot", "ing log", "in", ": log", "in:", " login:"} {
		io.WriteString(w, s)
	}
	if n != 1 || !w.seen {
		t.Errorf("found %d times", n)
	}
}
