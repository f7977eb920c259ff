package compare

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"compose/internal/productmd"
	"compose/internal/rpm"
	"compose/internal/rpmtest"
)

// make makes as much of a compose as is read: packages, and rpms.json with
// each of them in the trees that trees names ("NAME: TREE TREE").
func makeCompose(t *testing.T, respin int, packages, trees string) string {
	t.Helper()
	dir := t.TempDir()
	pkgs, err := rpmtest.Parse(strings.NewReader(packages), t.Name())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := rpmtest.Write(filepath.Join(dir, "compose"), pkgs); err != nil {
		t.Fatal(err)
	}
	in := map[string][]string{}
	for line := range strings.Lines(trees) {
		if name, list, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			in[name] = strings.Fields(list)
		}
	}
	m := productmd.RPMs{Compose: productmd.Compose{ID: fmt.Sprintf("DP-1-20240309.t.%d", respin), Type: "test", Date: "20240309", Respin: respin}}
	for i := range pkgs {
		add(t, &m, &pkgs[i], in[pkgs[i].Name])
	}
	data, err := m.JSON()
	if err != nil {
		t.Fatal(err)
	}
	meta := filepath.Join(dir, "compose", "metadata")
	if err := os.MkdirAll(meta, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(meta, "rpms.json"), data, 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

func add(t *testing.T, m *productmd.RPMs, p *rpmtest.Package, trees []string) {
	t.Helper()
	pkg := rpm.Package{Name: p.Name, Version: p.Version, Release: p.Release, Arch: p.Arch}
	for _, tree := range trees {
		variant, arch, _ := strings.Cut(tree, ".")
		e := productmd.RPMEntry{Variant: variant, Arch: arch, NEVRA: pkg.NEVRA(), Path: p.FileName(), Category: "binary", Source: "src-0:1-1.src"}
		if pkg.IsSource() {
			e.Category, e.Source = "source", ""
		}
		if err := m.Add(e); err != nil {
			t.Fatal(err)
		}
	}
}

const before = `
package same 1-1 x86_64
package gone 1-1 x86_64
package up 1-1 x86_64
    changelog 1700000000 Ann <a@example> - 1-1
        | - first
package down 2-1 x86_64
package moves 1-1 noarch
package other 1-1 x86_64
package many 1-1 x86_64
package many 2-1 x86_64
`

const after = `
package same 1-1 x86_64
package up 1-2 x86_64
    changelog 1700090000 Bob <b@example> - 1-2
        | - second
    changelog 1700000000 Ann <a@example> - 1-1
        | - first
package down 1-9 x86_64
package moves 1-2 noarch
package other 1-1 x86_64
package new 1-1 x86_64
package many 2-1 x86_64
package many 3-1 x86_64
`

func TestComposes(t *testing.T) {
	where := "same: A.x86_64\ngone: A.x86_64\nup: A.x86_64 B.x86_64\ndown: A.x86_64\nmoves: %s\nother: %s\nnew: B.x86_64\nmany: B.x86_64\n"
	old := makeCompose(t, 0, before, fmt.Sprintf(where, "A.x86_64 A.aarch64", "A.x86_64"))
	now := makeCompose(t, 1, after, fmt.Sprintf(where, "B.x86_64", "A.aarch64"))
	d, err := Composes(old, now)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range d.Changes {
		got = append(got, strings.Join(strings.Fields(fmt.Sprintln(c.Tree, c.What, c.Name, c.Old, c.New, c.From)), " "))
		if hasOld, hasNew := c.OldSize > 0, c.NewSize > 0; hasOld != (c.Old != "") || hasNew != (c.New != "") {
			t.Errorf("%s %s: sizes %d and %d", c.Tree, c.Name, c.OldSize, c.NewSize)
		}
	}
	want := strings.TrimSpace(`
A.aarch64 added other 1-1
A.aarch64 removed moves 1-1
A.x86_64 removed gone 1-1
A.x86_64 removed other 1-1
A.x86_64 upgraded up 1-1 1-2
A.x86_64 downgraded down 2-1 1-9
B.x86_64 added new 1-1
B.x86_64 upgraded many 1-1 3-1
B.x86_64 upgraded up 1-1 1-2
B.x86_64 moved moves 1-1 1-2 A.x86_64`)
	if text := strings.Join(got, "\n"); text != want {
		t.Errorf("got\n%s\nwant\n%s", text, want)
	}
	if d.Old != "DP-1-20240309.t.0" || d.New != "DP-1-20240309.t.1" || len(d.Builds) != 1 {
		t.Errorf("difference %+v", d)
	}
}

func TestChangelog(t *testing.T) {
	where := "up: A.x86_64"
	old, now := makeCompose(t, 0, before, where), makeCompose(t, 1, after, where)
	d, err := Composes(old, now)
	if err != nil {
		t.Fatal(err)
	}
	want := Build{Name: "src", Old: "1-1", New: "1-2", Changes: []Entry{{"2023-11-15", "Bob <b@example> - 1-2", "- second"}}}
	if len(d.Builds) != 1 || fmt.Sprint(d.Builds[0]) != fmt.Sprint(want) {
		t.Errorf("builds %+v", d.Builds)
	}
	if err := os.Remove(filepath.Join(old, "compose", "up-1-1.x86_64.rpm")); err != nil {
		t.Fatal(err)
	}
	if d, err = Composes(old, now); err != nil || d.Builds[0].Unreadable == "" || d.Changes[0].OldSize != 0 {
		t.Errorf("without the package: %+v %v", d, err)
	}
}

func TestManyEntries(t *testing.T) {
	var now []rpm.Changelog
	for i := range 30 {
		now = append(now, rpm.Changelog{Time: int64(i), Author: "a", Text: "t"})
	}
	if n := len(newer(now, now[25:])); n != 25 {
		t.Errorf("%d entries are newer, want 25", n)
	}
}

func TestNotACompose(t *testing.T) {
	good := makeCompose(t, 0, before, "same: A.x86_64")
	for content, want := range map[string]string{
		"":     "EOF",
		"{}":   `type is ""`,
		"null": `type is ""`,
	} {
		bad := t.TempDir()
		if err := os.MkdirAll(filepath.Join(bad, "compose", "metadata"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(bad, "compose", "metadata", "rpms.json"), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := Composes(good, bad); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", content, err)
		}
	}
	if _, err := Composes(t.TempDir(), good); !os.IsNotExist(err) && err == nil {
		t.Errorf("an empty folder: %v", err)
	}
}
