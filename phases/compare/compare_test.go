package compare

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"compose/internal/productmd"
	"compose/internal/rpm"
	"compose/internal/rpmtest"
)

// makeCompose makes as much of a compose as is read: packages, and rpms.json
// with each of them in the trees that trees names ("NAME: TREE TREE").
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
	if err := errors.Join(os.MkdirAll(meta, 0o755), os.WriteFile(filepath.Join(meta, "rpms.json"), data, 0o644)); err != nil {
		t.Fatal(err)
	}
	return dir
}

func add(t *testing.T, m *productmd.RPMs, p *rpmtest.Package, trees []string) {
	t.Helper()
	pkg := rpm.Package{Name: p.Name, Version: p.Version, Release: p.Release, Arch: p.Arch}
	source, err := rpm.ParseNEVRA(p.SourceRPM)
	if err != nil { // a package that is written without a source
		source = rpm.Package{Name: p.Name, Version: p.Version, Release: p.Release, Arch: "src"}
	}
	for _, tree := range trees {
		variant, arch, _ := strings.Cut(tree, ".")
		e := productmd.RPMEntry{Variant: variant, Arch: arch, NEVRA: pkg.NEVRA(), Path: p.FileName(), Category: "binary", Source: source.NEVRA()}
		switch {
		case pkg.IsSource():
			e.Category, e.Source = "source", ""
		case pkg.IsDebug():
			e.Category = "debug"
		}
		if len(p.Signatures) > 0 {
			e.SigKey = p.Signatures[0].KeyID
		}
		if err := m.Add(e); err != nil {
			t.Fatal(err)
		}
	}
}

const before = `
build same 1-1 x86_64
build gone 1-1 x86_64
build up 1-1 x86_64
    summary Something
    changelog 1700000000 Ann <a@example> - 1-1
        | - first
    debuginfo
  sub up-old x86_64
build down 2-1 x86_64
build moves 1-1 noarch
build other 1-1 x86_64
build turns 1-1 x86_64
build becomes 1-1 x86_64
package many 1-1 x86_64
package many 2-1 x86_64
`

const after = `
build same 1-1 x86_64
build up 1-2 x86_64
    summary Something
    changelog 1700090000 Bob <b@example> - 1-2
        | - second
    changelog 1700000000 Ann <a@example> - 1-1
        | - first
    debuginfo
  sub up-new noarch
build down 1-9 x86_64
build moves 1-2 noarch
build other 1-1 x86_64
build turns 1-2 noarch
build becomes 1-1 noarch
build new 1-1 x86_64
package many 2-1 x86_64
package many 3-1 x86_64
`

const everywhere = `same: A.x86_64
gone: A.x86_64
up: A.x86_64 B.x86_64
up-old: A.x86_64
up-new: A.x86_64
up-debuginfo: A.x86_64
down: A.x86_64
moves: %s
other: %s
turns: A.x86_64
becomes: A.x86_64
new: B.x86_64
many: B.x86_64
`

// lines gives the changes of a difference.
func lines(d *Difference) string {
	var got []string
	for _, tree := range d.Trees {
		for _, c := range tree.Changes {
			got = append(got, strings.Join(strings.Fields(fmt.Sprintln(tree.Tree, c.What, c.Category, c.Name+"."+c.Arch, c.Old, c.New, c.OldArch, c.From, c.To, c.OldKey, c.NewKey)), " "))
		}
	}
	return strings.Join(got, "\n")
}

