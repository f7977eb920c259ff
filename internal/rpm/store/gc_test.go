package store

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"compose/internal/rpm"
)

const day = 24 * time.Hour

// age makes the packs in a store, and the use of their records, older.
func age(t testing.TB, dir string, by time.Duration) {
	t.Helper()
	for _, p := range openAll(t, dir).packs {
		days := readUsed(dir, p.name, p.keyCount())
		for i := range days {
			days[i] -= uint16(by / day)
		}
		done(t, writeUsed(dir, p.name, days))
		for _, path := range []string{packPath(dir, p.name), usedPath(dir, p.name)} {
			st, err := os.Stat(path)
			done(t, err)
			done(t, os.Chtimes(path, st.ModTime().Add(-by), st.ModTime().Add(-by)))
		}
	}
}

func openAll(t testing.TB, dir string) *Store {
	t.Helper()
	s := &Store{dir: dir}
	done(t, s.load())
	t.Cleanup(s.closePacks)
	return s
}

// use looks packages up, as a compose does.
func use(t testing.TB, dir string, first, last int) {
	t.Helper()
	s := open(t, dir)
	for i := first; i < last; i++ {
		mustGet(t, s, synth(i).keys[0])
	}
	done(t, s.Close())
}

func gc(t testing.TB, dir string, opt GCOptions) GCResult {
	t.Helper()
	res, err := GC(dir, opt)
	done(t, err)
	u, err := Stats(dir)
	done(t, err)
	if u != res.After {
		t.Fatalf("after: %+v, but %+v", res.After, u)
	}
	return res
}

func TestGCMergesAndDropsDuplicates(t *testing.T) {
	dir := t.TempDir()
	for i := range 5 {
		fillStore(t, dir, i*4, i*4+6) // two of each six are in the next pack too
	}
	before := open(t, dir) // a reader is not disturbed
	mustGet(t, before, synth(0).keys[0])
	res := gc(t, dir, GCOptions{})
	if res.Before.Packs != 5 || res.After.Packs != 1 || res.After.Records != 22 || res.Dropped != 8 {
		t.Fatalf("%+v", res)
	}
	checkStore(t, open(t, dir), 0, 22)
	checkStore(t, before, 0, 22)
	if res = gc(t, dir, GCOptions{}); res.Dropped != 0 || res.After != res.Before {
		t.Fatalf("again: %+v", res)
	}
}

func TestGCByAge(t *testing.T) {
	dir := t.TempDir()
	fillStore(t, dir, 0, 20)
	age(t, dir, 30*day)
	use(t, dir, 5, 10)
	fillStore(t, dir, 20, 25)
	res := gc(t, dir, GCOptions{MaxAge: 10 * day})
	if res.Dropped != 15 || res.After.Records != 10 || res.After.Keys != 20 {
		t.Fatalf("%+v", res)
	}
	s := open(t, dir)
	checkStore(t, s, 5, 10)
	checkStore(t, s, 20, 25)
	missing(t, s, 0)
	done(t, s.Close())
	age(t, dir, 30*day)
	gc(t, dir, GCOptions{MaxAge: 10 * day})
	empty(t, filepath.Join(dir, packsDir))
}

func TestGCBySize(t *testing.T) {
	dir := t.TempDir()
	fillStore(t, dir, 0, 100)
	age(t, dir, 5*day)
	fillStore(t, dir, 100, 200)
	age(t, dir, 5*day)
	use(t, dir, 0, 30)
	u, err := Stats(dir)
	done(t, err)
	limit := u.Bytes / 2
	res := gc(t, dir, GCOptions{MaxBytes: limit})
	if res.After.Bytes > limit || res.After.Bytes < limit*7/10 {
		t.Fatalf("limit %d: %+v", limit, res)
	}
	s := open(t, dir)
	checkStore(t, s, 0, 30) // the most recently used
	missing(t, s, 30)       // of the rest the oldest go first
	checkStore(t, s, 190, 200)
	done(t, s.Close())
	for limit > 10000 {
		limit /= 3
		if res := gc(t, dir, GCOptions{MaxBytes: limit}); res.After.Bytes > limit {
			t.Fatalf("limit %d: %+v", limit, res)
		}
	}
}

