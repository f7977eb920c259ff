package pkgset

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"compose/internal/rpmmd"
)

const moduleDoc = `---
document: modulemd
version: 2
data:
  name: nodejs
  stream: "18"
  version: 1
  context: aa
  arch: x86_64
  summary: s
  description: d
  license: {module: [MIT]}
...
`

// addModules adds module metadata to a repository of writeRepo.
func addModules(t *testing.T, dir, text string) {
	t.Helper()
	file := filepath.Join(dir, "repodata", "repomd.xml")
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	md, err := rpmmd.ReadRepomd(f)
	f.Close()
	if err != nil {
		t.Fatal(err)
	}
	md.Data = append(md.Data, writeMetadata(t, dir, "modules", text))
	if err := os.WriteFile(file, md.XML(), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestModules(t *testing.T) {
	dir := build(t, shelf)
	writeRepo(t, dir, nil)
	if set := mustLoad(t, Source{Tag: "t", Kind: KindRepo, URL: "file://" + dir}, withFetch(t, newEnv(t))); set.Modules != nil {
		t.Error("modules without metadata of modules")
	}
	addModules(t, dir, moduleDoc+"---\ndocument: modulemd-packager\nversion: 2\n")
	file := filepath.Join(t.TempDir(), "defaults.yaml")
	if err := os.WriteFile(file, []byte("---\ndocument: modulemd-defaults\nversion: 1\ndata: {module: nodejs, stream: \"18\"}\n"+strings.Replace(moduleDoc, "summary: s", "summary: other", 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	srv := serve(t, dir)
	for _, url := range []string{"file://" + dir, srv.URL} {
		env := withFetch(t, newEnv(t))
		var notes []string
		env.Note = func(text string) { notes = append(notes, text) }
		set := mustLoad(t, Source{Tag: "t", Kind: KindRepo, URL: url, Modules: file}, env)
		if x := set.Modules; x == nil || len(x.Streams) != 1 || x.DefaultStream("nodejs") != "18" || !strings.Contains(string(x.YAML()), "summary: s\n") {
			t.Errorf("%s: got %+v", url, x)
		}
		if got := strings.Join(notes, "\n"); !strings.Contains(got, url+`: modules.yaml: a document "modulemd-packager"`) || !strings.Contains(got, "nodejs:18:1:aa is there twice") {
			t.Errorf("%s: notes %q", url, notes)
		}
	}
	if set := mustLoad(t, Source{Tag: "t", Kind: KindDir, Path: dir, Modules: filepath.Dir(file)}, newEnv(t)); set.Modules == nil || len(set.Modules.Streams) != 1 {
		t.Errorf("a folder: got %+v", set.Modules)
	}
	_, err := Load(t.Context(), Source{Tag: "t", Kind: KindDir, Path: dir, Modules: "/nonexistent"}, newEnv(t))
	wantError(t, err, "reading /nonexistent: ")
	writeRepo(t, dir, nil)
	addModules(t, dir, "---\nx: 1\n")
	_, err = Load(t.Context(), Source{Tag: "t", Kind: KindRepo, URL: "file://" + dir}, withFetch(t, newEnv(t)))
	wantError(t, err, dir+": modules.yaml:2: ")
}
