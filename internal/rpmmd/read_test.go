package rpmmd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"

	"compose/internal/rpm"
)

func readPrimary(xml string) ([]Entry, error) {
	var out []Entry
	err := ReadPrimary(context.Background(), strings.NewReader(xml), func(e Entry) error {
		out = append(out, e)
		return nil
	})
	return out, err
}

func document(k Kind, packages ...string) string {
	b := k.AppendHead(nil, len(packages))
	b = append(b, strings.Join(packages, "")...)
	return string(k.AppendTail(b))
}

// What is written comes back: reading and rendering again gives the same.
func TestRoundTrip(t *testing.T) {
	p, d := sample()
	f, _ := Render(p, d)
	at := Place{Href: `Packages/b/bash "é".rpm`, Base: "http://x/?a=1&b", FileTime: 77}
	first := string(AppendPrimary(nil, p, f, at))
	got, err := readPrimary(document(Primary, first, first))
	if err != nil || len(got) != 2 {
		t.Fatalf("%d entries, %v", len(got), err)
	}
	e := got[1]
	if e.Href != at.Href || e.Base != at.Base || e.FileTime != at.FileTime {
		t.Errorf("place %q %q %d", e.Href, e.Base, e.FileTime)
	}
	if want := []string{"/etc/skel", "/etc/skel/.bashrc", "/usr/bin/bash"}; !reflect.DeepEqual(e.Files, want) {
		t.Errorf("files %q", e.Files)
	}
	if want := []rpm.Dep{{Name: "filesystem", Sense: rpm.Greater | rpm.Equal | rpm.Prereq, EVR: "3"}, {Name: "libtinfo.so.6()(64bit)"}, {Name: "(a if b)"}, {Name: "libc.so.6(GLIBC_2.34)(64bit)"}}; !reflect.DeepEqual(e.Pkg.Requires, want) {
		t.Errorf("requires %v", e.Pkg.Requires)
	}
	f, _ = Render(e.Pkg, d)
	if again := string(AppendPrimary(nil, e.Pkg, f, at)); again != first {
		t.Errorf("rendered again:\n%s", again)
	}
}

// The shapes in which real repositories come: other prefixes, quotes and
// orders, comments, CDATA, unknown elements, upper case, old checksum names.
func TestReadForeign(t *testing.T) {
	got, err := readPrimary("\ufeff" + `<?xml version='1.0' encoding='utf-8'?>
<!-- made by hand --><!DOCTYPE metadata>
<c:metadata xmlns:c="http://linux.duke.edu/metadata/common" xmlns:r='http://linux.duke.edu/metadata/rpm' packages = "1" >
 <c:suseinfo><deep><er/></deep></c:suseinfo>
 <c:package type='rpm'><c:checksum pkgid="YES" type='SHA'>ABCDEF0123456789ABCDEF0123456789abcdef01
 </c:checksum><c:name>a<!-- x -->b</c:name><c:version rel='2' ver="1&#x2e;0"/><c:arch><![CDATA[src]]></c:arch>
  <c:time build="5"/><c:location href='a%20b.rpm'></c:location>
  <c:format><r:requires><r:entry pre="1" flags='LE' rel="1" ver='2' epoch="3" name="x&lt;y"/><r:entry/><other/></r:requires>
  <r:requires><r:entry name="z"/></r:requires>
  <c:file>/etc/a&amp;b</c:file></c:format></c:package>
 <c:package type="delta"><c:name/></c:package>
</c:metadata>
<!-- end -->
`)
	if err != nil || len(got) != 1 {
		t.Fatalf("%d entries, %v", len(got), err)
	}
	want := rpm.Package{Name: "ab", Version: "1.0", Release: "2", Arch: "src", BuildTime: 5,
		Sum:      rpm.Checksum{Type: "sha1", Hex: "abcdef0123456789abcdef0123456789abcdef01"},
		Requires: []rpm.Dep{{Name: "x<y", Sense: rpm.Less | rpm.Equal | rpm.Prereq, EVR: "3:2-1"}, {Name: "z"}}}
	if !reflect.DeepEqual(*got[0].Pkg, want) {
		t.Errorf("got %+v", *got[0].Pkg)
	}
	if !reflect.DeepEqual(got[0].Files, []string{"/etc/a&b"}) || got[0].Href != "a%20b.rpm" {
		t.Errorf("got %+v", got[0])
	}
}

