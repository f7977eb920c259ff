package repo

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// What killed processes left is removed, what another process works on is
// not, and an old repository whose successor did not come to its place is the
// repository again.
func TestSweepTemp(t *testing.T) {
	dir := t.TempDir()
	put := func(name string) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	held, err := makeTemp(dir)
	if err != nil {
		t.Fatal(err)
	}
	put(filepath.Base(held.path) + "/primary.xml")
	put(filepath.Base(held.path) + ".old/theirs")
	put(".repodata-01234567/primary.xml")
	put(".repodata-01234568.old/repomd.xml")
	put(".repodata.sync/repomd.xml")
	put(".repodata-mine/x")
	put("target/x")
	if err := os.Symlink("target", filepath.Join(dir, ".repodata-01234569")); err != nil {
		t.Fatal(err)
	}
	sweepTemp(dir)
	got := strings.Join(glob(t, dir+"/*"), " ")
	got = strings.ReplaceAll(got, dir+"/", "")
	want := "repodata target .repodata-01234569 " + filepath.Base(held.path) + " " + filepath.Base(held.path) + ".old .repodata-mine .repodata.sync"
	if !sameWords(got, want) {
		t.Errorf("left are %s\nwant %s", got, want)
	}
	held.close()
	if _, err := Write(context.Background(), dir, nil, Options{}); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(held.path); err == nil {
		t.Error("what nobody holds any more is there")
	}
}

func sameWords(a, b string) bool {
	x, y := strings.Fields(a), strings.Fields(b)
	slices.Sort(x)
	slices.Sort(y)
	return slices.Equal(x, y)
}
