package merge

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"compose/internal/repository"
	"compose/internal/rpmmd"
	"compose/internal/rpmtest"
	"compose/repo"
	"compose/repo/repotest"
)

const (
	first = `
build tool 1.0-1 x86_64
    summary of the first
build tool 2.0-1 x86_64
    provides x = 1, y
    file /usr/bin/tool
    file /usr/share/tool
    changelog 86400 A <a@x>
      | - one
build only1 1-1 noarch
`
	second = `
build tool 1.5-1 x86_64
build tool 3.0-1 x86_64
build tool 2.0-1 x86_64
    summary of the second
build only2 1-1 noarch
`
)

func write(t *testing.T, sources []string, opt Options) (string, []string) {
	t.Helper()
	var notes []string
	opt.Repo.Note = func(text string) { notes = append(notes, text) }
	opt.Repo.Timestamp = 7
	var all []*repository.Repository
	for _, s := range sources {
		all = append(all, repotest.Open(t, s))
	}
	dir := t.TempDir()
	res, err := Merge(t.Context(), all, dir, opt)
	if err != nil {
		t.Fatal(err)
	}
	kept := 0
	for _, s := range res.Sources {
		kept += s.Kept
	}
	if kept != res.Packages {
		t.Errorf("%+v", res)
	}
	return dir, notes
}

// where lists name-version-release.arch@source of the binary packages.
func where(t *testing.T, dir string, sources []string) (out []string) {
	t.Helper()
	for _, e := range repotest.Entries(t, dir) {
		if e.Pkg.IsSource() {
			continue
		}
		at := slices.IndexFunc(sources, func(s string) bool { return e.Base == repository.FileURL(s) })
		out = append(out, fmt.Sprintf("%s-%s@%d", e.Pkg.Name, e.Pkg.Version, at+1))
	}
	slices.Sort(out)
	return out
}

func TestKeep(t *testing.T) {
	sources := []string{repotest.Make(t, first, repo.Options{}), repotest.Make(t, second, repo.Options{})}
	for keep, want := range map[Keep]string{
		"":     "only1-1@1 only2-1@2 tool-2.0@1",
		First:  "only1-1@1 only2-1@2 tool-2.0@1",
		Last:   "only1-1@1 only2-1@2 tool-3.0@2",
		Newest: "only1-1@1 only2-1@2 tool-3.0@2",
		All:    "only1-1@1 only2-1@2 tool-1.0@1 tool-1.5@2 tool-2.0@1 tool-3.0@2",
	} {
		dir, _ := write(t, sources, Options{Keep: keep})
		if got := strings.Join(where(t, dir, sources), " "); got != want {
			t.Errorf("%q: %s, want %s", keep, got, want)
		}
	}
	dir, _ := write(t, sources, Options{Arches: []string{"noarch"}, OmitBase: true})
	for _, e := range repotest.Entries(t, dir) {
		if e.Pkg.Arch != "noarch" || e.Base != "" {
			t.Errorf("%s at %q", e.Pkg, e.Base)
		}
	}
	if _, err := Merge(t.Context(), nil, t.TempDir(), Options{}); err == nil {
		t.Error("nothing is merged")
	}
	if _, err := Merge(t.Context(), []*repository.Repository{repotest.Open(t, dir)}, t.TempDir(), Options{Keep: "best"}); err == nil {
		t.Error("unknown rule is accepted")
	}
}

// The result depends on the sources only, and merging one repository changes
// nothing but locations.
func TestSameBytes(t *testing.T) {
	sources := []string{repotest.Make(t, first, repo.Options{}), repotest.Make(t, second, repo.Options{Compress: "none"})}
	var want string
	for _, workers := range []int{1, 2, 8} {
		dir, _ := write(t, sources, Options{Keep: All, Repo: repo.Options{Workers: workers}})
		b, err := os.ReadFile(filepath.Join(dir, "repodata/repomd.xml"))
		if err != nil {
			t.Fatal(err)
		}
		if want == "" {
			want = string(b)
		}
		if string(b) != want {
			t.Errorf("%d workers write something else", workers)
		}
	}
	dir, _ := write(t, sources[:1], Options{Keep: All, OmitBase: true})
	for _, typ := range []string{"primary", "filelists", "other"} {
		if a, b := repotest.Content(t, sources[0], typ), repotest.Content(t, dir, typ); a != b {
			t.Errorf("%s differs:\n%s\nwant\n%s", typ, b, a)
		}
	}
}