func TestReadRefuses(t *testing.T) {
	p, d := sample()
	f, _ := Render(p, d)
	good := document(Primary, string(AppendPrimary(nil, p, f, Place{Href: "a.rpm"})))
	if _, err := readPrimary(good); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ old, new, want string }{
		"no document":         {good, "", "unexpected end of file"},
		"cut":                 {"</metadata>", "", "unexpected end of file"},
		"cut in a tag":        {"ame>bash</name>", "", "without a value"},
		"wrong root":          {"<metadata ", "<metadatum ", "root element is <metadatum>"},
		"wrong end":           {"</format>", "</formula>", "</formula> closes <format>"},
		"two roots":           {"</metadata>", "</metadata><x/>", "after the root"},
		"trailing text":       {"</metadata>", "</metadata>x", "after the root"},
		"entity":              {"<name>bash", "<name>b&lol;h", "unknown entity"},
		"bare ampersand":      {"<name>bash", "<name>b& h", "bare &"},
		"doctype with subset": {"<metadata ", "<!DOCTYPE x [<!ENTITY lol 'lol'>]><metadata ", "declarations"},
		"forbidden character": {"<name>bash", "<name>b&#7;h", "unknown entity"},
		"raw control":         {"<name>bash", "<name>b\x07h", "control characters"},
		"not UTF-8":           {"<name>bash", "<name>b\xe9h", "not UTF-8"},
		"encoding":            {`encoding="UTF-8"`, `encoding="ISO-8859-1"`, "not supported"},
		"no quotes":           {`epoch="1"`, `epoch=1`, "without quotes"},
		"no value":            {`epoch="1"`, `epoch`, "without a value"},
		"name as path":        {"<name>bash", "<name>../bash", "not a plain name"},
		"no name":             {"<name>bash</name>", "", "name \"\": is empty"},
		"arch with blank":     {"<arch>x86_64", "<arch>x86 64", "blanks"},
		"epoch":               {`epoch="1" ver="5.2"`, `epoch="-1" ver="5.2"`, "not a number"},
		"flags":               {`flags="EQ"`, `flags="NE"`, "unknown flags"},
		"size":                {`package="1000"`, `package="many"`, "not a number"},
		"negative size":       {`package="1000"`, `package="-1"`, "not a number"},
		"huge size":           {`package="1000"`, `package="99999999999999999999"`, "not a number"},
		"absolute location":   {`href="a.rpm"`, `href="/a.rpm"`, "not relative"},
		"url as location":     {`href="a.rpm"`, `href="http://x/a.rpm"`, "not relative"},
		"location upwards":    {`href="a.rpm"`, `href="x/../../a.rpm"`, "leads out"},
		"escaped upwards":     {`href="a.rpm"`, `href="x/%2e%2E/%2e./a.rpm"`, "leads out"},
		"escaped control":     {`href="a.rpm"`, `href="x%0aa.rpm"`, "control"},
		"no location":         {`href="a.rpm"`, ``, "is empty"},
		"base":                {`<location `, "<location xml:base=\"http://x/&#10;y\" ", "not an address"},
		"checksum":            {"0123456789abcdef0123", "0123456789abcdefghij", "not a sha256 checksum"},
		"checksum type":       {`type="sha256"`, `type="crc"`, "unknown checksum"},
	} {
		t.Run(name, func(t *testing.T) {
			if !strings.Contains(good, c.old) {
				t.Fatalf("no %q", c.old)
			}
			_, err := readPrimary(strings.Replace(good, c.old, c.new, 1))
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "line ") {
				t.Errorf("error %v, want …%s…", err, c.want)
			}
		})
	}
}

func TestErrorLine(t *testing.T) {
	xml := document(Primary, strings.Repeat("\n", 200_000), "<package><name>x</nome></package>")
	if _, err := readPrimary(xml); err == nil || !strings.HasPrefix(err.Error(), "line 200003:") {
		t.Errorf("error %v", err)
	}
}

// endless gives its text over and over, without an end.
type endless struct {
	start, text string
	at          int
	given       int64
}

func (e *endless) Read(p []byte) (int, error) {
	n := copy(p, e.start)
	e.start = e.start[n:]
	for n < len(p) {
		m := copy(p[n:], e.text[e.at:])
		n, e.at = n+m, (e.at+m)%len(e.text)
	}
	e.given += int64(n)
	return n, nil
}

