package rpmmd

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"compose/internal/rpm"
)

func FuzzReadPrimary(f *testing.F) {
	p, d := sample()
	fr, _ := Render(p, d)
	f.Add([]byte(document(Primary, string(AppendPrimary(nil, p, fr, Place{Href: "a.rpm"})))))
	f.Add([]byte(`<metadata xmlns:r="x"><package><name>a<!-- --></name><r:x y='1'/><![CDATA[]]></package></metadata>`))
	f.Fuzz(func(t *testing.T, data []byte) {
		read := func(r io.Reader) (out []Entry, msg string) {
			err := ReadPrimary(context.Background(), r, func(e Entry) error {
				out = append(out, e)
				return nil
			})
			if err != nil {
				msg = err.Error()
			}
			return out, msg
		}
		whole, err := read(bytes.NewReader(data))
		bytewise, err2 := read(slowReader{bytes.NewReader(data)})
		if len(whole) != len(bytewise) || err != err2 {
			t.Fatalf("%d packages, %q; byte by byte %d, %q", len(whole), err, len(bytewise), err2)
		}
		for _, e := range whole {
			if checkEntry(&e) != nil || !utf8.ValidString(e.Pkg.Name+e.Href+e.Base) {
				t.Fatalf("accepted %+v", e)
			}
			// What was read can be written and read again.
			fr, _ := Render(e.Pkg, &rpm.Details{})
			xml := document(Primary, string(AppendPrimary(nil, e.Pkg, fr, Place{Href: e.Href, Base: e.Base, FileTime: e.FileTime})))
			again, err := readPrimary(xml)
			if err != nil || len(again) != 1 || again[0].Pkg.NEVRA() != e.Pkg.NEVRA() && !e.Pkg.IsSource() {
				t.Fatalf("%v: %v\n%s", e.Pkg, err, xml)
			}
		}
	})
}

func FuzzReadFilelists(f *testing.F) {
	p, d := sample()
	fr, _ := Render(p, d)
	f.Add([]byte(document(Filelists, string(AppendFilelists(nil, p, fr)))))
	f.Fuzz(func(t *testing.T, data []byte) {
		ReadFilelists(context.Background(), bytes.NewReader(data), func(id string, path []byte, _ FileKind) error {
			if id == "" || !utf8.Valid(path) {
				t.Fatalf("accepted %q %q", id, path)
			}
			return nil
		})
	})
}

func FuzzReadOther(f *testing.F) {
	p, d := sample()
	fr, _ := Render(p, d)
	f.Add([]byte(document(Other, string(AppendOther(nil, p, fr)))))
	f.Fuzz(func(t *testing.T, data []byte) {
		ReadOther(context.Background(), bytes.NewReader(data), func(string, []rpm.Changelog) error { return nil })
	})
}

func FuzzReadRepomd(f *testing.F) {
	f.Add([]byte(sampleRepomd))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := ReadRepomd(bytes.NewReader(data))
		if err != nil {
			return
		}
		again, err := ReadRepomd(bytes.NewReader(m.XML()))
		if err != nil || !bytes.Equal(again.XML(), m.XML()) {
			t.Fatalf("%v: %s", err, m.XML())
		}
	})
}

// Whatever the header holds, what is rendered is XML that holds no more.
func FuzzRender(f *testing.F) {
	f.Add("a", "b <&>", "1:2-3", "/etc/x", int64(5))
	f.Add("caf\xe9", "\x00\ufffe\xed\xa0\x80", "x:", "\r\n\t", int64(-1))
	f.Fuzz(func(t *testing.T, name, text, evr, path string, n int64) {
		dep := []rpm.Dep{{Name: name, Sense: rpm.Sense(n), EVR: evr}, {Name: text, Sense: rpm.Equal, EVR: text}}
		p := &rpm.Package{Name: "x", Version: "1", Release: "1", Arch: "noarch", SourceRPM: text, Provides: dep, Requires: dep, Suggests: dep, BuildTime: n}
		d := &rpm.Details{Summary: text, Description: text, URL: text, Files: []rpm.File{{Path: path}, {Path: text, Mode: uint16(n)}}, Changelogs: []rpm.Changelog{{Time: n, Author: text, Text: text}}}
		p.Sum = rpm.Checksum{Type: "md5", Hex: strings.Repeat("0", 32)}
		fr, _ := Render(p, d)
		for _, k := range []Kind{Primary, Filelists, Other} {
			s := newScanner(strings.NewReader(document(k, string(k.AppendPackage(nil, p, fr, Place{Href: path, FileTime: n})))))
			if name, err := s.child(); err != nil || name == nil {
				t.Fatal(k, err)
			}
			for {
				name, err := s.child()
				if err != nil {
					t.Fatal(k, err)
				}
				if name == nil {
					break
				}
				if err := checkTexts(s); err != nil {
					t.Fatal(k, err)
				}
			}
		}
	})
}

// checkTexts walks the open element and decodes all attributes.
func checkTexts(s *scanner) error {
	for {
		for _, a := range s.attrs {
			if _, err := s.value(string(a.name)); err != nil {
				return err
			}
		}
		name, err := s.child()
		if err != nil || name == nil {
			return err
		}
		if err := checkTexts(s); err != nil {
			return err
		}
	}
}

func FuzzDecompress(f *testing.F) {
	for name, data := range packed(f) {
		f.Add(name, data)
	}
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		r, err := Decompress(bytes.NewReader(data), name)
		if err != nil {
			return
		}
		defer r.Close()
		io.Copy(io.Discard, Bounded(r, 1<<20))
	})
}
