package verify

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"compose/internal/rpm"
	"compose/internal/rpmmd"
	"compose/repo"
	"compose/repo/repotest"
)

const shelf = `
build one 1-1 noarch
    file /usr/bin/one
    file /usr/share/one
    noise /usr/share/noise 3000
build two 1-1 noarch
build three 1-1 noarch
`

func check(t *testing.T, address string) []string {
	t.Helper()
	a := repotest.Access(t)
	var last [2]int
	rep, err := Check(t.Context(), repotest.Open(t, address), Options{Fetch: a.Fetch, Temp: t.TempDir(), Progress: func(done, total int) { last = [2]int{done, total} }})
	if err != nil {
		t.Fatal(err)
	}
	if last[0] != last[1] || rep.Checked != rep.Packages {
		t.Errorf("progress %v, %+v", last, rep)
	}
	out := []string{}
	for _, f := range rep.Faults {
		out = append(out, f.Path+": "+f.Problem)
	}
	return out
}

func TestSound(t *testing.T) {
	opt := repo.Options{Comps: []byte("<comps/>"), Extra: []repo.Extra{{Type: "modules", Name: "modules.yaml", Data: []byte("")}}}
	dir := repotest.Make(t, shelf, opt)
	for _, address := range []string{dir, repotest.Serve(t, dir).URL} {
		if got := check(t, address); len(got) != 0 {
			t.Errorf("%q", got)
		}
		rep, err := Check(t.Context(), repotest.Open(t, address), Options{MetadataOnly: true})
		if err != nil || rep.Packages != 6 || rep.Checked != 0 || rep.Metadata != 6 {
			t.Errorf("%+v, %v", rep, err)
		}
	}
}

// edit changes metadata and makes repomd.xml fit again.
func edit(t *testing.T, dir, typ string, change func(string) string) {
	t.Helper()
	text := change(repotest.Content(t, dir, typ))
	name := "repodata/edited-" + typ + ".xml"
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(text))
	editRepomd(t, dir, func(m *rpmmd.Repomd) {
		for i := range m.Data {
			if m.Data[i].Type == typ {
				m.Data[i] = rpmmd.RepomdData{Type: typ, Href: name, Sum: rpm.Checksum{Type: "sha256", Hex: hex.EncodeToString(sum[:])}, Size: int64(len(text))}
			}
		}
	})
}

