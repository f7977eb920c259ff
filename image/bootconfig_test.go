package image

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"compose/image/fat"
)

func TestRewriteBootConfig(t *testing.T) {
	cases := []struct {
		name, text string
		rules      BootConfigRules
		want       string
	}{
		{"isolinux/isolinux.cfg", "  append initrd=initrd.img inst.stage2=hd:LABEL=Old quiet\n", BootConfigRules{VolumeID: "New"},
			"  append initrd=initrd.img inst.stage2=hd:LABEL=New quiet\n"},
		{"isolinux/isolinux.cfg", "inst.stage2=hd:LABEL=Old\\x20id", BootConfigRules{VolumeID: "F-44 Server.x86_64"},
			`inst.stage2=hd:LABEL=F-44\x20Server.x86_64`},
		{"isolinux/isolinux.cfg", "a:LABEL=x b:LABEL=y\nc:LABEL=z", BootConfigRules{VolumeID: "V"}, "a:LABEL=V b:LABEL=V\nc:LABEL=V"},
		{"isolinux/isolinux.cfg", "root=live:CDLABEL=Old rd", BootConfigRules{VolumeID: "V"}, "root=live:CDLABEL=V rd"},
		{"isolinux/isolinux.cfg", "inst.stage2=hd:LABEL=Old quiet", BootConfigRules{VolumeID: "A B", Kickstart: true},
			`inst.stage2=hd:LABEL=A\x20B inst.ks=hd:LABEL=A\x20B:/ks.cfg quiet`},
		{"isolinux/isolinux.cfg", "root=live:CDLABEL=Old rd", BootConfigRules{VolumeID: "V", Kickstart: true}, "root=live:CDLABEL=V inst.ks=hd:LABEL=V:/ks.cfg rd"},
		{"EFI/BOOT/grub.cfg", "search --no-floppy --set=root -l 'Old id'\n linuxefi /vmlinuz inst.stage2=hd:LABEL=Old\\x20id\n", BootConfigRules{VolumeID: "N w"},
			"search --no-floppy --set=root -l 'N w'\n linuxefi /vmlinuz inst.stage2=hd:LABEL=N\\x20w\n"},
		{"EFI/BOOT/grub.cfg", "search --set=root -l ''\nsearch --file 'x'\n", BootConfigRules{VolumeID: "V$1"}, "search --set=root -l 'V$1'\nsearch --file 'x'\n"},
		{"etc/yaboot.conf", "append=\"inst.stage2=hd:LABEL=Old\"\n", BootConfigRules{VolumeID: "A B"}, "append=\"inst.stage2=hd:LABEL=A\\\\x20B\"\n"},
		{"ppc/ppc64/yaboot.conf", "hd:LABEL=Old x", BootConfigRules{VolumeID: "A B", Kickstart: true}, `hd:LABEL=A\\x20B inst.ks=hd:LABEL=A\\x20B:/ks.cfg x`},
		{"EFI/BOOT/BOOTX64.conf", "nothing here\r\n\x00LABEL=x", BootConfigRules{VolumeID: "V"}, "nothing here\r\n\x00LABEL=x"},
	}
	for _, c := range cases {
		if got := RewriteBootConfig(c.name, c.text, c.rules); got != c.want {
			t.Errorf("%s %q: %q, want %q", c.name, c.text, got, c.want)
		}
	}
}

// loraxTree is what lorax leaves, in small.
func loraxTree(t *testing.T) string {
	t.Helper()
	const grub = "set default=1\nsearch --no-floppy --set=root -l 'OLD ID'\nlinuxefi /images/pxeboot/vmlinuz inst.stage2=hd:LABEL=OLD\\x20ID quiet\n"
	dir := tree(t, "images/pxeboot/vmlinuz", "images/boot.iso")
	write := func(name string, b []byte, mode os.FileMode) {
		p := filepath.Join(dir, name)
		os.MkdirAll(filepath.Dir(p), 0o755)
		if err := os.WriteFile(p, b, mode); err != nil {
			t.Fatal(err)
		}
	}
	write("isolinux/isolinux.cfg", []byte("append inst.stage2=hd:LABEL=OLD\\x20ID\n"), 0o644)
	write("EFI/BOOT/grub.cfg", []byte(grub), 0o644)
	write("secret.img", []byte("s"), 0o600)
	os.Symlink("images", filepath.Join(dir, "link"))
	var efi bytes.Buffer
	_, err := fat.Write(t.Context(), &efi, []fat.File{
		{Path: "EFI/BOOT/BOOTX64.EFI", Data: bytes.Repeat([]byte{7}, 9000)},
		{Path: "EFI/BOOT/GRUB.CFG", Data: []byte(grub)},
		{Path: "EFI/BOOT/BOOTX64.conf", Data: []byte("kernel :LABEL=OLD\n")},
	}, fat.Options{Label: "ANACONDA"})
	if err != nil {
		t.Fatal(err)
	}
	write("images/efiboot.img", efi.Bytes(), 0o644)
	return dir
}

