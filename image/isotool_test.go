package image

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"compose/image/iso"
	"compose/internal/rpmtest"
)

func TestToolArgs(t *testing.T) {
	spec := ISOSpec{VolumeID: "V", Boot: &BootLayout{}}
	cases := []struct {
		tool ISOTool
		spec ISOSpec
		want string
	}{
		{ISOTool{Program: "xorrisofs", Arch: "x86_64"}, ISOSpec{VolumeID: "A B", Level: 3},
			"xorrisofs -iso-level 3 -untranslated-filenames -volid A B -J -joliet-long -rational-rock -input-charset utf-8 -x ./lost+found -o o -graft-points -path-list g"},
		{ISOTool{Program: "genisoimage", Arch: "x86_64"}, spec,
			"genisoimage -untranslated-filenames -volid V -J -joliet-long -rational-rock -input-charset utf-8 -x ./lost+found -b isolinux/isolinux.bin -c isolinux/boot.cat " +
				"-no-emul-boot -boot-load-size 4 -boot-info-table -eltorito-alt-boot -e images/efiboot.img -no-emul-boot -o o -graft-points -path-list g"},
		{ISOTool{Program: "genisoimage", Arch: "aarch64"}, spec,
			"genisoimage -untranslated-filenames -volid V -J -joliet-long -rational-rock -input-charset utf-8 -x ./lost+found -eltorito-alt-boot -e images/efiboot.img -no-emul-boot -o o -graft-points -path-list g"},
		{ISOTool{Program: "genisoimage", Arch: "ppc64le", HFS: true, PPCTemplates: "/t"}, spec,
			"genisoimage -untranslated-filenames -volid V -J -joliet-long -rational-rock -x ./lost+found -part -hfs -r -l -sysid PPC -no-desktop -allow-multidot -chrp-boot -map /t/mapping -hfs-bless /ppc/mac -o o -graft-points -path-list g"},
		{ISOTool{Program: "genisoimage", Arch: "ppc64le"}, spec,
			"genisoimage -untranslated-filenames -volid V -J -joliet-long -rational-rock -x ./lost+found -r -l -sysid PPC -chrp-boot -o o -graft-points -path-list g"},
		{ISOTool{Program: "genisoimage", Arch: "s390x"}, spec,
			"genisoimage -untranslated-filenames -volid V -J -joliet-long -rational-rock -input-charset utf-8 -x ./lost+found -eltorito-boot images/cdboot.img -no-emul-boot -o o -graft-points -path-list g"},
	}
	for _, c := range cases {
		args, err := c.tool.Args(c.spec, "o", "g")
		if got := strings.Join(args, " "); err != nil || got != c.want {
			t.Errorf("%s: %v\n%s\n%s", c.tool.Arch, err, got, c.want)
		}
	}
	if _, err := (ISOTool{Arch: "riscv"}).Args(spec, "o", "g"); err == nil {
		t.Error("no error for an unknown architecture")
	}
}

// TestToolsAgree makes the same disc with each program and by ourselves.
func TestToolsAgree(t *testing.T) {
	rpmtest.NeedProgram(t, "xorrisofs", "genisoimage", "implantisomd5", "isohybrid", "checkisomd5")
	files := isolinuxFiles(t)
	files = append(files, iso.File{Path: "Packages/a=b\\c.rpm", Data: []byte("odd name")}, iso.File{Path: "Packages/x.rpm", Data: make([]byte, 500_000)},
		iso.File{Path: "link", Mode: os.ModeSymlink, Target: "Packages/x.rpm"}, iso.File{Path: "empty", Mode: os.ModeDir})
	SortDisc(files)
	l, err := LayoutBoot("x86_64", files, BootCode{iso.LoaderIsolinux, readFile(t, "/usr/lib/ISOLINUX/isohdpfx.bin")})
	if err != nil {
		t.Fatal(err)
	}
	spec := ISOSpec{Files: files, VolumeID: "SAME", Boot: &l, Sums: []string{"sha256", "md5"}, Time: time.Unix(1700000000, 0)}
	var manifests [][]byte
	for _, program := range []string{"", "xorrisofs", "genisoimage"} {
		spec.Path = filepath.Join(t.TempDir(), "disc.iso")
		var made ISO
		if program == "" {
			made, err = MakeISO(t.Context(), spec)
		} else {
			made, err = MakeISOWith(t.Context(), ISOTool{Program: program, Arch: "x86_64"}, spec)
		}
		if err != nil {
			t.Fatalf("%s: %v", program, err)
		}
		if out, err := exec.Command("checkisomd5", made.Path).CombinedOutput(); err != nil {
			t.Errorf("%s: checkisomd5: %v %s", program, err, out)
		}
		if err := VerifyISO(t.Context(), made.Path); err != nil {
			t.Errorf("%s: %v", program, err)
		}
		if _, err := CheckISO(made.Path, ISOCheck{Arch: "x86_64", Bootable: true, VolumeID: "SAME"}); err != nil {
			t.Errorf("%s: %v", program, err)
		}
		sums, err := SumFile(made.Path, []string{"sha256"})
		if err != nil || sums["sha256"] != made.Sums["sha256"] || len(made.ImplantMD5) != 32 {
			t.Errorf("%s: %+v %v", program, made, err)
		}
		code, err := ReadBootCode(made.Path)
		if err != nil || code.Loader != iso.LoaderIsolinux || len(code.Code) != 432 {
			t.Errorf("%s: %+v %v", program, code.Loader, err)
		}
		manifests = append(manifests, readFile(t, made.Manifest))
		if left, _ := filepath.Glob(filepath.Join(filepath.Dir(made.Path), ".iso*")); len(left) > 0 {
			t.Error(left)
		}
	}
	for i, m := range manifests {
		if !bytes.Equal(m, manifests[0]) {
			t.Errorf("manifest %d:\n%s\nours:\n%s", i, m, manifests[0])
		}
	}
	spec.Path = filepath.Join(t.TempDir(), "bad.iso")
	spec.Files = append(spec.Files, iso.File{Path: "gone", From: "/nowhere"})
	if _, err := MakeISOWith(t.Context(), ISOTool{Program: "xorrisofs", Arch: "x86_64"}, spec); err == nil || !strings.Contains(err.Error(), "disc image bad.iso") {
		t.Error(err)
	}
	if left, _ := os.ReadDir(filepath.Dir(spec.Path)); len(left) > 0 {
		t.Error(left)
	}
}

