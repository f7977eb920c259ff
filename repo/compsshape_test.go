package repo

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"compose/internal/rpmtest"
)

// distribution makes a comps file in the shape of those that large
// distributions have: 250 groups with names and descriptions in 60 languages,
// language groups with conditional packages, groups and packages for some
// architectures or variants only, biarchonly and basearchonly, environments
// with options, categories, hundreds of langpacks, comments, and what older
// programs read.
func distribution() string {
	var b strings.Builder
	b.WriteString("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE comps PUBLIC \"-//Red Hat, Inc.//DTD Comps info//EN\" \"comps.dtd\">\n<comps>\n")
	b.WriteString("  <!-- *******\n    Groups are in the order of the alphabet\n  ******* -->\n")
	for i := range 250 {
		writeGroup(&b, i)
	}
	for i := range 20 {
		fmt.Fprintf(&b, "  <environment>\n    <id>env-%02d-environment</id>\n    <name>Environment %d</name>\n    <name xml:lang=\"de\">Umgebung %d</name>\n    <description>Everything&amp;more</description>\n    <display_order>%d</display_order>\n    <grouplist>\n", i, i, i, i)
		for j := range 12 {
			fmt.Fprintf(&b, "      <groupid>group-%03d</groupid>\n", (i*13+j)%250)
		}
		b.WriteString("    </grouplist>\n    <optionlist>\n      <groupid default=\"true\">group-007</groupid>\n      <groupid arch=\"s390x\">group-011</groupid>\n      <groupid>not-there</groupid>\n    </optionlist>\n  </environment>\n")
	}
	for i := range 8 {
		fmt.Fprintf(&b, "  <category>\n    <id>cat-%d</id>\n    <name>Category %d</name>\n    <description/>\n    <display_order>%d</display_order>\n    <grouplist>\n", i, i, 90-i)
		for j := range 30 {
			fmt.Fprintf(&b, "      <groupid>group-%03d</groupid>\n", i*30+j)
		}
		b.WriteString("    </grouplist>\n  </category>\n")
	}
	b.WriteString("  <blacklist>\n    <package name=\"old\" arch=\"x86_64\"/>\n  </blacklist>\n  <whiteout/>\n  <langpacks>\n")
	for i := range 300 {
		fmt.Fprintf(&b, "    <match install=\"%c%03dpack-%%s\" name=\"%c%03dpack\"/>\n", 'a'+i%26, i, 'a'+i%26, i)
	}
	b.WriteString("  </langpacks>\n</comps>\n")
	return b.String()
}

func writeGroup(b *strings.Builder, i int) {
	attrs := map[int]string{3: ` arch="x86_64"`, 4: ` arch="aarch64, s390x"`, 5: ` variant="Server"`}[i%20]
	fmt.Fprintf(b, "  <group%s>\n    <id>group-%03d</id>\n    <name>Group %d</name>\n", attrs, i, i)
	for l := range 60 {
		fmt.Fprintf(b, "    <name xml:lang=\"%c%c\">Gruppe „%d“/&lt;%d&gt;</name>\n", 'a'+l/26, 'a'+l%26, i, l)
	}
	fmt.Fprintf(b, "    <description>Packages-of-group-%d,\n and-more.</description>\n    <description xml:lang=\"ja\">グループ %d</description>\n    <default>%t</default>\n    <uservisible>%t</uservisible>\n", i, i, i%7 == 0, i%3 != 0)
	if i%11 == 0 {
		fmt.Fprintf(b, "    <langonly>%c%c</langonly>\n    <display_order>1024</display_order>\n    <biarchonly>true</biarchonly>\n", 'a'+i%26, 'a'+i/26)
	}
	b.WriteString("    <packagelist>\n")
	for j := range 30 {
		kind := []string{"mandatory", "default", "optional"}[j%3]
		extra := map[int]string{4: ` arch="x86_64,i686"`, 5: ` variant="Server Client"`, 6: ` basearchonly="true"`}[j]
		if i%11 == 0 && j > 20 {
			fmt.Fprintf(b, "      <packagereq type=\"conditional\" requires=\"app%d\">app%d-i18n-%d</packagereq>\n", j, j, i)
			continue
		}
		fmt.Fprintf(b, "      <packagereq type=\"%s\"%s>package-%d.%d+x</packagereq>\n", kind, extra, i, j)
	}
	b.WriteString("      <packagereq>without-type</packagereq>\n    </packagelist>\n  </group>\n")
}

