package phases_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"compose/image"
	"compose/image/fat"
	"compose/image/iso"
	"compose/internal/rpmtest"
)

// fakeLorax stands for lorax: it says how it was called, has a log, and puts
// the boot tree of the folder BOOTTREE where it was told to.
const fakeLorax = `#!/bin/sh
if [ "$1" = -V ]; then echo "lorax 39"; exit; fi
for a; do echo "$a"; done > WORK/argv
for a; do case $a in --logfile=*) logs=${a#--logfile=}; logs=${logs%/*};; esac; out=$a; done
mkdir -p "$logs/pkglists"
FAULT
echo > "$logs/pkglists/app"
echo > "$logs/pkglists/unheard-of"
cp -r WORK/boottree "$out"
`

const loraxConfig = `
[buildinstall]
method = "lorax"

[createiso]
skip = false
`

// loraxTree writes what lorax makes for an architecture.
func loraxTree(t *testing.T, dir, arch string) {
	t.Helper()
	loader := func(name string) string {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Skip(err)
		}
		return string(b)
	}
	files := map[string]string{"images/pxeboot/vmlinuz": "kernel", "images/pxeboot/initrd.img": "initrd", "images/install.img": "stage2", "EFI/BOOT/grub.cfg": "search --no-floppy --set=root -l 'OTHER'\n"}
	images, name := "kernel = images/pxeboot/vmlinuz\ninitrd = images/pxeboot/initrd.img\n", "images-"+arch
	var code image.BootCode
	switch arch {
	case "x86_64":
		files["isolinux/isolinux.bin"] = loader("/usr/lib/ISOLINUX/isolinux.bin")
		files["isolinux/isolinux.cfg"] = "append initrd=initrd.img inst.stage2=hd:LABEL=OTHER quiet\n"
		files["images/efiboot.img"] = strings.Repeat("\x00", 1<<16)
		code = image.BootCode{Loader: iso.LoaderIsolinux, Code: []byte(loader("/usr/lib/ISOLINUX/isohdpfx.bin"))}
	case "aarch64":
		files["images/efiboot.img"] = strings.Repeat("\x00", 1<<16)
	case "ppc64le":
		files["ppc/ppc64/vmlinuz"], files["etc/yaboot.conf"] = "kernel", `append="inst.stage2=hd:LABEL=OTHER"`+"\n"
	case "s390x":
		files["images/cdboot.img"], files["generic.ins"] = strings.Repeat("\x00", 8192), "images/kernel.img 0x0\n"
	}
	if files["images/efiboot.img"] != "" {
		files["images/efiboot.img"] = efiImage(t)
	}
	if arch == "x86_64" {
		images += "boot.iso = images/boot.iso\n"
	}
	files[".treeinfo"] = "[header]\nversion = 1.2\n[release]\nname = DP\nversion = 1.0\n[tree]\narch = " + arch + "\nbuild_timestamp = 1700000000.5\n[stage2]\nmainimage = images/install.img\n\n[" + name + "]\n" + images
	var list []iso.File
	for path, text := range files {
		file := filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		list = append(list, iso.File{Path: path, Data: []byte(text)})
	}
	if arch != "x86_64" {
		return
	}
	layout, err := image.LayoutBoot(arch, list, code)
	if err != nil {
		t.Fatal(err)
	}
	_, err = image.MakeISO(t.Context(), image.ISOSpec{Path: filepath.Join(dir, "images/boot.iso"), Files: list, VolumeID: "DP-1.0 Server." + arch, Boot: &layout})
	if err != nil {
		t.Fatal(err)
	}
	os.Remove(filepath.Join(dir, "images/boot.iso.manifest"))
}

