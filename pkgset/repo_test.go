package pkgset

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"compose/internal/fetch"
	"compose/internal/rpmtest"
)

// A folder, a repository on this machine and one behind a server are the
// same set, and give the same trees.
func TestSourcesAreEqual(t *testing.T) {
	dir := build(t, shelf)
	writeRepo(t, dir, nil)
	srv := serve(t, dir)
	keys := []string{"AAAAAAAA"}
	var want string
	for _, src := range []Source{
		{Tag: "dir", Kind: KindDir, Path: dir, SigKeys: keys},
		{Tag: "file", Kind: KindRepo, URL: "file://" + dir, SigKeys: keys},
		{Tag: "http", Kind: KindRepo, URL: srv.URL + "/", SigKeys: keys},
	} {
		env := withFetch(t, newEnv(t))
		set := mustLoad(t, src, env)
		if err := CheckSignatures(set.Entries); err != nil {
			t.Error(err)
		}
		got := shape(set)
		for _, arch := range []string{"x86_64", "aarch64"} {
			sub := NewSubset([]*Set{set}, arch, SubsetOptions{InheritExclusiveArch: true})
			got += fmt.Sprintf("%s: %q\n", arch, fileNames(sub))
		}
		paths, err := RequiredPaths(t.Context(), []*Set{set}, env)
		if err != nil {
			t.Error(err)
		}
		got += fmt.Sprintln(paths["/etc/passwd"], paths["/usr/share/words"], len(paths))
		got += placeAll(t, set, env)
		if want == "" {
			want = got
		}
		if got != want || !strings.Contains(got, "kernel") {
			t.Errorf("%s:\n%s\nwant\n%s", src.Tag, got, want)
		}
	}
}

// placeAll places a set and describes the tree.
func placeAll(t *testing.T, set *Set, env Env) string {
	t.Helper()
	dest := t.TempDir()
	var jobs []Job
	for _, e := range set.Entries {
		jobs = append(jobs, Job{e, filepath.Join(dest, "Packages", e.Pkg.Name[:1])})
	}
	placed, err := Place(t.Context(), jobs, PlaceOptions{}, env)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for i, p := range placed {
		content, err := os.ReadFile(p.Path)
		if err != nil {
			t.Fatal(err)
		}
		rel, _ := filepath.Rel(dest, p.Path)
		fmt.Fprintln(&b, rel, p.FileTime, sumOf(content).Hex == p.Rec.Pkg.Sum.Hex, p.Entry == jobs[i].Entry)
	}
	return b.String()
}

// Only metadata is fetched before a package is placed, only placed packages
// are fetched at all, and a second run fetches nothing but repomd.xml.
func TestFetchesLittle(t *testing.T) {
	dir := build(t, strings.ReplaceAll(shelf, "x86_64 aarch64", "x86_64"))
	writeRepo(t, dir, nil)
	srv := serve(t, dir)
	env := withFetch(t, newEnv(t))
	for run, want := range [][2][]string{
		{{"/repodata/primary.xml.gz", "/repodata/repomd.xml"}, {"/kernel-6.1-1.x86_64.rpm"}},
		{{"/repodata/repomd.xml"}, nil},
	} {
		set := mustLoad(t, Source{Tag: "t", Kind: KindRepo, URL: srv.URL, Arches: []string{"x86_64"}}, env)
		if got := srv.take(); !slices.Equal(got, want[0]) {
			t.Errorf("run %d: loading asked for %q, want %q", run, got, want[0])
		}
		i := slices.Index(names(set), "kernel-6.1-1.x86_64")
		if _, err := Place(t.Context(), []Job{{set.Entries[i], t.TempDir()}}, PlaceOptions{LinkType: LinkSymlink}, env); err != nil {
			t.Fatal(err)
		}
		if got := srv.take(); !slices.Equal(got, want[1]) {
			t.Errorf("run %d: placing asked for %q, want %q", run, got, want[1])
		}
	}
}

