package repo

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// Files that come out as they were are those that were there; a damaged one
// is made anew.
func TestReuse(t *testing.T) {
	items, _ := sources(madeUp(t, 300))
	setKnown(items, func(int) bool { return true })
	dir := t.TempDir()
	opt := Options{Cache: newCache(t), Timestamp: 7, Compress: "zst"}
	write := func(comps string) os.FileInfo {
		t.Helper()
		opt.Comps = []byte(comps)
		if _, err := Write(context.Background(), dir, items, opt); err != nil {
			t.Fatal(err)
		}
		plain := opt
		plain.Cache = nil
		if got, want := tree(t, dir), written(t, items, plain); want != fmt.Sprint(got) {
			t.Errorf("other bytes with %s", comps)
		}
		fi, err := os.Stat(glob(t, dir+"/repodata/*-primary.xml.zst")[0])
		if err != nil {
			t.Fatal(err)
		}
		return fi
	}
	first := write("<comps/>")
	second := write("<comps />")
	if !os.SameFile(first, second) {
		t.Error("the file is not taken over")
	}
	path := glob(t, filepath.Join(dir, "repodata/*-primary.xml.zst"))[0]
	b, err := os.ReadFile(path)
	if err == nil {
		b[len(b)/2] ^= 1
		err = os.WriteFile(path, b, 0o666)
	}
	if err != nil {
		t.Fatal(err)
	}
	if os.SameFile(second, write("<comps/>")) {
		t.Error("a damaged file is taken over")
	}
}
