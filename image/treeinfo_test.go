package image

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"compose/internal/rpmtest"
)

// oracleFiles gives all files with that name, or that end so, of the oracle
// cases, with values in place of the placeholders.
func oracleFiles(t *testing.T, name string) map[string]string {
	t.Helper()
	out := map[string]string{}
	dir := rpmtest.Shared(t, "oracle/open")
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(d.Name(), name) {
			return err
		}
		b, err := os.ReadFile(path)
		place := strings.NewReplacer("@TS@", "1709251200", "@SUM@", strings.Repeat("0a", 32))
		out[strings.TrimPrefix(path, dir)] = place.Replace(string(b))
		return err
	})
	if err != nil || len(out) < 100 {
		t.Fatalf("%d files, %v", len(out), err)
	}
	return out
}

// TestTreeinfoOfPungi reads what Pungi wrote and writes the same bytes.
func TestTreeinfoOfPungi(t *testing.T) {
	for path, want := range oracleFiles(t, ".treeinfo") {
		info, err := ReadTreeinfo(strings.NewReader(want))
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		got, err := info.Bytes()
		if err != nil || string(got) != want {
			t.Errorf("%s: %v\n%s", path, err, got)
		}
	}
}

func TestDiscinfoOfPungi(t *testing.T) {
	for path, want := range oracleFiles(t, ".discinfo") {
		lines := strings.Split(want, "\n")
		d := Discinfo{Timestamp: lines[0], Description: lines[1], Arch: lines[2]}
		if lines[3] != "ALL" {
			d.Discs = []int{int(lines[3][0] - '0')}
		}
		got, err := d.Bytes()
		if err != nil || string(got) != want {
			t.Errorf("%s: %v\n%q\n%q", path, err, got, want)
		}
	}
}

func TestMediaRepoOfPungi(t *testing.T) {
	for path, want := range oracleFiles(t, "media.repo") {
		lines := strings.Split(want, "\n")
		got, err := MediaRepo{strings.TrimPrefix(lines[1], "name="), strings.TrimPrefix(lines[2], "mediaid=")}.Bytes()
		if err != nil || string(got) != want {
			t.Errorf("%s: %v\n%q\n%q", path, err, got, want)
		}
	}
}

func sample() *Treeinfo {
	return &Treeinfo{
		Release: Product{"Größe", "G", "2.1"}, Base: Product{"Base", "B", "9"}, Arch: "x86_64", Platforms: []string{"xen"},
		Timestamp: 1709251200,
		Variants: []TreeVariant{
			{ID: "Server", UID: "Server", Name: "The Server", Type: "variant", Packages: "Packages", Repository: ".", DebugRepository: "../debug/tree",
				Addons: []TreeVariant{{ID: "HA", UID: "Server-HA", Name: "HA", Type: "addon", Packages: "addons/HA", Repository: "addons/HA"}}},
			{ID: "Client", UID: "Client", Name: "Client", Type: "variant"},
		},
		MainVariant: "Server",
		Images: map[string]map[string]string{
			"x86_64": {"kernel": "images/pxeboot/vmlinuz", "boot.iso": "images/boot.iso"}, "xen": {"kernel": "images/xen/vmlinuz"},
		},
		MainImage: "images/install.img",
		Checksums: map[string]string{"images/boot.iso": "sha256:0a0b", "repodata/repomd.xml": "sha256:0c"},
		Disc:      1, Discs: 2,
	}
}

const sampleText = `[addon-Server-HA]
id = HA
name = HA
packages = addons/HA
parent = Server
repository = addons/HA
type = addon
uid = Server-HA

[base_product]
name = Base
short = B
version = 9

[checksums]
images/boot.iso = sha256:0a0b
repodata/repomd.xml = sha256:0c

[general]
; WARNING.0 = This section provides compatibility with pre-productmd treeinfos.
; WARNING.1 = Read productmd documentation for details about new format.
arch = x86_64
family = Größe
name = Größe 2.1
packagedir = Packages
platforms = x86_64,xen
repository = .
timestamp = 1709251200
variant = Server
variants = Client,Server
version = 2.1

[header]
type = productmd.treeinfo
version = 1.2

[images-x86_64]
boot.iso = images/boot.iso
kernel = images/pxeboot/vmlinuz

[images-xen]
kernel = images/xen/vmlinuz

[media]
discnum = 1
totaldiscs = 2

[release]
is_layered = true
name = Größe
short = G
version = 2.1

[stage2]
mainimage = images/install.img

[tree]
arch = x86_64
build_timestamp = 1709251200
platforms = x86_64,xen
variants = Client,Server

[variant-Client]
id = Client
name = Client
type = variant
uid = Client

[variant-Server]
addons = Server-HA
debug_repository = debug/tree
id = Server
name = The Server
packages = Packages
repository = .
type = variant
uid = Server

`

