package diff

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"compose/repo"
	"compose/repo/repotest"
)

const before = `
build stay 1-1 noarch
build up 1.0-1 x86_64 aarch64
build down 2-1 noarch
build gone 1-1 noarch
build other 1-1 noarch
    provides a = 1
build move 1-1 noarch
build many 1-1 noarch
build many 2-1 noarch
`

const after = `
build stay 1-1 noarch
build up 1:0.9-1 x86_64 aarch64
build down 1-1 noarch
build new 1-1 noarch
build other 1-1 noarch
    provides a = 2
    file /usr/bin/x
build move 1-1 noarch
    in Elsewhere
build many 2-1 noarch
build many 3-1 noarch
build many 4-1 noarch
`

func compare(t *testing.T, a, b string) *Diff {
	t.Helper()
	d, err := Compare(t.Context(), repotest.Open(t, a), repotest.Open(t, b))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// dropSource removes source packages, which double every list.
func dropSource(t *testing.T, dir string) {
	t.Helper()
	files, _ := filepath.Glob(filepath.Join(dir, "*.src.rpm"))
	more, _ := filepath.Glob(filepath.Join(dir, "*/*.src.rpm"))
	for _, f := range append(files, more...) {
		if err := os.Remove(f); err != nil {
			t.Fatal(err)
		}
	}
}

func TestCompare(t *testing.T) {
	extra := func(texts ...string) (out []repo.Extra) {
		for i := 0; i < len(texts); i += 2 {
			out = append(out, repo.Extra{Type: texts[i], Name: texts[i], Data: []byte(texts[i+1])})
		}
		return out
	}
	a := repotest.Make(t, before, repo.Options{})
	dropSource(t, a)
	repotest.Write(t, a, repo.Options{Comps: []byte("<comps/>"), Extra: extra("modules", "1", "same", "x", "old", "y")})
	b := repotest.Make(t, after, repo.Options{})
	dropSource(t, b)
	repotest.Write(t, b, repo.Options{Compress: "zst", Checksum: "sha512", Comps: []byte("<comps/>"), Extra: extra("modules", "2", "same", "x", "new", "y")})

	d := compare(t, a, repotest.Serve(t, b).URL)
	got, err := json.MarshalIndent(d, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	want := `{
 "added": ["many-0:3-1.noarch","new-0:1-1.noarch"],
 "removed": ["gone-0:1-1.noarch"],
 "upgraded": [{"name":"many","arch":"noarch","old":"1-1","new":"4-1"},
  {"name":"up","arch":"aarch64","old":"1.0-1","new":"1:0.9-1"},{"name":"up","arch":"x86_64","old":"1.0-1","new":"1:0.9-1"}],
 "downgraded": [{"name":"down","arch":"noarch","old":"2-1","new":"1-1"}],
 "changed": [{"package":"other-0:1-1.noarch","fields":["size","files","provides"]}],
 "moved": [{"package":"move-0:1-1.noarch","old":"move-1-1.noarch.rpm","new":"Elsewhere/move-1-1.noarch.rpm"}],
 "metadata": [{"type":"primary","change":"changed"},{"type":"filelists","change":"changed"},{"type":"other","change":"changed"},
  {"type":"group","change":"recompressed"},{"type":"group_gz","change":"removed"},{"type":"modules","change":"changed"},{"type":"same","change":"recompressed"},{"type":"old","change":"removed"},
  {"type":"group_zst","change":"added"},{"type":"new","change":"added"}],
 "unchanged": 2}`
	if squeeze(string(got)) != squeeze(want) {
		t.Errorf("got %s", got)
	}
	if d.Empty() {
		t.Error("no difference")
	}
}

func squeeze(s string) string { return strings.NewReplacer("\n", "", " ", "").Replace(s) }

func TestSame(t *testing.T) {
	a := repotest.Make(t, before, repo.Options{})
	b := t.TempDir()
	if err := os.CopyFS(b, os.DirFS(a)); err != nil {
		t.Fatal(err)
	}
	if d := compare(t, a, b); !d.Empty() || len(d.Metadata) != 0 || d.Unchanged == 0 {
		t.Errorf("%+v", d)
	}
	if err := os.WriteFile(filepath.Join(b, "repodata/repomd.xml"), []byte("<repomd/>"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Compare(t.Context(), repotest.Open(t, a), repotest.Open(t, b)); err == nil || !strings.Contains(err.Error(), "names no primary") {
		t.Errorf("error %v", err)
	}
}