func difference(t *testing.T, old, now string, o Options) *Difference {
	t.Helper()
	d, err := Composes(context.Background(), old, now, o)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestTrees(t *testing.T) {
	old := makeCompose(t, 0, before, fmt.Sprintf(everywhere, "A.x86_64 A.aarch64", "A.x86_64"))
	now := makeCompose(t, 1, after, fmt.Sprintf(everywhere, "B.x86_64", "A.aarch64"))
	d := difference(t, old, now, Options{})
	want := strings.TrimSpace(`
A.aarch64 added binary other.x86_64 1-1
A.aarch64 added source other.src 1-1
A.aarch64 removed binary moves.noarch 1-1
A.aarch64 removed source moves.src 1-1
A.x86_64 added binary up-new.noarch 1-2
A.x86_64 removed binary gone.x86_64 1-1
A.x86_64 removed binary other.x86_64 1-1
A.x86_64 removed binary up-old.x86_64 1-1
A.x86_64 removed source gone.src 1-1
A.x86_64 removed source other.src 1-1
A.x86_64 upgraded binary turns.noarch 1-1 1-2 x86_64
A.x86_64 upgraded binary up.x86_64 1-1 1-2
A.x86_64 upgraded debug up-debuginfo.x86_64 1-1 1-2
A.x86_64 upgraded source turns.src 1-1 1-2
A.x86_64 upgraded source up.src 1-1 1-2
A.x86_64 downgraded binary down.x86_64 2-1 1-9
A.x86_64 downgraded source down.src 2-1 1-9
A.x86_64 moved binary moves.noarch 1-1 B.x86_64
A.x86_64 moved source moves.src 1-1 B.x86_64
A.x86_64 changed binary becomes.noarch 1-1 1-1 x86_64
B.x86_64 added binary new.x86_64 1-1
B.x86_64 added source new.src 1-1
B.x86_64 upgraded binary many.x86_64 1-1 3-1
B.x86_64 upgraded binary up.x86_64 1-1 1-2
B.x86_64 upgraded source up.src 1-1 1-2
B.x86_64 moved binary moves.noarch 1-1 1-2 A.x86_64
B.x86_64 moved source moves.src 1-1 1-2 A.x86_64`)
	if text := lines(d); text != want {
		t.Errorf("got\n%s\nwant\n%s", text, want)
	}
	for _, tree := range d.Trees {
		for _, c := range tree.Changes {
			if hasOld, hasNew := c.OldSize > 0, c.NewSize > 0; hasOld != (c.Old != "") || hasNew != (c.New != "") {
				t.Errorf("%s %s: sizes %d and %d", tree.Tree, c.Name, c.OldSize, c.NewSize)
			}
		}
	}
	if d.Old != "DP-1-20240309.t.0" || d.New != "DP-1-20240309.t.1" || d.Same() {
		t.Errorf("difference %+v", d)
	}
	if a := d.Trees[1]; a.Tree != "A.x86_64" || a.Old.Packages != 9 || a.Old.Debug != 1 || a.Old.Source != 8 || a.Old.Bytes < 9000 || a.New.Packages != 6 {
		t.Errorf("totals %+v %+v", a.Old, a.New)
	}
	if only := difference(t, old, now, Options{Trees: "B.*"}); len(only.Trees) != 1 || len(only.Trees[0].Changes) != 7 {
		t.Errorf("one tree: %+v", only.Trees)
	}
}

// TestSame wants nothing to be told of a compose and itself, a copy of it,
// and the folder that it publishes.
func TestSame(t *testing.T) {
	where := fmt.Sprintf(everywhere, "A.x86_64", "A.x86_64")
	one, copied := makeCompose(t, 0, before, where), makeCompose(t, 0, before, where)
	link := filepath.Join(t.TempDir(), "latest")
	if err := os.Symlink(one, link); err != nil {
		t.Fatal(err)
	}
	touch(t, copied)
	for _, other := range []string{one, copied, link, filepath.Join(one, "compose")} {
		if d := difference(t, one, other, Options{}); !d.Same() || len(d.Trees) != 2 || len(d.Notes) > 0 {
			t.Errorf("%s: %+v", other, d)
		}
	}
	if d := difference(t, one, makeCompose(t, 1, before, "same: A.x86_64"), Options{}); d.Same() || d.Trees[1].New != nil {
		t.Errorf("without a tree: %+v", d)
	}
}

// touch changes the times of all packages.
func touch(t *testing.T, dir string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "compose", "*.rpm"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		if err := os.Chtimes(f, time.Time{}, time.Unix(1000, 0)); err != nil {
			t.Fatal(err)
		}
	}
}

// TestContent compares packages of the same name and version.
func TestContent(t *testing.T) {
	one := `
package signed 1-1 noarch
    sign rsa 0123456789abcdef
package edited 1-1 noarch
    file /a "one"
package broken 1-1 noarch
package equal 1-1 noarch
    sign rsa 0123456789abcdef
`
	other := strings.NewReplacer(`"one"`, `"two"`, "0123456789abcdef\npackage edited", "f0e1d2c3b4a59687\npackage edited").Replace(one)
	where := "signed: A.x86_64 B.x86_64\nedited: A.x86_64\nbroken: A.x86_64\nequal: A.x86_64\n"
	old, now := makeCompose(t, 0, one, where), makeCompose(t, 1, other, where)
	touch(t, now)
	if err := os.WriteFile(filepath.Join(now, "compose", "broken-1-1.noarch.rpm"), []byte("no package"), 0o644); err != nil {
		t.Fatal(err)
	}
	d := difference(t, old, now, Options{})
	want := strings.TrimSpace(`
A.x86_64 resigned binary signed.noarch 1-1 1-1 0123456789abcdef f0e1d2c3b4a59687
A.x86_64 changed binary broken.noarch 1-1 1-1
A.x86_64 changed binary edited.noarch 1-1 1-1
B.x86_64 resigned binary signed.noarch 1-1 1-1 0123456789abcdef f0e1d2c3b4a59687`)
	if text := lines(d); text != want || d.Same() || len(d.Builds) > 0 {
		t.Errorf("got\n%s\nwant\n%s", text, want)
	}
	// Without the files, the metadata tells of the other key.
	for _, dir := range []string{old, now} {
		files, _ := filepath.Glob(filepath.Join(dir, "compose", "*.rpm"))
		for _, f := range files {
			if err := os.Remove(f); err != nil {
				t.Fatal(err)
			}
		}
	}
	d = difference(t, old, now, Options{})
	if text := lines(d); text != strings.Split(want, "\n")[0]+"\n"+strings.Split(want, "\n")[3] {
		t.Error(text)
	}
	if len(d.Notes) != 2 || d.Notes[0] != "DP-1-20240309.t.0: 4 files are not there, their sizes count as 0" {
		t.Error(d.Notes)
	}
}