func TestExtras(t *testing.T) {
	comps := func(group, pkg string) []byte {
		return []byte("<comps><group><id>" + group + "</id><name>G</name><packagelist><packagereq>" + pkg + "</packagereq></packagelist></group></comps>")
	}
	module := func(stream string) []byte {
		return []byte("---\ndocument: modulemd\nversion: 2\ndata: {name: m, stream: " + stream + ", version: 1, context: c, arch: x86_64, summary: s, description: d, license: {module: [MIT]}}\n...\n")
	}
	update := func(id string) []byte {
		return []byte("<updates><update><id>" + id + "</id></update></updates>")
	}
	a := repotest.Make(t, first, repo.Options{Comps: comps("core", "tool"), Extra: []repo.Extra{
		{Type: "modules", Name: "modules.yaml", Data: module("1")}, {Type: "updateinfo", Name: "updateinfo.xml", Data: update("A")}, {Type: "productid", Name: "productid", Data: []byte("x")}, {Type: "other_thing", Name: "o", Data: []byte("o")}}})
	b := repotest.Make(t, second, repo.Options{Comps: comps("core", "only2"), Extra: []repo.Extra{
		{Type: "modules", Name: "modules.yaml", Data: module("2")}, {Type: "updateinfo", Name: "updateinfo.xml", Data: update("B")}}})
	dir, notes := write(t, []string{a, b}, Options{})
	if want := []string{"left out: metadata of type other_thing"}; !slices.Equal(notes, want) {
		t.Errorf("notes %q", notes)
	}
	for typ, wants := range map[string][]string{
		"group":      {">tool<", ">only2<"},
		"modules":    {`stream: "1"`, `stream: "2"`},
		"updateinfo": {"<id>A</id>", "<id>B</id>"},
		"productid":  {"x"},
	} {
		got := repotest.Content(t, dir, typ)
		for _, want := range wants {
			if !strings.Contains(got, want) {
				t.Errorf("%s: no %s in\n%s", typ, want, got)
			}
		}
	}
	dir, _ = write(t, []string{a, b}, Options{Without: []string{"group", "modules", "updateinfo"}})
	if r := repotest.Open(t, dir); r.Has("group") || r.Has("modules") || r.Has("updateinfo") {
		t.Errorf("%+v", r.Repomd)
	}
	dir, _ = write(t, []string{a}, Options{})
	if got := repotest.Content(t, dir, "group"); got != string(comps("core", "tool")) {
		t.Errorf("the groups of one repository changed: %s", got)
	}
}

func TestLocations(t *testing.T) {
	dir := repotest.Make(t, second, repo.Options{})
	s := repotest.Serve(t, dir)
	address := strings.Replace(s.URL, "http://", "http://user:secret@", 1) + "/"
	out, notes := write(t, []string{address}, Options{BaseFrom: s.URL, BaseTo: "https://cdn.example/x"})
	for _, e := range repotest.Entries(t, out) {
		if e.Base != "https://cdn.example/x" {
			t.Errorf("base %q", e.Base)
		}
	}
	if len(notes) != 1 || strings.Contains(notes[0], "secret") {
		t.Errorf("notes %q", notes)
	}
	again, _ := write(t, []string{out}, Options{})
	if e := repotest.Entries(t, again)[0]; e.Base != "https://cdn.example/x" {
		t.Errorf("base %q after merging again", e.Base)
	}
}

