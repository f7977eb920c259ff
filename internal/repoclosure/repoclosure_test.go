package repoclosure_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"compose/internal/installcheck"
	"compose/internal/oracletest"
	"compose/internal/repoclosure"
)

const shelf = `
package app 1-1 x86_64
  requires lib >= 2, /usr/bin/tool, /usr/share/words, none, (none2 if lib)
package lib 2-1 x86_64
package lib 1-1 x86_64
  requires old
package lib 2-1 i686
  requires none3
package words 1-1 noarch
  file /usr/share/words
package tool 1-1 noarch
  file /usr/bin/tool
  requires(pre) lib < 2
  requires rpmlib(X) = 1
package app 1-1 src
  requires app-devel, words
package foreign 1-1 aarch64
  requires elsewhere
  provides none
`

// TestOptions goes through the options.
func TestOptions(t *testing.T) {
	base := repoOf(t, shelf)
	aside := repoOf(t, "package none 1-1 noarch\npackage lib 3-1 x86_64\n  requires none9\n")
	repos := []repoclosure.Repo{{ID: "base", Address: base}, {ID: "aside", Address: "file://" + aside}}
	const (
		app  = "app-1-1.x86_64 from base requires (none2 if lib)\n"
		src  = "app-1-1.src from base requires app-devel\n"
		arm  = "foreign-1-1.aarch64 from base requires elsewhere\n"
		old  = "lib-1-1.x86_64 from base requires old\n"
		i686 = "lib-2-1.i686 from base requires none3\n"
		none = "lib-3-1.x86_64 from aside requires none9\n"
	)
	for _, tt := range []struct {
		name string
		o    repoclosure.Options
		want string
	}{
		{"one", repoclosure.Options{Repos: repos[:1]}, src + "app-1-1.x86_64 from base requires (none2 if lib)\napp-1-1.x86_64 from base requires none\n" + arm + old + i686},
		{"all", repoclosure.Options{Repos: repos}, src + app + arm + old + i686 + none},
		{"lookaside", repoclosure.Options{Repos: repos, Check: []string{"base"}}, src + app + arm + old + i686},
		{"arch", repoclosure.Options{Repos: repos, Check: []string{"base"}, Arches: []string{"x86_64", "noarch"}}, app + old},
		{"newest", repoclosure.Options{Repos: repos, Check: []string{"base"}, Newest: true}, src + app + arm + i686 + "tool-1-1.noarch from base requires lib < 2\n"},
		{"best", repoclosure.Options{Repos: repos, Check: []string{"base"}, Best: true}, src + app + arm + old + i686 + "tool-1-1.noarch from base requires lib < 2\n"},
		{"pkg", repoclosure.Options{Repos: repos, Packages: []string{"lib-2*", "app.src"}}, src + i686},
		{"names", repoclosure.Options{Repos: repos, Packages: []string{"l?b", "foreign-0:1-1.aarch64"}}, arm + old + i686 + none},
		{"machine", repoclosure.Options{Repos: repos, Accepted: []string{"aarch64"}, Packages: []string{"app", "foreign"}},
			"app-1-1.src from base requires app-devel\napp-1-1.x86_64 from base requires (none2 if lib)\napp-1-1.x86_64 from base requires lib >= 2\n" + arm},
		{"installable", repoclosure.Options{Repos: repos, Check: []string{"base"}, Installable: true, Packages: []string{"app", "tool"}},
			src + app + "no app-1-1.x86_64 from base: requires requires nothing-provides\n"},
	} {
		got := run(t, tt.o)
		if tt.name == "installable" { // which of several reasons it finds is not the point here
			got = regexp.MustCompile(`(no .*:) .*`).ReplaceAllString(got, "$1")
			tt.want = regexp.MustCompile(`(no .*:) .*`).ReplaceAllString(tt.want, "$1") + "no tool-1-1.noarch from base:\n"
		}
		if got != tt.want {
			t.Errorf("%s: got\n%swant\n%s", tt.name, got, tt.want)
		}
	}
	for _, tt := range []struct {
		o    repoclosure.Options
		want string
	}{
		{repoclosure.Options{Repos: repos, Check: []string{"x"}}, `unknown repository "x"`},
		{repoclosure.Options{Repos: []repoclosure.Repo{repos[0], repos[0]}}, `repository "base": is there twice`},
		{repoclosure.Options{Repos: repos, Packages: []string{"app", "nonesuch", "[*"}}, "no package matched: nonesuch, [*"},
		{repoclosure.Options{Repos: []repoclosure.Repo{{ID: "x", Address: t.TempDir()}}}, "no such file"},
	} {
		tt.o.Accepted = machine
		_, err := repoclosure.Run(context.Background(), client(), tt.o)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("error %v, want %s", err, tt.want)
		}
	}
}

// TestSources asks whether build requirements can be installed together.
func TestSources(t *testing.T) {
	dir := repoOf(t, "package a 1-1 noarch\n  conflicts b\npackage b 1-1 noarch\npackage c 1-1 src\n  requires a, b\n")
	o := repoclosure.Options{Repos: []repoclosure.Repo{{ID: "r", Address: dir}}, Installable: true}
	if got := run(t, o); got != "" {
		t.Error(got)
	}
	o.Sources = installcheck.WithSources
	if got := run(t, o); got != "no c-1-1.src from r: requires requires conflicts\n" {
		t.Error(got)
	}
}

