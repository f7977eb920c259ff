package store

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"unsafe"

	"compose/internal/rpm"

	"pgregory.net/rapid"
)

func TestKeepsRecordsAcrossOpen(t *testing.T) {
	dir := t.TempDir()
	fillStore(t, dir, 0, 50)
	s := open(t, dir)
	checkStore(t, s, 0, 50)
	missing(t, s, 50)
	if n := s.Notes(); len(n) > 0 {
		t.Fatal(n)
	}
}

func TestRecordIsReadableAtOnce(t *testing.T) {
	for _, dir := range []string{"", t.TempDir()} {
		s := open(t, dir)
		w := begin(t, s)
		var buf Buffer
		for i := range 20 {
			e := synth(i)
			r := e.add(t, w)
			e.check(t, r, &buf)
			if got, ok, _ := s.Get(e.keys[1]); !ok || got != r {
				t.Fatal("not found before Commit")
			}
		}
		done(t, w.Commit())
		checkStore(t, s, 0, 20)
		done(t, s.Close())
		if _, _, err := s.Get(synth(1).keys[0]); err == nil {
			t.Fatal("Get after Close")
		}
	}
}

// TestCommitIsSeenByOpenStores: what a second writer of the same store adds
// is found by the first, and other processes see it when they open.
func TestTwoWriters(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	a, b := begin(t, s), begin(t, s)
	synth(1).add(t, a)
	synth(2).add(t, b)
	if r, ok, _ := s.Get(synth(1).keys[0]); !ok || synth(1).add(t, b) != r {
		t.Fatal("a record of this process is added twice")
	}
	done(t, a.Commit())
	done(t, b.Commit())
	checkStore(t, s, 1, 3)
	checkStore(t, open(t, dir), 1, 3)
}

func TestAbortLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	w := begin(t, s)
	r := synth(1).add(t, w)
	done(t, w.Abort())
	done(t, w.Abort())
	synth(1).check(t, r, &Buffer{})
	if _, err := w.Add(synth(2).keys, synth(2).pkg, nil, rpm.Fragments{}); err == nil {
		t.Fatal("Add after Abort")
	}
	empty(t, filepath.Join(dir, packsDir))
	empty(t, filepath.Join(dir, tempDir))
	missing(t, open(t, dir), 1)
}

func TestEmptyCommitWritesNothing(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	done(t, begin(t, s).Commit())
	empty(t, filepath.Join(dir, packsDir))
	empty(t, filepath.Join(dir, tempDir))
}

func TestCloseAborts(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	synth(1).add(t, begin(t, s))
	done(t, s.Close())
	empty(t, filepath.Join(dir, tempDir))
}

func TestAliases(t *testing.T) {
	dir := t.TempDir()
	fillStore(t, dir, 0, 3)
	alias := func(i int) Key { return SumKey(rpm.Checksum{Type: "alias", Hex: string(rune('a' + i))}) }
	s := open(t, dir)
	w := begin(t, s)
	old, _, _ := s.Get(synth(1).keys[0])
	done(t, w.Alias(alias(1), old))                     // of a record in another pack
	done(t, w.Alias(alias(5), synth(5).add(t, w)))      // in the same pack
	done(t, w.Alias(synth(2).keys[0], old))             // a known key keeps its record
	done(t, w.Alias(alias(6), mustGet(t, s, alias(1)))) // of what an alias gave
	done(t, w.Commit())
	done(t, s.Close())
	s = open(t, dir)
	var buf Buffer
	for k, i := range map[Key]int{alias(1): 1, alias(5): 5, synth(2).keys[0]: 2, alias(6): 1} {
		synth(i).check(t, mustGet(t, s, k), &buf)
	}
}

func mustGet(t testing.TB, s *Store, k Key) *Record {
	t.Helper()
	r, ok, err := s.Get(k)
	if !ok || err != nil {
		t.Fatalf("found %v, error %v", ok, err)
	}
	return r
}

// TestEveryField round-trips packages with every field set, through the
// memory of the writer and through the file.
func TestEveryField(t *testing.T) {
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		e := drawEntry(rt, n)
		n++
		dir := filepath.Join(t.TempDir(), "s")
		s := open(t, dir)
		w := begin(t, s)
		r := e.add(t, w)
		e.check(t, r, &Buffer{})
		done(t, w.Commit())
		done(t, s.Close())
		s = open(t, dir)
		e.check(t, mustGet(t, s, e.keys[len(e.keys)-1]), &Buffer{})
		done(t, s.Close())
	})
}

func drawEntry(t *rapid.T, n int) *entry {
	e := &entry{pkg: &rpm.Package{}, keys: []Key{{byte(n), byte(n >> 8), 1}}}
	drawFields(t, reflect.ValueOf(e.pkg).Elem())
	for range rapid.IntRange(0, 3).Draw(t, "keys") {
		e.keys = append(e.keys, Key(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "key")))
	}
	for _, p := range rapid.SliceOf(rapid.StringMatching(`(/[a-c]{1,3}){0,4}[a-z]{0,9}`)).Draw(t, "paths") {
		e.files = append(e.files, rpm.File{Path: p})
	}
	bytes := rapid.SliceOf(rapid.Byte())
	e.frag = rpm.Fragments{Primary: bytes.Draw(t, "primary"), Filelists: bytes.Draw(t, "filelists"), Other: bytes.Draw(t, "other")}
	if rapid.Bool().Draw(t, "repeats") {
		e.frag.Other = slices.Repeat([]byte("again "), rapid.IntRange(1, 200000).Draw(t, "times"))
	}
	return e
}

