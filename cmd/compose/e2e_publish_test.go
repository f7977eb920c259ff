package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"compose/internal/rpmtest"
)

// TestDnfReadsMirror has dnf and compose repo verify read a mirror, without
// the least cache, while two composes are published to it by turns: none of
// them ever finds a repository that is not whole.
func TestDnfReadsMirror(t *testing.T) {
	rpmtest.NeedProgram(t, "dnf")
	w := newWorkplace(t, "family")
	w.run(exitFinished, "run", "-q", "config.toml")
	w.run(exitFinished, "run", "-q", "--define", "variant.Sea.groups=[]", "--define", `gather.tree=[{filter=["boat"]}]`, "config.toml")
	composes, err := filepath.Glob(w.path("composes", "*.[01]"))
	if err != nil || len(composes) != 2 {
		t.Fatalf("composes %v, %v", composes, err)
	}
	var index [2][]byte
	for i, dir := range composes {
		if index[i], err = os.ReadFile(filepath.Join(dir, "compose", "Sea", "x86_64", "os", "repodata", "repomd.xml")); err != nil {
			t.Fatal(err)
		}
	}
	if bytes.Equal(index[0], index[1]) {
		t.Fatal("the composes do not differ")
	}
	w.run(exitFinished, "publish", "-q", composes[0], "mirror")
	tree := w.path("mirror", "Sea", "x86_64", "os")
	readers := []func() ([]byte, error){
		func() ([]byte, error) {
			dir := t.TempDir()
			return exec.Command("dnf", "--setopt=cachedir="+dir, "--setopt=logdir="+dir, "--setopt=reposdir="+dir, "--setopt=persistdir="+dir,
				"--setopt=module_platform_id=platform:1", "--installroot="+dir, "--releasever=1", "--forcearch=x86_64",
				"--repofrompath=m,file://"+tree, "--repo=m", "repoquery", "--requires", "*").CombinedOutput()
		},
		func() ([]byte, error) { return w.command("repo", "verify", "-q", tree).CombinedOutput() },
	}
	done := make(chan error, len(readers))
	for _, read := range readers {
		go func() {
			for range 8 {
				if out, err := read(); err != nil {
					done <- fmt.Errorf("%w: %s", err, out)
					return
				}
			}
			done <- nil
		}()
	}
	published := 1
	for left := len(readers); left > 0; {
		select {
		case err := <-done:
			if left--; err != nil {
				t.Error(err)
			}
		default:
			w.run(exitFinished, "publish", "-q", "--delete", "--grace", "1h", composes[published%2], "mirror")
			published++
		}
	}
	if _, err := os.Stat(filepath.Join(tree, "repodata", "repomd.xml")); err != nil || published < 4 {
		t.Errorf("published %d times, %v", published, err)
	}
	t.Logf("published %d times", published)
}