func editRepomd(t *testing.T, dir string, change func(*rpmmd.Repomd)) {
	t.Helper()
	m := repotest.Open(t, dir).Repomd
	change(m)
	if err := os.WriteFile(filepath.Join(dir, "repodata/repomd.xml"), m.XML(), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestFaults(t *testing.T) {
	replace := func(old, new string) func(string) string {
		return func(s string) string {
			if !strings.Contains(s, old) {
				t.Fatalf("no %s in %s", old, s)
			}
			return strings.Replace(s, old, new, 1)
		}
	}
	dropPackage := func(s string) string {
		i := strings.Index(s, "<package ")
		return s[:i] + s[i+strings.Index(s[i:], "</package>")+10:]
	}
	rpmOf := func(dir, name string) string { return filepath.Join(dir, name+"-1-1.noarch.rpm") }
	for name, c := range map[string]struct {
		do   func(dir string)
		want []string // the starts of the faults
	}{
		"package cut":      {func(dir string) { os.Truncate(rpmOf(dir, "one"), 100) }, []string{"one-1-1.noarch.rpm: "}},
		"package absent":   {func(dir string) { os.Remove(rpmOf(dir, "two")) }, []string{"two-1-1.noarch.rpm: "}},
		"package exchange": {func(dir string) { os.Rename(rpmOf(dir, "two"), rpmOf(dir, "one")) }, []string{"one-1-1.noarch.rpm: ", "two-1-1.noarch.rpm: "}},
		"package flipped":  {func(dir string) { flip(t, rpmOf(dir, "one")) }, []string{"one-1-1.noarch.rpm: sha256 checksum is "}},
		"other name":       {func(dir string) { edit(t, dir, "primary", replace("<name>one<", "<name>uno<")) }, []string{"filelists: calls one-1-1.noarch what primary calls uno-1-1.noarch", "one-1-1.noarch.rpm: is one-1-1.noarch, the metadata says uno-1-1.noarch", "other: calls one-1-1.noarch what primary calls uno"}},
		"count":            {func(dir string) { edit(t, dir, "other", replace(`packages="6"`, `packages="7"`)) }, []string{"other: says that it has 7 packages, but has 6"}},
		"not in filelists": {func(dir string) { edit(t, dir, "filelists", dropPackage) }, []string{"filelists: does not list ", "filelists: says that it has 6 packages, but has 5"}},
		"not in primary":   {func(dir string) { edit(t, dir, "primary", dropPackage) }, []string{"filelists: lists ", "other: lists ", "primary: says that it has 6 packages, but has 5"}},
		"file":             {func(dir string) { edit(t, dir, "filelists", replace("<file>/usr/bin/one</file>", "")) }, []string{"filelists: does not list /usr/bin/one of one-1-1.noarch, which primary does"}},
		"upwards": {func(dir string) {
			edit(t, dir, "primary", replace(`href="one-1-1.noarch.rpm"`, `href="../../etc/passwd"`))
		}, []string{`primary: line `}},
		"open size": {func(dir string) {
			editRepomd(t, dir, func(m *rpmmd.Repomd) {
				m.Data[0].OpenSize++
				m.Data[1].OpenSize--
				m.Data[2].OpenSum.Hex = m.Data[2].Sum.Hex
			})
		}, []string{"filelists: longer than ", "repodata/SUM-filelists.xml.gz: decompressing: longer than ", "repodata/SUM-other.xml.gz: decompresses to sha256 ", "repodata/SUM-primary.xml.gz: decompresses to "}},
		"metadata absent": {func(dir string) {
			files, _ := filepath.Glob(filepath.Join(dir, "repodata/*other*"))
			os.Remove(files[0])
		}, []string{"repodata/SUM-other.xml.gz: "}},
		"groups": {func(dir string) { edit(t, dir, "group", func(string) string { return "<comps><group/></comps>" }) }, []string{"repodata/edited-group.xml: groups:1: "}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := repotest.Make(t, shelf, repo.Options{Comps: []byte("<comps/>")})
			c.do(dir)
			for _, address := range []string{dir, repotest.Serve(t, dir).URL} {
				got := check(t, address)
				matches := func(got, want string) bool {
					if i := strings.Index(got, "-"); strings.HasPrefix(want, "repodata/SUM") && i > 60 {
						got = "repodata/SUM" + got[i:]
					}
					return strings.HasPrefix(got, want)
				}
				var rest []string
				for _, g := range got {
					if !slices.ContainsFunc(c.want, func(want string) bool { return matches(g, want) }) {
						rest = append(rest, g)
					}
				}
				for _, w := range c.want {
					if !slices.ContainsFunc(got, func(g string) bool { return matches(g, w) }) {
						rest = append(rest, "missing: "+w)
					}
				}
				if name == "open size" { // what cannot be decompressed is not compared
					rest = slices.DeleteFunc(rest, func(s string) bool { return s == "missing: filelists: longer than " })
				}
				if len(rest) > 0 {
					t.Errorf("%s:\n%s\nall:\n%s", address, strings.Join(rest, "\n"), strings.Join(got, "\n"))
				}
			}
		})
	}
}

func flip(t *testing.T, path string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)-1] ^= 1
	os.WriteFile(path, b, 0o644)
}

// A server that sends too much, too little, or nothing is a fault per file,
// and what it sends takes no more room than it should.
func TestHostileServer(t *testing.T) {
	dir := repotest.Make(t, shelf, repo.Options{})
	s := repotest.Serve(t, dir)
	s.Answer = func(w http.ResponseWriter, r *http.Request) bool {
		switch {
		case strings.HasSuffix(r.URL.Path, "one-1-1.noarch.rpm"):
			for range 1 << 12 {
				if _, err := w.Write(make([]byte, 64<<10)); err != nil {
					return true
				}
			}
		case strings.HasSuffix(r.URL.Path, "two-1-1.noarch.rpm"):
			http.Redirect(w, r, "/loop/two-1-1.noarch.rpm", http.StatusFound)
		default:
			return false
		}
		return true
	}
	got := check(t, s.URL)
	if len(got) != 2 || !strings.Contains(got[0], "larger than") || !strings.Contains(got[1], "redirects") {
		t.Errorf("%q", got)
	}
}

func TestCancel(t *testing.T) {
	dir := repotest.Make(t, shelf, repo.Options{})
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("stop")
	r := repotest.Open(t, dir)
	cancel(stop)
	if rep, err := Check(ctx, r, Options{}); !errors.Is(err, stop) {
		t.Errorf("%v %v", rep, err)
	}
}
