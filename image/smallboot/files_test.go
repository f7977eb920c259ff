package smallboot

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"compose/internal/rpmtest"
)

// fake are packages with the names of files that boot, and nothing in them.
const fake = `
package kernel 1-1 x86_64
    file /boot/vmlinuz-1 0644 "first"
    file /boot/vmlinuz-2 0644 "second"
    file /lib/modules/2/kernel/fs/isofs/isofs.ko.xz 0644 "module"
    file /lib/modules/2/kernel/fs/fat/fat.ko.xz 0644 "other"

package shell 1-1 x86_64
    file /usr/bin/bash 0755 "shell"
    file /usr/share/doc/shell/README 0644 "no"

package hostile 1-1 x86_64
    link /init /etc/passwd
    link /proc OUT
    link /bin OUT

package loaders 1-1 x86_64
    file /a/isolinux.bin 0644 "isolinux"
    file /a/ldlinux.c32 0644 "library"
    file /b/gcdx64.efi 0644 "efi"
`

// fakes writes these packages, and gives options for a tree of them; OUT
// stands for a folder that nothing may be written to.
func fakes(t *testing.T, outside string) (map[string]string, Options) {
	t.Helper()
	list, err := rpmtest.Parse(strings.NewReader(strings.ReplaceAll(fake, "OUT", outside)), "fake")
	if err != nil {
		t.Fatal(err)
	}
	paths, err := rpmtest.Write(t.TempDir(), list)
	if err != nil {
		t.Fatal(err)
	}
	p := map[string]string{}
	for i := range list {
		p[list[i].Name] = paths[i]
	}
	return p, Options{
		Kernel: p["kernel"], KernelModules: []string{"iso*"}, Initramfs: []string{p["shell"]}, Loaders: []string{p["loaders"]},
		Title: "it's", VolumeID: "V", Time: time.Unix(1700000000, 0), Out: t.TempDir(), Work: t.TempDir(), Log: io.Discard,
	}
}

// TestFiles makes the same tree twice, and has the initramfs listed by
// another program.
func TestFiles(t *testing.T) {
	_, o := fakes(t, t.TempDir())
	if _, err := Make(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	again := o
	again.Out, again.Work = t.TempDir(), t.TempDir()
	if _, err := Make(t.Context(), again); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{kernelFile, initramfsFile, efiFile, "isolinux/isolinux.cfg", "EFI/BOOT/BOOTX64.EFI", "EFI/BOOT/grub.cfg"} {
		a, err1 := os.ReadFile(filepath.Join(o.Out, name))
		b, err2 := os.ReadFile(filepath.Join(again.Out, name))
		if err1 != nil || err2 != nil || !bytes.Equal(a, b) {
			t.Errorf("%s: %d and %d bytes, %v, %v", name, len(a), len(b), err1, err2)
		}
	}
	if b, _ := os.ReadFile(filepath.Join(o.Out, kernelFile)); string(b) != "second" {
		t.Errorf("the kernel is %q", b)
	}
	rpmtest.NeedProgram(t, "bsdtar")
	list, err := exec.Command("bsdtar", "-tf", filepath.Join(o.Out, initramfsFile)).Output()
	if err != nil {
		t.Fatal(err)
	}
	want := "bin dev etc init lib lib/modules lib/modules/2 lib/modules/2/kernel lib/modules/2/kernel/fs lib/modules/2/kernel/fs/isofs lib/modules/2/kernel/fs/isofs/isofs.ko.xz proc root run sys tmp usr usr/bin usr/bin/bash usr/bin/sh dev/console"
	if got := strings.Join(strings.Fields(string(list)), " "); got != want {
		t.Errorf("the initramfs has %s\nwant %s", got, want)
	}
	text, err := exec.Command("bsdtar", "-xOf", filepath.Join(o.Out, initramfsFile), "init").Output()
	if err != nil || string(text) != shellInit {
		t.Errorf("init is %q, %v", text, err)
	}
}

// TestHostile has packages with links out of the initramfs.
func TestHostile(t *testing.T) {
	outside := t.TempDir()
	p, o := fakes(t, outside)
	o.Initramfs = append(o.Initramfs, p["hostile"])
	_, err := Make(t.Context(), o)
	if left, _ := os.ReadDir(outside); len(left) > 0 {
		t.Errorf("written outside: %v", left)
	}
	if err == nil || !strings.Contains(err.Error(), "boot tree: initramfs: ") {
		t.Error(err)
	}
	o.Kernel = filepath.Join(t.TempDir(), "none.rpm")
	if _, err := Make(t.Context(), o); err == nil {
		t.Error("a package that is not there is no error")
	}
}
