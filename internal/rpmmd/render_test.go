package rpmmd

import (
	"strings"
	"testing"

	"compose/internal/rpm"
)

func sample() (*rpm.Package, *rpm.Details) {
	p := &rpm.Package{
		Name: "bash", Epoch: 1, Version: "5.2", Release: "1.fc40", Arch: "x86_64", SourceRPM: "bash-5.2-1.fc40.src.rpm",
		Sum:  rpm.Checksum{Type: "sha256", Hex: strings.Repeat("0123456789abcdef", 4)},
		Size: 1000, Installed: 5_000_000_000, BuildTime: 1700000000, HeaderStart: 360, HeaderEnd: 9000,
		Provides: []rpm.Dep{{Name: "bash", Sense: rpm.Equal, EVR: "1:5.2-1.fc40"}, {Name: "/bin/sh"}},
		Requires: []rpm.Dep{
			{Name: "/bin/sh", Sense: rpm.ScriptPre},
			{Name: "/usr/bin/bash"},
			{Name: "filesystem", Sense: rpm.Greater | rpm.Equal | rpm.ScriptPost, EVR: "3"},
			{Name: "libc.so.6()(64bit)"},
			{Name: "libc.so.6(GLIBC_2.34)(64bit)"},
			{Name: "libc.so.6(GLIBC_2.4)(64bit)"},
			{Name: "libtinfo.so.6()(64bit)"},
			{Name: "libtinfo.so.6()(64bit)"},
			{Name: "rpmlib(CompressedFileNames)", Sense: rpm.Less | rpm.Equal | rpm.RpmlibDep, EVR: "3.0.4-1"},
			{Name: "(a if b)"},
		},
		Conflicts:   []rpm.Dep{{Name: "old-bash", Sense: rpm.Less, EVR: "2:3-4"}},
		Obsoletes:   []rpm.Dep{{Name: "bad-epoch", Sense: rpm.Less, EVR: "x:3-4"}},
		Recommends:  []rpm.Dep{{Name: "bash-completion"}},
		Supplements: []rpm.Dep{{Name: "(x and y)"}},
	}
	d := &rpm.Details{
		Summary: "The <GNU> \"shell\"", Description: "One & two\nlines.", License: "GPL", ArchiveSize: 42,
		Files: []rpm.File{
			{Path: "/etc/skel", Mode: 0o040755},
			{Path: "/etc/skel/.bashrc", Mode: 0o100644, Flags: rpm.FileGhost},
			{Path: "/usr/bin/bash", Mode: 0o100755},
			{Path: "/usr/share/doc/bash", Mode: 0o040755, Flags: rpm.FileGhost},
		},
		Changelogs: []rpm.Changelog{{Time: 86400, Author: "B <b@x>  ", Text: "- newer"}, {Time: 86400, Author: "A", Text: "- older"}},
	}
	return p, d
}

const samplePrimary = `<package type="rpm">
  <name>bash</name>
  <arch>x86_64</arch>
  <version epoch="1" ver="5.2" rel="1.fc40"/>
  <checksum type="sha256" pkgid="YES">0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef</checksum>
  <summary>The &lt;GNU&gt; "shell"</summary>
  <description>One &amp; two
lines.</description>
  <packager></packager>
  <url></url>
  <time file="77" build="1700000000"/>
  <size package="1000" installed="5000000000" archive="42"/>
  <location xml:base="http://x/?a=1&amp;b" href="Packages/b/bash &quot;&#xE9;&quot;.rpm"/>
  <format>
    <rpm:license>GPL</rpm:license>
    <rpm:vendor></rpm:vendor>
    <rpm:group></rpm:group>
    <rpm:buildhost></rpm:buildhost>
    <rpm:sourcerpm>bash-5.2-1.fc40.src.rpm</rpm:sourcerpm>
    <rpm:header-range start="360" end="9000"/>
    <rpm:provides>
      <rpm:entry name="bash" flags="EQ" epoch="1" ver="5.2" rel="1.fc40"/>
      <rpm:entry name="/bin/sh"/>
    </rpm:provides>
    <rpm:requires>
      <rpm:entry name="filesystem" flags="GE" epoch="0" ver="3" pre="1"/>
      <rpm:entry name="libtinfo.so.6()(64bit)"/>
      <rpm:entry name="(a if b)"/>
      <rpm:entry name="libc.so.6(GLIBC_2.34)(64bit)"/>
    </rpm:requires>
    <rpm:conflicts>
      <rpm:entry name="old-bash" flags="LT" epoch="2" ver="3" rel="4"/>
    </rpm:conflicts>
    <rpm:recommends>
      <rpm:entry name="bash-completion"/>
    </rpm:recommends>
    <rpm:supplements>
      <rpm:entry name="(x and y)"/>
    </rpm:supplements>
    <file type="dir">/etc/skel</file>
    <file type="ghost">/etc/skel/.bashrc</file>
    <file>/usr/bin/bash</file>
  </format>
</package>
`