// Header ranges are asked for where headers matter, once.
func TestFetchesHeaders(t *testing.T) {
	dir := build(t, shelf)
	writeRepo(t, dir, nil)
	srv := serve(t, dir)
	env := withFetch(t, newEnv(t))
	sources := []string{"/setup-2-1.src.rpm", "/words-3-1.src.rpm"}
	for _, tt := range []struct {
		name string
		src  Source
		want []string
	}{
		{"several architectures", Source{Arches: []string{"x86_64", "aarch64"}}, sources},
		{"again", Source{Arches: []string{"x86_64", "aarch64"}}, nil},
		{"foreign packages", Source{Arches: []string{"s390x"}}, nil},
		{"keys", Source{Arches: []string{"aarch64"}, SigKeys: []string{"aaaaaaaa"}}, []string{
			"/bash-5.2-1.aarch64.rpm", "/bash-5.2-1.src.rpm", "/kernel-6.1-1.src.rpm", "/setup-2-1.noarch.rpm", "/words-3-1.noarch.rpm"}},
	} {
		tt.src.Tag, tt.src.Kind, tt.src.URL = "t", KindRepo, srv.URL
		mustLoad(t, tt.src, env)
		got := slices.DeleteFunc(srv.take(), func(s string) bool { return strings.HasPrefix(s, "/repodata/") })
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: asked for %q, want %q", tt.name, got, tt.want)
		}
	}
	srv.before = func(w http.ResponseWriter, r *http.Request, n int) bool { r.Header.Del("Range"); return false }
	_, err := Load(t.Context(), Source{Tag: "t", Kind: KindRepo, URL: srv.URL, SigKeys: []string{"aaaaaaaa"}}, withFetch(t, newEnv(t)))
	if !errors.Is(err, fetch.ErrNoRanges) {
		t.Errorf("error %v", err)
	}
}

// filelists.xml is fetched for paths that primary.xml does not list.
func TestFetchesFilelists(t *testing.T) {
	for need, want := range map[string][]string{"/etc/passwd": nil, "/usr/share/words": {"/repodata/filelists.xml.gz"}} {
		dir := build(t, strings.ReplaceAll(shelf, "requires /etc/passwd, (/usr/share/words or words)", "requires "+need))
		writeRepo(t, dir, nil)
		srv := serve(t, dir)
		env := withFetch(t, newEnv(t))
		set := mustLoad(t, Source{Tag: "t", Kind: KindRepo, URL: srv.URL}, env)
		srv.take()
		paths, err := RequiredPaths(t.Context(), []*Set{set}, env)
		if got := srv.take(); err != nil || len(paths[need]) != 1 || !slices.Equal(got, want) {
			t.Errorf("%s: carriers %v, asked for %q, error %v", need, paths, got, err)
		}
	}
}

func TestCreaterepo(t *testing.T) {
	rpmtest.NeedProgram(t, "createrepo_c")
	dir := build(t, shelf)
	var want string
	for _, args := range [][]string{
		{"--general-compress-type=gz"}, {"--general-compress-type=xz"}, {"--general-compress-type=bz2"},
		{"--general-compress-type=zstd"}, {"--checksum=sha512"}, {"--checksum=sha1"}, {"--unique-md-filenames", "--no-database"},
	} {
		os.RemoveAll(filepath.Join(dir, "repodata"))
		if out, err := exec.Command("createrepo_c", append(args, "--quiet", dir)...).CombinedOutput(); err != nil {
			if strings.Contains(string(out), "ompression") {
				continue // an old version
			}
			t.Fatalf("%v: %s", err, out)
		}
		env := withFetch(t, newEnv(t))
		set := mustLoad(t, Source{Tag: "t", Kind: KindRepo, URL: "file://" + dir}, env)
		got := fmt.Sprint(names(set)) + placeAll(t, set, env)
		if want == "" {
			want = got
		}
		if got != want || len(set.Entries) != 9 {
			t.Errorf("%v:\n%s\nwant\n%s", args, got, want)
		}
	}
}

func TestVariables(t *testing.T) {
	src := Source{
		URL: "http://h/$releasever/$basearch/os", Mirrors: []string{"http://m/${releasever}/$arch"}, URLs: []string{"http://h/$releasever/src"},
		Arches: []string{"x86_64", "i686", "i386"}, ReleaseVer: "44",
	}
	list, err := src.addresses()
	var got []string
	for _, a := range list {
		got = append(got, fmt.Sprint(a.mirrors, a.arches))
	}
	want := []string{
		"[http://h/44/x86_64/os http://m/44/x86_64] [x86_64]", "[http://h/44/i386/os http://m/44/i686] [i686]",
		"[http://h/44/i386/os http://m/44/i386] [i386]", "[http://h/44/src] []",
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, error %v", got, err)
	}
	src = Source{URL: "http://h/$basearch", Arches: []string{"i686", "i386"}}
	if list, err := src.addresses(); err != nil || len(list) != 1 || len(list[0].arches) != 2 {
		t.Errorf("%v, error %v", list, err)
	}
	for _, tt := range [][2]string{{"http://h/$releasever", "$releasever has no value"}, {"http://u:secret@h/$foo", "http://h/$foo: variable $foo"}, {"http://h/$arch", "no architecture"}, {"", "no address"}} {
		_, err := (&Source{URL: tt[0]}).addresses()
		wantError(t, err, tt[1])
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Error(err)
		}
	}
}