func TestPlaceBootTree(t *testing.T) {
	src := loraxTree(t)
	dst := filepath.Join(t.TempDir(), "os")
	before := readFile(t, filepath.Join(src, "images/efiboot.img"))
	for range 2 { // the second time over what is there
		done, err := PlaceBootTree(t.Context(), src, dst, BootConfigRules{VolumeID: "NEW ID", Kickstart: true})
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(done, []string{"isolinux/isolinux.cfg", "EFI/BOOT/grub.cfg"}) {
			t.Error(done)
		}
	}
	grub := string(readFile(t, filepath.Join(dst, "EFI/BOOT/grub.cfg")))
	if !strings.Contains(grub, "-l 'NEW ID'") || !strings.Contains(grub, `hd:LABEL=NEW\x20ID inst.ks=hd:LABEL=NEW\x20ID:/ks.cfg quiet`) {
		t.Error(grub)
	}
	after := readFile(t, filepath.Join(dst, "images/efiboot.img"))
	if !bytes.Equal(before, readFile(t, filepath.Join(src, "images/efiboot.img"))) {
		t.Error("the source was changed")
	}
	f, err := os.OpenFile(filepath.Join(dst, "images/efiboot.img"), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	m, err := fat.Open(f, int64(len(after)))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"EFI/BOOT/grub.cfg": grub, "EFI/BOOT/BOOTX64.conf": "kernel :LABEL=NEW\\x20ID inst.ks=hd:LABEL=NEW\\x20ID:/ks.cfg\n"} {
		if got, err := m.ReadFile(name, maxConfig); err != nil || string(got) != want {
			t.Errorf("%s in the EFI image: %q %v", name, got, err)
		}
	}
	differ := 0
	for i := 0; i < len(before); i += 512 {
		if !bytes.Equal(before[i:i+512], after[i:i+512]) {
			differ++
		}
	}
	if differ > 3 { // two files of a sector each, and their folder
		t.Errorf("%d sectors of the EFI image differ", differ)
	}
	if info, err := os.Stat(filepath.Join(dst, "secret.img")); err != nil || info.Mode().Perm() != 0o644 {
		t.Error(info, err)
	}
	a, _ := os.Stat(filepath.Join(src, "images/boot.iso"))
	if b, err := os.Stat(filepath.Join(dst, "images/boot.iso")); err != nil || !os.SameFile(a, b) {
		t.Error("boot.iso is not linked: ", err)
	}
	if to, err := os.Readlink(filepath.Join(dst, "link")); err != nil || to != "images" {
		t.Error(to, err)
	}
	if left, _ := filepath.Glob(filepath.Join(dst, "*/*.part")); len(left) > 0 {
		t.Error(left)
	}
	if _, err := exec.LookPath("fsck.fat"); err == nil {
		if out, err := exec.Command("fsck.fat", "-n", filepath.Join(dst, "images/efiboot.img")).CombinedOutput(); err != nil {
			t.Errorf("%v %s", err, out)
		}
	}
}

func TestPlaceBootTreeFaults(t *testing.T) {
	if _, err := PlaceBootTree(t.Context(), "/nowhere/at all", t.TempDir(), BootConfigRules{}); err == nil {
		t.Error("no error for a tree that is not there")
	}
	src := tree(t, "images/efiboot.img")
	dst := t.TempDir()
	if _, err := PlaceBootTree(t.Context(), src, dst, BootConfigRules{}); err == nil || !strings.Contains(err.Error(), "images/efiboot.img: reading a FAT image") {
		t.Error(err)
	}
	if left, _ := filepath.Glob(filepath.Join(dst, "images/*")); len(left) > 0 {
		t.Error("left behind: ", left)
	}
}