const sampleFilelists = `<package pkgid="0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef" name="bash" arch="x86_64">
  <version epoch="1" ver="5.2" rel="1.fc40"/>
  <file type="dir">/etc/skel</file>
  <file type="ghost">/etc/skel/.bashrc</file>
  <file>/usr/bin/bash</file>
  <file type="dir">/usr/share/doc/bash</file>
</package>
`

const sampleOther = `<package pkgid="0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef" name="bash" arch="x86_64">
  <version epoch="1" ver="5.2" rel="1.fc40"/>
  <changelog author="A" date="86400">- older</changelog>
  <changelog author="B &lt;b@x&gt;" date="86401">- newer</changelog>
</package>
`

func TestRender(t *testing.T) {
	p, d := sample()
	f, warnings := Render(p, d)
	if len(warnings) > 0 {
		t.Errorf("warnings: %q", warnings)
	}
	at := Place{Href: `Packages/b/bash "é".rpm`, Base: "http://x/?a=1&b", FileTime: 77}
	for kind, want := range []string{samplePrimary, sampleFilelists, sampleOther} {
		if got := string(Kind(kind).AppendPackage(nil, p, f, at)); got != want {
			t.Errorf("%s:\n%s\nwant:\n%s", Kind(kind), got, want)
		}
	}
}

func TestWarnings(t *testing.T) {
	p := &rpm.Package{Name: "x", Version: "1", Release: "1", Arch: "noarch"}
	d := &rpm.Details{
		Summary: "caf\xe9", Description: "bell \x07, \ufffe and \xed\xa0\x80",
		Changelogs: []rpm.Changelog{{Author: "a\x00b", Text: "c"}},
		Files:      []rpm.File{{Path: "/usr/share/\x1b[1m"}},
	}
	f, warnings := Render(p, d)
	want := []string{
		"header field: not UTF-8, read as ISO 8859-1",
		"description: not UTF-8, read as ISO 8859-1",
		"description: characters that XML forbids are dropped",
		"file name: characters that XML forbids are dropped",
		"changelog: characters that XML forbids are dropped",
	}
	if strings.Join(warnings, "\n") != strings.Join(want, "\n") {
		t.Errorf("warnings:\n%s", strings.Join(warnings, "\n"))
	}
	if !strings.Contains(string(f.Primary), "<summary>café</summary>") {
		t.Errorf("summary: %s", f.Primary)
	}
	if !strings.Contains(string(f.Filelists), "<file>/usr/share/[1m</file>") {
		t.Errorf("filelists: %s", f.Filelists)
	}
	if !strings.Contains(string(f.Other), `author="ab"`) {
		t.Errorf("other: %s", f.Other)
	}
}

// A store may hand out fragments that were damaged: they must not crash.
func TestAppendDamaged(t *testing.T) {
	p, _ := sample()
	for _, f := range []string{"", "x", "a\x00", "a\x00b\x00c", "\x00\x00\x00\x00\x00"} {
		for _, k := range []Kind{Primary, Filelists, Other} {
			k.AppendPackage(nil, p, rpm.Fragments{Primary: []byte(f), Filelists: []byte(f), Other: []byte(f)}, Place{})
		}
	}
}

func TestLibcLess(t *testing.T) {
	sorted := []string{"libc.so.6", "libc.so.6(", "libc.so.6()(64bit)", "libc.so.6(XX)(64bit)", "libc.so.6(GLIBC_2.2.5)(64bit)", "libc.so.6(GLIBC_2.4)", "libc.so.6(GLIBC_2.34)(64bit)"}
	for i, a := range sorted {
		for j, b := range sorted {
			if got := libcLess(a, b); got != (i < j) {
				t.Errorf("libcLess(%q, %q) = %t", a, b, got)
			}
		}
	}
}

func BenchmarkRender(b *testing.B) {
	p, d := sample()
	for i := range 60 {
		d.Files = append(d.Files, rpm.File{Path: "/usr/share/locale/some/where/LC_MESSAGES/file" + strings.Repeat("x", i%10), Mode: 0o100644})
	}
	b.ReportAllocs()
	for b.Loop() {
		Render(p, d)
	}
}
