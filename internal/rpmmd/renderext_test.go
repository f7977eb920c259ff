package rpmmd

import (
	"bytes"
	"encoding/xml"
	"regexp"
	"testing"

	"compose/internal/rpm"
)

// filelists-ext is filelists with the digests of the files, where there are
// any, and their type.
func TestRenderExt(t *testing.T) {
	p := &rpm.Package{Name: "a&b", Version: "1", Release: "2", Arch: "src", Sum: rpm.Checksum{Type: "sha256", Hex: "abc"}}
	d := &rpm.Details{
		Files:       []rpm.File{{Path: "/usr/bin/<a>"}, {Path: "/etc", Mode: 0o040755}, {Path: "/var/log/a", Flags: rpm.FileGhost}},
		FileDigests: []string{"0123", "", "4567"}, DigestType: "sha256",
	}
	f, _ := Render(p, d)
	f.FilelistsExt = RenderExt(p, d)
	ext := FilelistsExt.AppendTail(FilelistsExt.AppendPackage(FilelistsExt.AppendHead(nil, 1), p, f, Place{}))
	var doc struct {
		XMLName xml.Name `xml:"http://linux.duke.edu/metadata/filelists-ext filelists-ext"`
		Package []struct {
			ID       string `xml:"pkgid,attr"`
			Checksum struct {
				Type string `xml:"type,attr"`
			} `xml:"checksum"`
			File []struct {
				Type string `xml:"type,attr"`
				Hash string `xml:"hash,attr"`
				Path string `xml:",chardata"`
			} `xml:"file"`
		} `xml:"package"`
	}
	if err := xml.Unmarshal(ext, &doc); err != nil {
		t.Fatal(err)
	}
	got := doc.Package[0]
	if got.ID != "abc" || got.Checksum.Type != "sha256" || len(got.File) != 3 || got.File[0].Hash != "0123" || got.File[0].Path != "/usr/bin/<a>" ||
		got.File[1].Hash != "" || got.File[1].Type != "dir" || got.File[2].Hash != "4567" || got.File[2].Type != "ghost" {
		t.Errorf("%+v", got)
	}
	plain := regexp.MustCompile(` hash="[^"]*"|  <checksum type="sha256"/>\n`).ReplaceAll(f.FilelistsExt, nil)
	if !bytes.Equal(plain, f.Filelists) {
		t.Errorf("%s\nis not\n%s", plain, f.Filelists)
	}
}
