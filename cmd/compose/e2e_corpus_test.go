package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"compose/internal/rpmtest"
)

// corpusConfig composes all packages of a corpus as one tree.
const corpusConfig = `
comps = "%[1]s/comps.xml"

[release]
name = "Corpus"
short = "CO"
version = "12"

[[pkgset]]
tag = "base"
source = "dir"
path = "%[1]s/packages"

[[variant]]
id = "Everything"
arches = ["x86_64"]

[gather]
check_deps = false

[[gather.tree]]
add = ["*"]
`

// corpusWorkplace prepares a compose of the corpus that COMPOSE_CORPUS names: a
// folder with packages and comps.xml. The test is skipped without one.
func corpusWorkplace(t *testing.T) *workplace {
	t.Helper()
	corpus := os.Getenv("COMPOSE_CORPUS")
	if corpus == "" {
		t.Skip("COMPOSE_CORPUS names no corpus")
	}
	w := &workplace{t, t.TempDir()}
	if err := os.WriteFile(w.path("config.toml"), fmt.Appendf(nil, corpusConfig, corpus), 0o644); err != nil {
		t.Fatal(err)
	}
	return w
}

// TestCorpus composes a corpus twice: createrepo_c reads and writes the same,
// dnf finds the same dependencies broken, productmd's rules hold, and the
// second run opens no package.
func TestCorpus(t *testing.T) {
	w := corpusWorkplace(t)
	rpmtest.NeedProgram(t, "createrepo_c", "strace")
	needPython(t, "createrepo_c")
	began := time.Now()
	w.run(exitFinished, "run", "-q", "config.toml")
	t.Logf("the first run took %s", time.Since(began))
	top := w.compose()
	for _, dir := range repositories(t, top+"/compose") {
		compareWithCreaterepo(t, dir, top)
	}
	if out := tool(t, "/usr/bin/python3", filepath.Join(rpmtest.RepoRoot(t), "testdata", "productmd.py"), top); out != "" {
		t.Error(out)
	}
	needDnfRepoclosure(t)
	t.Logf("%d unresolved dependencies", compareWithDnf(t, top, "Everything"))
	began = time.Now()
	w.run(exitFinished, "run", "-q", "config.toml")
	t.Logf("the second run took %s", time.Since(began))
	if opened := w.traced("run", "-q", "config.toml"); len(opened) > 0 {
		t.Errorf("%d packages are opened again: %s", len(opened), opened[0])
	}
}

// TestCorpusInstalls installs the groups core and buildsys-build from the
// composed corpus, from disk and from a server. Where the packages have their
// real content a compiler works in the root.
func TestCorpusInstalls(t *testing.T) {
	w := corpusWorkplace(t)
	rpmtest.NeedProgram(t, "dnf", "rpm")
	needRoot(t)
	if comps, err := os.ReadFile(filepath.Join(os.Getenv("COMPOSE_CORPUS"), "comps.xml")); err != nil || !strings.Contains(string(comps), "<id>core</id>") {
		t.Skip("the corpus has no group core")
	}
	w.run(exitFinished, "run", "-q", "config.toml")
	for _, url := range places(t, filepath.Join(w.compose(), "compose", "Everything", "x86_64", "os")) {
		root := t.TempDir()
		dnf(t, url, "--installroot="+root, "install", "@core", "@buildsys-build")
		if fi, err := os.Stat(filepath.Join(root, "usr/bin/gcc")); err != nil || fi.Size() < 10_000 {
			t.Logf("%s: installed; the packages have no content", url)
			continue
		}
		source := "#include <stdio.h>\nint main(void) { puts(\"compiled here\"); return 0; }\n"
		if err := os.WriteFile(filepath.Join(root, "hello.c"), []byte(source), 0o644); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("/bin/bash", "-c", "gcc -o /hello /hello.c && /hello && bash --version | head -1")
		cmd.Dir, cmd.Env = "/", []string{"PATH=/usr/bin:/bin:/usr/sbin:/sbin"}
		cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: root}
		out, err := cmd.CombinedOutput()
		if err != nil || !strings.HasPrefix(string(out), "compiled here\nGNU bash") {
			t.Errorf("%s: %v: %s", url, err, out)
		}
		t.Logf("%s: %s", url, out)
	}
}
