package pkgset

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// placeTest is a set and a folder to place it in.
func placeTest(t *testing.T, text string) (*Set, string, Env) {
	t.Helper()
	env := newEnv(t)
	return mustLoad(t, Source{Tag: "t", Kind: KindDir, Path: build(t, text)}, env), t.TempDir(), env
}

const one = "package a 1-1 x86_64\nsource a-1-1.src.rpm"

func TestPlaceKinds(t *testing.T) {
	for _, link := range []string{"", LinkHardlink, LinkHardlinkOrCopy, LinkCopy, LinkSymlink, LinkAbspathSymlink} {
		set, dest, env := placeTest(t, one)
		e := set.Entries[0]
		from := e.place()
		os.Chtimes(from, time.Time{}, time.Unix(1600000000, 123456789))
		set = mustLoad(t, Source{Tag: "t", Kind: KindDir, Path: e.dir}, env)
		jobs := []Job{{set.Entries[0], dest + "/x/y"}, {set.Entries[0], dest + "/z"}, {set.Entries[0], dest + "/z"}}
		for range 2 { // the second time everything is there
			placed, err := Place(t.Context(), jobs, PlaceOptions{LinkType: link}, env)
			if err != nil {
				t.Fatalf("%s: %v", link, err)
			}
			for i, p := range placed {
				if p.Path != jobs[i].Dest+"/a-1-1.x86_64.rpm" || p.FileTime != 1600000000 || p.Rec == nil || p.Rec.Pkg.Name != "a" {
					t.Errorf("%s: %+v", link, p)
				}
				there, err1 := os.Lstat(p.Path)
				behind, err2 := os.Stat(p.Path)
				origin, err3 := os.Stat(from)
				if err := errors.Join(err1, err2, err3); err != nil {
					t.Fatal(err)
				}
				isLink := there.Mode()&os.ModeSymlink != 0
				if isLink != strings.Contains(link, "symlink") || os.SameFile(behind, origin) != (link != LinkCopy) {
					t.Errorf("%s: %s", link, there.Mode())
				}
				if !behind.ModTime().Equal(origin.ModTime()) || behind.Mode() != origin.Mode() || behind.Size() != origin.Size() {
					t.Errorf("%s: %v %v", link, behind, origin)
				}
				if to, _ := os.Readlink(p.Path); isLink && filepath.IsAbs(to) != (link == LinkAbspathSymlink) {
					t.Errorf("%s: leads to %s", link, to)
				}
			}
		}
		list, _ := os.ReadDir(dest + "/z")
		if len(list) != 1 {
			t.Errorf("%s: left behind %v", link, list)
		}
	}
}

// Another file system: the fallback is a copy, and one is enough.
func TestPlaceOtherFileSystem(t *testing.T) {
	set, dest, env := placeTest(t, one)
	mount(t, dest, "size=1m")
	var l Linker
	jobs := []Job{{set.Entries[0], dest + "/x"}, {set.Entries[0], dest + "/y"}}
	_, err := Place(t.Context(), jobs, PlaceOptions{LinkType: LinkHardlink, Linker: &l}, env)
	if !errors.Is(err, syscall.EXDEV) {
		t.Errorf("hardlink: error %v", err)
	}
	env.Workers = 1
	placed, err := Place(t.Context(), jobs, PlaceOptions{Linker: &l}, env)
	if err != nil {
		t.Fatal(err)
	}
	x, _ := os.Stat(placed[0].Path)
	y, _ := os.Stat(placed[1].Path)
	from, _ := os.Stat(set.Entries[0].place())
	if !os.SameFile(x, y) || !x.ModTime().Equal(from.ModTime()) || len(l.apart) != 1 {
		t.Errorf("%v %v %v", x, y, l.apart)
	}
}

func mount(t *testing.T, dir, options string) {
	t.Helper()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, options); err != nil {
		t.Skipf("no file system of our own: %v", err)
	}
	t.Cleanup(func() { syscall.Unmount(dir, syscall.MNT_DETACH) })
}

func TestPlaceFullDisk(t *testing.T) {
	set, dest, env := placeTest(t, one+"\nnoise /x 200000")
	mount(t, dest, "size=64k")
	_, err := Place(t.Context(), []Job{{set.Entries[0], dest}}, PlaceOptions{}, env)
	if !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("error %v", err)
	}
	empty(t, dest)
}

