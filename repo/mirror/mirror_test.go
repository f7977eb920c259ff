package mirror

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"compose/internal/fetch"
	"compose/internal/rpm"
	"compose/internal/rpmmd"
	"compose/internal/rpmtest"
	"compose/repo"
	"compose/repo/repotest"
)

const shelf = `
build one 1-1 noarch
    in Packages/o
    noise /usr/share/one 300000
build two 1-1 noarch
    in Packages/t
build c++ 1-1 noarch
`

// options have no patience.
func options(t *testing.T) Options {
	c := fetch.New(fetch.Options{Attempts: 2, Backoff: time.Millisecond, Stall: time.Second})
	t.Cleanup(c.Close)
	return Options{Fetch: c}
}

func doSync(t *testing.T, address, dir string, opt Options) *Result {
	t.Helper()
	res, err := Sync(t.Context(), address, dir, opt)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

// tree gives names and contents, with the times of packages.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		rel, _ := filepath.Rel(dir, path)
		if fi, err := d.Info(); err == nil && strings.HasSuffix(rel, ".rpm") {
			rel += fi.ModTime().UTC().Format(" 2006-01-02 15:04:05")
		}
		out[rel] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestSync(t *testing.T) {
	src := repotest.Make(t, shelf, repo.Options{Comps: []byte("<comps/>")})
	os.WriteFile(filepath.Join(src, "repodata/repomd.xml.key"), []byte("key"), 0o644)
	s := repotest.Serve(t, src)
	dir := filepath.Join(t.TempDir(), "new", "mirror")
	opt := options(t)
	var last Progress
	opt.Progress = func(p Progress) { last = p }
	res := doSync(t, s.URL, dir, opt)
	if res.Packages != 6 || res.Fetched != 6 || res.Metadata != 5 || res.Same || last.Done != 6 || last.DoneBytes != last.TotalBytes {
		t.Errorf("%+v %+v", res, last)
	}
	if !reflect.DeepEqual(tree(t, src), tree(t, dir)) {
		t.Error("the mirror differs")
	}

	// Again: only repomd.xml is asked for, and what may be beside it.
	s.Hits("")
	res = doSync(t, s.URL+"/", dir, opt)
	if !res.Same || res.Fetched != 0 || res.Metadata != 0 || s.Hits("repodata/repomd.xml") != 1 || s.Hits("repomd.xml.asc") != 1 || s.Hits("repomd.xml.key") != 1 || s.Hits("") != 0 {
		t.Errorf("%+v", res)
	}

	// One package goes, one comes: only what changed is fetched, and what the
	// old repomd.xml names is still there.
	old := repotest.Open(t, dir)
	os.Remove(filepath.Join(src, "Packages/t/two-1-1.noarch.rpm"))
	addPackages(t, src, "build three 1-1 noarch\n    in Packages/t\n")
	os.Remove(filepath.Join(src, "repodata/repomd.xml.key"))
	repotest.Write(t, src, repo.Options{Comps: []byte("<comps/>")})
	opt.Delete = true
	os.WriteFile(filepath.Join(dir, "notes.txt"), []byte("mine"), 0o644)
	os.WriteFile(filepath.Join(dir, "Packages/x.rpm.part"), []byte("rest"), 0o644)
	res = doSync(t, s.URL, dir, opt)
	slices.Sort(res.Deleted)
	if res.Fetched != 2 || res.Metadata != 3 || !slices.Equal(res.Deleted, []string{"Packages/t/two-1-1.noarch.rpm", "Packages/x.rpm.part"}) {
		t.Errorf("%+v", res)
	}
	for _, d := range old.Repomd.Data {
		if _, err := old.File(t.Context(), d); err != nil {
			t.Errorf("a reader of the old metadata: %v", err)
		}
	}
	got, want := tree(t, dir), tree(t, src)
	for name, data := range want {
		if got[name] != data {
			t.Errorf("%s differs", name)
		}
	}
	if got["notes.txt"] != "mine" || got["repodata/repomd.xml.key"] != "" {
		t.Error("other files")
	}
	for name := range got {
		if strings.HasPrefix(name, ".") {
			t.Errorf("left behind: %s", name)
		}
	}
}

// addPackages builds more packages into a folder.
func addPackages(t *testing.T, dir, text string) {
	t.Helper()
	if err := os.CopyFS(dir, os.DirFS(rpmtest.Build(t, text))); err != nil {
		t.Fatal(err)
	}
}

// A package that was made anew under its old name takes its place only
// together with the metadata.
func TestExchange(t *testing.T) {
	src := repotest.Make(t, "build a 1-1 noarch\n", repo.Options{})
	s := repotest.Serve(t, src)
	dir := t.TempDir()
	doSync(t, s.URL, dir, options(t))
	before := tree(t, dir)
	for _, name := range []string{"a-1-1.noarch.rpm", "a-1-1.src.rpm"} {
		os.Remove(filepath.Join(src, name))
	}
	addPackages(t, src, "build a 1-1 noarch\n    summary again\nbuild b 1-1 noarch\n")
	repotest.Write(t, src, repo.Options{})
	s.Answer = func(w http.ResponseWriter, r *http.Request) bool {
		if strings.HasSuffix(r.URL.Path, "b-1-1.noarch.rpm") {
			http.Error(w, "gone", http.StatusGone)
			return true
		}
		return false
	}
	if _, err := Sync(t.Context(), s.URL, dir, options(t)); err == nil || !strings.Contains(err.Error(), "b-1-1.noarch.rpm") {
		t.Errorf("error %v", err)
	}
	after := tree(t, dir)
	for name, data := range before {
		if after[name] != data {
			t.Errorf("%s changed", name)
		}
	}
	s.Answer = nil
	s.Hits("")
	res := doSync(t, s.URL, dir, options(t))
	if res.Packages != 4 || s.Hits("b-1-1.noarch.rpm") != 1 {
		t.Errorf("%+v", res)
	}
	got := tree(t, dir)
	for name, data := range tree(t, src) {
		if got[name] != data {
			t.Errorf("%s differs", name)
		}
	}
}

// What was interrupted goes on where it ended.
func TestResume(t *testing.T) {
	src := repotest.Make(t, shelf, repo.Options{})
	s := repotest.Serve(t, src)
	dir := t.TempDir()
	cut := true
	s.Answer = func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.Contains(r.URL.Path, "one-1-1.noarch.rpm") || !cut {
			if rng := r.Header.Get("Range"); rng != "" && rng != "bytes=100000-" {
				t.Errorf("%s asks for %s", r.URL.Path, rng)
			}
			return false
		}
		b, _ := os.ReadFile(filepath.Join(src, r.URL.Path))
		if r.Header.Get("Range") != "" {
			http.Error(w, "busy", http.StatusNotFound)
			return true
		}
		w.Header().Set("Content-Length", "300000")
		w.Header().Set("Content-Length", itoa(len(b)))
		w.Write(b[:100_000])
		panic(http.ErrAbortHandler)
	}
	if _, err := Sync(t.Context(), s.URL, dir, options(t)); err == nil {
		t.Fatal("no error")
	}
	if _, err := os.Stat(filepath.Join(dir, "repodata")); err == nil {
		t.Error("metadata without packages")
	}
	cut = false
	s.Hits("")
	res := doSync(t, s.URL, dir, options(t))
	if res.Fetched != 1 || s.Hits(".rpm") != 1 || res.Metadata != 0 {
		t.Errorf("%+v", res)
	}
}

