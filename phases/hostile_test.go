package phases_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"compose/internal/composetest"
	"compose/phases"
	"compose/pkgset"
)

// broken is a file that is named like a package and is none, and what is
// said about it.
type broken struct {
	name string
	make func(f *fixture) []byte // from packages that are good
	want string
}

// cut gives the first part of a package.
func cut(f *fixture, name string, part func(size int) int) []byte {
	b, err := os.ReadFile(f.file(name))
	if err != nil {
		f.t.Fatal(err)
	}
	return b[:part(len(b))]
}

// flip gives a package with one bit turned over.
func flip(f *fixture, name string, at func(b []byte) int) []byte {
	b := cut(f, name, func(n int) int { return n })
	b[at(b)] ^= 0x10
	return b
}

const app = "app-1.0-1.x86_64.rpm"

var brokenFiles = []broken{
	{"empty.rpm", func(f *fixture) []byte { return nil }, "the signature header's intro ends at byte 112, beyond the file's 0"},
	{"text.rpm", func(f *fixture) []byte { return []byte("<html>404 Not Found</html>\n") }, "the signature header's intro ends at byte 112, beyond the file's 27"},
	{"lead.rpm", func(f *fixture) []byte { return cut(f, app, func(int) int { return 96 }) }, "the signature header's intro ends at byte 112, beyond the file's 96"},
	{"signature.rpm", func(f *fixture) []byte { return cut(f, app, func(int) int { return 150 }) }, "signature header ends at byte 356, beyond the file's 150"},
	{"header.rpm", func(f *fixture) []byte { return cut(f, app, func(n int) int { return n / 2 }) }, "header ends at byte 1693, beyond the file's 984"},
	{"payload.rpm", func(f *fixture) []byte { return cut(f, "lib-1.0-1.x86_64.rpm", func(n int) int { return n - 100 }) }, "header and payload are 31488 bytes, the signature header says 31588"},
	{"zeros.rpm", func(f *fixture) []byte { return make([]byte, 4096) }, "not an RPM package"},
	{"flipped-name.rpm", func(f *fixture) []byte {
		return flip(f, app, func(b []byte) int { return bytes.LastIndex(b, []byte("app-data")) })
	}, "header: its digest does not match"},
	{"flipped-payload.rpm", func(f *fixture) []byte { return flip(f, lib, func(b []byte) int { return len(b) - 20 }) }, "payload: its digest does not match"},
	{"huge-count.rpm", func(f *fixture) []byte {
		b := cut(f, app, func(n int) int { return n })
		copy(b[96+8:], []byte{0x7f, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff})
		return b
	}, "signature header: 2147483647 tags, 65535 are possible"},
}

// addBroken puts all of them below the packages.
func addBroken(f *fixture) {
	for _, b := range brokenFiles {
		f.write(filepath.Join("packages", "sub", b.name), b.make(f))
	}
	if err := os.Symlink("nowhere", filepath.Join(f.packages, "sub", "dangling.rpm")); err != nil {
		f.t.Fatal(err)
	}
	if err := syscall.Mkfifo(filepath.Join(f.packages, "sub", "pipe.rpm"), 0o644); err != nil {
		f.t.Fatal(err)
	}
}

// TestBrokenPackages puts files that are no packages among good ones. They
// are named all at once, and nothing is made.
func TestBrokenPackages(t *testing.T) {
	f := newFixture(t, smallPackages)
	addBroken(f)
	r := f.run()
	if want := fmt.Sprintf("pkgset/base: %d files are no usable packages: ", len(brokenFiles)+2); !strings.HasPrefix(r.text(), want) || !strings.HasSuffix(r.text(), "; and 2 more") {
		t.Errorf("the error is %q, want %q", r.text(), want)
	}
	log := r.log(t, "pkgset-base")
	for _, b := range brokenFiles {
		if line := "$WORK/packages/sub/" + b.name + ": " + b.want + "\n"; strings.Count(log, line) != 1 {
			t.Errorf("the log does not say %q once:\n%s", line, log)
		}
	}
	if r.made == nil || r.made.Status != phases.Doomed {
		t.Errorf("made %+v", r.made)
	}
}

// TestSkippedPackages leaves broken files out, and names each: the compose is
// the one without them.
func TestSkippedPackages(t *testing.T) {
	good := newFixture(t, smallPackages).run()
	f := newFixture(t, smallPackages)
	addBroken(f)
	f.from(dirSource + "\nbroken = \"skip\"")
	r := f.run()
	if r.err != nil {
		t.Fatal(r.err)
	}
	want := composetest.Tree(t, good.made.Dir+"/compose", composetest.Listing{})
	if d := difference(composetest.Tree(t, r.made.Dir+"/compose", composetest.Listing{}), want); d != "" {
		t.Errorf("not the compose of the good packages alone:\n%s", d)
	}
	notes := eventsText(r.facts)
	for _, b := range brokenFiles {
		if !strings.Contains(notes, b.name+": "+b.want) {
			t.Errorf("nobody says that %s was skipped:\n%s", b.name, notes)
		}
	}
}

// TestHostileHeaders composes packages whose headers name places outside of
// the tree. Each is refused by name.
func TestHostileHeaders(t *testing.T) {
	b, err := os.ReadFile("../testdata/packages/hostile.txt")
	if err != nil {
		t.Fatal(err)
	}
	f := newFixture(t, string(b))
	r := f.run()
	var be *pkgset.BrokenError
	if !errors.As(r.err, &be) {
		t.Fatal(r.err)
	}
	if n := strings.Count(string(b), "\npackage ") - 2; len(be.Files) < n {
		t.Errorf("%d packages are refused, want %d: %v", len(be.Files), n, be.Files)
	}
	if len(packagesIn(t, f.options.Target)) > 0 {
		t.Error("some got in")
	}
}
