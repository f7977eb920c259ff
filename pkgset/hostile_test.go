package pkgset

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Every fault of a repository is one clear error, and leaves nothing behind.
func TestHostileMetadata(t *testing.T) {
	dir := build(t, "build a 1-1 x86_64")
	writeRepo(t, dir, nil)
	read := func(name string) string {
		b, err := os.ReadFile(filepath.Join(dir, "repodata", name))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	repomd, primary := read("repomd.xml"), read("primary.xml.gz")
	for _, tt := range []struct {
		name, file, content string
		texts               []string
	}{
		{"no repomd", "repomd.xml", "", []string{"repository http://", "repodata/repomd.xml"}},
		{"truncated repomd", "repomd.xml", repomd[:len(repomd)/2], []string{"reading repomd.xml"}},
		{"html", "repomd.xml", "<html><body>maintenance</body></html>", []string{"reading repomd.xml"}},
		{"no primary", "repomd.xml", strings.ReplaceAll(repomd, `"primary"`, `"secondary"`), []string{"names no primary"}},
		{"md5", "repomd.xml", regexp.MustCompile(`"sha256">.{32}`).ReplaceAllString(repomd, `"md5">`), []string{"reading primary: checksum type md5 is too weak"}},
		{"climbing", "repomd.xml", strings.ReplaceAll(repomd, "repodata/primary", "../../primary"), []string{"../../primary"}},
		{"truncated primary", "primary.xml.gz", primary[:len(primary)/2], []string{"reading primary: fetching http://", "primary.xml.gz: content has " + strconv.Itoa(len(primary)/2) + " bytes, want " + strconv.Itoa(len(primary))}},
		{"changed primary", "primary.xml.gz", primary[:len(primary)-1] + "x", []string{"reading primary: fetching", "2 attempts: sha256 checksum is"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			repo := t.TempDir()
			os.CopyFS(repo, os.DirFS(dir))
			file := filepath.Join(repo, "repodata", tt.file)
			os.Remove(file)
			if tt.content != "" {
				os.WriteFile(file, []byte(tt.content), 0o644)
			}
			srv := serve(t, repo)
			env := withFetch(t, newEnv(t))
			_, err := Load(t.Context(), Source{Tag: "t", Kind: KindRepo, URL: srv.URL}, env)
			wantError(t, err, tt.texts...)
			empty(t, env.CacheDir)
			_, err = Load(t.Context(), Source{Tag: "t", Kind: KindRepo, URL: "file://" + repo}, env)
			if err == nil || strings.Count(err.Error(), "\n") > 0 {
				t.Errorf("file: error %v", err)
			}
		})
	}
}

// empty fails when a folder holds a file.
func empty(t *testing.T, dir string) {
	t.Helper()
	filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			t.Errorf("left behind: %s", path)
		}
		return nil
	})
}

func TestHostileLocations(t *testing.T) {
	for name, at := range map[string]string{
		"climbs": `href="../a-1-1.x86_64.rpm"`, "climbs inside": `href="x/../../a-1-1.x86_64.rpm"`, "absolute": `href="/etc/passwd"`,
		"encoded": `href="%2e%2e/a-1-1.x86_64.rpm"`, "encoded slash": `href="x/..%2f..%2fa.rpm"`, "address": `href="http://evil/a.rpm"`,
		"empty": `href=""`, "dots": `href="x/.."`, "control": `href="a&#10;b.rpm"`, "backslash": `href="..\a.rpm"`, "nul": `href="a%00.rpm"`,
		"local base": `xml:base="file:///etc" href="passwd"`, "odd base": `xml:base="gopher://x/" href="a.rpm"`,
		"climbing base": `xml:base="../.." href="a.rpm"`, "climbing address": `xml:base="http://x/y/../.." href="a.rpm"`,
	} {
		t.Run(name, func(t *testing.T) {
			dir := build(t, "package a 1-1 x86_64\nsource a-1-1.src.rpm")
			writeRepo(t, dir, func(s string) string { return strings.ReplaceAll(s, `href="a-1-1.x86_64.rpm"`, at) })
			srv := serve(t, dir)
			set, err := Load(t.Context(), Source{Tag: "t", Kind: KindRepo, URL: srv.URL}, withFetch(t, newEnv(t)))
			if err == nil || strings.Contains(err.Error(), "\n") {
				t.Errorf("%v, error %v", set, err)
			}
		})
	}
}

