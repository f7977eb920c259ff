package rpmmd

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"compose/internal/rpm"
	"compose/internal/rpmtest"
)

const foreignRepomd = `<?xml version="1.0"?>
<!-- kept --><repomd xmlns="http://linux.duke.edu/metadata/repo" xmlns:x="y">
  <revision>5</revision>
  <tags><distro cpeid="cpe:/o:x">X</distro></tags>
  <data type="primary">
    <checksum type="sha256">0000000000000000000000000000000000000000000000000000000000000001</checksum>
    <location href="repodata/primary.xml.gz"/>
    <x:odd attribute="&lt;"/><database_version>10</database_version>
  </data>
  <data type="modules"><location href="repodata/m.yaml"/></data>
  <data type="group"><location href="repodata/g.xml"/></data> <data type="modules"><location href="repodata/n.yaml"/></data>
  <more/>
</repomd>
<!-- end -->`

func TestEditRepomd(t *testing.T) {
	one := RepomdData{Type: "new", Href: "repodata/new&.xml", Sum: rpm.Checksum{Type: "sha256", Hex: strings.Repeat("1", 64)}, Size: 1, Timestamp: 2}
	text := string(one.appendXML(nil))
	modules := func(d RepomdData) bool { return d.Type == "modules" }
	for name, c := range map[string]struct {
		edit    RepomdEdit
		want    string
		dropped string
	}{
		"nothing": {RepomdEdit{}, foreignRepomd, ""},
		"add":     {RepomdEdit{Add: []RepomdData{one}}, strings.Replace(foreignRepomd, "</repomd>", text+"</repomd>", 1), ""},
		"drop": {RepomdEdit{Drop: modules}, strings.NewReplacer("  <data type=\"modules\"><location href=\"repodata/m.yaml\"/></data>\n", "",
			`<data type="modules"><location href="repodata/n.yaml"/></data>`, "").Replace(foreignRepomd), "repodata/m.yaml repodata/n.yaml"},
		"replace": {RepomdEdit{Drop: modules, Add: []RepomdData{one}}, strings.NewReplacer("  <data type=\"modules\"><location href=\"repodata/m.yaml\"/></data>\n", text,
			`<data type="modules"><location href="repodata/n.yaml"/></data>`, "").Replace(foreignRepomd), "repodata/m.yaml repodata/n.yaml"},
	} {
		out, dropped, err := EditRepomd([]byte(foreignRepomd), c.edit)
		var hrefs []string
		for _, d := range dropped {
			hrefs = append(hrefs, d.Href)
		}
		if err != nil || string(out) != c.want || strings.Join(hrefs, " ") != c.dropped {
			t.Errorf("%s: %v, dropped %q\n%s\nwant\n%s", name, err, hrefs, out, c.want)
		}
	}
	m := Repomd{Revision: "1", Data: []RepomdData{one}}
	out, _, err := EditRepomd(m.XML(), RepomdEdit{Drop: func(RepomdData) bool { return true }, Add: []RepomdData{one}})
	if err != nil || !bytes.Equal(out, m.XML()) {
		t.Errorf("the same again: %v\n%s", err, out)
	}
	for _, bad := range []string{"", "<repomd/>", `<r:repomd xmlns:r="a"></r:repomd>`, "<repomd>", "<repomd></repomd>x"} {
		if out, _, err := EditRepomd([]byte(bad), RepomdEdit{Add: []RepomdData{one}}); err == nil {
			t.Errorf("%q became %q", bad, out)
		}
	}
}

// What createrepo_c wrote comes out as it was: reading all three files and
// rendering what they list gives their bytes.
func TestRenderListed(t *testing.T) {
	rpmtest.NeedProgram(t, "createrepo_c")
	dir := t.TempDir()
	rpms, err := filepath.Glob(filepath.Join(rpmtest.RepoRoot(t), "testdata/rpms/*.rpm"))
	if err != nil || len(rpms) == 0 {
		t.Fatal(err)
	}
	for _, p := range rpms {
		if err := os.Link(p, filepath.Join(dir, filepath.Base(p))); err != nil {
			b, _ := os.ReadFile(p)
			os.WriteFile(filepath.Join(dir, filepath.Base(p)), b, 0o644)
		}
	}
	if out, err := exec.Command("createrepo_c", "-q", "--no-database", "--changelog-limit=50", "--general-compress-type=gz", "--simple-md-filenames", dir).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var want [3]string
	for k, name := range [...]string{"primary", "filelists", "other"} {
		want[k] = gunzip(t, filepath.Join(dir, "repodata", name+".xml.gz"))
	}
	pkgs := readAll(t, want)
	for k := range want {
		kind := Kind(k)
		got := kind.AppendHead(nil, len(pkgs))
		for _, p := range pkgs {
			got = kind.AppendPackage(got, p.Pkg, RenderListed(p.Pkg, p.Details), Place{Href: p.Href, Base: p.Base, FileTime: p.FileTime})
		}
		if got := string(kind.AppendTail(got)); got != want[k] {
			t.Errorf("%s differs:\n%s", kind, firstDifference(got, want[k]))
		}
		if n, ok, err := ReadCount(kind, strings.NewReader(want[k])); int(n) != len(pkgs) || !ok || err != nil {
			t.Errorf("%s: count %d %v %v", kind, n, ok, err)
		}
	}
}

func readAll(t *testing.T, xml [3]string) (out []Entry) {
	t.Helper()
	at := map[string]int{}
	err := ReadPrimaryDetails(t.Context(), strings.NewReader(xml[Primary]), func(e Entry) error {
		at[e.Pkg.Sum.Hex] = len(out)
		out = append(out, e)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range []Kind{Filelists, Other} {
		err := ReadListed(t.Context(), k, strings.NewReader(xml[k]), func(l Listed) error {
			e := out[at[l.ID]]
			if l.Name != e.Pkg.Name || l.Arch != e.Pkg.Arch || l.EVR != e.Pkg.EVR() {
				t.Errorf("%s: %+v", k, l)
			}
			if k == Filelists {
				e.Details.Files = l.Files
			}
			for i := len(l.Changelogs) - 1; i >= 0; i-- {
				e.Details.Changelogs = append(e.Details.Changelogs, l.Changelogs[i])
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func gunzip(t *testing.T, file string) string {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := Decompress(f, file)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if _, err := b.ReadFrom(z); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func firstDifference(a, b string) string {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			from := max(0, i-200)
			return "…" + a[from:min(len(a), i+100)] + "\nwant\n…" + b[from:min(len(b), i+100)]
		}
	}
	return "one is shorter"
}