func TestTreeinfo(t *testing.T) {
	info := sample()
	if _, err := info.Bytes(); err == nil || !strings.Contains(err.Error(), `"../debug/tree" is not a path below the tree`) {
		t.Fatal(err)
	}
	info.Variants[0].DebugRepository = "debug/tree"
	got, err := info.Bytes()
	if err != nil || string(got) != sampleText {
		t.Fatalf("%v\n%s", err, got)
	}
	back, err := ReadTreeinfo(bytes.NewReader(got))
	if err != nil {
		t.Fatal(err)
	}
	if again, err := back.Bytes(); err != nil || string(again) != sampleText {
		t.Fatalf("%v\n%s", err, again)
	}
}

// TestSourceTree: the section for old readers names the source fields.
func TestSourceTree(t *testing.T) {
	info := &Treeinfo{Release: Product{"A", "A", "1"}, Arch: "src",
		Variants: []TreeVariant{{ID: "S", UID: "S", Name: "S", Type: "variant", SourcePackages: "Packages", SourceRepository: "."}}}
	got, err := info.Bytes()
	if err != nil || !strings.Contains(string(got), "packagedir = Packages\nplatforms = src\nrepository = .\n") {
		t.Fatalf("%v\n%s", err, got)
	}
}

// TestReadLorax reads the form that lorax writes: no variants, a float as
// time, platforms only in the names of sections.
func TestReadLorax(t *testing.T) {
	info, err := ReadTreeinfo(strings.NewReader(`[header]
version = 1.2
[general]
variant = Server
[release]
name = Größe
version = 2.1
[tree]
arch = x86_64
build_timestamp = 1709251200.25
platforms = x86_64,xen
[images-x86_64]
boot.iso: images/boot.iso
[images-xen-x86_64]
kernel = images/vmlinuz
[checksums]
images/boot.iso = ` + strings.Repeat("0a", 32) + `
`))
	if err != nil {
		t.Fatal(err)
	}
	if info.Timestamp != 1709251200 || info.Release.Short != "Größe" || info.Images["xen"]["kernel"] != "images/vmlinuz" ||
		info.Checksums["images/boot.iso"] != "sha256:"+strings.Repeat("0a", 32) || info.MainVariant != "" {
		t.Errorf("%+v", info)
	}
	if _, err := info.Bytes(); err == nil || err.Error() != "treeinfo: no variant" {
		t.Error(err)
	}
}

