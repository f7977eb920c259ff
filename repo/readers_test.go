package repo

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"compose/internal/rpmtest"
)

const readableModules = `---
document: modulemd
version: 2
data: {name: m, stream: "1", version: 1, context: c, arch: x86_64, summary: s, description: d, license: {module: [MIT]}}
...
`

const readableUpdates = `<?xml version="1.0" encoding="UTF-8"?>
<updates><update from="a@b" status="final" type="security" version="1"><id>A-1</id><title>t</title><issued date="2024-01-01 00:00:00"/>
<pkglist><collection short="c"><name>c</name><package name="%s" version="%s" release="%s" epoch="%d" arch="%s" src="x.src.rpm"><filename>x.rpm</filename></package></collection></pkglist>
</update></updates>
`

// readable writes one repository per compression, each of many frames and
// with packages in pieces, and with all types of metadata.
func readable(t *testing.T, check func(t *testing.T, dir string, packages int)) {
	items, _ := sources(madeUp(t, 600))
	p := items[300].Source.(*fake).rec.Pkg
	extra := []Extra{
		{Type: "modules", Name: "modules.yaml", Data: []byte(readableModules)},
		{Type: "updateinfo", Name: "updateinfo.xml", Data: fmt.Appendf(nil, readableUpdates, p.Name, p.Version, p.Release, p.Epoch, p.Arch)},
		{Type: "productid", Name: "productid", Data: []byte("-----BEGIN CERTIFICATE-----\n")},
	}
	for _, compress := range []string{"gz", "zst", "xz", "none"} {
		t.Run(compress, func(t *testing.T) {
			if compress == "xz" {
				rpmtest.NeedProgram(t, "xz")
			}
			dir := t.TempDir()
			opt := Options{Compress: compress, FilelistsExt: true, Extra: extra, Comps: readFile(t, filepath.Join(rpmtest.RepoRoot(t), "testdata/rpms/comps.xml"))}
			if _, err := Write(context.Background(), dir, items, opt); err != nil {
				t.Fatal(err)
			}
			check(t, dir, len(items))
		})
	}
}

// libsolv reads what is written, with its own decompression and without.
func TestLibsolvReads(t *testing.T) {
	rpmtest.NeedProgram(t, "rpmmd2solv")
	rpmtest.NeedProgram(t, "repo2solv")
	rpmtest.NeedProgram(t, "dumpsolv")
	readable(t, func(t *testing.T, dir string, packages int) {
		whole, primary := filepath.Join(t.TempDir(), "a"), filepath.Join(t.TempDir(), "b")
		run(t, "repo2solv", "-o", whole, dir)
		cmd := exec.Command("rpmmd2solv")
		cmd.Stdin = strings.NewReader(string(metadata(t, dir, "primary")))
		out, err := cmd.Output()
		if err == nil {
			err = os.WriteFile(primary, out, 0o666)
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{whole, primary} {
			if n := strings.Count(string(run(t, "dumpsolv", path)), "\nsolvable:name: pkg0"); n != packages {
				t.Errorf("%d packages", n)
			}
		}
	})
}

// zypper reads what is written.
func TestZypperReads(t *testing.T) {
	rpmtest.NeedProgram(t, "zypper")
	readable(t, func(t *testing.T, dir string, packages int) {
		args := []string{"--root", t.TempDir(), "--non-interactive", "--no-gpg-checks"}
		run(t, "zypper", append(args, "addrepo", "--no-gpgcheck", "--check", "dir:"+dir, "r")...)
		run(t, "zypper", append(args, "refresh")...)
		out := string(run(t, "zypper", append(args, "search", "--details", "--type", "package")...))
		if n := strings.Count(out, "| pkg0"); n != packages {
			t.Errorf("%d packages", n)
		}
		out = string(run(t, "zypper", append(args, "search", "--provides", "/usr/bin/pkg00307")...))
		if !strings.Contains(out, "pkg00307") {
			t.Errorf("finds no file:\n%s", out)
		}
	})
}

// createrepo_c's parser reads what is written; the version that is about
// knows no zstd.
func TestCreaterepoReads(t *testing.T) {
	rpmtest.NeedProgram(t, "/usr/bin/python3")
	if err := exec.Command("/usr/bin/python3", "-c", "import createrepo_c").Run(); err != nil {
		t.Skip("no python3-createrepo-c")
	}
	const count = `
import sys, createrepo_c as cr
m = cr.Metadata()
m.locate_and_load_xml(sys.argv[1])
print(len(m.keys()), sum(len(m.get(k).files) for k in m.keys()))
`
	readable(t, func(t *testing.T, dir string, packages int) {
		if strings.HasSuffix(t.Name(), "zst") {
			t.Skip("createrepo_c before 0.21 does not know zstd")
		}
		if got := string(run(t, "/usr/bin/python3", "-c", count, dir)); !strings.HasSuffix(got, "\n600 600\n") && got != "600 600\n" {
			t.Errorf("createrepo_c reads %s", got)
		}
	})
}

// dnf reads all types that are written: packages, files, groups, modules and advisories.
func TestDnfReadsAll(t *testing.T) {
	rpmtest.NeedProgram(t, "/usr/bin/python3")
	if err := exec.Command("/usr/bin/python3", "-c", "import dnf").Run(); err != nil {
		t.Skip("no python3-dnf")
	}
	readable(t, func(t *testing.T, dir string, packages int) {
		got := string(run(t, "/usr/bin/python3", "testdata/readall.py", dir, t.TempDir(), "/usr/bin/pkg00307"))
		groups := strings.Count(string(metadata(t, dir, "group")), "<group>")
		if want := fmt.Sprintf("%d 1 %d 1 1\n", packages, groups); !strings.HasSuffix(got, want) {
			t.Errorf("dnf reads %s, want %s", got, want)
		}
	})
}
