package image

import (
	"cmp"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"compose/image/iso"
	"compose/internal/rpmtest"
)

const splitCase = "oracle/open/createiso-split"

// oracleISO is what Pungi put onto one disc.
type oracleISO struct {
	name     string
	manifest []string
	list     []string
}

func oracleISOs(t *testing.T) []oracleISO {
	t.Helper()
	dir := filepath.Join(rpmtest.Shared(t, splitCase), "expected", "iso")
	names, err := filepath.Glob(filepath.Join(dir, "*.manifest"))
	if err != nil || len(names) == 0 {
		t.Fatal("no manifests: ", err)
	}
	var out []oracleISO
	for _, n := range names {
		out = append(out, oracleISO{filepath.Base(strings.TrimSuffix(n, ".manifest")), lines(t, n), lines(t, strings.TrimSuffix(n, "manifest")+"list")})
	}
	return out
}

func lines(t *testing.T, name string) []string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(b), "\n"), "\n")
}

// TestSplitOfPungi splits the packages of the case disc by disc. Pungi walked
// a folder in the order of the file system, which is lost, so the largest
// package of each disc is tried first: one of them did not fit before.
func TestSplitOfPungi(t *testing.T) {
	shared := rpmtest.Shared(t, splitCase)
	f, err := os.Open(filepath.Join(shared, "universe.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	pkgs, err := rpmtest.FromJSONL(f)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if _, err := rpmtest.Write(dir, pkgs); err != nil {
		t.Fatal(err)
	}
	sizes := map[string]int64{}
	filepath.WalkDir(dir, func(p string, d os.DirEntry, err error) error {
		if info, err := d.Info(); err == nil {
			sizes[d.Name()] = info.Size()
		}
		return err
	})
	sets := map[string][][]string{}
	for _, d := range oracleISOs(t) {
		set := d.name[:strings.LastIndex(d.name, "-disk")]
		var rpms []string
		for _, p := range d.manifest {
			if strings.HasSuffix(p, ".rpm") {
				rpms = append(rpms, path.Base(p))
			}
		}
		sets[set] = append(sets[set], rpms)
	}
	for set, want := range sets {
		files := []MediaFile{{".treeinfo", 900, false}, {".discinfo", 50, false}, {"media.repo", 100, true}}
		if strings.Contains(set, "Freight-x86_64") {
			files = append(files, MediaFile{"README.txt", 15, true}, MediaFile{"extra_files.json", 400, false})
		}
		for _, disc := range want {
			slices.SortStableFunc(disc, func(a, b string) int { return cmp.Compare(sizes[b], sizes[a]) })
			for _, p := range disc {
				if sizes[p] == 0 {
					t.Fatalf("no package %s", p)
				}
				files = append(files, MediaFile{"Packages/" + p, sizes[p], false})
			}
		}
		discs, err := SplitMedia(files, 700000-30000)
		if err != nil {
			t.Fatal(err)
		}
		var got [][]string
		for _, d := range discs {
			var rpms []string
			for _, p := range d.Files {
				if strings.HasSuffix(p, ".rpm") {
					rpms = append(rpms, path.Base(p))
				}
			}
			got = append(got, rpms)
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: %v\nwant %v", set, got, want)
		}
	}
}

// TestDiscsOfPungi makes discs with the files of Pungi's.
func TestDiscsOfPungi(t *testing.T) {
	rules := VolumeIDRules{
		Formats:       []string{"{release_short}-{version}-a-volume-id-that-is-too-long-{variant}.{arch}", "{release_short}-{version} {variant}.{arch}"},
		Substitutions: map[string]string{"Freight": "F"},
	}
	rel := Release{ComposeID: "@ID@", Short: "FY", Version: "7.2"}
	types := map[string]string{"dvd": "disk"}
	for _, d := range oracleISOs(t) {
		parts := strings.Split(strings.TrimSuffix(strings.TrimPrefix(d.name, "@ID@-"), ".iso"), "-")
		variant, arch := parts[0], strings.Replace(parts[1], "source", "src", 1)
		number := int(parts[2][len(parts[2])-1] - '0')
		disc := Disc{Variant: variant, Arch: arch, Type: DiscType("dvd", types), Number: number, Count: 2}
		if name, err := ImageName("", rel, disc); err != nil || name != d.name {
			t.Errorf("%s, %v; want %s", name, err, d.name)
		}
		volid, err := rules.VolumeID(rel, disc, nil)
		if err != nil || "volume_id="+volid != d.list[0] {
			t.Errorf("%s: %q, %v; want %s", d.name, volid, err, d.list[0])
		}
		var files []iso.File
		for _, p := range d.manifest {
			if p == "/Packages" || p == "/repodata" {
				continue
			}
			files = append(files, iso.File{Path: p[1:], Data: []byte(p)})
		}
		SortDisc(files)
		made, err := MakeISO(t.Context(), ISOSpec{Path: filepath.Join(t.TempDir(), "x.iso"), Files: files, VolumeID: volid, Sums: []string{"md5"}, Time: time.Unix(1700000000, 0)})
		if err != nil {
			t.Fatal(err)
		}
		if got := lines(t, made.Manifest); !slices.Equal(got, d.manifest) {
			t.Errorf("%s: manifest %q\nwant %q", d.name, got, d.manifest)
		}
	}
}

// TestMediaTreeinfoOfPungi derives what is on the discs from what is in the
// trees.
func TestMediaTreeinfoOfPungi(t *testing.T) {
	expected := filepath.Join(rpmtest.Shared(t, splitCase), "expected")
	for _, d := range oracleISOs(t) {
		parts := strings.Split(strings.TrimPrefix(d.name, "@ID@-"), "-")
		tree := map[bool]string{true: "source/tree", false: parts[1] + "/os"}[parts[1] == "source"]
		ti := readTreeinfo(t, filepath.Join(expected, "trees", parts[0], tree, ".treeinfo"))
		discs := 2
		if parts[0] == "Half" {
			discs = 1
		}
		number := int(strings.TrimSuffix(parts[2], ".iso")[len("disk")] - '0')
		media := MediaTreeinfo(*ti, number, discs)
		if discs > 1 {
			media.Checksums["repodata/repomd.xml"] = "sha256:" + strings.Repeat("0", 64)
		}
		got, err := media.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		want, err := os.ReadFile(filepath.Join(expected, "iso", d.name+".treeinfo"))
		if err != nil {
			t.Fatal(err)
		}
		w := strings.NewReplacer("@SUM@", strings.Repeat("0", 64), "@TS@", "1700000000").Replace(string(want))
		if string(got) != w {
			t.Errorf("%s:\n%s\nwant\n%s", d.name, got, w)
		}
	}
}

func readTreeinfo(t *testing.T, name string) *Treeinfo {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	ti, err := ReadTreeinfo(strings.NewReader(strings.NewReplacer("@SUM@", strings.Repeat("0", 64), "@TS@", "1700000000").Replace(string(b))))
	if err != nil {
		t.Fatal(err)
	}
	return ti
}