func TestReadBootCode(t *testing.T) {
	name := filepath.Join(t.TempDir(), "x.iso")
	sector := make([]byte, 4096)
	write := func() { os.WriteFile(name, sector, 0o644) }
	write()
	if c, err := ReadBootCode(name); err != nil || c.Loader != iso.LoaderNone {
		t.Error(c, err)
	}
	copy(sector[0x180:], "GRUB \x00")
	sector[510], sector[511] = 0x55, 0xaa
	write()
	if c, err := ReadBootCode(name); err != nil || c.Loader != iso.LoaderGRUB2 || len(c.Code) != 440 {
		t.Error(c.Loader, err)
	}
	copy(sector[0x180:], "LILO \x00")
	write()
	if _, err := ReadBootCode(name); err == nil {
		t.Error("no error for unknown code")
	}
	sector[511] = 0
	write()
	if _, err := ReadBootCode(name); err == nil {
		t.Error("no error for a sector without mark")
	}
	os.WriteFile(name, sector[:100], 0o644)
	if _, err := ReadBootCode(name); err == nil {
		t.Error("no error for a short file")
	}
}

func TestCheckDiscSet(t *testing.T) {
	disc := func(number, count int, volume string, names ...string) string {
		ti := Treeinfo{Release: Product{"Test", "T", "1"}, Arch: "x86_64", Timestamp: 1, Disc: number, Discs: count,
			Variants: []TreeVariant{{ID: "S", UID: "S", Name: "S", Type: "variant", Packages: "Packages", Repository: "."}}}
		b, err := ti.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		di, err := Discinfo{"1.0", "D", "x86_64", []int{number}}.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		files := []iso.File{{Path: ".treeinfo", Data: b}, {Path: ".discinfo", Data: di}, {Path: "media.repo"}}
		for _, n := range names {
			files = append(files, iso.File{Path: n})
		}
		made, err := MakeISO(t.Context(), ISOSpec{Path: filepath.Join(t.TempDir(), "d.iso"), Files: files, VolumeID: volume})
		if err != nil {
			t.Fatal(err)
		}
		return made.Path
	}
	want := []string{"Packages/a.rpm", "Packages/b.rpm", "media.repo"}
	one, two := disc(1, 2, "V", "Packages/a.rpm"), disc(2, 2, "V", "Packages/b.rpm")
	if err := CheckDiscSet([]string{one, two}, want); err != nil {
		t.Error(err)
	}
	for text, discs := range map[string][]string{
		".treeinfo says disc 2 of 2 and .discinfo \"2\", it is 1 of 2": {two, one},
		"it is 1 of 1":                     {one},
		"on no disc: Packages/b.rpm":       {one, disc(2, 2, "V")},
		"on several discs: Packages/a.rpm": {one, disc(2, 2, "V", "Packages/a.rpm", "Packages/b.rpm")},
		"different volume ids":             {one, disc(2, 2, "W", "Packages/b.rpm")},
		"no such file":                     {one, two + "x"},
	} {
		if err := CheckDiscSet(discs, want); err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("%v, want %q", err, text)
		}
	}
}

func TestJigdo(t *testing.T) {
	rpmtest.NeedProgram(t, "jigdo-file")
	src := t.TempDir()
	os.Mkdir(filepath.Join(src, "Packages"), 0o755)
	noise := make([]byte, 300_000)
	for i := range noise {
		noise[i] = byte(i * i >> 7)
	}
	os.WriteFile(filepath.Join(src, "Packages", "a.rpm"), noise, 0o644)
	files, err := DiscFiles(src, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	made, err := MakeISO(t.Context(), ISOSpec{Path: filepath.Join(t.TempDir(), "j.iso"), Files: files, VolumeID: "J"})
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "jigdo")
	if err := MakeJigdo(t.Context(), Jigdo{Image: made.Path, Tree: src, Dir: dir}); err != nil {
		t.Fatal(err)
	}
	again := filepath.Join(t.TempDir(), "again.iso")
	out, err := exec.Command("jigdo-file", "make-image", "--image="+again, "--jigdo="+dir+"/j.iso.jigdo", "--template="+dir+"/j.iso.template", src+"//").CombinedOutput()
	if err != nil || !bytes.Equal(readFile(t, again), readFile(t, made.Path)) {
		t.Errorf("%v %s", err, out)
	}
	if !strings.Contains(string(readFile(t, dir+"/j.iso.template")[:20]), "JigsawDownload") {
		t.Error("no template")
	}
	if err := MakeJigdo(t.Context(), Jigdo{Image: made.Path + "x", Tree: src, Dir: dir}); err == nil {
		t.Error("no error for an image that is not there")
	}
	if err := MakeJigdo(t.Context(), Jigdo{Image: "x", Tree: src, Dir: dir}); err == nil {
		t.Error("no error for a relative path")
	}
}