func TestTreeinfoFaults(t *testing.T) {
	for want, spoil := range map[string]func(*Treeinfo){
		"no architecture":              func(i *Treeinfo) { i.Arch = "" },
		"no variant":                   func(i *Treeinfo) { i.Variants = nil },
		`release: ""`:                  func(i *Treeinfo) { i.Release.Version = "" },
		`release: "a\nb = c"`:          func(i *Treeinfo) { i.Release.Name = "a\nb = c" },
		`base product: "\rx"`:          func(i *Treeinfo) { i.Base.Name = "\rx" },
		`variant id "a,b"`:             func(i *Treeinfo) { i.Variants[1].ID = "a,b" },
		`variant id "a-b": a dash`:     func(i *Treeinfo) { i.Variants[1].ID = "a-b" },
		`variant uid "a]b"`:            func(i *Treeinfo) { i.Variants[1].UID = "a]b" },
		"want Server-HA":               func(i *Treeinfo) { i.Variants[0].Addons[0].UID = "HA" },
		`variant "Client": type "x"`:   func(i *Treeinfo) { i.Variants[1].Type = "x" },
		`"Server-HA": type "optional"`: func(i *Treeinfo) { i.Variants[0].Addons[0].Type = "optional" },
		`"Client" is not unique`:       func(i *Treeinfo) { i.Variants = append(i.Variants, i.Variants[1]) },
		`variant "Client": name " "`:   func(i *Treeinfo) { i.Variants[1].Name = " " },
		`"/a" is not a path`:           func(i *Treeinfo) { i.Variants[1].Packages = "/a" },
		`main variant "x"`:             func(i *Treeinfo) { i.MainVariant = "x" },
		`images for "ppc"`:             func(i *Treeinfo) { i.Images["ppc"] = map[string]string{"a": "b"} },
		`"a=b" cannot be a key`:        func(i *Treeinfo) { i.Images["xen"]["a=b"] = "b" },
		`"../x" is not a path`:         func(i *Treeinfo) { i.Images["xen"]["b"] = "../x" },
		`"images//x" is not a path`:    func(i *Treeinfo) { i.MainImage = "images//x" },
		`checksum "0a"`:                func(i *Treeinfo) { i.Checksums["a"] = "0a" },
		"disc 3 of 2":                  func(i *Treeinfo) { i.Disc = 3 },
		`platform "a b,"`:              func(i *Treeinfo) { i.Platforms = []string{"a b,"} },
	} {
		info := sample()
		info.Variants[0].DebugRepository = ""
		spoil(info)
		if _, err := info.Bytes(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

func TestReadFaults(t *testing.T) {
	for text, want := range map[string]string{
		"":                                  `version is ""`,
		"a = b":                             "line 1: want key = value in a section",
		"[a]\nb":                            "line 2: want key",
		"[a]\n[a]":                          "line 2: bad or repeated section",
		"[a":                                "line 1: bad or repeated",
		"[a]\nb=c\nb=d":                     `line 3: "b" is there twice`,
		"[a]\nb=c\n d":                      "line 3: continues another line",
		"[header]\nversion = 2.0":           `version is "2.0"`,
		"[header]\nversion = 1.2\ntype = x": `type is "x"`,
		"[header]\nversion = 1.2":           `build_timestamp ""`,
		strings.Repeat("#", maxTreeinfo+1):  "more than 1048576 bytes",
		strings.Replace(sampleText, "variants = Client,Server\n\n", "variants = Client,Nothing\n\n", 1): "no section variant-Nothing",
		strings.Replace(sampleText, "addons = Server-HA", "addons = Server-XX", 1):                      "no section addon-Server-XX",
		strings.Replace(sampleText, "discnum = 1", "discnum = x", 1):                                    `discnum "x" is no number`,
		strings.Replace(sampleText, "images/install.img", "/etc/passwd", 1):                             `"/etc/passwd" is not a path below`,
		strings.Replace(sampleText, "= 1709251200\nplatforms", "= NaN\nplatforms", 1):                   "build_timestamp",
		strings.Replace(sampleText, "type = addon", "addons = Server-HA\ntype = addon", 1):              "addon of an addon",
	} {
		if _, err := ReadTreeinfo(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

func TestDiscinfo(t *testing.T) {
	d := Discinfo{Timestamp(1709251200), Description(Product{"A", "a", "1"}, Product{"B", "b", "2"}), "x86_64", []int{2, 1}}
	got, err := d.Bytes()
	if err != nil || string(got) != "1709251200.000000\nA 1 for B 2\nx86_64\n1,2\n" {
		t.Errorf("%v %q", err, got)
	}
	d.Description = "a\nb"
	if _, err := d.Bytes(); err == nil {
		t.Error("two lines are taken as a description")
	}
	if _, err := (MediaRepo{"a\nb", "1"}).Bytes(); err == nil {
		t.Error("two lines are taken as a name")
	}
}

func FuzzReadTreeinfo(f *testing.F) {
	f.Add(sampleText)
	f.Add("[header]\nversion = 1.2\n[release]\nname = a\nversion = 1\n[tree]\narch = x\nbuild_timestamp = 1.5\nplatforms = x\n[images-a-x]\nk = v")
	f.Fuzz(func(t *testing.T, text string) {
		info, err := ReadTreeinfo(strings.NewReader(text))
		if err != nil {
			return
		}
		first, err := info.Bytes()
		if err != nil {
			if len(info.Variants) > 0 {
				t.Fatal(err)
			}
			return
		}
		again, err := ReadTreeinfo(bytes.NewReader(first))
		if err != nil {
			t.Fatalf("%v\n%s", err, first)
		}
		if second, err := again.Bytes(); err != nil || !bytes.Equal(first, second) {
			t.Fatalf("%v\n%s\n%s", err, first, second)
		}
	})
}

// TestTreeinfoVerify finds files that are others, and those that are missing.
func TestTreeinfoVerify(t *testing.T) {
	dir := tree(t, "images/a", "images/b", "images/d")
	sums, err := SumFile(filepath.Join(dir, "images/a"), []string{"sha256"})
	if err != nil {
		t.Fatal(err)
	}
	info := Treeinfo{Checksums: map[string]string{"images/a": "sha256:" + sums["sha256"]}}
	if err := info.Verify(dir); err != nil {
		t.Error(err)
	}
	info.Checksums["images/b"], info.Checksums["images/c"] = "sha256:00", "sha256:00"
	info.Checksums["images/d"] = "crc:00"
	err = info.Verify(dir)
	for _, want := range []string{"images/b has the sha256 checksum", "images/c: no such file", "crc"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