// xml:base is followed where it is harmless.
func TestBase(t *testing.T) {
	dir := build(t, "package a 1-1 x86_64\nsource a-1-1.src.rpm\nin deep/er")
	other := serve(t, dir)
	for _, base := range []string{other.URL + "/deep", "deep/", ""} {
		repo := t.TempDir()
		os.CopyFS(repo, os.DirFS(dir))
		writeRepo(t, repo, func(s string) string {
			if base == "" {
				return s
			}
			return strings.ReplaceAll(s, `href="deep/`, `xml:base="`+base+`" href="`)
		})
		srv := serve(t, repo)
		env := withFetch(t, newEnv(t))
		placeAll(t, mustLoad(t, Source{Tag: "t", Kind: KindRepo, URL: srv.URL}, env), env)
		env = newEnv(t)
		placeAll(t, mustLoad(t, Source{Tag: "t", Kind: KindRepo, URL: "file://" + repo}, withFetch(t, env)), withFetch(t, env))
	}
}

// fault is what a server does with requests for a package; text is what the
// error says, "" where it works in the end.
type fault struct {
	name   string
	before func(w http.ResponseWriter, r *http.Request, n int) bool
	text   string
}

func faults(content []byte) []fault {
	half := func(w http.ResponseWriter) {
		w.Header().Set("Content-Length", strconv.Itoa(len(content)))
		w.Write(content[:len(content)/2])
		w.(http.Flusher).Flush()
	}
	return []fault{
		{"drops", func(w http.ResponseWriter, r *http.Request, n int) bool {
			if n == 1 {
				half(w)
				panic(http.ErrAbortHandler)
			}
			return false
		}, ""},
		{"stalls", func(w http.ResponseWriter, r *http.Request, n int) bool {
			if n == 1 {
				half(w)
				<-r.Context().Done()
				return true
			}
			return false
		}, ""},
		{"500 once", func(w http.ResponseWriter, r *http.Request, n int) bool {
			if n == 1 {
				w.WriteHeader(500)
			}
			return n == 1
		}, ""},
		{"no ranges", func(w http.ResponseWriter, r *http.Request, n int) bool {
			r.Header.Del("Range")
			if n == 1 {
				half(w)
				panic(http.ErrAbortHandler)
			}
			return false
		}, ""},
		{"404", func(w http.ResponseWriter, r *http.Request, n int) bool { http.NotFound(w, r); return true }, "404"},
		{"500", func(w http.ResponseWriter, r *http.Request, n int) bool { w.WriteHeader(500); return true }, "5 attempts"},
		{"another file", func(w http.ResponseWriter, r *http.Request, n int) bool {
			w.Write([]byte(strings.Repeat("x", len(content))))
			return true
		}, "checksum is"},
		{"always drops", func(w http.ResponseWriter, r *http.Request, n int) bool { panic(http.ErrAbortHandler) }, "5 attempts"},
	}
}

