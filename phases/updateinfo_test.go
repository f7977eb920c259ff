package phases_test

import (
	"path/filepath"
	"strings"
	"testing"

	"compose/phases"
	"compose/repo/repotest"
)

// A repository has the advisories about its packages, from all files, and
// nothing of others.
func TestUpdateinfo(t *testing.T) {
	f := newFixture(t, smallPackages)
	advisory := func(id string, packages ...string) string {
		b := "<update from=\"a@b\" status=\"final\" type=\"security\" version=\"1\"><id>" + id + "</id><title>" + id + "</title><pkglist><collection short=\"c\"><name>c</name>"
		for _, p := range packages {
			w := strings.Fields(p)
			b += `<package name="` + w[0] + `" version="` + w[1] + `" release="1" epoch="0" arch="` + w[2] + `"><filename>x.rpm</filename></package>`
		}
		return b + "</collection></pkglist></update>\n"
	}
	f.write("one.xml", []byte("<updates>"+advisory("A-1", "app 1.0 x86_64", "app 1.0 aarch64", "app-debuginfo 1.0 x86_64")+advisory("A-2", "gone 1.0 x86_64")+"</updates>"))
	f.write("two.xml", []byte("<updates>"+advisory("A-1", "lib 1.0 x86_64", "app 1.0 src")+advisory("A-3", "lib 1.0 x86_64")+"</updates>"))
	f.config += `
[[createrepo.updateinfo]]
file = "one.xml"

[[createrepo.updateinfo]]
variant = "Serv*"
arch = "x86_64"
file = "two.xml"

[[createrepo.updateinfo]]
arch = "src"
file = "two.xml"
`
	r := f.run()
	if r.err != nil || r.made.Status != phases.Finished {
		t.Fatal(r.err)
	}
	variant := filepath.Join(r.made.Dir, "compose", "Server")
	for dir, want := range map[string]string{
		"x86_64/os": "A-1 app x86_64 lib x86_64; A-3 lib x86_64", "x86_64/debug/tree": "A-1 app-debuginfo x86_64", "source/tree": "A-1 app src",
	} {
		var got []string
		for _, u := range strings.SplitAfter(repotest.Content(t, filepath.Join(variant, dir), "updateinfo"), "</update>") {
			line := between(u, "<id>", "</id>")
			for _, p := range strings.Split(u, "<package ")[1:] {
				line += " " + between(p, `name="`, `"`) + " " + between(p, `arch="`, `"`)
			}
			if line != "" {
				got = append(got, line)
			}
		}
		if text := strings.Join(got, "; "); text != want {
			t.Errorf("%s: %s\nwant %s", dir, text, want)
		}
	}
}

func between(s, from, to string) string {
	_, rest, _ := strings.Cut(s, from)
	out, _, ok := strings.Cut(rest, to)
	if !ok {
		return ""
	}
	return out
}
