package modulemd

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"compose/internal/rpm/header"
	"compose/internal/rpmtest"

	"compose/internal/rpm"
)

const dnfPackages = `
defaults
    source built-1-1.src.rpm
package nodejs 18-1 x86_64
    modularity nodejs:18:1:aa
package nodejs-debuginfo 18-1 x86_64
    modularity nodejs:18:1:aa
package nodejs 20-1 x86_64
    modularity nodejs:20:1:aa
package nodejs 22-1 x86_64
package js-other 1-1 x86_64
    provides nodejs
package js-other2 1-1 x86_64
    provides nodejs = 30
package lonely 1-1 x86_64
    modularity lonely:1:1:aa
package srconly 1-1 x86_64
package old 1-1 x86_64
package old-demod 1-1 x86_64
package plain 1-1 x86_64
`

// dnf sees of a repository what Divide leaves visible for the default streams.
func TestDivideAsDNF(t *testing.T) {
	rpmtest.NeedProgram(t, "dnf", "createrepo_c", "modifyrepo_c")
	streams := streamDoc("nodejs:18:1:aa:x86_64", "dependencies: [{requires: {platform: [f12]}}]", "demodularized: {rpms: [old-demod]}",
		artifacts("nodejs-0:18-1.x86_64", "srconly-0:9-1.src", "old-0:0.5-1.x86_64", "old-demod-0:0.5-1.x86_64")) +
		streamDoc("nodejs:20:1:aa:x86_64", "dependencies: [{requires: {platform: [f12]}}]", artifacts("nodejs-0:20-1.x86_64"))
	for _, defaults := range []string{"", defaultsDoc("nodejs", `stream: "18"`)} {
		x := read(t, streams, defaults)
		dir := rpmtest.Build(t, dnfPackages)
		file := filepath.Join(t.TempDir(), "modules.yaml")
		if err := os.WriteFile(file, x.YAML(), 0o644); err != nil {
			t.Fatal(err)
		}
		run(t, "createrepo_c", "-q", dir)
		run(t, "modifyrepo_c", "--mdtype=modules", file, filepath.Join(dir, "repodata"))
		got := dnf(t, dir, "repoquery", "--available", "--qf", "%{name}-%{epoch}:%{version}-%{release}.%{arch}")
		if want := visible(t, dir, x); !slices.Equal(got, want) {
			t.Errorf("defaults %q: dnf sees %q, Divide leaves %q", defaults, got, want)
		}
	}
}

// visible lists what a user sees who asked for no stream.
func visible(t *testing.T, dir string, x *Index) (out []string) {
	files, err := filepath.Glob(filepath.Join(dir, "*.rpm"))
	if err != nil {
		t.Fatal(err)
	}
	var pkgs []*rpm.Package
	for _, f := range files {
		p, _, err := header.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		pkgs = append(pkgs, p)
	}
	sel := x.Select(Request{Arch: "x86_64", Want: patterns("*")})
	tree := NewOwners(x.Streams).Divide(pkgs, sel, "x86_64")
	for _, p := range pkgs {
		if tree.Hidden[p] == "" {
			out = append(out, p.NEVRA())
		}
	}
	slices.Sort(out)
	return out
}

func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
	return string(out)
}

func dnf(t *testing.T, dir string, args ...string) []string {
	t.Helper()
	root := t.TempDir()
	args = append([]string{
		"-q", "--installroot=" + filepath.Join(root, "root"), "--setopt=cachedir=" + filepath.Join(root, "cache"), "--releasever=1",
		"--setopt=reposdir=/nonexistent", "--setopt=module_platform_id=platform:f12", "--forcearch=x86_64", "--nogpgcheck",
		"--repofrompath=r,file://" + dir, "--repo=r",
	}, args...)
	var out []string
	for line := range strings.Lines(run(t, "dnf", args...)) {
		if line = strings.TrimSpace(line); strings.HasSuffix(line, ".x86_64") {
			out = append(out, line)
		}
	}
	slices.Sort(out)
	return out
}