func TestPlaceRefuses(t *testing.T) {
	for name, prepare := range map[string]func(e *Entry, target string) error{
		"other content": func(e *Entry, target string) error {
			return os.WriteFile(target, make([]byte, e.Pkg.Size), 0o644)
		},
		"other size": func(e *Entry, target string) error { return os.WriteFile(target, nil, 0o644) },
		"folder":     func(e *Entry, target string) error { return os.Mkdir(target, 0o755) },
		"link":       func(e *Entry, target string) error { return os.Symlink("elsewhere", target) },
		"changed": func(e *Entry, target string) error {
			return os.Chtimes(e.place(), time.Time{}, time.Unix(1, 0))
		},
		"gone": func(e *Entry, target string) error { return os.Remove(e.place()) },
	} {
		for _, link := range []string{LinkHardlinkOrCopy, LinkCopy, LinkSymlink} {
			if link == LinkSymlink && name == "changed" {
				continue // nothing is done that would show it
			}
			set, dest, env := placeTest(t, one)
			e := set.Entries[0]
			target := filepath.Join(dest, e.File)
			if err := prepare(e, target); err != nil {
				t.Fatal(err)
			}
			before, _ := os.Lstat(target)
			_, err := Place(t.Context(), []Job{{e, dest}}, PlaceOptions{LinkType: link}, env)
			wantError(t, err, "placing a-1-1.x86_64: ")
			if after, _ := os.Lstat(target); (before == nil) != (after == nil) || before != nil && !os.SameFile(before, after) {
				t.Errorf("%s, %s: the target was touched", name, link)
			}
		}
	}
}

func TestPlaceJobs(t *testing.T) {
	set, dest, env := placeTest(t, "package a 1-1 x86_64\nsource a-1-1.src.rpm\nas same.rpm\nin x\npackage b 1-1 x86_64\nsource b-1-1.src.rpm\nas same.rpm\nin y")
	_, err := Place(t.Context(), []Job{{set.Entries[0], dest}, {set.Entries[1], dest + "/"}}, PlaceOptions{}, env)
	wantError(t, err, "same.rpm: wanted by a-1-1.x86_64 from ", " and by b-1-1.x86_64 from ")
	empty(t, dest)
	bad := *set.Entries[0]
	bad.File = "../out.rpm"
	_, err = Place(t.Context(), []Job{{&bad, dest}}, PlaceOptions{}, env)
	wantError(t, err, "not usable")
	_, err = Place(t.Context(), nil, PlaceOptions{LinkType: "teleport"}, env)
	wantError(t, err, `unknown link type "teleport"`)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Place(ctx, []Job{{set.Entries[0], dest}}, PlaceOptions{}, env); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if placed, err := Place(t.Context(), nil, PlaceOptions{}, env); len(placed) != 0 || err != nil {
		t.Errorf("%v, error %v", placed, err)
	}
}

// A link to a package is placed as the package.
func TestPlaceBehindLink(t *testing.T) {
	dir, far := t.TempDir(), build(t, one)
	os.Symlink(far+"/a-1-1.x86_64.rpm", dir+"/b.rpm")
	env := newEnv(t)
	set := mustLoad(t, Source{Tag: "t", Kind: KindDir, Path: dir}, env)
	for _, link := range []string{LinkHardlink, LinkCopy, LinkSymlink} {
		placed, err := Place(t.Context(), []Job{{set.Entries[0], t.TempDir()}}, PlaceOptions{LinkType: link}, env)
		if err != nil {
			t.Fatal(err)
		}
		if fi, _ := os.Stat(placed[0].Path); filepath.Base(placed[0].Path) != "b.rpm" || fi.Size() != set.Entries[0].Pkg.Size {
			t.Errorf("%s: %v", link, placed[0])
		}
	}
}

// Damage in a repository on this machine is found before a package is placed.
func TestPlaceVerifiesLocalRepo(t *testing.T) {
	dir := build(t, one)
	writeRepo(t, dir, nil)
	file := dir + "/a-1-1.x86_64.rpm"
	b, _ := os.ReadFile(file)
	b[len(b)-1] ^= 1
	os.WriteFile(file, b, 0o644)
	env := withFetch(t, newEnv(t))
	set := mustLoad(t, Source{Tag: "t", Kind: KindRepo, URL: "file://" + dir}, env)
	dest := t.TempDir()
	_, err := Place(t.Context(), []Job{{set.Entries[0], dest}}, PlaceOptions{}, env)
	wantError(t, err, "placing a-1-1.x86_64: "+file+": sha256 checksum is")
	empty(t, dest)
}

// A package in the cache that was changed is fetched again.
func TestPlaceRepairsCache(t *testing.T) {
	dir := build(t, one)
	writeRepo(t, dir, nil)
	srv := serve(t, dir)
	env := withFetch(t, newEnv(t))
	set := mustLoad(t, Source{Tag: "t", Kind: KindRepo, URL: srv.URL}, env)
	for range 2 {
		placed, err := Place(t.Context(), []Job{{set.Entries[0], t.TempDir()}}, PlaceOptions{LinkType: LinkCopy}, env)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := placed[0].FileTime, set.Entries[0].remote.fileTime; got != want {
			t.Errorf("file time %d, want %d", got, want)
		}
		filepath.WalkDir(env.CacheDir+"/packages", func(path string, d os.DirEntry, err error) error {
			if !d.IsDir() {
				os.WriteFile(path, []byte("spoiled"), 0o644)
			}
			return nil
		})
	}
}