// Repositories per architecture: noarch packages belong where they are listed.
func TestRepositoryPerArch(t *testing.T) {
	top := t.TempDir()
	for arch, text := range map[string]string{
		"x86_64":  "build a 1-1 x86_64\nbuild n 1-1 noarch\nbuild m 1-1 noarch\n  summary one",
		"aarch64": "build a 1-1 aarch64\nbuild n 1-1 noarch\nbuild m 1-1 noarch\n  summary other\nbuild o 1-1 noarch",
	} {
		dir := build(t, text)
		writeRepo(t, dir, nil)
		if err := os.Rename(dir, filepath.Join(top, arch)); err != nil {
			t.Fatal(err)
		}
	}
	env := withFetch(t, newEnv(t))
	var notes []string
	env.Note = func(s string) { notes = append(notes, s) }
	set := mustLoad(t, Source{Tag: "t", Kind: KindRepo, URL: "file://" + top + "/$arch", Arches: []string{"x86_64", "aarch64"}}, env)
	want := map[string]string{"x86_64": "a-1-1.x86_64 m-1-1.noarch n-1-1.noarch", "aarch64": "a-1-1.aarch64 m-1-1.noarch n-1-1.noarch o-1-1.noarch"}
	for arch, want := range want {
		sub := NewSubset([]*Set{set}, arch, SubsetOptions{InheritExclusiveArch: true})
		var got []string
		for _, p := range sub.Packages {
			if !p.IsSource() {
				got = append(got, p.String())
			}
			if at := sub.Entry(p).remote.Local; p.Name == "m" && !strings.Contains(at, arch) {
				t.Errorf("%s: m comes from %s", arch, at)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %q, want %q", arch, got, want)
		}
	}
	if len(notes) != 0 {
		t.Errorf("notes %q", notes)
	}
}

func TestMirrorlistAndMetalink(t *testing.T) {
	dir := build(t, shelf)
	writeRepo(t, dir, nil)
	good, stale := serve(t, dir), serve(t, t.TempDir())
	os.MkdirAll(filepath.Join(stale.dir, "repodata"), 0o755)
	os.WriteFile(filepath.Join(stale.dir, "repodata", "repomd.xml"), []byte("<repomd/>"), 0o644)
	md, _ := os.ReadFile(filepath.Join(dir, "repodata", "repomd.xml"))
	lists := serve(t, t.TempDir())
	os.WriteFile(filepath.Join(lists.dir, "x86_64"), fmt.Appendf(nil, "# here\nhttp://127.0.0.1:1/%s\n%s\n", "$basearch", good.URL), 0o644)
	os.WriteFile(filepath.Join(lists.dir, "metalink"), fmt.Appendf(nil, `<metalink xmlns="urn:ietf:params:xml:ns:metalink"><file name="repomd.xml">
		<size>%d</size><hash type="sha-256">%s</hash><url priority="1">%s/repodata/repomd.xml</url><url priority="2">%s/repodata/repomd.xml</url></file></metalink>`,
		len(md), sumOf(md).Hex, stale.URL, good.URL), 0o644)
	for _, src := range []Source{{Mirrorlist: lists.URL + "/$arch"}, {Metalink: lists.URL + "/metalink"}, {URL: stale.URL + "/none", Mirrors: []string{good.URL}}} {
		src.Tag, src.Kind, src.Arches = "t", KindRepo, []string{"x86_64"}
		env := withFetch(t, newEnv(t))
		set := mustLoad(t, src, env)
		if len(set.Entries) != 8 {
			t.Errorf("%+v: %q", src, names(set))
		}
		placeAll(t, set, env)
	}
}
