package repo

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"compose/internal/rpm/store"
	"compose/internal/rpmmd"
)

// repodata gives the files of a repository, without the checksums in their names.
func repodata(t *testing.T, dir string) []string {
	t.Helper()
	var out []string
	for _, path := range glob(t, filepath.Join(dir, "repodata/*")) {
		name := filepath.Base(path)
		if stem := stemOf(name); stem != "" {
			name = stem
		}
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// age makes all files of a repository older.
func age(t *testing.T, dir string, by time.Duration) {
	t.Helper()
	for _, path := range glob(t, filepath.Join(dir, "repodata/*")) {
		fi, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		then := fi.ModTime().Add(-by)
		if err := os.Chtimes(path, then, then); err != nil {
			t.Fatal(err)
		}
	}
}

// What stays of old metadata.
func TestRetain(t *testing.T) {
	items := madeUp(t, 6)
	one := []string{"filelists.xml.gz", "other.xml.gz", "primary.xml.gz", "repomd.xml"}
	times := func(n int) []string {
		out := []string{"repomd.xml"}
		for range n {
			out = append(out, one[:3]...)
		}
		slices.Sort(out)
		return out
	}
	for _, c := range []struct {
		retain Retention
		want   []string // after four repositories, an hour apart
	}{
		{Retention{}, times(1)},
		{Retention{Generations: 1}, times(2)},
		{Retention{Generations: 2}, times(3)},
		{Retention{Generations: 9}, times(4)},
		{Retention{Age: 90 * time.Minute}, times(2)},
		{Retention{Foreign: true}, append(times(1), "mine", "theirs-x")},
		{Retention{Foreign: true, Generations: 1}, append([]string{"filelists.xml.gz", "filelists.xml.gz", "mine"}, append(times(2)[2:], "theirs-x")...)},
	} {
		dir := t.TempDir()
		for n := range 4 {
			age(t, dir, time.Hour)
			if _, err := Write(context.Background(), dir, items[n:], Options{Retain: c.retain}); err != nil {
				t.Fatal(err)
			}
			for _, name := range []string{"mine", "theirs-x", "repomd.xml.asc"} {
				if n == 0 {
					os.WriteFile(filepath.Join(dir, "repodata", name), nil, 0o666)
				}
			}
		}
		slices.Sort(c.want)
		if got := repodata(t, dir); !slices.Equal(got, c.want) {
			t.Errorf("%+v: %q, want %q", c.retain, got, c.want)
		}
		for _, typ := range []string{"primary", "filelists", "other"} {
			metadata(t, dir, typ)
		}
	}
}

// Whoever reads a repository while new ones take its place always finds what
// the repomd.xml that it read names.
func TestReadersGoOn(t *testing.T) {
	items := madeUp(t, 20)
	dir := t.TempDir()
	write := func(n int) {
		if _, err := Write(context.Background(), dir, items[n%10:], Options{Retain: Retention{Generations: 1}}); err != nil {
			t.Error(err)
		}
	}
	write(0)
	for n := range 50 {
		m, err := readRepomd(filepath.Join(dir, "repodata"))
		if err != nil {
			t.Fatal(err)
		}
		var writer sync.WaitGroup
		writer.Go(func() { write(n + 1) })
		for range 10 {
			for _, d := range m.Data {
				if _, err := os.Stat(filepath.Join(dir, filepath.FromSlash(d.Href))); err != nil {
					t.Error(err)
				}
			}
		}
		writer.Wait()
		for _, d := range m.Data {
			if _, err := os.Stat(filepath.Join(dir, filepath.FromSlash(d.Href))); err != nil {
				t.Error(err)
			}
		}
	}
}

// A repodata that says the same is left alone, unless it is damaged.
func TestLeaveSame(t *testing.T) {
	t.Run("nothing is kept", func(t *testing.T) { testLeaveSame(t, nil) })
	t.Run("parts are kept", func(t *testing.T) { testLeaveSame(t, newCache(t)) })
}

func testLeaveSame(t *testing.T, cache *store.Filler) {
	items := madeUp(t, 30)
	dir := t.TempDir()
	opt := Options{LeaveSame: true, Cache: cache, Comps: []byte("<comps/>"), Extra: []Extra{{Type: "productid", Name: "productid", Data: []byte("x"), Plain: true}}}
	now := int64(1_000_000)
	write := func(o Options) bool {
		t.Helper()
		now++
		o.Timestamp = now
		index, err := Write(context.Background(), dir, items, o)
		if err != nil || index.Packages != 30 {
			t.Fatal(index, err)
		}
		b, _ := os.ReadFile(filepath.Join(dir, "repodata/repomd.xml"))
		if index.Repomd != sumOf("sha256", b) {
			t.Error("another checksum of repomd.xml")
		}
		if left := glob(t, dir+"/.*"); len(left) > 0 {
			t.Errorf("left: %q", left)
		}
		return index.Same
	}
	if write(opt) {
		t.Error("nothing is the same")
	}
	before := fmt.Sprint(tree(t, dir))
	if !write(opt) || fmt.Sprint(tree(t, dir)) != before {
		t.Error("the same is written again")
	}
	changes := map[string]func(*Options){
		"revision": func(o *Options) { o.Revision = "r" },
		"tags":     func(o *Options) { o.Tags = rpmmd.Tags{Repo: []string{"x"}} },
		"comps":    func(o *Options) { o.Comps = []byte("<comps />") },
		"names":    func(o *Options) { o.Names = SimpleNames },
		"compress": func(o *Options) { o.Compress = "zst" },
		"always":   func(o *Options) { o.LeaveSame = false },
		"times":    func(o *Options) { o.SetTimes = true },
	}
	for name, change := range changes {
		o := opt
		if change(&o); write(o) {
			t.Errorf("%s: is taken for the same", name)
		}
		write(opt)
	}
	for _, pattern := range []string{"*-primary.xml.gz", "*-comps.xml", "productid", "repomd.xml"} {
		path := glob(t, filepath.Join(dir, "repodata", pattern))[0]
		if err := os.WriteFile(path, []byte("damaged"), 0o666); err != nil {
			t.Fatal(err)
		}
		if write(opt) {
			t.Errorf("%s: damage is left alone", pattern)
		}
	}
}

func TestSetTimes(t *testing.T) {
	dir := t.TempDir()
	opt := Options{Timestamp: 1_700_000_000, SetTimes: true, Comps: []byte("<comps/>"), Extra: []Extra{{Type: "a", Name: "a", Plain: true}}}
	if _, err := Write(context.Background(), dir, madeUp(t, 3), opt); err != nil {
		t.Fatal(err)
	}
	err := filepath.WalkDir(filepath.Join(dir, "repodata"), func(path string, d fs.DirEntry, err error) error {
		fi, e := d.Info()
		if e == nil && !d.IsDir() && fi.ModTime().Unix() != opt.Timestamp {
			t.Errorf("%s: %v", path, fi.ModTime())
		}
		return errors.Join(err, e)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestSimpleNames(t *testing.T) {
	dir := t.TempDir()
	items := madeUp(t, 3)
	for n := range 2 {
		if _, err := Write(context.Background(), dir, items[n:], Options{Names: SimpleNames, Retain: Retention{Generations: 1}, Comps: []byte("<comps/>")}); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, path := range glob(t, dir+"/repodata/*") {
			got = append(got, filepath.Base(path))
		}
		if want := "comps.xml comps.xml.gz filelists.xml.gz other.xml.gz primary.xml.gz repomd.xml"; strings.Join(got, " ") != want {
			t.Errorf("%q", got)
		}
		if len(metadata(t, dir, "primary")) == 0 {
			t.Error("no primary")
		}
	}
}

// Repository and signature appear together; a repodata that says the same is
// left alone as long as its signature will do.
func TestSign(t *testing.T) {
	items, dir, key := madeUp(t, 3), t.TempDir(), "a"
	opt := Options{LeaveSame: true, Timestamp: 5}
	opt.Sign = func(_ context.Context, repomd, old []byte) (Signature, error) {
		return Signature{Asc: []byte(key + " " + sumOf("sha256", repomd).Hex), Key: []byte(key)}, nil
	}
	for i, step := range []struct {
		change func()
		same   bool
	}{
		{func() {}, false},
		{func() {}, true},
		{func() { key = "b" }, false},
		{func() { os.Remove(filepath.Join(dir, "repodata", ascName)) }, false},
		{func() { opt.Comps = []byte("<comps/>") }, false},
		{func() {}, true},
	} {
		step.change()
		index, err := Write(context.Background(), dir, items, opt)
		if err != nil || index.Same != step.same {
			t.Errorf("step %d: %+v: %v", i, index, err)
		}
		asc, err := os.ReadFile(filepath.Join(dir, "repodata", ascName))
		if err != nil || string(asc) != key+" "+index.Repomd.Hex {
			t.Errorf("step %d: signature %s: %v", i, asc, err)
		}
		if b, err := os.ReadFile(filepath.Join(dir, "repodata", keyName)); string(b) != key {
			t.Errorf("step %d: key %s: %v", i, b, err)
		}
	}
	opt.Sign = func(context.Context, []byte, []byte) (Signature, error) { return Signature{}, errors.New("no key") }
	opt.Comps = nil
	before := fmt.Sprint(tree(t, dir))
	if _, err := Write(context.Background(), dir, items, opt); err == nil || fmt.Sprint(tree(t, dir)) != before {
		t.Errorf("a repository that cannot be signed is published: %v", err)
	}
}
