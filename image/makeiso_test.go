package image

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"compose/image/iso"
)

// tree makes a folder of files.
func tree(t *testing.T, names ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, n := range names {
		p := filepath.Join(dir, n)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(n), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestDiscFiles(t *testing.T) {
	dir := tree(t, "Packages/b.rpm", "Packages/a.rpm", ".treeinfo", "images/boot.iso", "images/efiboot.img", "isolinux/isolinux.bin",
		"repodata/repomd.xml", "generic.ins", "sub/lost+found", "EFI/BOOT/grub.cfg", "GPL")
	names := func(files []iso.File) string {
		var out []string
		for _, f := range files {
			if f.Mode.IsRegular() {
				out = append(out, f.Path)
			}
		}
		return strings.Join(out, " ")
	}
	files, err := DiscFiles(dir, nil, []iso.File{{Path: ".treeinfo", Data: []byte("new")}, {Path: ".discinfo"}})
	if err != nil {
		t.Fatal(err)
	}
	want := "EFI/BOOT/grub.cfg generic.ins images/efiboot.img isolinux/isolinux.bin .discinfo .treeinfo GPL repodata/repomd.xml Packages/a.rpm Packages/b.rpm"
	if got := names(files); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	if i := slices.IndexFunc(files, func(f iso.File) bool { return f.Path == ".treeinfo" }); string(files[i].Data) != "new" {
		t.Error("the file of the tree is not replaced")
	}
	files, err = DiscFiles(dir, []string{"Packages/b.rpm", "GPL"}, []iso.File{{Path: "repodata/new.xml"}})
	if got := names(files); err != nil || got != "GPL repodata/new.xml Packages/b.rpm" {
		t.Error(got, err)
	}
	for _, f := range files {
		if f.Mode.IsDir() && f.Path != "Packages" {
			t.Errorf("folder %s without a file", f.Path)
		}
	}
	media, err := MediaFiles(dir, MediaRules{Packages: "Packages", Repodata: ".", Sticky: map[string]bool{"GPL": true}, Skip: []string{"images/boot.iso"}})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range media {
		p := f.Path
		if f.Sticky {
			p += "!"
		}
		got = append(got, p)
	}
	want = ".treeinfo GPL! generic.ins EFI/BOOT/grub.cfg images/efiboot.img isolinux/isolinux.bin Packages/a.rpm Packages/b.rpm"
	if s := strings.Join(got, " "); s != want {
		t.Errorf("%s\nwant %s", s, want)
	}
}

func TestMediaTreeinfo(t *testing.T) {
	ti := Treeinfo{
		Images:    map[string]map[string]string{"x86_64": {"boot.iso": "images/boot.iso", "kernel": "images/pxeboot/vmlinuz"}},
		Checksums: map[string]string{"images/boot.iso": "sha256:0", "repodata/repomd.xml": "sha256:1"},
	}
	m := MediaTreeinfo(ti, 1, 1)
	if len(m.Images["x86_64"]) != 1 || len(m.Checksums) != 1 || m.Disc != 1 || m.Discs != 1 {
		t.Errorf("%+v", m)
	}
	if m = MediaTreeinfo(ti, 2, 3); len(m.Checksums) != 0 || m.Disc != 2 || m.Discs != 3 {
		t.Errorf("%+v", m)
	}
	if len(ti.Images["x86_64"]) != 2 || len(ti.Checksums) != 2 {
		t.Error("the tree's own was changed")
	}
}

func TestLayoutBoot(t *testing.T) {
	file := func(names ...string) (out []iso.File) {
		for _, n := range names {
			out = append(out, iso.File{Path: n, Data: []byte(strings.Repeat(n, 300))})
		}
		return out
	}
	isolinux, grub := BootCode{iso.LoaderIsolinux, make([]byte, 432)}, BootCode{iso.LoaderGRUB2, make([]byte, 512)}
	cases := []struct {
		arch  string
		files []iso.File
		code  BootCode
		want  string // what it boots, or the error
	}{
		{"x86_64", file(isolinuxBin, efiImage), isolinux, "isolinux/isolinux.bin images/efiboot.img GPT MBR"},
		{"x86_64", file(grubBIOS, efiImage), grub, "images/eltorito.img images/efiboot.img GPT MBR"},
		{"x86_64", file(isolinuxBin, efiImage), BootCode{}, "isolinux/isolinux.bin images/efiboot.img GPT MBR"},
		{"i386", file(isolinuxBin), isolinux, "isolinux/isolinux.bin GPT MBR"},
		{"i386", file(isolinuxBin), BootCode{}, "isolinux/isolinux.bin"},
		{"aarch64", file(efiImage), BootCode{}, "images/efiboot.img GPT MBR"},
		{"ppc64le", file("ppc/ppc64/vmlinuz"), BootCode{}, "MBR 96"},
		{"s390x", file(s390Image), BootCode{}, "images/cdboot.img"},
		{"x86_64", file(isolinuxBin), isolinux, "error: no images/efiboot.img among the files of the disc"},
		{"x86_64", file("a"), BootCode{}, "error: no isolinux/isolinux.bin, images/efiboot.img among"},
		{"aarch64", file("a"), BootCode{}, "error: no images/efiboot.img"},
		{"s390x", file("a"), BootCode{}, "error: no images/cdboot.img"},
		{"x86_64", file(isolinuxBin, efiImage), grub, "error: the boot code is for images/eltorito.img"},
		{"ppc64", file("a"), BootCode{}, "error: none is known for ppc64"},
	}
	for _, c := range cases {
		l, err := LayoutBoot(c.arch, c.files, c.code)
		if want, ok := strings.CutPrefix(c.want, "error: "); ok {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, want %q", c.arch, err, want)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", c.arch, err)
			continue
		}
		made, err := MakeISO(t.Context(), ISOSpec{Path: filepath.Join(t.TempDir(), "b.iso"), Files: c.files, VolumeID: "B", Boot: &l, Time: time.Unix(1700000000, 0)})
		if err != nil {
			t.Errorf("%s: %v", c.arch, err)
			continue
		}
		f, _ := os.Open(made.Path)
		rep, err := iso.Check(f, made.Size)
		f.Close()
		if err != nil {
			t.Errorf("%s: %v", c.arch, err)
			continue
		}
		var got []string
		for _, b := range rep.Boot {
			got = append(got, b.Path)
		}
		if rep.GPT {
			got = append(got, "GPT")
		}
		if rep.MBR {
			got = append(got, "MBR")
		}
		if len(rep.Partitions) == 1 && rep.Partitions[0].Type == "96" {
			got = append(got, "96")
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%s: %s, want %s", c.arch, s, c.want)
		}
	}
}

func TestCheckISO(t *testing.T) {
	files := []iso.File{{Path: "a", Data: []byte("a")}}
	made, err := MakeISO(t.Context(), ISOSpec{Path: filepath.Join(t.TempDir(), "c.iso"), Files: files, VolumeID: "CHECK", Sums: []string{"sha256"}, Time: time.Unix(1700000000, 0)})
	if err != nil {
		t.Fatal(err)
	}
	if made.ImplantMD5 == "" || len(made.Sums["sha256"]) != 64 || made.Bootable {
		t.Errorf("%+v", made)
	}
	if err := VerifyISO(t.Context(), made.Path); err != nil {
		t.Error(err)
	}
	cases := []struct {
		check   ISOCheck
		warning string
		err     string
	}{
		{ISOCheck{}, "", ""},
		{ISOCheck{Arch: "x86_64", Bootable: true}, "", "it is to boot, but has no MBR"},
		{ISOCheck{Arch: "s390x", Bootable: true}, "", ""},
		{ISOCheck{VolumeID: "OTHER"}, "", `the volume id is "CHECK", not "OTHER"`},
		{ISOCheck{MaxSize: 100}, "bytes, ", ""},
		{ISOCheck{MaxSize: 100, Strict: true}, "", "over the limit of 100"},
		{ISOCheck{MaxSize: made.Size, Strict: true}, "", ""},
	}
	for _, c := range cases {
		warnings, err := CheckISO(made.Path, c.check)
		if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) || !strings.Contains(strings.Join(warnings, ""), c.warning) || (len(warnings) > 0) != (c.warning != "") {
			t.Errorf("%+v: %v %v", c.check, warnings, err)
		}
	}
	if err := os.Truncate(made.Path, made.Size-2048); err != nil {
		t.Fatal(err)
	}
	if _, err := CheckISO(made.Path, ISOCheck{}); err == nil || !strings.HasPrefix(err.Error(), "c.iso: ") {
		t.Error(err)
	}
	if _, err := CheckISO(made.Path+".none", ISOCheck{}); err == nil {
		t.Error("no error for a file that is not there")
	}
	bad := filepath.Join(t.TempDir(), "bad.iso")
	if _, err := MakeISO(t.Context(), ISOSpec{Path: bad, Files: []iso.File{{Path: "x", From: "/nowhere", Size: 1}}}); err == nil {
		t.Error("no error for a missing source")
	}
	if left, _ := filepath.Glob(bad + "*"); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}