// Input without end is refused before it has filled the memory.
func TestReadEndless(t *testing.T) {
	for name, e := range map[string]*endless{
		"text":     {start: "<metadata><package><name>", text: "x"},
		"tag":      {start: "<metadata><package><name ", text: "x"},
		"value":    {start: "<metadata><package><name x='", text: "x"},
		"nesting":  {start: "<metadata>", text: "<a>"},
		"entities": {start: "<metadata><package><name>", text: "&amp;"},
		"mixed":    {start: "<metadata><package><name>", text: "x<!---->"},
		"deps":     {start: "<metadata><package><format><provides>", text: `<entry name="xxxxxxxxxxxxxxxxxxxxxxxxxxxxx"/>`},
		"files":    {start: "<metadata><package><format>", text: `<file>/etc/xxxxxxxxxxxxxxxxxxxxxxxxxxx</file>`},
		"attrs":    {start: "<metadata><package ", text: `a="" `},
	} {
		t.Run(name, func(t *testing.T) {
			err := ReadPrimary(context.Background(), e, func(Entry) error { return nil })
			if err == nil || e.given > 256<<20 {
				t.Errorf("error %v after %d bytes", err, e.given)
			}
		})
	}
	log := &endless{start: "<otherdata><package pkgid='x'>", text: "<changelog author='a' date='1'>text</changelog>"}
	if err := ReadOther(context.Background(), log, func(string, []rpm.Changelog) error { return nil }); err == nil {
		t.Error("an endless changelog is accepted")
	}
	if _, err := ReadRepomd(&endless{start: "<repomd>", text: "\n"}); !errors.As(err, new(ErrTooLong)) {
		t.Errorf("endless repomd: %v", err)
	}
}

func TestReadStops(t *testing.T) {
	p, d := sample()
	f, _ := Render(p, d)
	one := string(AppendPrimary(nil, p, f, Place{Href: "a.rpm"}))
	stop := errors.New("stop")
	err := ReadPrimary(context.Background(), &endless{start: "<metadata>", text: one}, func(Entry) error { return stop })
	if err != stop {
		t.Errorf("error %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	n := 0
	err = ReadPrimary(ctx, &endless{start: "<metadata>", text: one}, func(Entry) error {
		n++
		cancel()
		return nil
	})
	if err != context.Canceled || n > 1000 {
		t.Errorf("error %v after %d packages", err, n)
	}
	broken := errors.New("broken")
	err = ReadPrimary(context.Background(), io.MultiReader(strings.NewReader("<metadata>"), errorReader{broken}), func(Entry) error { return nil })
	if !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
}

type errorReader struct{ err error }

func (r errorReader) Read([]byte) (int, error) { return 0, r.err }

// slowReader gives a byte at a time: every place where a buffer can end.
type slowReader struct{ r io.Reader }

func (s slowReader) Read(p []byte) (int, error) { return s.r.Read(p[:min(len(p), 1)]) }

func TestReadFilelists(t *testing.T) {
	p, d := sample()
	f, _ := Render(p, d)
	xml := document(Filelists, string(AppendFilelists(nil, p, f)), `<package pkgid="x"><file type='dir'>/a&lt;</file><more/></package>`)
	var got []string
	err := ReadFilelists(context.Background(), slowReader{strings.NewReader(xml)}, func(id string, path []byte, kind FileKind) error {
		got = append(got, fmt.Sprint(id[:1], kind, string(path)))
		return nil
	})
	want := []string{"01/etc/skel", "02/etc/skel/.bashrc", "00/usr/bin/bash", "01/usr/share/doc/bash", "x1/a<"}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestReadOther(t *testing.T) {
	p, d := sample()
	f, _ := Render(p, d)
	xml := document(Other, string(AppendOther(nil, p, f)), `<package pkgid="x"/>`)
	var got [][]rpm.Changelog
	err := ReadOther(context.Background(), strings.NewReader(xml), func(_ string, log []rpm.Changelog) error {
		got = append(got, log)
		return nil
	})
	want := [][]rpm.Changelog{{{Time: 86400, Author: "A", Text: "- older"}, {Time: 86401, Author: "B <b@x>", Text: "- newer"}}, nil}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, %v", got, err)
	}
}

// Where the buffer ends does not matter.
func TestBufferEdges(t *testing.T) {
	p, d := sample()
	for _, pad := range []int{0, 1, 100, firstBuffer - 700, firstBuffer - 300, firstBuffer - 1} {
		d.Description = strings.Repeat("y", pad) + "&"
		f, _ := Render(p, d)
		one := string(AppendPrimary(nil, p, f, Place{Href: "a.rpm"}))
		for _, r := range []io.Reader{strings.NewReader(document(Primary, one, one, one)), slowReader{strings.NewReader(document(Primary, one, one, one))}} {
			n := 0
			err := ReadPrimary(context.Background(), r, func(e Entry) error {
				n++
				if !bytes.Equal([]byte(e.Pkg.Name), []byte("bash")) || len(e.Pkg.Requires) != 4 {
					return fmt.Errorf("got %+v", e.Pkg)
				}
				return nil
			})
			if n != 3 || err != nil {
				t.Errorf("padding %d: %d packages, %v", pad, n, err)
			}
		}
	}
}