func TestGCAndAliases(t *testing.T) {
	dir := t.TempDir()
	alias := func(i int) Key { return SumKey(rpm.Checksum{Type: "alias", Hex: string(rune('a' + i))}) }
	fillStore(t, dir, 0, 6)
	s := open(t, dir)
	w := begin(t, s)
	for i := range 6 {
		done(t, w.Alias(alias(i), mustGet(t, s, synth(i).keys[0])))
	}
	done(t, w.Commit())
	done(t, s.Close())
	age(t, dir, 30*day)
	s = open(t, dir)
	mustGet(t, s, alias(1)) // keeps the record as well
	mustGet(t, s, synth(2).keys[0])
	done(t, s.Close())
	res := gc(t, dir, GCOptions{MaxAge: 10 * day})
	if res.Dropped != 4 || res.After.Packs != 1 || res.After.Keys != 5 {
		t.Fatalf("%+v", res)
	}
	s = open(t, dir)
	checkStore(t, s, 1, 3)
	synth(1).check(t, mustGet(t, s, alias(1)), &Buffer{})
	for _, i := range []int{0, 2, 3} {
		if _, ok, _ := s.Get(alias(i)); ok {
			t.Fatal("an alias that is not used is kept", i)
		}
	}
	done(t, s.Close())
	age(t, dir, 30*day)
	use(t, dir, 2, 3)
	if res := gc(t, dir, GCOptions{MaxAge: 10 * day}); res.After.Keys != 2 {
		t.Fatalf("%+v", res)
	}
}

// TestGCKeepsAliasOfKeptPack: a key that stands for a record in a pack that
// is left alone survives the rewriting of its own.
func TestGCKeepsAliasOfKeptPack(t *testing.T) {
	dir := t.TempDir()
	fillStore(t, dir, 0, 200)
	s := open(t, dir)
	w := begin(t, s)
	done(t, w.Alias(Key{7}, mustGet(t, s, synth(3).keys[0])))
	synth(300).add(t, w)
	done(t, w.Commit())
	done(t, s.Close())
	fillStore(t, dir, 301, 302)
	lim := defaultLimits()
	lim.small = 100 << 10
	if _, err := gcWith(dir, GCOptions{}, lim); err != nil {
		t.Fatal(err)
	}
	if u, _ := Stats(dir); u.Packs != 2 {
		t.Fatalf("%+v", u)
	}
	synth(3).check(t, mustGet(t, open(t, dir), Key{7}), &Buffer{})
}

func TestGCDropsDamagedRecords(t *testing.T) {
	dir := t.TempDir()
	fillStore(t, dir, 0, 3)
	path := onlyPack(t, dir)
	b, err := os.ReadFile(path)
	done(t, err)
	b[headerSize] ^= 1
	done(t, os.WriteFile(path, b, 0o644))
	fillStore(t, dir, 3, 5)
	done(t, os.WriteFile(packPath(dir, "torn"), b[:len(b)/2], 0o644))
	done(t, os.WriteFile(usedPath(dir, "gone"), nil, 0o644))
	if res := gc(t, dir, GCOptions{}); res.Dropped != 1 || res.After.Records != 4 || res.Before.Damaged != 1 || res.After.Damaged != 0 {
		t.Fatalf("%+v", res)
	}
	if _, err := os.Stat(usedPath(dir, "gone")); !errors.Is(err, fs.ErrNotExist) {
		t.Fatal("notes without a pack are kept")
	}
	s := open(t, dir)
	missing(t, s, 0)
	checkStore(t, s, 1, 5)
}