// drawFields fills a struct of strings, numbers, and slices and structs of
// them, whatever fields it has.
func drawFields(t *rapid.T, v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(rapid.StringN(0, 20, -1).Draw(t, "string"))
	case reflect.Uint32:
		v.SetUint(uint64(rapid.Uint32().Draw(t, "number")))
	case reflect.Int64:
		v.SetInt(rapid.Int64().Draw(t, "number"))
	case reflect.Struct:
		for i := range v.NumField() {
			drawFields(t, v.Field(i))
		}
	case reflect.Slice:
		for range rapid.IntRange(0, 4).Draw(t, "length") {
			x := reflect.New(v.Type().Elem()).Elem()
			drawFields(t, x)
			v.Set(reflect.Append(v, x))
		}
	default:
		t.Fatalf("a field of kind %s: teach the store and this test", v.Kind())
	}
}

func TestStringsShareMemory(t *testing.T) {
	dir := t.TempDir()
	fillStore(t, dir, 0, 20)
	s := open(t, dir)
	a, b := mustGet(t, s, synth(3).keys[0]), mustGet(t, s, synth(9).keys[0])
	last := func(r *Record) string { return r.Pkg.Requires[len(r.Pkg.Requires)-1].Name }
	if last(a) != last(b) || unsafe.StringData(last(a)) != unsafe.StringData(last(b)) {
		t.Fatal("equal strings of two records have their own memory")
	}
	if a != mustGet(t, s, synth(3).keys[1]) {
		t.Fatal("a record is decoded twice")
	}
}

func TestEachPathIn(t *testing.T) {
	s := open(t, "")
	e := synth(1)
	e.files = []rpm.File{{Path: "/usr/bin/a"}, {Path: "/usr/share/x"}, {Path: "/usr/bin/b"}, {Path: "relative"}, {Path: "/"}, {Path: "/usr/bin"}}
	r := e.add(t, begin(t, s))
	var dirs, got []string
	collect := func(p []byte) bool { got = append(got, string(p)); return true }
	want := func(d []byte) bool { dirs = append(dirs, string(d)); return string(d) != "/usr/share/" }
	done(t, r.EachPathIn(&Buffer{}, want, collect))
	if s := strings.Join(dirs, " "); s != "/usr/bin/ /usr/share/  / /usr/" {
		t.Fatalf("directories %q", s)
	}
	if s := strings.Join(got, " "); s != "/usr/bin/a /usr/bin/b relative / /usr/bin" {
		t.Fatalf("paths %q", s)
	}
	got = nil
	done(t, r.EachPath(&Buffer{}, func(p []byte) bool { collect(p); return false }))
	if len(got) != 1 {
		t.Fatalf("went on after false: %q", got)
	}
}

func TestConcurrentAdd(t *testing.T) {
	dir := t.TempDir()
	lim := defaultLimits()
	lim.pack = 200 << 10 // several packs
	s := openLimits(t, dir, lim)
	w := begin(t, s)
	const workers, each = 8, 60
	var wg sync.WaitGroup
	for g := range workers {
		wg.Go(func() {
			var buf Buffer
			for i := range each {
				n := g/2*each + i // each package is added by two goroutines
				e := synth(n)
				r, err := w.Add(e.keys, e.pkg, e.details(), e.frag)
				if err == nil {
					err = e.differs(r, &buf)
				}
				if other, ok, _ := s.Get(e.keys[0]); err != nil || !ok || other != r {
					t.Errorf("package %d: %v %v", n, ok, err)
				}
			}
		})
	}
	wg.Wait()
	done(t, w.Commit())
	checkStore(t, s, 0, workers/2*each)
	done(t, s.Close())
	s = open(t, dir)
	checkStore(t, s, 0, workers/2*each)
	if len(s.packs) < 2 {
		t.Fatalf("%d packs", len(s.packs))
	}
}

func TestFileKey(t *testing.T) {
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	done(t, os.WriteFile(a, []byte("x"), 0o644))
	key := func(path string) Key {
		fi, err := os.Stat(path)
		done(t, err)
		return FileKey(fi)
	}
	first := key(a)
	done(t, os.Link(a, b))
	if key(a) != first || key(b) != first {
		t.Fatal("a hard link changes the key")
	}
	done(t, os.WriteFile(b, []byte("xy"), 0o644))
	if key(a) == first {
		t.Fatal("other content, same key")
	}
	if FileKey(nosys{}) == FileKey(nosys{}) {
		t.Fatal("a file without an identity has one")
	}
	if SumKey(rpm.Checksum{Type: "sha256", Hex: "00"}) == SumKey(rpm.Checksum{Type: "sha25600"}) {
		t.Fatal("checksums of two types share a key")
	}
}