func itoa(n int) string {
	var b []byte
	for ; n > 0; n /= 10 {
		b = append([]byte{byte('0' + n%10)}, b...)
	}
	return string(b)
}

// setPrimary changes primary.xml and makes repomd.xml fit.
func setPrimary(t *testing.T, dir string, change func(string) string) {
	t.Helper()
	text := change(repotest.Content(t, dir, "primary"))
	sum := sha256.Sum256([]byte(text))
	d := rpmmd.RepomdData{Type: "primary", Href: "repodata/p.xml", Sum: rpm.Checksum{Type: "sha256", Hex: hex.EncodeToString(sum[:])}, Size: int64(len(text))}
	os.WriteFile(filepath.Join(dir, d.Href), []byte(text), 0o644)
	setRepomd(t, dir, func(m *rpmmd.Repomd) { m.Data[0] = d })
}

func setRepomd(t *testing.T, dir string, change func(*rpmmd.Repomd)) {
	t.Helper()
	m := repotest.Open(t, dir).Repomd
	change(m)
	if err := os.WriteFile(filepath.Join(dir, "repodata/repomd.xml"), m.XML(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// No server writes anything but packages and metadata, and nothing outside
// of the folder.
func TestHostile(t *testing.T) {
	href := func(to string) func(t *testing.T, dir string) {
		return func(t *testing.T, dir string) {
			setPrimary(t, dir, func(s string) string { return strings.Replace(s, `href="c++-1-1.noarch.rpm"`, to, 1) })
		}
	}
	data := func(change func(*rpmmd.RepomdData)) func(t *testing.T, dir string) {
		return func(t *testing.T, dir string) { setRepomd(t, dir, func(m *rpmmd.Repomd) { change(&m.Data[1]) }) }
	}
	for name, c := range map[string]struct {
		do   func(t *testing.T, dir string)
		want string
	}{
		"upwards":         {href(`href="../x.rpm"`), "leads out"},
		"escaped upwards": {href(`href="a/%2e%2e/%2e%2e/x.rpm"`), "leads out"},
		"absolute":        {href(`href="/etc/x.rpm"`), "not relative"},
		"no package":      {href(`href="index.html"`), "not a name for a package"},
		"metadata":        {href(`href="repodata/x.rpm"`), "among the metadata"},
		"metadata 2":      {href(`href="./%72epodata/x.rpm"`), "among the metadata"},
		"staging":         {href(`href=".repodata.sync/x.rpm"`), "among the metadata"},
		"this machine":    {href(`xml:base="file:///etc" href="x.rpm"`), "lies on this machine"},
		"base upwards":    {href(`xml:base="../.." href="x.rpm"`), "leads out"},
		"two in one":      {href(`href="Packages/o/one-1-1.noarch.rpm"`), "is said to be"},
		"data upwards":    {data(func(d *rpmmd.RepomdData) { d.Href = "repodata/../../x" }), "leads out"},
		"data elsewhere":  {data(func(d *rpmmd.RepomdData) { d.Href = "Packages/x" }), "not below repodata"},
		"data is repomd":  {data(func(d *rpmmd.RepomdData) { d.Href = "repodata/repomd.xml" }), "not a name for metadata"},
		"data weak sum":   {data(func(d *rpmmd.RepomdData) { d.Sum = rpm.Checksum{Type: "md5", Hex: strings.Repeat("0", 32)} }), "too weak"},
		"data wrong sum":  {data(func(d *rpmmd.RepomdData) { d.Sum.Hex = strings.Repeat("0", 64) }), "checksum"},
		"data wrong size": {data(func(d *rpmmd.RepomdData) { d.Size++ }), "bytes, want"},
	} {
		t.Run(name, func(t *testing.T) {
			src := repotest.Make(t, shelf, repo.Options{})
			c.do(t, src)
			top := t.TempDir()
			_, err := Sync(t.Context(), repotest.Serve(t, src).URL, filepath.Join(top, "a", "mirror"), options(t))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %s", err, c.want)
			}
			for file := range tree(t, top) {
				if !strings.HasPrefix(file, "a/mirror/.repodata.sync") {
					t.Errorf("wrote %s", file)
				}
			}
		})
	}
}

func TestElsewhere(t *testing.T) {
	src := repotest.Make(t, shelf, repo.Options{})
	setPrimary(t, src, func(s string) string {
		return strings.Replace(s, `href="c++`, `xml:base="https://other.example/" href="c++`, 1)
	})
	var notes []string
	opt := options(t)
	opt.Note = func(s string) { notes = append(notes, s) }
	opt.Delete = true
	dir := t.TempDir()
	addPackages(t, dir, "build mine 1-1 noarch\n")
	res := doSync(t, repotest.Serve(t, src).URL, dir, opt)
	if res.Elsewhere != 1 || res.Packages != 5 || len(notes) != 2 || len(res.Deleted) != 0 {
		t.Errorf("%+v %q", res, notes)
	}
}

// A repository that changes while it is mirrored is tried again.
func TestChangesMeanwhile(t *testing.T) {
	src := repotest.Make(t, shelf, repo.Options{})
	s := repotest.Serve(t, src)
	changed := false
	s.Answer = func(_ http.ResponseWriter, r *http.Request) bool {
		if !changed && strings.HasSuffix(r.URL.Path, "filelists.xml.gz") {
			changed = true
			addPackages(t, src, "build four 1-1 noarch\n")
			repotest.Write(t, src, repo.Options{})
		}
		return false
	}
	dir := t.TempDir()
	if res := doSync(t, s.URL, dir, options(t)); res.Packages != 8 {
		t.Errorf("%+v", res)
	}
	if !reflect.DeepEqual(tree(t, src), tree(t, dir)) {
		t.Error("the mirror differs")
	}
}

func TestVerify(t *testing.T) {
	src := repotest.Make(t, shelf, repo.Options{})
	os.WriteFile(filepath.Join(src, "repodata/repomd.xml.asc"), []byte("signature"), 0o644)
	s := repotest.Serve(t, src)
	dir := t.TempDir()
	opt := options(t)
	bad := errors.New("bad")
	opt.Verify = func(xml, sig []byte) error {
		if string(sig) != "signature" || !strings.Contains(string(xml), "<repomd") {
			t.Errorf("%s %s", sig, xml)
		}
		return bad
	}
	if _, err := Sync(t.Context(), s.URL, dir, opt); !errors.Is(err, bad) {
		t.Errorf("error %v", err)
	}
	if s.Hits(".rpm") != 0 {
		t.Error("packages were fetched")
	}
	bad = nil
	if doSync(t, s.URL, dir, opt); tree(t, dir)["repodata/repomd.xml.asc"] != "signature" {
		t.Error("the signature is not there")
	}
}

// A damaged package is found when it has another size or time, or when all
// are read.
func TestRepair(t *testing.T) {
	src := repotest.Make(t, shelf, repo.Options{})
	s := repotest.Serve(t, src)
	dir := t.TempDir()
	doSync(t, s.URL, dir, options(t))
	path := filepath.Join(dir, "Packages/t/two-1-1.noarch.rpm")
	fi, _ := os.Stat(path)
	b, _ := os.ReadFile(path)
	damage := func(at time.Time) {
		c := slices.Clone(b)
		c[len(c)-1] ^= 1
		os.WriteFile(path, c, 0o644)
		os.Chtimes(path, at, at)
	}
	damage(time.Now().Add(-time.Hour))
	if res := doSync(t, s.URL, dir, options(t)); res.Fetched != 1 {
		t.Errorf("%+v", res)
	}
	damage(fi.ModTime())
	if res := doSync(t, s.URL, dir, options(t)); res.Fetched != 0 {
		t.Errorf("%+v", res)
	}
	opt := options(t)
	opt.CheckAll = true
	if res := doSync(t, s.URL, dir, opt); res.Fetched != 1 || !reflect.DeepEqual(tree(t, src), tree(t, dir)) {
		t.Errorf("%+v", res)
	}
}

func TestLockAndCancel(t *testing.T) {
	src := repotest.Make(t, shelf, repo.Options{})
	dir := t.TempDir()
	lock, err := os.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	unix.Flock(int(lock.Fd()), unix.LOCK_EX)
	if _, err := Sync(t.Context(), src, dir, options(t)); !errors.Is(err, errBusy) {
		t.Errorf("error %v", err)
	}
	lock.Close()
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("stop")
	opt := options(t)
	opt.Workers = 1
	opt.Progress = func(Progress) { cancel(stop) }
	if _, err := Sync(ctx, src, dir, opt); !errors.Is(err, stop) {
		t.Errorf("error %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "repodata")); err == nil {
		t.Error("metadata without packages")
	}
	doSync(t, src, dir, options(t)) // from a folder
	if !reflect.DeepEqual(tree(t, src), tree(t, dir)) {
		t.Error("the mirror differs")
	}
}