// loraxFixture has a lorax that fails as fault says, in shell.
func loraxFixture(t *testing.T, arch, fault string) *fixture {
	t.Helper()
	f := newFixture(t, strings.ReplaceAll(smallPackages, "x86_64", arch))
	f.config = strings.ReplaceAll(f.config, "x86_64", arch) + loraxConfig
	own := t.TempDir()
	loraxTree(t, filepath.Join(own, "boottree"), arch)
	script := strings.ReplaceAll(strings.Replace(fakeLorax, "FAULT", fault, 1), "WORK", own)
	if err := os.WriteFile(filepath.Join(own, "lorax"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", own+":"+os.Getenv("PATH"))
	t.Setenv("LORAX_TEST", own)
	return f
}

// TestLorax calls lorax as Pungi does, puts what it makes into the tree, and
// does not call it again while nothing changed.
func TestLorax(t *testing.T) {
	f := loraxFixture(t, "x86_64", "")
	f.write("ks.cfg", []byte("text\n"))
	f.write("t.tmpl", []byte("x\n"))
	f.config = strings.Replace(f.config, `method = "lorax"`, `method = "lorax"
kickstart = "ks.cfg"
[[buildinstall.tree]]
[buildinstall.tree.lorax]
bug_url = "https://bugs.example/"
install = ["app"]
add_template = ["t.tmpl"]
add_template_var = ["a=b"]
rootfs_size = 3
dracut_args = ["--xz"]
skip_branding = true
squashfs_only = true
extra_sources = ["https://extra.example/$basearch/"]
`, 1)
	r := f.run()
	if r.err != nil {
		t.Fatal(r.err)
	}
	own := os.Getenv("LORAX_TEST")
	argv, err := os.ReadFile(filepath.Join(own, "argv"))
	if err != nil {
		t.Fatal(err)
	}
	got := strings.NewReplacer(r.made.Dir, "$TOP", r.work, "$WORK").Replace(string(argv))
	want := `--product=Dummy Product
--version=1.0
--release=1.0
--source=file://$TOP/work/x86_64/repo
--source=https://extra.example/x86_64/
--variant=Server
--bugurl=https://bugs.example/
--nomacboot
--noupgrade
--buildarch=x86_64
--volid=DP-1.0 Server.x86_64
--installpkgs=app
--add-template=$WORK/t.tmpl
--add-template-var=a=b
--logfile=$TOP/logs/x86_64/buildinstall-Server-logs/lorax.log
--rootfs-size=3
--dracut-arg=--xz
--skip-branding
--squashfs-only
$TOP/work/x86_64/buildinstall/Server/tree
`
	if got != want {
		t.Errorf("lorax was called with\n%s", difference(got, want))
	}
	root := filepath.Join(r.made.Dir, "compose/Server/x86_64/os")
	for path, text := range map[string]string{
		"isolinux/isolinux.cfg": `append initrd=initrd.img inst.stage2=hd:LABEL=DP-1.0\x20Server.x86_64 inst.ks=hd:LABEL=DP-1.0\x20Server.x86_64:/ks.cfg quiet` + "\n",
		"EFI/BOOT/grub.cfg":     "search --no-floppy --set=root -l 'DP-1.0 Server.x86_64'\n",
		"ks.cfg":                "text\n",
	} {
		if b, err := os.ReadFile(filepath.Join(root, path)); err != nil || string(b) != text {
			t.Errorf("%s: %q, %v", path, b, err)
		}
	}
	info := r.treeinfo(t, "x86_64")
	if info.MainImage != "images/install.img" || info.Images["x86_64"]["boot.iso"] != "images/boot.iso" || len(info.Checksums) != 4 || len(info.Variants) != 1 {
		t.Errorf(".treeinfo: %+v", info)
	}
	images := r.treeImages(t, "x86_64")
	if img := images["boot"]; !img.Bootable || img.MD5 == "" || img.Volume != "DP-1.0 Server.x86_64" || !strings.HasSuffix(img.Path, "-boot.iso") || !images["dvd"].Bootable {
		t.Errorf("%+v", images)
	}
	record, err := os.ReadFile(filepath.Join(r.made.Dir, "work/x86_64/image_packages", images["boot"].Path+".json"))
	if err != nil || !strings.Contains(string(record), "app-0:1.0-1.x86_64") || strings.Contains(string(record), "lib-") {
		t.Errorf("packages of boot.iso: %s, %v", record, err)
	}
	os.Remove(filepath.Join(own, "argv"))
	f.config += "\n[[repoclosure.tree]]\n"
	if r = f.rerun(); r.err != nil {
		t.Fatal(r.err)
	}
	if _, err := os.Stat(filepath.Join(own, "argv")); err == nil {
		t.Error("lorax was called again for the same packages")
	}
	r.treeinfo(t, "x86_64")
	if got := r.treeImages(t, "x86_64")["boot"]; got.Checksums["sha256"] != images["boot"].Checksums["sha256"] {
		t.Error("boot.iso is another one")
	}
	f.write("t.tmpl", []byte("y\n"))
	if r = f.rerun(); r.err != nil {
		t.Fatal(r.err)
	}
	if _, err := os.Stat(filepath.Join(own, "argv")); err != nil {
		t.Error("lorax was not called for another template")
	}
}

// TestLoraxArches makes discs of other architectures.
func TestLoraxArches(t *testing.T) {
	for arch, want := range map[string]string{
		"aarch64": "images/efiboot.img", "ppc64le": "", "s390x": "images/cdboot.img",
	} {
		t.Run(arch, func(t *testing.T) {
			f := loraxFixture(t, arch, "")
			r := f.run()
			if r.err != nil {
				t.Fatal(r.err)
			}
			img := r.treeImages(t, arch)["dvd"]
			file, err := os.Open(filepath.Join(r.made.Dir, "compose", img.Path))
			if err != nil {
				t.Fatal(err)
			}
			defer file.Close()
			fi, _ := file.Stat()
			rep, err := iso.Check(file, fi.Size())
			if err != nil || !img.Bootable {
				t.Fatalf("%+v, %v", img, err)
			}
			var boots []string
			for _, b := range rep.Boot {
				boots = append(boots, b.Path)
			}
			if strings.Join(boots, " ") != want || rep.MBR != (arch != "s390x") {
				t.Errorf("boots from %v; %+v", boots, rep)
			}
			r.treeinfo(t, arch)
			rpmtest.NeedProgram(t, "xorriso")
			text, err := exec.Command("xorriso", "-indev", file.Name(), "-report_el_torito", "plain").CombinedOutput()
			if err != nil || want != "" && !strings.Contains(string(text), "/"+want) {
				t.Errorf("xorriso: %v\n%s", err, text)
			}
		})
	}
}

// TestLoraxFails says why.
func TestLoraxFails(t *testing.T) {
	for name, c := range map[string]struct{ fault, want string }{
		"root line": {`printf '2026-11-24 06:30:00,123: INFO: x\n2026-11-24 06:30:01,123: ERROR: no kernel in the packages\n' > $logs/pylorax.log; exit 1`, "ERROR: no kernel in the packages"},
		"tail":      {"echo the disk is on fire; exit 3", "the disk is on fire"},
		"garbage":   {`mkdir -p "$out"; echo x > "$out/.treeinfo"; exit 0`, "what lorax made: treeinfo"},
		"nothing":   {`mkdir -p "$out"; exit 0`, "what lorax made: open"},
		"missing":   {`cp -r WORK/boottree "$out"; rm "$out/isolinux/isolinux.bin"; exit 0`, "no isolinux/isolinux.bin among"},
		"no kernel": {`cp -r WORK/boottree "$out"; rm "$out/images/pxeboot/vmlinuz"; exit 0`, "images/pxeboot/vmlinuz: .treeinfo tells of it, but it is not there"},
		"hangs":     {"sleep 1000", "timeout"},
	} {
		t.Run(name, func(t *testing.T) {
			f := loraxFixture(t, "x86_64", c.fault)
			if name == "hangs" {
				f.config += "\n[[step]]\nname = \"buildinstall/Server*\"\ntimeout = \"1s\"\n"
			}
			r := f.run()
			if r.err == nil || !strings.Contains(r.text(), c.want) && !strings.Contains(r.text(), "did not end within") {
				t.Errorf("%v, want %q", r.err, c.want)
			}
			t.Log(r.text())
		})
	}
	t.Run("no lorax", func(t *testing.T) {
		f := loraxFixture(t, "x86_64", "")
		os.Remove(filepath.Join(os.Getenv("LORAX_TEST"), "lorax"))
		r := f.run()
		if r.err == nil || !strings.Contains(r.text(), `use buildinstall.method = "boot"`) {
			t.Error(r.err)
		}
	})
}

// efiImage is an EFI system partition with a configuration.
func efiImage(t *testing.T) string {
	t.Helper()
	var b bytes.Buffer
	_, err := fat.Write(t.Context(), &b, []fat.File{{Path: "EFI/BOOT/grub.cfg", Data: []byte("search --no-floppy --set=root -l 'OTHER'\n")}}, fat.Options{Label: "ANACONDA"})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}
