package rpmtest

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// BootPackages gives packages of a system that boots, with files of this
// machine: kernel, busybox, isolinux with syslinux-common, grub2-pc and
// grub2-efi. The kernel is the file that $COMPOSE_TEST_KERNEL names, or one in
// /boot. The test is skipped where something is missing.
func BootPackages(t testing.TB) []Package {
	t.Helper()
	kernel := os.Getenv("COMPOSE_TEST_KERNEL")
	if found, _ := filepath.Glob("/boot/vmlinuz-*"); kernel == "" && len(found) > 0 {
		kernel = found[len(found)-1]
	}
	if kernel == "" {
		missing(t, "no kernel: set COMPOSE_TEST_KERNEL")
	}
	files := map[string]map[string]string{
		"kernel":   {"/boot/vmlinuz-1.0": kernel},
		"busybox":  {"/bin/busybox": "/bin/busybox"},
		"isolinux": {"/usr/lib/ISOLINUX/isolinux.bin": "", "/usr/lib/ISOLINUX/isohdpfx.bin": ""},
		"syslinux": {"/usr/lib/syslinux/modules/bios/ldlinux.c32": ""},
		"grub-efi": {"/usr/lib/grub/x86_64-efi/monolithic/gcdx64.efi": ""},
		"grub-pc":  {},
	}
	modules, _ := filepath.Glob("/usr/lib/grub/i386-pc/*")
	for _, m := range modules {
		files["grub-pc"][m] = ""
	}
	if len(modules) == 0 {
		missing(t, "no /usr/lib/grub/i386-pc")
	}
	var text strings.Builder
	text.WriteString("build boot 1.0-1 x86_64\n")
	names := []string{"kernel", "busybox", "isolinux", "syslinux", "grub-efi", "grub-pc"}
	for _, n := range names {
		text.WriteString("  sub " + n + "\n")
	}
	list, err := Parse(strings.NewReader(text.String()), "boot packages")
	if err != nil {
		t.Fatal(err)
	}
	for i := range list {
		p := &list[i]
		for _, to := range slices.Sorted(maps.Keys(files[p.Name])) {
			from := files[p.Name][to]
			if from == "" {
				from = to
			}
			data, err := os.ReadFile(from)
			if err != nil {
				missing(t, err.Error())
			}
			p.Files = append(p.Files, File{Path: to, Mode: 0o100755, Data: data})
		}
	}
	return list
}

// missing skips a test for which something is not there, or lets it fail
// where everything has to be.
func missing(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("COMPOSE_REQUIRE_TOOLS") == "1" {
		t.Fatalf("%s, and COMPOSE_REQUIRE_TOOLS=1", what)
	}
	t.Skip(what)
}