func TestLoraxArgs(t *testing.T) {
	base := func(change func(*Lorax)) Lorax {
		l := Lorax{Product: "Test Product", Version: "1", Release: "1", Sources: []string{"file:///repo/x86_64"}, Variant: "Server", BuildArch: "x86_64",
			VolumeID: "vol id", LogFile: "/log/lorax.log", Output: "/out/Server"}
		if change != nil {
			change(&l)
		}
		return l
	}
	const head, end = "lorax|--product=Test Product|--version=1|--release=1|--source=file:///repo/x86_64|", "|--logfile=/log/lorax.log|/out/Server"
	cases := []struct {
		lorax Lorax
		want  string
	}{
		{base(nil), head + "--variant=Server|--nomacboot|--noupgrade|--buildarch=x86_64|--volid=vol id" + end},
		{base(func(l *Lorax) { l.MacBoot, l.Upgrade, l.Final = true, true, true }), head + "--variant=Server|--isfinal|--buildarch=x86_64|--volid=vol id" + end},
		{base(func(l *Lorax) { l.BugURL = "http://bugs" }), head + "--variant=Server|--bugurl=http://bugs|--nomacboot|--noupgrade|--buildarch=x86_64|--volid=vol id" + end},
		{base(func(l *Lorax) { l.Sources = []string{"/work/repo", "http://mirror/$basearch", "/work/comps"} }),
			"lorax|--product=Test Product|--version=1|--release=1|--source=file:///work/repo|--source=http://mirror/$basearch|--source=file:///work/comps|" +
				"--variant=Server|--nomacboot|--noupgrade|--buildarch=x86_64|--volid=vol id" + end},
		{base(func(l *Lorax) {
			l.InstallPackages, l.AddTemplates, l.AddArchTemplates = []string{"bash", "vim"}, []string{"/t1", "/t2"}, []string{"/a1"}
			l.AddTemplateVars, l.AddArchTemplateVars = []string{"k=v"}, []string{"ak=av", "x=y"}
		}), head + "--variant=Server|--nomacboot|--noupgrade|--buildarch=x86_64|--volid=vol id|--installpkgs=bash|--installpkgs=vim|--add-template=/t1|--add-template=/t2|" +
			"--add-arch-template=/a1|--add-template-var=k=v|--add-arch-template-var=ak=av|--add-arch-template-var=x=y" + end},
		{base(func(l *Lorax) {
			l.RootfsSize, l.DracutArgs, l.SkipBranding, l.SquashfsOnly, l.ConfigFile = 3, []string{"--xz", "--add rescue"}, true, true, "/l.conf"
		}), head + "--variant=Server|--nomacboot|--noupgrade|--buildarch=x86_64|--volid=vol id|--logfile=/log/lorax.log|--rootfs-size=3|--dracut-arg=--xz|" +
			"--dracut-arg=--add rescue|--skip-branding|--squashfs-only|--config|/l.conf|/out/Server"},
		{Lorax{Product: "P", Version: "1", Release: "2", Sources: []string{"/r"}, Output: "/o"}, "lorax|--product=P|--version=1|--release=2|--source=file:///r|--nomacboot|--noupgrade|/o"},
	}
	for i, c := range cases {
		args, err := c.lorax.Args()
		if got := strings.Join(args, "|"); err != nil || got != c.want {
			t.Errorf("%d: %v\n%s\n%s", i, err, got, c.want)
		}
	}
	for want, change := range map[string]func(*Lorax){
		"product, version and release": func(l *Lorax) { l.Product = "" },
		"no repository":                func(l *Lorax) { l.Sources = nil },
		`source "repo"`:                func(l *Lorax) { l.Sources = []string{"repo"} },
		`output folder "out"`:          func(l *Lorax) { l.Output = "out" },
		"40 characters, at most 32":    func(l *Lorax) { l.VolumeID = strings.Repeat("v", 40) },
	} {
		if _, err := base(change).Args(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

func TestLoraxCause(t *testing.T) {
	const log = "2026-11-24 06:30:00,123: Installing packages\n2026-11-24 06:30:01,000: Dependency check failed:\n" +
		"Problem: conflicting requests\n  - nothing provides libfoo.so.1 needed by bar-1-1.x86_64\n2026-11-24 06:30:02,000: ERROR template command error\n"
	if got := LoraxCause(log); got != "2026-11-24 06:30:01,000: Dependency check failed:\nProblem: conflicting requests\n  - nothing provides libfoo.so.1 needed by bar-1-1.x86_64" {
		t.Errorf("%q", got)
	}
	if got := LoraxCause("fine\n2026-11-24 06:30:02,000: ERROR one\n2026-11-24 06:30:03,000: ERROR two\n2026-11-24 06:30:03,000: bye\n"); got != "2026-11-24 06:30:03,000: ERROR two" {
		t.Errorf("%q", got)
	}
	if got := LoraxCause("Traceback (most recent call last):\n" + strings.Repeat("  line\n", 50)); strings.Count(got, "\n") != maxCause-1 {
		t.Errorf("%q", got)
	}
	if LoraxCause("all is well\n") != "" || LoraxCause("") != "" {
		t.Error("a cause of nothing")
	}
}
