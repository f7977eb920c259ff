package repo

import (
	"strings"
	"testing"
)

func TestMergeComps(t *testing.T) {
	read := func(text string) *Comps {
		c, err := ReadComps(strings.NewReader("<comps>"+text+"</comps>"), "comps.xml")
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	a := read(`<group><id>core</id><name>Core</name><default>true</default><packagelist>
  <packagereq type="mandatory">bash</packagereq><packagereq type="conditional" requires="kde">kde-bash</packagereq>
  <packagereq arch="x86_64">grub</packagereq></packagelist></group>
<category><id>base</id><name>Base</name><grouplist><groupid>core</groupid></grouplist></category>
<environment><id>min</id><name>Minimal</name><grouplist><groupid>core</groupid></grouplist><optionlist><groupid>x</groupid></optionlist></environment>
<langpacks><match name="firefox" install="firefox-%s"/></langpacks>`)
	b := read(`<group><id>x</id><name>X</name><packagelist><packagereq>xorg</packagereq></packagelist></group>
<group><id>core</id><name>Other</name><default>false</default><packagelist>
  <packagereq type="optional">bash</packagereq><packagereq type="default">vim</packagereq>
  <packagereq arch="aarch64">grub</packagereq><packagereq type="conditional" requires="gnome">kde-bash</packagereq></packagelist></group>
<category><id>base</id><name>B</name><grouplist><groupid>x</groupid><groupid>core</groupid></grouplist></category>
<environment><id>min</id><name>M</name><optionlist><groupid default="true">x</groupid></optionlist></environment>
<langpacks><match name="firefox" install="other-%s"/><match name="office" install="office-%s"/></langpacks>`)
	before := string(a.XML()) + string(b.XML())
	got := string(MergeComps(a, b).XML())
	if string(a.XML())+string(b.XML()) != before {
		t.Error("a file was changed")
	}
	if c, err := ReadComps(strings.NewReader(got), "merged"); err != nil || string(c.XML()) != got {
		t.Errorf("read again: %v", err)
	}
	for _, want := range []string{
		`<name>Core</name>`, `<default>true</default>`, `<packagereq type="mandatory">bash</packagereq>`, `<packagereq type="default">vim</packagereq>`,
		`<packagereq requires="gnome" type="conditional">kde-bash</packagereq>`, `<packagereq requires="kde" type="conditional">kde-bash</packagereq>`,
		`<name>Base</name>`, `<name>Minimal</name>`, `<groupid default="true">x</groupid>`, `install="firefox-%s" name="firefox"`, `name="office"`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s", want)
		}
	}
	if strings.Contains(got, "other-%s") || strings.Count(got, "<id>core</id>") != 1 || strings.Count(got, ">bash<") != 1 {
		t.Error("something is there twice")
	}
	if t.Failed() {
		t.Log(got)
	}
	if g, _ := MergeComps(a, b).Group("core"); len(g.Packages) != 5 {
		t.Errorf("%d packages", len(g.Packages))
	}
	if len(MergeComps().XML()) == 0 || string(MergeComps(a).XML()) != string(a.XML()) {
		t.Error("one file alone")
	}
}
