package productmd

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"compose/internal/rpmtest"
)

// oracle gives the files of that name of all cases, with values in place of
// the placeholders.
func oracle(t *testing.T, name string) map[string]string {
	t.Helper()
	dir := rpmtest.Shared(t, "oracle/open")
	files, err := filepath.Glob(filepath.Join(dir, "*", "expected", name+"*"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	out := map[string]string{}
	for _, file := range files {
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		var r io.Reader = f
		if strings.HasSuffix(file, ".gz") {
			if r, err = gzip.NewReader(f); err != nil {
				t.Fatal(err)
			}
		}
		b, err := io.ReadAll(r)
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		place := strings.NewReplacer("@ID@", "Oracle-7.2-20240229.t.0", "@DATE@", "20240229", "@TAIL@", "20240229.t.0")
		out[filepath.Base(filepath.Dir(filepath.Dir(file)))] = place.Replace(string(b))
	}
	return out
}

// TestComposeInfoOfPungi reads what Pungi wrote and writes the same bytes.
func TestComposeInfoOfPungi(t *testing.T) {
	for name, want := range oracle(t, "composeinfo.json") {
		c, err := LoadComposeInfo(strings.NewReader(want))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got, err := c.JSON()
		if err != nil || string(got) != want {
			t.Errorf("%s: %v\n%s", name, err, got)
		}
	}
}

func TestRPMsOfPungi(t *testing.T) {
	for name, want := range oracle(t, "rpms.json") {
		r, err := LoadRPMs(strings.NewReader(want))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got, err := r.JSON()
		if err != nil || string(got) != want {
			t.Errorf("%s: %v", name, err)
		}
		again := &RPMs{Compose: r.Compose}
		r.Each(func(e RPMEntry) bool {
			err = again.Add(e)
			return err == nil
		})
		got, err2 := again.JSON()
		if err != nil || err2 != nil || !bytes.Equal(got, []byte(want)) {
			t.Errorf("%s: through Each and Add: %v, %v", name, err, err2)
		}
	}
}

// TestModulesOfPungi: no case has a module, but each has the file.
func TestModulesOfPungi(t *testing.T) {
	c := Compose{ID: "Oracle-7.2-20240229.t.0", Date: "20240229", Type: "test"}
	for name, want := range oracle(t, "modules.json") {
		if got, err := (&Modules{Compose: c}).JSON(); err != nil || string(got) != want {
			t.Errorf("%s: %v\n%s", name, err, got)
		}
	}
}

func TestImagesOfPungi(t *testing.T) {
	for name, want := range oracle(t, "images.json") {
		var f struct {
			Payload struct {
				Compose fileCompose
				Images  map[string]map[string][]struct {
					Path, Type, Format, Arch, Subvariant string
					VolumeID                             *string `json:"volume_id"`
					Implanted                            *string `json:"implant_md5"`
					Disc                                 int     `json:"disc_number"`
					Discs                                int     `json:"disc_count"`
					Checksums                            map[string]string
					Bootable                             bool
				}
			}
		}
		if err := decode(strings.NewReader(want), "images", &f); err != nil {
			t.Fatal(err)
		}
		s := &Images{Compose: Compose(f.Payload.Compose)}
		for variant, arches := range f.Payload.Images {
			for arch, list := range arches {
				for _, i := range list {
					image := Image{Path: i.Path, VolumeID: *i.VolumeID, Type: i.Type, Format: i.Format, Arch: i.Arch, Disc: i.Disc, Discs: i.Discs,
						Checksums: i.Checksums, Bootable: i.Bootable, Subvariant: i.Subvariant, ImplantMD5: *i.Implanted}
					if err := s.Add(variant, arch, image); err != nil {
						t.Error(err)
					}
				}
			}
		}
		if got, err := s.JSON(); err != nil || string(got) != want {
			t.Errorf("%s: %v\n%s", name, err, got)
		}
	}
}

func TestExtraFilesOfPungi(t *testing.T) {
	dir := rpmtest.Shared(t, "oracle/open/extra-files-product-ids/expected")
	want := oracle(t, "extra_files.json")["extra-files-product-ids"]
	e := &ExtraFiles{Compose: Compose{ID: "Oracle-7.2-20240229.t.0", Date: "20240229", Type: "test"}}
	for arch, tree := range map[string]string{"x86_64": "Shop/x86_64/os", "s390x": "Shop/s390x/os", "src": "Shop/source/tree"} {
		b, err := os.ReadFile(filepath.Join(dir, "trees", tree, "extra_files.json"))
		if err != nil {
			t.Fatal(err)
		}
		var f struct {
			Data []struct {
				File      string
				Size      int64
				Checksums map[string]string
			}
		}
		if err := decode(bytes.NewReader(b), "extra files", &f); err != nil {
			t.Fatal(err)
		}
		var files []ExtraFile
		for _, d := range f.Data {
			files = append(files, ExtraFile{d.File, d.Size, d.Checksums})
		}
		if got, err := TreeExtraFilesJSON(files); err != nil || !bytes.Equal(got, b) {
			t.Errorf("%s: %v\n%s", tree, err, got)
		}
		if err := e.Add("Shop", arch, tree, files); err != nil {
			t.Error(err)
		}
	}
	if got, err := e.JSON(); err != nil || string(got) != want {
		t.Errorf("%v\n%s", err, got)
	}
}