// Metadata files may list packages in any order; a package that one of them
// does not list is an error that names it.
func TestOrderAndGaps(t *testing.T) {
	dir := repotest.Make(t, first, repo.Options{Compress: "none"})
	files, _ := filepath.Glob(filepath.Join(dir, "repodata/*-filelists.xml"))
	b, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.SplitAfter(string(b), "</package>\n")
	head, rest, _ := strings.Cut(parts[0], "<package ")
	all := append([]string{"<package " + rest}, parts[1:len(parts)-1]...)
	slices.Reverse(all)
	want := repotest.Content(t, dir, "filelists")
	rewrite := func(text string) {
		t.Helper()
		md := repotest.Open(t, dir).Repomd
		for i := range md.Data {
			if md.Data[i].Type == "filelists" {
				file := filepath.Join(t.TempDir(), "filelists.xml")
				os.WriteFile(file, []byte(text), 0o644)
				out, err := exec.Command("sha256sum", file).Output()
				if err != nil {
					t.Fatal(err)
				}
				md.Data[i].Sum.Hex, md.Data[i].Size, md.Data[i].Href = string(out[:64]), int64(len(text)), "repodata/filelists.xml"
				os.Rename(file, filepath.Join(dir, "repodata/filelists.xml"))
			}
		}
		if err := os.WriteFile(filepath.Join(dir, "repodata/repomd.xml"), md.XML(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	rewrite(head + strings.Join(all, "") + "</filelists>")
	out, _ := write(t, []string{dir}, Options{Keep: All, OmitBase: true})
	if got := repotest.Content(t, out, "filelists"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	for text, cause := range map[string]string{
		head + strings.Join(all[1:], "") + "</filelists>": "filelists does not list it",
		head + strings.Join(all, ""):                      "unexpected end of file",
	} {
		rewrite(text)
		_, err := Merge(t.Context(), []*repository.Repository{repotest.Open(t, dir)}, t.TempDir(), Options{Keep: All})
		if err == nil || !strings.Contains(err.Error(), cause) {
			t.Errorf("%v, want %s", err, cause)
		}
	}
}

func TestFailures(t *testing.T) {
	dir := repotest.Make(t, first, repo.Options{})
	s := repotest.Serve(t, dir)
	r := repotest.Open(t, s.URL)
	files, _ := filepath.Glob(filepath.Join(dir, "repodata/*-other.xml.gz"))
	if err := os.WriteFile(files[0], []byte("not the file"), 0o644); err != nil {
		t.Fatal(err)
	}
	out := t.TempDir()
	_, err := Merge(t.Context(), []*repository.Repository{r}, out, Options{})
	if err == nil || !strings.Contains(err.Error(), "reading other: ") {
		t.Errorf("error %v", err)
	}
	if left, _ := os.ReadDir(out); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	var none *os.PathError
	if _, err := repository.Open(t.Context(), repotest.Access(t), filepath.Join(dir, "nowhere")); err == nil || errors.As(err, &none) {
		t.Errorf("error %v", err)
	}
}

// mergerepo_c makes the same of the committed packages.
func TestMergeAsMergerepo(t *testing.T) {
	rpmtest.NeedProgram(t, "mergerepo_c", "createrepo_c")
	rpms, err := filepath.Glob(filepath.Join(rpmtest.RepoRoot(t), "testdata/rpms/*.rpm"))
	if err != nil {
		t.Fatal(err)
	}
	var sources []string
	for i := range 2 {
		dir := t.TempDir()
		for _, p := range rpms[i*10 : len(rpms)-10+i*10] { // some are in both
			b, err := os.ReadFile(p)
			if err != nil {
				t.Fatal(err)
			}
			os.WriteFile(filepath.Join(dir, filepath.Base(p)), b, 0o644)
		}
		sources = append(sources, dir)
		run(t, "createrepo_c", "-q", "--no-database", dir)
	}
	for _, c := range []struct {
		flags []string
		opt   Options
	}{
		{[]string{"--method=repo"}, Options{}},
		{[]string{"--method=nvr"}, Options{Keep: Newest}},
		{[]string{"--all"}, Options{Keep: All}},
		{[]string{"--all", "--omit-baseurl"}, Options{Keep: All, OmitBase: true}},
		{[]string{"--all", "--archlist=noarch,src"}, Options{Keep: All, Arches: []string{"noarch", "src"}}},
	} {
		theirs := t.TempDir()
		args := append([]string{"--no-database", "-o", theirs, "-r", sources[0], "-r", sources[1]}, c.flags...)
		run(t, "mergerepo_c", args...)
		ours, _ := write(t, sources, c.opt)
		for _, kind := range []rpmmd.Kind{rpmmd.Primary, rpmmd.Filelists, rpmmd.Other} {
			a, b := packages(repotest.Content(t, theirs, kind.String())), packages(repotest.Content(t, ours, kind.String()))
			if !slices.Equal(a, b) {
				t.Errorf("%v: %s differs: %d packages, want %d\n%s", c.flags, kind, len(b), len(a), differ(a, b))
			}
		}
	}
}

// packages gives the elements of a file, sorted: mergerepo_c's order depends
// on addresses in its memory.
func packages(xml string) []string {
	_, rest, _ := strings.Cut(xml, "<package ")
	out := strings.Split(rest, "<package ")
	for i, s := range out {
		out[i], _, _ = strings.Cut(s, "</package>")
	}
	slices.Sort(out)
	return out
}

func differ(a, b []string) string {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return "want\n" + a[i] + "\ngot\n" + b[i]
		}
	}
	return ""
}

func run(t *testing.T, name string, args ...string) {
	t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
}

// filelists-ext is merged where all have it, and a certificate of a product
// where it is that of all.
func TestExtAndProduct(t *testing.T) {
	with := func(text, product string) string {
		return repotest.Make(t, text, repo.Options{FilelistsExt: true, Extra: []repo.Extra{{Type: "productid", Name: "productid", Data: []byte(product)}}})
	}
	a, b := with(first, "x"), with(second, "y")
	plain := repotest.Make(t, second, repo.Options{})
	dir, notes := write(t, []string{a, b}, Options{})
	if len(notes) != 1 || !strings.HasPrefix(notes[0], "left out: productid, which differs between ") {
		t.Errorf("notes %q", notes)
	}
	got := repotest.Content(t, dir, "filelists-ext")
	for _, source := range []string{a, b} {
		for _, line := range strings.Split(repotest.Content(t, source, "filelists-ext"), "\n") {
			if strings.Contains(line, "only") && strings.Contains(line, "<file") && !strings.Contains(got, line) {
				t.Errorf("no line %s", line)
			}
		}
	}
	if n, want := strings.Count(got, "<package "), strings.Count(repotest.Content(t, dir, "filelists"), "<package "); n != want || strings.Count(got, "<checksum type=") != n {
		t.Errorf("%d packages, want %d:\n%s", n, want, got)
	}
	dir, notes = write(t, []string{a, plain}, Options{})
	if want := []string{"left out: metadata of type filelists-ext"}; !slices.Equal(notes, want) {
		t.Errorf("notes %q", notes)
	}
	if r := repotest.Open(t, dir); r.Has("filelists-ext") || !r.Has("productid") {
		t.Errorf("%+v", r.Repomd)
	}
	dir, _ = write(t, []string{a}, Options{Keep: All, OmitBase: true})
	if got, want := repotest.Content(t, dir, "filelists-ext"), repotest.Content(t, a, "filelists-ext"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
