package repo

import (
	"fmt"
	"strings"
	"testing"

	"compose/internal/rpmmd"
)

func advisory(id, collections string) string {
	return fmt.Sprintf(`  <update from="a@b" status="final" type="security" version="2.0">
    <id>%s</id>
    <title>a &amp; b</title>
    <issued date="2024-01-01 00:00:00"/>
    <description><![CDATA[x & y]]></description><!-- R&D -->
    <pkglist>
%s    </pkglist>
  </update>
`, id, collections)
}

func collectionOf(name string, packages ...string) string {
	out := "      <collection short=\"" + name + "\">\n        <name>" + name + "</name>\n"
	for _, p := range packages {
		f := strings.Fields(p)
		out += fmt.Sprintf("        <package name=%q version=%q release=%q epoch=\"0\" arch=%q src=\"s.src.rpm\">\n          <filename>f</filename>\n        </package>\n", f[0], f[1], f[2], f[3])
	}
	return out + "      </collection>\n"
}

func updates(all ...string) []byte {
	return []byte(rpmmd.UpdatesHead + strings.Join(all, "") + rpmmd.UpdatesTail)
}

func TestFilterUpdates(t *testing.T) {
	in := updates(
		advisory("A-1", collectionOf("c", "bash 5 1 x86_64", "bash-doc 5 1 noarch")+collectionOf("d", "gone 1 1 x86_64")),
		advisory("A-2", collectionOf("c", "gone 1 1 x86_64")),
		advisory("A-3", collectionOf("c", "zsh 5 1 x86_64")))
	got, err := FilterUpdates(in, func(p rpmmd.UpdatePackage) bool { return p.Name != "gone" && p.Name != "bash-doc" })
	want := updates(advisory("A-1", collectionOf("c", "bash 5 1 x86_64")), advisory("A-3", collectionOf("c", "zsh 5 1 x86_64")))
	if err != nil || string(got) != string(want) {
		t.Errorf("%v\n%s\nwant\n%s", err, got, want)
	}
	if got, err := FilterUpdates(in, func(rpmmd.UpdatePackage) bool { return true }); err != nil || string(got) != string(in) {
		t.Errorf("nothing to filter: %v\n%s", err, got)
	}
	if got, err := FilterUpdates(in, func(rpmmd.UpdatePackage) bool { return false }); err != nil || got != nil {
		t.Errorf("nothing left: %v\n%s", err, got)
	}
	oneLine := strings.NewReplacer("\n", "", "  ", "").Replace(string(in))
	if got, err := FilterUpdates([]byte(oneLine), func(p rpmmd.UpdatePackage) bool { return p.Name == "zsh" }); err != nil || strings.Count(string(got), "<update ") != 1 || strings.Contains(string(got), "gone") {
		t.Errorf("on one line: %v\n%s", err, got)
	}
}

func TestMergeUpdates(t *testing.T) {
	a := updates(advisory("A-1", collectionOf("c", "bash 5 1 x86_64", "bash-doc 5 1 noarch")), advisory("A-2", collectionOf("c", "x 1 1 x86_64")))
	b := updates(advisory("B-1", collectionOf("c", "y 1 1 aarch64")), advisory("A-1", collectionOf("c", "bash-doc 5 1 noarch", "bash 5 1 aarch64")))
	got, err := MergeUpdates(a, b)
	want := updates(advisory("A-1", collectionOf("c", "bash 5 1 x86_64", "bash-doc 5 1 noarch")+collectionOf("c", "bash 5 1 aarch64")),
		advisory("A-2", collectionOf("c", "x 1 1 x86_64")), advisory("B-1", collectionOf("c", "y 1 1 aarch64")))
	if err != nil || string(got) != string(want) {
		t.Errorf("%v\n%s\nwant\n%s", err, got, want)
	}
	for name, c := range map[string][2]string{
		"entity":  {"a &amp; b", "a &lol; b"},
		"no id":   {"<id>A-1</id>", ""},
		"control": {"a &amp; b", "a \x07 b"},
		"cut":     {"</updates>", ""},
		"root":    {"updates>", "metadata>"},
		"bomb":    {"<updates>", `<!DOCTYPE x [<!ENTITY a "b">]><updates>`},
	} {
		if _, err := MergeUpdates([]byte(strings.ReplaceAll(string(a), c[0], c[1]))); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
	if got, err := MergeUpdates(updates(), updates()); got != nil || err != nil {
		t.Errorf("no advisories: %s %v", got, err)
	}
}
