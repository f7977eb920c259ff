package repo

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"compose/internal/rpmmd"
	"compose/internal/rpmtest"
)

// typesOf lists what repomd.xml names, and checks each file.
func typesOf(t *testing.T, dir string) string {
	t.Helper()
	m, err := readRepomd(filepath.Join(dir, "repodata"))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, d := range m.Data {
		if !whole(filepath.Join(dir, d.Href), d) {
			t.Errorf("%s is not what repomd.xml says", d.Href)
		}
		out = append(out, d.Type)
	}
	return strings.Join(out, " ")
}

func contentOf(t *testing.T, dir, typ string) string {
	t.Helper()
	m, err := readRepomd(filepath.Join(dir, "repodata"))
	if err != nil {
		t.Fatal(err)
	}
	d, _ := m.Find(typ)
	f, err := os.Open(filepath.Join(dir, d.Href))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := rpmmd.Decompress(f, d.Href)
	if err != nil {
		t.Fatal(err)
	}
	b, _ := io.ReadAll(z)
	return string(b)
}

func modify(t *testing.T, dir string, c Changes, opt Options) Modified {
	t.Helper()
	m, err := Modify(context.Background(), dir, c, opt)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestModify(t *testing.T) {
	dir := t.TempDir()
	opt := Options{Comps: []byte("<comps/>"), Timestamp: 5, Compress: "zst"}
	if _, err := Write(context.Background(), dir, madeUp(t, 3), opt); err != nil {
		t.Fatal(err)
	}
	before := tree(t, dir)
	os.WriteFile(filepath.Join(dir, "repodata/repomd.xml.asc"), []byte("x"), 0o644)

	m := modify(t, dir, Changes{Add: []Extra{{Type: "modules", Name: "modules.yaml", Data: []byte("one")}}}, Options{Timestamp: 6})
	if !m.Unsigned || len(m.Removed) != 0 || m.Added[0].Timestamp != 6 {
		t.Errorf("%+v", m)
	}
	if got := typesOf(t, dir); got != "primary filelists other group group_zst modules" {
		t.Errorf("types %s", got)
	}
	for name, data := range before {
		if got, _ := os.ReadFile(filepath.Join(dir, name)); string(got) != data && !strings.HasSuffix(name, "repomd.xml") {
			t.Errorf("%s changed", name)
		}
	}
	m = modify(t, dir, Changes{Add: []Extra{{Type: "modules", Name: "modules.yaml", Data: []byte("two")}, {Type: "group", Name: "c.xml", Data: []byte("<comps></comps>")}}},
		Options{Timestamp: 6, CompressExtra: "none"})
	if m.Unsigned || len(m.Removed) != 3 {
		t.Errorf("%+v", m)
	}
	if got := typesOf(t, dir); got != "primary filelists other modules group" || contentOf(t, dir, "modules") != "two" {
		t.Errorf("types %s", got)
	}
	m = modify(t, dir, Changes{Remove: []string{"modules", "group"}}, Options{})
	after := tree(t, dir)
	for name, data := range after {
		if before[name] != data && !strings.HasSuffix(name, "repomd.xml") {
			t.Errorf("%s is new", name)
		}
	}
	if got := typesOf(t, dir); got != "primary filelists other" || len(after) != 4 || len(m.Removed) != 2 {
		t.Errorf("types %s, %d files", got, len(after))
	}
}

func TestModifyFails(t *testing.T) {
	dir := t.TempDir()
	if _, err := Write(context.Background(), dir, madeUp(t, 1), Options{}); err != nil {
		t.Fatal(err)
	}
	before := tree(t, dir)
	fails := func(want string, c Changes, opt Options) {
		t.Helper()
		_, err := Modify(context.Background(), dir, c, opt)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
		if !reflect.DeepEqual(tree(t, dir), before) {
			t.Errorf("%s: something changed", want)
		}
	}
	good := Extra{Type: "x", Name: "x", Data: []byte("x")}
	fails(`has no metadata of type "modules"`, Changes{Remove: []string{"modules"}, Add: []Extra{good}}, Options{})
	fails("not a plain name", Changes{Add: []Extra{good, {Type: "y", Name: "../y"}}}, Options{})
	fails("compression", Changes{Add: []Extra{good}}, Options{CompressExtra: "rar"})
	fails("checksum", Changes{Add: []Extra{good}}, Options{Checksum: "md5"})
	lock, err := os.Open(filepath.Join(dir, "repodata"))
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	fails("another process", Changes{Add: []Extra{good}}, Options{})
	unix.Flock(int(lock.Fd()), unix.LOCK_UN)

	repomd := filepath.Join(dir, "repodata/repomd.xml")
	hostile := strings.Replace(before["repodata/repomd.xml"], "repodata/", "repodata/../../", 1)
	os.WriteFile(repomd, []byte(hostile), 0o644)
	before = tree(t, dir)
	fails("leads out", Changes{Remove: []string{"primary"}}, Options{})
	if _, err := Modify(context.Background(), t.TempDir(), Changes{}, Options{}); err == nil {
		t.Error("no repository is no error")
	}
}

// modifyrepo_c makes the same repomd.xml, but for times.
func TestModifyAsModifyrepo(t *testing.T) {
	rpmtest.NeedProgram(t, "modifyrepo_c")
	work := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(work, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	items := madeUp(t, 2)
	for i, c := range []struct {
		args []string
		do   Changes
		opt  Options
	}{
		{[]string{"--no-compress", write("modules.yaml", "a: b\n")}, Changes{Add: []Extra{{Type: "modules", Name: "modules.yaml", Data: []byte("a: b\n")}}}, Options{CompressExtra: "none"}},
		{[]string{"--no-compress", "--mdtype=productid", "-s", "sha512", write("product.xml", "<x/>")}, Changes{Add: []Extra{{Type: "productid", Name: "product.xml", Data: []byte("<x/>")}}}, Options{CompressExtra: "none", Checksum: "sha512"}},
		{[]string{"--no-compress", "--simple-md-filenames", "--new-name=u.xml", "--mdtype=updateinfo", write("v.xml", "<u/>")}, Changes{Add: []Extra{{Type: "updateinfo", Name: "u.xml", Data: []byte("<u/>")}}}, Options{CompressExtra: "none", Names: SimpleNames}},
		{[]string{"--remove", "other"}, Changes{Remove: []string{"other"}}, Options{}},
	} {
		var dirs [2]string
		for k := range dirs {
			dirs[k] = filepath.Join(work, fmt.Sprint(i, "-", k))
			os.Mkdir(dirs[k], 0o755)
			if _, err := Write(context.Background(), dirs[k], items, Options{Timestamp: 3}); err != nil {
				t.Fatal(err)
			}
		}
		if out, err := exec.Command("modifyrepo_c", append(c.args, filepath.Join(dirs[0], "repodata"))...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		modify(t, dirs[1], c.do, c.opt)
		theirs, ours := tree(t, dirs[0]), tree(t, dirs[1])
		for _, files := range []map[string]string{theirs, ours} {
			var kept []string
			for line := range strings.Lines(files["repodata/repomd.xml"]) {
				if !strings.Contains(line, "<timestamp>") {
					kept = append(kept, line)
				}
			}
			files["repodata/repomd.xml"] = strings.Join(kept, "")
		}
		if !reflect.DeepEqual(theirs, ours) {
			t.Errorf("%v: %s\n%s\nwant %s\n%s", c.args, names(ours), ours["repodata/repomd.xml"], names(theirs), theirs["repodata/repomd.xml"])
		}
	}
}