// TestCompsShape reads, filters and writes such a file, and libcomps finds the
// same in what is written. (libcomps loses blanks that stand alone between
// an entity or a line break and the end of its buffer; there are none here.)
func TestCompsShape(t *testing.T) {
	text := distribution()
	start := time.Now()
	c, err := ReadComps(strings.NewReader(text), "comps.xml")
	if err != nil {
		t.Fatal(err)
	}
	xml := c.XML()
	took := time.Since(start)
	t.Logf("%d bytes read and written in %v", len(text), took)
	if took > 5*time.Second {
		t.Errorf("it took %v", took)
	}
	if len(c.Groups) != 250 || len(c.Environments) != 20 || len(c.Categories) != 8 || len(c.Langpacks) != 300 || len(c.Notes) != 0 {
		t.Errorf("%d groups, %d environments, %d categories, %d langpacks, notes %q", len(c.Groups), len(c.Environments), len(c.Categories), len(c.Langpacks), c.Notes)
	}
	again, err := ReadComps(bytes.NewReader(xml), "again.xml")
	if err != nil || !bytes.Equal(again.XML(), xml) {
		t.Errorf("what is written does not read the same: %v", err)
	}
	for _, f := range []struct {
		arch, variant string
		groups        int
	}{{"x86_64", "Server", 237}, {"x86_64", "Client", 224}, {"s390x", "Server", 237}, {"ppc64le", "Client", 211}} {
		got, unmatched := c.Filter(FilterOptions{Arch: f.arch, Variant: f.variant})
		if len(got.Groups) != f.groups || len(unmatched) != 0 {
			t.Errorf("%s.%s has %d groups, want %d", f.variant, f.arch, len(got.Groups), f.groups)
		}
		g, _ := got.Group("group-001")
		has := slices.ContainsFunc(g.Packages, func(p GroupPackage) bool { return p.Name == "package-1.4+x" })
		if has != (f.arch == "x86_64") {
			t.Errorf("%s: a package for x86_64: %t", f.arch, has)
		}
	}
	sameForLibcomps(t, text, xml)
}

func sameForLibcomps(t *testing.T, text string, written []byte) {
	if exec.Command("/usr/bin/python3", "-c", "import libcomps").Run() != nil {
		if os.Getenv("COMPOSE_REQUIRE_TOOLS") != "" {
			rpmtest.NeedProgram(t, "python3-libcomps")
		}
		t.Log("no python3-libcomps to compare with")
		return
	}
	dir := t.TempDir()
	for name, data := range map[string][]byte{"a.xml": []byte(text), "b.xml": written} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	a := run(t, "/usr/bin/python3", "testdata/comps.py", filepath.Join(dir, "a.xml"))
	diff(t, run(t, "/usr/bin/python3", "testdata/comps.py", filepath.Join(dir, "b.xml")), a)
}

// TestCompsShapeLines: errors deep in such a file name their lines, all at once.
func TestCompsShapeLines(t *testing.T) {
	text := strings.Replace(distribution(), ">package-200.7+x<", ">package-200.7+x <", 1)
	text = strings.Replace(text, "<id>group-249</id>", "<id>group-000</id>", 1)
	line := func(part string) int { return 1 + strings.Count(text[:strings.Index(text, part)], "\n") }
	_, err := ReadComps(strings.NewReader(text), "comps.xml")
	want := fmt.Sprintf("comps.xml:%d: package name \"package-200.7+x \" has leading or trailing whitespace\ncomps.xml:%d: group \"group-000\" is already defined in line %d",
		line(">package-200.7+x <"), line(">Group 249<")-2, line(">Group 0<")-2)
	if err == nil || err.Error() != want {
		t.Errorf("error\n%v\nwant\n%s", err, want)
	}
}
