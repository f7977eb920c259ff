package pkgset

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

func TestWalk(t *testing.T) {
	top, outside := t.TempDir(), t.TempDir()
	put := func(path string) {
		os.MkdirAll(filepath.Dir(path), 0o755)
		if err := os.WriteFile(path, []byte(path), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	link := func(to, path string) {
		os.MkdirAll(filepath.Dir(path), 0o755)
		if err := os.Symlink(to, path); err != nil {
			t.Fatal(err)
		}
	}
	put(top + "/z/real.rpm")
	put(top + "/a/b/c/deep.rpm")
	put(top + "/a/readme.txt")
	put(top + "/dir.rpm/in.rpm")
	put(outside + "/far/out.rpm")
	put(outside + "/single.rpm")
	link("../z", top+"/a/again")                // a folder that is found anyway
	link("..", top+"/a/b/loop")                 // a loop
	link("self", top+"/a/self")                 // leads nowhere
	link("../z/real.rpm", top+"/a/another.rpm") // a file that is found anyway
	link(outside+"/far", top+"/m/far")          // another folder
	link(outside+"/far", top+"/m/far2")         // the same once more
	link(outside+"/single.rpm", top+"/m/single.rpm")
	link("nowhere", top+"/m/dangling.rpm")
	link(top, outside+"/far/back") // a loop through the outside
	if err := syscall.Mkfifo(top+"/m/fifo.rpm", 0o644); err != nil {
		t.Fatal(err)
	}
	want := []string{"/a/b/c/deep.rpm", "/dir.rpm/in.rpm", "/m/single.rpm", "/m/far/out.rpm", "/z/real.rpm"}
	for _, workers := range []int{1, 8} {
		files, bad, err := walk(t.Context(), top, workers)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range files {
			got = append(got, strings.TrimPrefix(f.path(), top))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%d workers: %q, want %q", workers, got, want)
		}
		if len(bad) != 2 {
			t.Errorf("%d workers: broken %v", workers, bad)
		}
	}
}

func TestDirReadsOnce(t *testing.T) {
	dir := build(t, shelf)
	env := newEnv(t)
	want := shape(mustLoad(t, Source{Tag: "t", Kind: KindDir, Path: dir}, env))
	// Destroy the files in such a way that only reading them would show it.
	files, _, _ := walk(t.Context(), dir, 1)
	for _, f := range files {
		fi, _ := os.Stat(f.path())
		os.WriteFile(f.path(), make([]byte, fi.Size()), 0o644)
		os.Chtimes(f.path(), fi.ModTime(), fi.ModTime())
	}
	if got := shape(mustLoad(t, Source{Tag: "t", Kind: KindDir, Path: dir}, env)); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

func TestDirBroken(t *testing.T) {
	dir := build(t, shelf)
	good, _ := os.ReadFile(dir + "/kernel-6.1-1.x86_64.rpm")
	os.WriteFile(dir+"/not.rpm", []byte("text"), 0o644)
	os.WriteFile(dir+"/empty.rpm", nil, 0o644)
	os.WriteFile(dir+"/short.rpm", good[:len(good)/2], 0o644)
	os.WriteFile(dir+"/odd\nname.rpm", good, 0o644)
	syscall.Mkfifo(dir+"/fifo.rpm", 0o644)
	env := newEnv(t)
	var notes []string
	env.Note = func(s string) { notes = append(notes, s) }
	_, err := Load(t.Context(), Source{Tag: "t", Kind: KindDir, Path: dir}, env)
	wantError(t, err, "5 files are no usable packages: ", "/empty.rpm: the signature header", "/fifo.rpm: not a regular file; ", "/not.rpm", "/short.rpm")
	var broken *BrokenError
	if !errors.As(err, &broken) || len(broken.Files) != 5 || strings.Contains(err.Error(), "\n") {
		t.Errorf("error %#v", err)
	}
	set := mustLoad(t, Source{Tag: "t", Kind: KindDir, Path: dir, Broken: SkipBroken}, env)
	if len(set.Entries) != 9 || len(notes) != 5 || !strings.HasPrefix(notes[4], "skipped ") {
		t.Errorf("%q, notes %q", names(set), notes)
	}
}

func TestDirRefuses(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	os.WriteFile(file, nil, 0o644)
	for _, tt := range []struct {
		src  Source
		text string
	}{
		{Source{Kind: KindDir, Path: file}, "not a folder"},
		{Source{Kind: KindDir, Path: file + "x"}, "no such file"},
		{Source{Kind: "koji"}, `unknown kind of source "koji"`},
		{Source{Kind: KindDir, Path: ".", Broken: "maybe"}, "maybe"},
		{Source{Kind: KindDir, Path: t.TempDir(), SigKeys: []string{"12345"}}, `signature key "12345"`},
		{Source{Kind: KindRepo, URL: "http://x"}, "need a fetch client"},
	} {
		tt.src.Tag = "t"
		_, err := Load(t.Context(), tt.src, newEnv(t))
		wantError(t, err, "", tt.text)
	}
}

func TestDirArches(t *testing.T) {
	dir := build(t, shelf+"\nbuild s 1-1 s390x i686")
	set := mustLoad(t, Source{Tag: "t", Kind: KindDir, Path: dir, Arches: []string{"x86_64"}}, newEnv(t))
	want := []string{"bash-5.2-1.src", "bash-5.2-1.x86_64", "kernel-6.1-1.src", "kernel-6.1-1.x86_64", "s-1-1.i686", "s-1-1.src",
		"setup-2-1.noarch", "setup-2-1.src", "words-3-1.noarch", "words-3-1.src"}
	if got := names(set); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestEmptyDir(t *testing.T) {
	if set := mustLoad(t, Source{Tag: "t", Kind: KindDir, Path: t.TempDir()}, newEnv(t)); len(set.Entries) != 0 {
		t.Errorf("%q", names(set))
	}
}