// TestKept looks at what is kept, and at damage to it.
func TestKept(t *testing.T) {
	dir, cache := repoOf(t, shelf), t.TempDir()
	o := repoclosure.Options{Repos: []repoclosure.Repo{{ID: "r", Address: dir}}, CacheDir: cache, Installable: true}
	want := run(t, o)
	for _, typ := range []string{"primary", "filelists"} {
		os.Rename(filepath.Join(dir, "repodata", typ+".xml"), filepath.Join(dir, typ))
	}
	if got := run(t, o); got != want {
		t.Errorf("the second time:\n%s", got)
	}
	o.Arches = []string{"noarch"} // another question, the same packages
	if got := run(t, o); strings.Contains(got, "x86_64 from") || !strings.Contains(got, "tool") {
		t.Errorf("another question:\n%s", got)
	}
	o.Arches = nil
	files, _ := filepath.Glob(filepath.Join(cache, "repoclosure", "*"))
	if len(files) < 4 {
		t.Errorf("kept %d files", len(files))
	}
	for _, typ := range []string{"primary", "filelists"} {
		os.Rename(filepath.Join(dir, typ), filepath.Join(dir, "repodata", typ+".xml"))
	}
	for _, f := range files {
		b, _ := os.ReadFile(f)
		for _, damaged := range [][]byte{nil, b[:len(b)/2], bytes.ReplaceAll(b, []byte("lib"), []byte("bil"))} {
			if bytes.HasPrefix(b, []byte("{")) && len(damaged) == len(b) {
				continue // nobody can tell
			}
			os.WriteFile(f, damaged, 0o644)
			if got := run(t, o); got != want {
				t.Errorf("damaged:\n%s", got)
			}
		}
	}
	writeRepo(t, dir, oracletest.Records(packages(t, "package new 1-1 noarch\n  requires nothing\n")))
	if got := run(t, o); got != "new-1-1.noarch from r requires nothing\nno new-1-1.noarch from r: nothing-provides\n" {
		t.Errorf("another tree:\n%s", got)
	}
}

// TestRemote reads over http, and nothing twice.
func TestRemote(t *testing.T) {
	dir := repoOf(t, shelf)
	var asked []string
	files := http.FileServer(http.Dir(dir))
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, filepath.Base(r.URL.Path))
		files.ServeHTTP(w, r)
	}))
	defer srv.Close()
	want := run(t, repoclosure.Options{Repos: []repoclosure.Repo{{ID: "r", Address: dir}}})
	o := repoclosure.Options{Repos: []repoclosure.Repo{{ID: "r", Address: srv.URL}}, CacheDir: t.TempDir()}
	for i, files := range []string{"repomd.xml primary.xml filelists.xml", "repomd.xml"} {
		asked = nil
		if got := run(t, o); got != want || strings.Join(asked, " ") != files {
			t.Errorf("run %d asked for %q:\n%s", i, asked, got)
		}
	}
	o.CacheDir = ""
	if got := run(t, o); got != want {
		t.Errorf("without a cache:\n%s", got)
	}
}

// TestOddMetadata has metadata that cannot be cut into pieces, and such as is
// wrong.
func TestOddMetadata(t *testing.T) {
	o := repoclosure.Options{Accepted: machine}
	write := func(change func(typ, text string) string) {
		dir := repoOf(t, shelf)
		o.Repos = []repoclosure.Repo{{ID: "r", Address: dir}}
		md, _ := os.ReadFile(filepath.Join(dir, "repodata", "repomd.xml"))
		for _, typ := range []string{"primary", "filelists"} {
			file := filepath.Join(dir, "repodata", typ+".xml")
			b, _ := os.ReadFile(file)
			changed := put(t, dir, typ, []byte(change(typ, string(b))))
			old := put(t, t.TempDir(), typ, b)
			md = bytes.ReplaceAll(md, []byte(old.Sum.Hex), []byte(changed.Sum.Hex))
			md = regexp.MustCompile(`<(open-)?size>\d+</(open-)?size>`).ReplaceAll(md, nil)
		}
		os.WriteFile(filepath.Join(dir, "repodata", "repomd.xml"), md, 0o644)
	}
	write(func(_, text string) string { return text })
	want := run(t, o)
	write(func(_, text string) string {
		return strings.ReplaceAll(text, "</package>", "<!-- </package> --></package>"+strings.Repeat("<!-- "+strings.Repeat("x", 1<<19)+" -->", 3))
	})
	if got := run(t, o); got != want {
		t.Errorf("with comments:\n%s", got)
	}
	for _, change := range [][2]string{{"<format>", "<format><open>"}, {"</metadata>", ""}, {"app", "a/pp"}} {
		write(func(_, text string) string { return strings.ReplaceAll(text, change[0], change[1]) })
		if _, err := repoclosure.Run(context.Background(), client(), o); err == nil || !strings.Contains(err.Error(), "reading primary: line ") {
			t.Errorf("%q: error %v", change[0], err)
		}
	}
	dir := repoOf(t, shelf)
	o.Repos = []repoclosure.Repo{{ID: "r", Address: dir}}
	os.WriteFile(filepath.Join(dir, "repodata", "primary.xml"), []byte("<metadata></metadata>"), 0o644)
	if _, err := repoclosure.Run(context.Background(), client(), o); err == nil || !strings.Contains(err.Error(), "checksum") {
		t.Errorf("error %v", err)
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	stop := errors.New("stop")
	cancel(stop)
	o.Repos[0].Address = repoOf(t, shelf)
	if _, err := repoclosure.Run(ctx, client(), o); !errors.Is(err, stop) {
		t.Errorf("error %v", err)
	}
}