// Faults of the server while packages are fetched.
func TestHostileServer(t *testing.T) {
	const name = "/a-1-1.x86_64.rpm"
	dir := build(t, "package a 1-1 x86_64\nsource a-1-1.src.rpm\nnoise /x 200000")
	writeRepo(t, dir, nil)
	content, _ := os.ReadFile(dir + name)
	for _, tt := range faults(content) {
		t.Run(tt.name, func(t *testing.T) {
			srv := serve(t, dir)
			env := withFetch(t, newEnv(t))
			set := mustLoad(t, Source{Tag: "t", Kind: KindRepo, URL: srv.URL}, env)
			srv.before = func(w http.ResponseWriter, r *http.Request, n int) bool {
				return r.URL.Path == name && tt.before(w, r, n)
			}
			dest := t.TempDir()
			_, err := Place(t.Context(), []Job{{set.Entries[0], dest}}, PlaceOptions{}, env)
			if tt.text != "" {
				wantError(t, err, "placing a-1-1.x86_64: fetching "+srv.URL+name+": ", tt.text)
				empty(t, dest)
				empty(t, filepath.Join(env.CacheDir, "packages"))
			} else if got, _ := os.ReadFile(dest + name); err != nil || string(got) != string(content) {
				t.Errorf("%d bytes, error %v", len(got), err)
			}
		})
	}
}

// A package that is not what primary.xml says, although its checksum is right.
func TestLyingPrimary(t *testing.T) {
	dir := build(t, "package a 1-1 x86_64\nsource a-1-1.src.rpm")
	writeRepo(t, dir, func(s string) string { return strings.ReplaceAll(s, "<name>a</name>", "<name>b</name>") })
	for _, url := range []string{serve(t, dir).URL, "file://" + dir} {
		env := withFetch(t, newEnv(t))
		set := mustLoad(t, Source{Tag: "t", Kind: KindRepo, URL: url}, env)
		dest := t.TempDir()
		_, err := Place(t.Context(), []Job{{set.Entries[0], dest}}, PlaceOptions{}, env)
		wantError(t, err, "placing b-1-1.x86_64: ", "is a-1-1.x86_64, but the metadata says b-1-1.x86_64")
		empty(t, dest)
	}
}

// A server that shows the header of a signed package and sends another file.
func TestLyingHeader(t *testing.T) {
	dir := build(t, "package a 1-1 x86_64\nsource a-1-1.src.rpm\ncopy signed rsa v4 00000000aaaaaaaa")
	os.Rename(filepath.Join(dir, "signed"), filepath.Join(t.TempDir(), "signed"))
	signed := build(t, "package a 1-1 x86_64\nsource a-1-1.src.rpm\nsign rsa v4 00000000aaaaaaaa")
	writeRepo(t, dir, nil)
	srv := serve(t, dir)
	srv.before = func(w http.ResponseWriter, r *http.Request, n int) bool {
		if r.Header.Get("Range") != "" {
			http.ServeFile(w, r, filepath.Join(signed, "a-1-1.x86_64.rpm"))
			return true
		}
		return false
	}
	env := withFetch(t, newEnv(t))
	set, err := Load(t.Context(), Source{Tag: "t", Kind: KindRepo, URL: srv.URL, SigKeys: []string{"aaaaaaaa"}}, env)
	if err != nil {
		return // the header did not fit: refused already
	}
	_, err = Place(t.Context(), []Job{{set.Entries[0], t.TempDir()}}, PlaceOptions{}, env)
	wantError(t, err, "but its header said")
}

func TestCancel(t *testing.T) {
	dir := build(t, shelf)
	writeRepo(t, dir, nil)
	why := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	srv := serve(t, dir)
	srv.before = func(w http.ResponseWriter, r *http.Request, n int) bool {
		io.WriteString(w, "<repomd>")
		w.(http.Flusher).Flush()
		cancel(why)
		<-r.Context().Done()
		return true
	}
	begin := time.Now()
	_, err := Load(ctx, Source{Tag: "t", Kind: KindRepo, URL: srv.URL}, withFetch(t, newEnv(t)))
	if !errors.Is(err, why) || time.Since(begin) > 150*time.Millisecond {
		t.Errorf("error %v after %s", err, time.Since(begin))
	}
	for _, src := range []Source{{Kind: KindDir, Path: dir}, {Kind: KindRepo, URL: "file://" + dir}} {
		if _, err := Load(ctx, src, withFetch(t, newEnv(t))); !errors.Is(err, why) {
			t.Errorf("%s: error %v", src.Kind, err)
		}
	}
}
