package iso

import (
	"bytes"
	"encoding/binary"
	"os"
	"strings"
	"testing"

	"compose/internal/rpmtest"
)

// bootFiles has stand-ins for boot images.
func bootFiles() []File {
	return []File{
		text("images/efiboot.img", strings.Repeat("EFI!", 5000)),
		text("isolinux/isolinux.bin", strings.Repeat("isolinux", 3001)),
		text("isolinux/boot.cat", "an old one"),
		text("Packages/a.rpm", "rpm"),
	}
}

func bootOptions(table PartitionTable) Options {
	return Options{
		VolumeID: "BOOT", Time: testTime, Catalog: "isolinux/boot.cat", Implant: ImplantPlain,
		Boot: []BootImage{
			{Path: "isolinux/isolinux.bin", Platform: BIOS, Table: TableInfo},
			{Path: "images/efiboot.img", Platform: EFI},
		},
		Hybrid: &Hybrid{Table: table, Code: bytes.Repeat([]byte{0x90}, 432), Loader: LoaderIsolinux, Boot: "isolinux/isolinux.bin", EFI: "images/efiboot.img"},
	}
}

func TestBootRecords(t *testing.T) {
	b := image(t, bootFiles(), bootOptions(TableGPT))
	rep, err := check(b)
	if err != nil {
		t.Fatal(err)
	}
	if len(rep.Boot) != 2 || rep.Boot[0].Path != "isolinux/isolinux.bin" || rep.Boot[0].Load != 4 || rep.Boot[0].Platform != BIOS ||
		rep.Boot[1].Path != "images/efiboot.img" || rep.Boot[1].Load != 40 || rep.Boot[1].Platform != EFI {
		t.Errorf("%+v", rep.Boot)
	}
	if !rep.Bootable() || !rep.MBR || !rep.GPT || len(rep.Partitions) != 3 || rep.Partitions[1].Start != int64(rep.Boot[1].Sector)*4 {
		t.Errorf("%+v", rep)
	}
	if len(b)%(1<<20) != 0 {
		t.Errorf("%d bytes", len(b))
	}
	at := int(rep.Boot[0].Sector) * sectorSize
	le := binary.LittleEndian
	if le.Uint32(b[at+8:]) != 16 || le.Uint32(b[at+12:]) != rep.Boot[0].Sector || le.Uint32(b[at+16:]) != 8*3001 {
		t.Errorf("boot info table % x", b[at+8:at+24])
	}
	var sum uint32
	for i := 64; i < 8*3001; i += 4 {
		sum += le.Uint32(b[at+i:])
	}
	if le.Uint32(b[at+20:]) != sum {
		t.Error("the checksum of the boot image is wrong")
	}
	if le.Uint32(b[432:]) != rep.Boot[0].Sector*4 {
		t.Error("the boot code does not find its image")
	}
	x, _ := Open(bytes.NewReader(b), int64(len(b)))
	if e, err := x.Find("isolinux/boot.cat"); err != nil || e.Sector() != x.Catalog {
		t.Errorf("%+v %v", e, err)
	}
	if err := x.VerifyMD5(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestPartitionTables(t *testing.T) {
	opt := bootOptions(TableMBR)
	rep, err := check(image(t, bootFiles(), opt))
	if err != nil || rep.GPT || len(rep.Partitions) != 2 || rep.Partitions[0].Type != "17" || rep.Partitions[0].Start != 0 || rep.Partitions[1].Type != "ef" {
		t.Errorf("%+v %v", rep, err)
	}
	opt.Hybrid = &Hybrid{Table: TableCHRP}
	rep, err = check(image(t, bootFiles(), opt))
	if err != nil || len(rep.Partitions) != 1 || rep.Partitions[0].Type != "96" {
		t.Errorf("%+v %v", rep, err)
	}
	opt.Hybrid = &Hybrid{EFI: "images/efiboot.img"} // as on aarch64: no boot code
	opt.Boot = opt.Boot[1:]
	b := image(t, bootFiles(), opt)
	rep, err = check(b)
	if err != nil || len(rep.Boot) != 1 || rep.Boot[0].Platform != EFI || !rep.GPT {
		t.Errorf("%+v %v", rep, err)
	}
	if !bytes.Equal(b[:440], make([]byte, 440)) || b[446] == 0x80 || b[462] == 0x80 {
		t.Error("boot code without a loader")
	}
}

// TestOtherProgramsSeeBoot asks xorriso and fdisk.
func TestOtherProgramsSeeBoot(t *testing.T) {
	name, _ := write(t, bootFiles(), bootOptions(TableGPT))
	out := run(t, "xorriso", "-indev", name, "-report_el_torito", "plain", "-report_system_area", "plain")
	for _, want := range []string{
		"El Torito catalog", "El Torito images   :   N  Pltf  B   Emul  Ld_seg  Hdpt  Ldsiz         LBA", "1  BIOS  y   none  0x0000  0x00      4",
		"2  UEFI  y   none  0x0000  0x00     40", "El Torito img path :   1  /isolinux/isolinux.bin", "El Torito img path :   2  /images/efiboot.img",
		"MBR protective-msdos-label", "GPT partition name :   2  45004600490020006200", "GPT partition path :   2  /images/efiboot.img",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("xorriso does not report %q:\n%s", want, out)
		}
	}
	if strings.Contains(out, "GPT_backup_at") || strings.Contains(strings.ToLower(out), "damage") {
		t.Error(out)
	}
	out = run(t, "fdisk", "-l", name)
	if !strings.Contains(out, "Disklabel type: gpt") || !strings.Contains(out, "EFI System") {
		t.Error(out)
	}
	run(t, "checkisomd5", name)
	name, _ = write(t, bootFiles(), bootOptions(TableMBR))
	if out = run(t, "fdisk", "-l", name); !strings.Contains(out, "ef EFI") {
		t.Error(out)
	}
}

func TestBootDamage(t *testing.T) {
	whole := image(t, bootFiles(), bootOptions(TableGPT))
	if _, err := check(whole); err != nil {
		t.Fatal(err)
	}
	x, _ := Open(bytes.NewReader(whole), int64(len(whole)))
	cases := map[string]int{
		"validation entry": int(x.Catalog)*sectorSize + 5,
		"boot image":       int(x.Catalog)*sectorSize + 32 + 8,
		"GPT header":       diskSector + 40,
		"GPT table":        2*diskSector + 33,
		"GPT backup":       len(whole) - 100*128,
		"backup header":    len(whole) - diskSector + 60,
	}
	for what, at := range cases {
		whole[at] ^= 4
		if _, err := check(whole); err == nil {
			t.Errorf("%s: no error", what)
		} else {
			t.Logf("%s: %v", what, err)
		}
		whole[at] ^= 4
	}
}

func TestWalkLists(t *testing.T) {
	dir := t.TempDir()
	os.MkdirAll(dir+"/b/c", 0o755)
	os.WriteFile(dir+"/b/x", []byte("x"), 0o644)
	os.Symlink("b/x", dir+"/a")
	files, err := Walk(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range files {
		names = append(names, f.Path)
	}
	if s := strings.Join(names, " "); s != "a b b/c b/x" {
		t.Error(s)
	}
	if _, err := Walk(dir + "/none"); err == nil {
		t.Error("no error for a folder that is not there")
	}
	rpmtest.NeedProgram(t, "mkfifo")
	run(t, "mkfifo", dir+"/pipe")
	if _, err := Walk(dir); err == nil || !strings.Contains(err.Error(), "neither file") {
		t.Error(err)
	}
}