func TestBuilds(t *testing.T) {
	old := makeCompose(t, 0, before, fmt.Sprintf(everywhere, "A.x86_64", "A.x86_64"))
	now := makeCompose(t, 1, after, fmt.Sprintf(everywhere, "B.x86_64", "A.x86_64"))
	d := difference(t, old, now, Options{})
	var got []string
	for _, b := range d.Builds {
		got = append(got, strings.Join(strings.Fields(fmt.Sprintln(b.What, b.Name, b.Old, b.New, b.Summary, b.RPMs, "+", b.AddedRPMs, "-", b.RemovedRPMs, b.Changes, b.Unreadable)), " "))
		if hasOld, hasNew := b.OldSize > 0, b.NewSize > 0; hasOld != (b.Old != "") || hasNew != (b.New != "") {
			t.Errorf("%s: sizes %d and %d", b.Name, b.OldSize, b.NewSize)
		}
	}
	want := strings.TrimSpace(`
added new 1-1 new [new] + [] - [] []
removed gone 1-1 gone [gone] + [] - [] []
upgraded many 2-1 3-1 many [many] + [] - [] []
upgraded moves 1-1 1-2 moves [moves] + [] - [] []
upgraded turns 1-1 1-2 turns [turns] + [] - [] []
upgraded up 1-1 1-2 Something [up up-new] + [up-new] - [up-old] [{2023-11-15 Bob <b@example> - 1-2 - second}]
downgraded down 2-1 1-9 down [down] + [] - [] []`)
	if text := strings.Join(got, "\n"); text != want {
		t.Errorf("got\n%s\nwant\n%s", text, want)
	}
	if err := os.Remove(filepath.Join(old, "compose", "up-1-1.src.rpm")); err != nil {
		t.Fatal(err)
	}
	d = difference(t, old, now, Options{})
	if b := d.Builds[5]; b.Summary != "Something" || !strings.Contains(b.Unreadable, "up-1-1.src.rpm: file does not exist") {
		t.Errorf("without a package: %+v", b)
	}
	if d = difference(t, old, now, Options{NoChangelogs: true}); d.Builds[5].Unreadable != "" || d.Builds[5].Summary != "" {
		t.Errorf("without changelogs: %+v", d.Builds[5])
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
	bad := t.TempDir()
	rpms := filepath.Join(bad, "compose", "metadata", "rpms.json")
	if err := os.MkdirAll(filepath.Dir(rpms), 0o755); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(good, "compose", "metadata", "rpms.json"))
	if err != nil {
		t.Fatal(err)
	}
	for content, want := range map[string]string{
		"":     "EOF",
		"{}":   `type is ""`,
		"null": `type is ""`,
		strings.Replace(string(text), `"same-1-1.src.rpm"`, `"../../same.rpm"`, 1): "is not a path below the compose",
		strings.ReplaceAll(string(text), `"same-0:`, `"same-99999999999:`):         "want name-[epoch:]version-release.arch",
		string(text[:len(text)/2]): "unexpected EOF",
	} {
		if err := os.WriteFile(rpms, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := Composes(context.Background(), good, bad, Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: %v\nwant %s", content, err, want)
		}
	}
	if _, err := Composes(context.Background(), t.TempDir(), good, Options{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an empty folder: %v", err)
	}
	// A file that claims to be huge, and one that would never end.
	if err := os.Truncate(rpms, maxRPMs+1); err != nil {
		t.Fatal(err)
	}
	if _, err := Composes(context.Background(), good, bad, Options{}); err == nil || !strings.Contains(err.Error(), "no regular file of at most") {
		t.Error(err)
	}
	if err := errors.Join(os.Remove(rpms), syscall.Mkfifo(rpms, 0o644)); err != nil {
		t.Fatal(err)
	}
	if _, err := Composes(context.Background(), good, bad, Options{}); err == nil {
		t.Error("a pipe is taken for rpms.json")
	}
	var noTree *NoTreeError
	if _, err := Composes(context.Background(), good, good, Options{Trees: "B.*"}); !errors.As(err, &noTree) || err.Error() != `tree "B.*": there is none; trees are A.x86_64` {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Composes(ctx, good, good, Options{}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
