package phases_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"compose/image"
	"compose/internal/composetest"
	"compose/internal/rpmtest"
	"compose/phases/event"
)

// bootConfig makes trees bootable with packages of this machine.
const bootConfig = `
[buildinstall]
method = "boot"

[[buildinstall.tree]]
[buildinstall.tree.boot]
kernel = "kernel"
initramfs = ["busybox"]
loaders = ["isolinux", "syslinux", "grub-efi"]

[createiso]
skip = false
`

// bootFixture is a compose of a tree that boots.
func bootFixture(t *testing.T) *fixture {
	t.Helper()
	f := newFixture(t, "")
	paths, err := rpmtest.Write(f.packages, rpmtest.BootPackages(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		if err := os.Chtimes(path, composetest.FileTime, composetest.FileTime); err != nil {
			t.Fatal(err)
		}
	}
	f.config += bootConfig
	return f
}

// rerun makes another compose.
func (f *fixture) rerun() *result {
	f.t.Helper()
	f.options.Events = event.New(nil)
	return f.run()
}

// imageEntry is an image in images.json.
type imageEntry struct {
	Path, Type, Arch string
	Volume           string `json:"volume_id"`
	MD5              string `json:"implant_md5"`
	Bootable         bool
	Checksums        map[string]string
}

// treeImages reads images.json: the images of a tree of Server, by type.
func (r *result) treeImages(t *testing.T, arch string) map[string]imageEntry {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(r.made.Dir, "compose/metadata/images.json"))
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Payload struct {
			Images map[string]map[string][]imageEntry
		}
	}
	if err := json.Unmarshal(b, &file); err != nil {
		t.Fatal(err)
	}
	out := map[string]imageEntry{}
	for _, img := range file.Payload.Images["Server"][arch] {
		if img.Arch == arch {
			out[img.Type] = img
		}
		sums, err := image.SumFile(filepath.Join(r.made.Dir, "compose", img.Path), []string{"sha256"})
		if err != nil || sums["sha256"] != img.Checksums["sha256"] {
			t.Errorf("%s: %v, %v, want %v", img.Path, sums, err, img.Checksums)
		}
	}
	return out
}

// treeinfo reads the .treeinfo of a tree, and compares its checksums.
func (r *result) treeinfo(t *testing.T, arch string) *image.Treeinfo {
	t.Helper()
	root := filepath.Join(r.made.Dir, "compose/Server", arch, "os")
	f, err := os.Open(filepath.Join(root, ".treeinfo"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := image.ReadTreeinfo(f)
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range info.Checksums {
		sums, err := image.SumFile(filepath.Join(root, path), []string{"sha256"})
		if err != nil || "sha256:"+sums["sha256"] != want {
			t.Errorf("%s in .treeinfo: %v, %v, want %s", path, sums, err, want)
		}
	}
	return info
}

// TestBootTree makes a tree of packages that boots, its boot.iso and its DVD,
// starts the DVD in each way, and takes all of it over the next time.
func TestBootTree(t *testing.T) {
	if testing.Short() {
		t.Skip("starts virtual machines")
	}
	rpmtest.NeedProgram(t, "qemu-system-x86_64")
	f := bootFixture(t)
	f.config += "[[createiso.tree]]\nboot = \"compose: booted\"\n"
	r := f.run()
	if r.err != nil {
		t.Fatal(r.err)
	}
	images := r.treeImages(t, "x86_64")
	for _, typ := range []string{"boot", "dvd"} {
		img := images[typ]
		if !img.Bootable || img.MD5 == "" || img.Volume != "DP-1.0 Server.x86_64" {
			t.Errorf("%s: %+v", typ, img)
		}
		if err := image.VerifyISO(t.Context(), filepath.Join(r.made.Dir, "compose", img.Path)); err != nil {
			t.Error(err)
		}
	}
	info := r.treeinfo(t, "x86_64")
	want := map[string]string{
		"kernel": "images/pxeboot/vmlinuz", "initrd": "images/pxeboot/initrd.img", "efiboot.img": "images/efiboot.img", "boot.iso": "images/boot.iso",
	}
	for name, path := range want {
		if info.Images["x86_64"][name] != path || info.Checksums[path] == "" {
			t.Errorf("%s is %q with checksum %q", name, info.Images["x86_64"][name], info.Checksums[path])
		}
	}
	if len(info.Variants) != 1 || info.Variants[0].UID != "Server" {
		t.Errorf("variants %+v", info.Variants)
	}
	f.config = strings.Replace(f.config, `boot = "compose: booted"`, "", 1)
	first := images["boot"].Checksums["sha256"]
	r = f.rerun()
	if r.err != nil {
		t.Fatal(r.err)
	}
	if again := r.treeImages(t, "x86_64")["boot"].Checksums["sha256"]; again != first {
		t.Error("boot.iso was made again")
	}
	r.treeinfo(t, "x86_64")
}

// TestBootTreeFails has one error for each thing that is missing.
func TestBootTreeFails(t *testing.T) {
	f := bootFixture(t)
	good := f.config
	for _, c := range []struct{ old, new, want string }{
		{`kernel = "kernel"`, `kernel = "busybox"`, "has no kernel: neither boot/vmlinuz-* nor lib/modules/*/vmlinuz"},
		{`kernel = "kernel"`, `kernel = "kernel-huge"`, "no package set has a package kernel-huge for x86_64"},
		{`["busybox"]`, `["isolinux"]`, "none of the packages has a shell"},
		{`"syslinux", `, ``, "boot loader isolinux: no ldlinux.c32 in "},
		{`, "grub-efi"`, ``, "boot loader for UEFI: no gcdx64.efi or grubx64.efi"},
		{`"isolinux", "syslinux", `, ``, "boot loader GRUB for BIOS: no i386-pc/kernel.img in "},
	} {
		f.config = strings.Replace(good, c.old, c.new, 1)
		r := f.rerun()
		if r.err == nil || !strings.Contains(r.text(), c.want) {
			t.Errorf("%s: %v", c.want, r.err)
		}
		if strings.Count(r.text(), c.want) > 1 {
			t.Errorf("%s: said more than once: %v", c.want, r.err)
		}
	}
	f.config = good + "\n[[failable]]\ndeliverables = [\"buildinstall\"]\n"
	f.config = strings.Replace(f.config, `kernel = "kernel"`, `kernel = "busybox"`, 1)
	r := f.rerun()
	if r.err != nil || r.made.Status != "FINISHED_INCOMPLETE" {
		t.Fatalf("%v, %v", r.made.Status, r.err)
	}
	discs, _ := filepath.Glob(filepath.Join(r.made.Dir, "compose/Server/x86_64/iso/*"))
	discs = slices.DeleteFunc(discs, func(name string) bool { return strings.HasSuffix(name, "SUM") })
	if len(discs) > 0 {
		t.Errorf("discs without boot files: %v", discs)
	}
}