func TestCloseMergesManySmallPacks(t *testing.T) {
	dir := t.TempDir()
	n := defaultLimits().smallPacks
	for i := range n {
		fillStore(t, dir, i, i+1)
	}
	if u, _ := Stats(dir); u.Packs != n {
		t.Fatalf("%+v", u)
	}
	fillStore(t, dir, n, n+1)
	if u, _ := Stats(dir); u.Packs != 1 || u.Records != n+1 {
		t.Fatalf("%+v", u)
	}
	checkStore(t, open(t, dir), 0, n+1)
}

func TestCloseDropsUnusedPacks(t *testing.T) {
	dir := t.TempDir()
	fillStore(t, dir, 0, 10)
	fillStore(t, dir, 10, 20)
	age(t, dir, 10*day)
	use(t, dir, 10, 11)
	lim := defaultLimits()
	lim.total = 1
	s := openLimits(t, dir, lim)
	w := begin(t, s)
	synth(20).add(t, w)
	done(t, w.Commit())
	done(t, s.Close())
	s = open(t, dir)
	missing(t, s, 0)
	checkStore(t, s, 10, 21)
}

func TestGCWhileWriting(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	w := begin(t, s)
	synth(1).add(t, w)
	gc(t, dir, GCOptions{MaxBytes: 1})
	if _, err := Clear(dir); err != nil {
		t.Fatal(err)
	}
	done(t, w.Commit())
	checkStore(t, open(t, dir), 1, 2)
}

func TestClear(t *testing.T) {
	dir := t.TempDir()
	fillStore(t, dir, 0, 3)
	use(t, dir, 0, 1)
	age(t, dir, day)
	reader := open(t, dir)
	done(t, os.WriteFile(filepath.Join(dir, tempDir, "left"+tempExt), nil, 0o644))
	u, err := Clear(dir)
	if err != nil || u.Records != 3 || u.Writing != 1 || u.Packs != 1 {
		t.Fatalf("%+v, %v", u, err)
	}
	empty(t, filepath.Join(dir, packsDir))
	empty(t, filepath.Join(dir, tempDir))
	checkStore(t, reader, 0, 3)
	if u, err := Stats(dir); err != nil || u != (Usage{}) {
		t.Fatalf("%+v, %v", u, err)
	}
}

func TestNoStore(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "none")
	u, err := Stats(dir)
	c, err2 := Clear(dir)
	g, err3 := GC(dir, GCOptions{MaxBytes: 1})
	if err := errors.Join(err, err2, err3); err != nil || u != (Usage{}) || c != u || g != (GCResult{}) {
		t.Fatal(u, c, g, err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Fatal("a store was made")
	}
}

// TestUseIsNotedOncePerDay: a second run on the same day writes nothing.
func TestUseIsNotedOncePerDay(t *testing.T) {
	dir := t.TempDir()
	fillStore(t, dir, 0, 3)
	if use(t, dir, 0, 3); len(usedFiles(t, dir)) > 0 {
		t.Fatal("the use of a new pack is noted")
	}
	age(t, dir, 3*day)
	use(t, dir, 0, 1)
	names := usedFiles(t, dir)
	days := readUsed(dir, names[0], 6)
	today := dayOf(time.Now())
	if !slices.Equal(days, []uint16{today, today - 3, today - 3, today - 3, today - 3, today - 3}) {
		t.Fatal(today, days)
	}
	st, err := os.Stat(usedPath(dir, names[0]))
	done(t, err)
	use(t, dir, 0, 1)
	if again, err := os.Stat(usedPath(dir, names[0])); err != nil || !os.SameFile(st, again) {
		t.Fatal("written again", err)
	}
	done(t, os.WriteFile(usedPath(dir, names[0]), []byte("composeU..."), 0o644))
	if days := readUsed(dir, names[0], 6); days[0] != today-3 {
		t.Fatal("broken notes are believed", days)
	}
}

func usedFiles(t testing.TB, dir string) []string {
	t.Helper()
	names, err := listExt(filepath.Join(dir, packsDir), usedExt)
	done(t, err)
	return names
}
